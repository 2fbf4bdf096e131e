"""What spreadsheets and colleagues write around a table: it is read as it is meant, or refused with what to write."""

import numpy as np
import pytest
from scipy.io import savemat

import stiminfo as si
from stiminfo.errors import InputError
from stiminfo.models.recordings.windows import spike_counts

X = [0, 45, 90] * 4
R = [1, 4, 2, 0, 5, 3, 1, 6, 2, 0, 4, 3]
ROWS = "".join(f"{x},{r}\n" for x, r in zip(X, R))
TABLE = "direction,spikes\n" + ROWS
READ = {
    "title rows": ("Unit 17,\nExported by Excel,\n,\n" + TABLE, "left out above the table: 'Unit 17', 'Exported by"),
    "a title of one cell": ("Recording of unit 17\n\n" + TABLE, "left out above the table: 'Recording of unit 17'"),
    "a row of units": ("direction,spikes\n(deg),(1/trial)\n" + ROWS, "left out: line 2, units or a second header"),
    "units without brackets": ("direction,spikes\ndeg,count\n" + ROWS, "left out: line 2, units"),
    "notes at the end": (TABLE + "\nNote: electrode moved\n", "left out below the table: 'Note: electrode moved'"),
    "Excel's separator": ("sep=;\n" + TABLE.replace(",", ";"), "separated by semicolons"),
    "an odd separator that is named": ("SEP=|\n" + TABLE.replace(",", "|"), "separated by bars"),
    "blanks around quotes": ('"direction" , "spikes"\n' + "".join(f'"{x}" , "{r}"\n' for x, r in zip(X, R)), "trial"),
}
WIDE = "".join(f"{R[i]},{R[i + 1]},{R[i + 2]}\n" for i in (0, 3, 6, 9))
REFUSED = {
    "an unknown separator": (TABLE.replace(",", "~"), "one column only, 'direction~spikes'"),
    "one column": ("spikes\n1\n2\n3\n", "one column only, 'spikes'"),
    "nothing": (" \n", "the file is empty"),
    "a page": ("<html><table></table></html>", "an HTML, XML or JSON text"),
    "thousands": ('direction,0,1\n0,"1,200",3\n45,"1,900",2\n', "if its comma separates thousands"),
    "a number that is missing": (TABLE + "90,.\n", "line 14, column 'spikes': the response is missing"),
    "a mean": (TABLE + "Mean,2.6\n", "leave the row out if it is none"),
    "neurons in rows": ("direction,neuron,spikes\n0,1,2\n0,2,3\n45,1,2\n45,2,1\n", "one column per neuron"),
}


def read(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return si.read_recording(path)


@pytest.mark.parametrize("name", READ)
def test_read_as_it_is_meant(tmp_path, name):
    text, told = READ[name]
    found = read(tmp_path, text)
    assert found.stimulus_names == ("direction",)
    assert found.labels == ("0", "45", "90")
    assert found.trials.tolist() == [4, 4, 4]
    assert found.responses.ravel().tolist() == R
    assert told in repr(found)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_what_to_write(tmp_path, name):
    text, said = REFUSED[name]
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize("first", ["", "trial,"])
def test_columns_of_angles_are_stimuli(tmp_path, first):
    rows = WIDE if not first else "".join(f"{i},{row}\n" for i, row in enumerate(WIDE.split()))
    found = read(tmp_path, f"{first}0°,45°,90°\n" + rows)
    assert found.stimuli[:, 0].tolist() == [0, 45, 90]
    assert found.mean_responses[:, 0].tolist() == np.reshape(R, (4, 3)).mean(axis=0).tolist()


def test_names_in_two_lines_and_features_of_unlike_kinds(tmp_path):
    rows = "".join(f"{x},{c},{r}\n" for x, c, r in zip(X, [0.1] * 6 + [0.5] * 6, R))
    found = read(tmp_path, "stimulus,,response\ndirection,contrast,spikes\n" + rows)
    assert found.stimulus_names == ("direction", "contrast")
    assert "are coordinates of a plane, where distances weigh all alike" in repr(found)


def test_what_looks_like_units_or_titles_may_be_data(tmp_path):
    labels = read(tmp_path, "sound,choice\nbell,left\ntone,right\nbell,left\ntone,left\n")
    assert labels.trials.tolist() == [2, 2]
    one_wrong = "direction,spikes\n0,x\n" + ROWS
    with pytest.raises(InputError, match="'x' is not a number"):
        read(tmp_path, one_wrong)


def test_structs_of_matlab(tmp_path):
    path = tmp_path / "a.mat"
    struct = np.zeros(12, dtype=[("direction", object), ("spikes", object)])
    for i, pair in enumerate(zip(X, R)):
        struct[i] = tuple(map(float, pair))
    nested = {"direction": np.array(X, float), "spikes": np.array(R, float), "raw": np.zeros((2, 2, 2))}
    for content in ({"trials": struct}, {"data": nested}):
        savemat(path, content | {"other": np.arange(3.0)})
        if "data" in content:
            with pytest.raises(InputError, match="3 dimensions"):
                si.read_recording(path)
            nested.pop("raw")
            savemat(path, content | {"other": np.arange(3.0)})
        found = si.read_recording(path)
        assert found.responses.ravel().tolist() == R
        assert "left out: 'other'" in repr(found)
    uneven = np.zeros(2, dtype=[("direction", object), ("spikes", object)])
    uneven[0], uneven[1] = (0.0, np.arange(3.0)), (1.0, np.arange(2.0))
    savemat(path, {"trials": uneven})
    with pytest.raises(InputError, match="not clear which of the arrays 'direction'"):
        si.read_recording(path)


def test_an_old_pickle_is_refused(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x03}q\x00.")
    with pytest.raises(InputError, match="a pickle, which could run code"):
        si.read_recording(path)


def test_spikes_of_another_clock():
    with pytest.raises(InputError, match=r"from 1\.000 to 2\.000 s, windows from 50\.000 to 51\.000 s\. Do both have"):
        spike_counts([np.array([1.0, 2.0])], np.array([50.0]), np.array([51.0]))
    assert spike_counts([np.array([])], np.array([50.0]), np.array([51.0])).tolist() == [[0]]
