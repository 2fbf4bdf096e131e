"""A first column or an index without a name: row numbers are left out, stimuli are kept, and the rest is refused."""

import io

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import RecordingError

pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")

TOLD = "row numbers left out"
RNG = np.random.default_rng(5)
DIRECTIONS = np.tile(np.arange(0, 360, 45), 8)
ONE = pandas.DataFrame({"direction": DIRECTIONS, "spikes": RNG.poisson(2 + DIRECTIONS / 90)})
MANY = pandas.DataFrame({"direction": DIRECTIONS} | {f"n{i}": RNG.poisson(2, 64) for i in range(9)})
NAMES = pandas.DataFrame({"cue": np.tile(list("abcd"), 16), "spikes": RNG.poisson(2, 64)})
PLANE = pandas.DataFrame({"x": DIRECTIONS // 90, "contrast": DIRECTIONS % 2, "spikes": RNG.poisson(2, 64)})
#: What people do to tables, by which the numbers of their rows no longer count up from 0.
CHANGES = {
    "selected": lambda frame: frame[frame.iloc[:, 0] != frame.iloc[1, 0]],
    "sorted": lambda frame: frame.sort_values(list(frame.columns[:1])),
    "shuffled": lambda frame: frame.sample(frac=1, random_state=1),
    "drawn with replacement": lambda frame: frame.sample(frac=1, random_state=1, replace=True),
    "concatenated": lambda frame: pandas.concat([frame, frame]),
    "concatenated sweeps": lambda frame: pandas.concat([part.reset_index(drop=True) for part in (frame[:8],) * 8]),
    "reversed": lambda frame: frame[::-1],
    "every other": lambda frame: frame[frame.index % 3 > 0],
    "numbered from 1": lambda frame: frame.set_index(frame.index + 1),
}  # fmt: skip


def of_file(tmp_path, text, stimulus=None, **options):
    (tmp_path / "r.csv").write_text(text)
    return si.read_recording(tmp_path / "r.csv", stimulus, **options)


def refusal(source, **options):
    with pytest.raises(RecordingError) as caught:
        si.read_recording(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", [ONE, MANY, NAMES, PLANE], ids=["one", "many", "names", "plane"])
def test_row_numbers_are_left_out(tmp_path, table, change):
    changed = CHANGES[change](table)
    expected = si.read_recording(changed.reset_index(drop=True))
    text = changed.to_csv()
    twice = pandas.read_csv(io.StringIO(text))
    for found in (
        si.read_recording(changed),
        of_file(tmp_path, text),
        of_file(tmp_path, "Unnamed: 0" + text),
        of_file(tmp_path, twice.to_csv()),
        si.read_recording(twice),
        si.read_recording(changed, stimulus_columns=expected.stimulus_names),
        si.read_recording(changed, shape="trials"),
    ):
        assert found.labels == expected.labels
        assert found.counts.tolist() == expected.counts.tolist()
        assert found.law == expected.law
        assert TOLD in repr(found)


def test_a_count_table_with_numbered_rows(tmp_path):
    table = pandas.DataFrame({"orientation": [0, 45, 90], 0: [8, 2, 7], 1: [2, 5, 3]}, index=[4, 0, 9])
    for found in (si.read_recording(table), of_file(tmp_path, table.to_csv())):
        assert (found.labels, found.counts.tolist()) == (("0", "45", "90"), [[8, 2], [2, 5], [7, 3]])
        assert TOLD in repr(found)


def test_an_index_that_is_the_stimulus_is_kept(tmp_path):
    counts = pandas.DataFrame([[8, 2], [2, 5], [7, 3]], index=[0, 45, 90])
    for table in (counts, counts.set_axis(["yes", "no"], axis=1), counts.set_axis(["right", "left"], axis=1)[::-1]):
        for found in (si.read_recording(table, shape="counts"), of_file(tmp_path, table.to_csv(), shape="counts")):
            assert found.labels == tuple(map(str, table.index))
            assert found.counts.tolist() == table.to_numpy().tolist()
    assert si.read_recording(counts).labels == ("0", "45", "90")
    assert si.read_recording(counts.set_axis(["yes", "no"], axis=1)).labels == ("0", "45", "90")
    rows = pandas.DataFrame({f"n{i}": RNG.poisson(2, 64) for i in range(9)}, index=DIRECTIONS)
    for trials in (rows, rows[["n1"]].set_axis(["spikes"], axis=1)):
        for found in (si.read_recording(trials, shape="trials"), of_file(tmp_path, trials.to_csv(), shape="trials")):
            assert found.stimuli[:, 0].tolist() == sorted(set(DIRECTIONS))
            assert found.trials.tolist() == [8] * 8
    below = pandas.DataFrame({"dose": [1, 2, 1, 2], "spikes": [1, 2, 3, 4]}, index=[-45, 0, 45, 90])
    assert si.read_recording(below).stimuli.shape == (4, 2)
    listed = "".join(f"{x},{r},{2 + r}\n" for x in (0, 45, 90) for r in (0, 1))
    assert of_file(tmp_path, ",response,n\n" + listed).labels == ("0", "45", "90")


def test_a_column_without_a_name_may_be_named(tmp_path):
    text = "Unnamed: 0,contrast,spikes\n" + "0,1,3\n45,1,4\n0,2,3\n" * 3
    assert of_file(tmp_path, text, stimulus_columns=["Unnamed: 0"], response_columns=["spikes"]).labels == ("0", "45")


def test_two_plausible_readings_are_refused(tmp_path):
    words = ("--stimulus-column", "reset_index(drop=True)", "--as counts")
    unknown = pandas.DataFrame({"a": RNG.poisson(2, 30), "b": RNG.poisson(2, 30)})
    # Few values that lie apart, each in many rows: a feature of the stimulus.
    beside = ONE.set_axis(["contrast", "spikes"], axis=1).set_index(np.tile([0, 45, 90, 200], 16))
    for table in (unknown[unknown.a > 1], unknown.sample(frac=1, random_state=2)[:12], beside):
        (tmp_path / "r.csv").write_text(table.to_csv())
        for said in (refusal(table), refusal(tmp_path / "r.csv")):
            assert all(word in said for word in words)
    chosen = {"stimulus_columns": ["a"], "response_columns": ["b"]}
    assert si.read_recording(unknown[unknown.a > 1], **chosen).stimulus_names == ("a",)
    assert "--as counts" in refusal(pandas.DataFrame(RNG.poisson(2, (60, 2)))[::-1])


def test_an_array_as_a_frame_has_no_stimulus_column():
    counts = pandas.DataFrame([[8, 2, 1], [2, 5, 1], [7, 3, 1]])
    assert si.read_recording(counts).counts.tolist() == counts.to_numpy().tolist()
    assert "--as counts" in refusal(pandas.DataFrame(RNG.poisson(2, (60, 2))))
