"""Files and objects beside text: each is written by the test and read back, and what would do harm is not loaded."""

import struct
import zipfile

import numpy as np
import pytest

import stiminfo as si
from stiminfo.models.recordings.formats.format import MOST_BYTES

STIMULUS = np.array([0.0, 90.0, 0.0, 90.0, 45.0])
RESPONSES = np.array([[3, 0], [1, 1], [3, 0], [1, 2], [0, 0]])
COUNTS = np.array([[8, 2], [3, 7]])


def is_the_recording(found):
    """Whether a recording holds `STIMULUS` and `RESPONSES`."""
    assert found.stimuli[:, 0].tolist() == [0, 45, 90]
    assert found.trials.tolist() == [2, 1, 2]
    assert found.responses.tolist() == RESPONSES.tolist()
    assert found.stimuli[found.trial_stimulus, 0].tolist() == STIMULUS.tolist()
    return True


def refusal(source, *arguments, **options):
    with pytest.raises(si.InputError) as caught:
        si.read_recording(source, *arguments, **options)
    said = str(caught.value)
    assert "\n" not in said
    return said


class TestArrays:
    def test_trials(self):
        assert is_the_recording(si.read_recording({"stimulus": STIMULUS, "responses": RESPONSES}))
        named = si.read_recording(
            {"theta": STIMULUS, "a": RESPONSES[:, 0], "b": RESPONSES[:, 1]},
            stimulus_columns=["theta"],
            response_columns=["a", "b"],
        )
        assert is_the_recording(named)
        assert named.response_names == ("a", "b")

    def test_counts(self):
        found = si.read_recording({"counts": COUNTS, "stimuli": [[0, 0.1], [90, 0.1]]})
        assert (found.geometry, found.counts.tolist()) == ("plane", COUNTS.tolist())
        labelled = si.read_recording({"counts": COUNTS, "labels": ["a", "b"]})
        assert (labelled.geometry, labelled.labels) == ("nominal", ("a", "b"))

    def test_row_vectors(self):
        found = si.read_recording({"stimulus": STIMULUS[None], "responses": RESPONSES[None, :, 0]})
        assert found.responses[:, 0].tolist() == RESPONSES[:, 0].tolist()

    def test_labels_as_responses(self):
        found = si.read_recording({"stimulus": np.array(["a", "b", "a"], dtype=object), "response": ["x", "y", "y"]})
        assert found.counts.tolist() == [[1, 1], [0, 1]]

    @pytest.mark.parametrize(
        ("arrays", "words"),
        [
            ({"a": STIMULUS, "b": RESPONSES}, ["'a', 'b'", "--stimulus-column"]),
            ({"stimulus": [0, 1], "responses": np.ones((2, 3, 4))}, ["3 dimensions", "sum over time"]),
            ({"stimulus": [], "responses": []}, ["no trials"]),
            ({"stimulus": STIMULUS, "responses": RESPONSES[:3]}, ["3 rows", "has 5"]),
            ({"stimulus": [0, np.nan], "responses": [1, 2]}, ["trial 1", "missing"]),
            ({"stimulus": [0, 1], "responses": [1, np.nan]}, ["trial 1", "finite"]),
            ({"stimuli": [0, 1], "counts": [[1, 2], [1.5, 2]]}, ["counts[1, 0] is 1.5"]),
            ({"stimulus": [0, 1], "responses": [object(), 2]}, ["'responses' holds object"]),
            ({"stimulus": [0, 1], "rate": [1, 2], "responses": ["a", "b"]}, ["texts and others numbers"]),
        ],
    )
    def test_refused(self, arrays, words):
        said = refusal(arrays)
        for word in words:
            assert word in said

    def test_names_that_are_not_there(self):
        assert "no array 'x'" in refusal({"stimulus": STIMULUS}, stimulus_columns=["x"])


class TestNpz:
    def test_there_and_back(self, tmp_path):
        np.savez(tmp_path / "r.npz", stimulus=STIMULUS, responses=RESPONSES)
        found = si.read_recording(tmp_path / "r.npz")
        assert is_the_recording(found)
        assert "NumPy archive" in repr(found)

    def test_content_counts_and_not_the_name(self, tmp_path):
        np.savez(tmp_path / "r.npz", stimulus=STIMULUS, responses=RESPONSES)
        (tmp_path / "r.npz").rename(tmp_path / "r.csv")
        assert is_the_recording(si.read_recording(tmp_path / "r.csv"))

    def test_no_pickle_is_loaded(self, tmp_path):
        class Harm:
            def __reduce__(self):
                return (open, (str(tmp_path / "harm"), "w"))

        np.savez(tmp_path / "r.npz", stimulus=np.array([Harm()], dtype=object), responses=RESPONSES)
        assert "Python objects, which are not loaded" in refusal(tmp_path / "r.npz")
        assert not (tmp_path / "harm").exists()

    def test_a_bomb_is_not_unpacked(self, tmp_path):
        # 3 GiB of zeros, as the archive itself says: nothing is read of it.
        with zipfile.ZipFile(tmp_path / "r.npz", "w") as archive:
            archive.writestr("stimulus.npy", b"")
        raw = bytearray((tmp_path / "r.npz").read_bytes())
        directory = raw.rindex(b"PK\x01\x02")
        raw[directory + 24 : directory + 28] = struct.pack("<I", MOST_BYTES + 1024**3)
        (tmp_path / "r.npz").write_bytes(raw)
        assert "GiB unpacked" in refusal(tmp_path / "r.npz")

    @pytest.mark.parametrize("name", ["../r.npy", "/r.npy", "a/b.npy", "r.txt"])
    def test_names_that_are_no_arrays(self, tmp_path, name):
        with zipfile.ZipFile(tmp_path / "r.npz", "w") as archive:
            archive.writestr(name, b"x")
        assert repr(name) in refusal(tmp_path / "r.npz")

    def test_other_archives(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "r.xlsx", "w") as archive:
            archive.writestr("xl/workbook.xml", b"x")
        assert "save the sheet as CSV" in refusal(tmp_path / "r.xlsx")
        np.savez(tmp_path / "r.npz", stimulus=STIMULUS, responses=RESPONSES)
        raw = (tmp_path / "r.npz").read_bytes()
        (tmp_path / "cut.npz").write_bytes(raw[: len(raw) // 2])
        assert "not an archive of arrays" in refusal(tmp_path / "cut.npz")
        np.save(tmp_path / "r.npy", STIMULUS)
        assert "np.savez" in refusal(tmp_path / "r.npy")


class TestMat:
    def test_there_and_back(self, tmp_path):
        io = pytest.importorskip("scipy.io")
        cells = np.empty(2, dtype=object)
        cells[:] = [STIMULUS, RESPONSES]
        others = {"info": {"rate": 1.0}, "cells": cells}
        io.savemat(tmp_path / "r.mat", {"stimulus": STIMULUS, "responses": RESPONSES} | others)
        found = si.read_recording(tmp_path / "r.mat")
        assert is_the_recording(found)
        assert "left out: info, cells" in repr(found)

    def test_cells_of_texts(self, tmp_path):
        io = pytest.importorskip("scipy.io")
        labels = np.array(["face", "house", "face"], dtype=object)
        io.savemat(tmp_path / "r.mat", {"stimulus": labels, "spikes": [[1, 2, 1]]})
        found = si.read_recording(tmp_path / "r.mat")
        assert (found.labels, found.counts.tolist()) == (("face", "house"), [[2, 0], [0, 1]])

    def test_too_large(self, tmp_path, monkeypatch):
        io = pytest.importorskip("scipy.io")
        io.savemat(tmp_path / "r.mat", {"stimulus": STIMULUS, "responses": RESPONSES})
        monkeypatch.setattr("stiminfo.models.recordings.formats.mat.MOST_BYTES", 10)
        assert "GiB" in refusal(tmp_path / "r.mat")

    def test_what_is_none(self, tmp_path):
        (tmp_path / "r.mat").write_bytes(b"MATLAB 7.3 MAT-file" + bytes(200))
        assert "'-v7'" in refusal(tmp_path / "r.mat")
        (tmp_path / "r.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
        assert "not a readable MATLAB file" in refusal(tmp_path / "r.mat")


class TestPandas:
    def frame(self):
        pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
        return pandas.DataFrame({"orientation": STIMULUS, "unit_1": RESPONSES[:, 0], "unit_2": RESPONSES[:, 1]})

    def test_trials(self):
        assert is_the_recording(si.read_recording(self.frame()))
        assert is_the_recording(si.read_recording(self.frame().set_index("orientation")))
        assert "pandas DataFrame (5, 3)" in repr(si.read_recording(self.frame()))

    def test_a_crosstab(self):
        pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
        frame = self.frame()
        table = pandas.crosstab(frame["orientation"], frame["unit_1"], margins=True)
        assert si.read_recording(table).counts.tolist() == [[0, 0, 2], [1, 0, 0], [0, 2, 0]]

    def test_counted_series(self):
        frame = self.frame()
        sizes = frame.groupby(["orientation", "unit_1"]).size()
        assert si.read_recording(sizes).trials.tolist() == [2, 1, 2]
        counted = frame[["orientation", "unit_1"]].value_counts()
        assert sorted(si.read_recording(counted).trials) == [1, 2, 2]

    def test_a_series_of_trials(self):
        pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
        index = pandas.MultiIndex.from_arrays([STIMULUS, range(5)], names=["orientation", "trial"])
        found = si.read_recording(pandas.Series([3, 1, 3, 1, 0], index=index, name="spikes"))
        assert found.responses[:, 0].tolist() == [3, 1, 3, 1, 0]
        unnamed = si.read_recording(pandas.Series([3, 1, 3, 1, 0], index=index))
        assert unnamed.trials.tolist() == [2, 1, 2]

    def test_intervals_tuples_and_missing_cells(self):
        pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
        bins = pandas.cut([1, 11, 2, 12], [0, 10, 20])
        found = si.read_recording(pandas.DataFrame({"x": bins, "spikes": [1, 2, 3, 4]}))
        assert found.stimuli.tolist() == [[5], [15]]
        tuples = pandas.DataFrame({"x": [(0, 1), (2, 3), (0, 1)], "spikes": [1, 2, 3]})
        assert si.read_recording(tuples).stimuli.tolist() == [[0, 1], [2, 3]]
        nullable = pandas.DataFrame({"x": [0, 1, 0], "spikes": pandas.array([1, None, 2], dtype="Int64")})
        assert "row 1, column 'spikes'" in refusal(nullable)
        times = pandas.DataFrame({"x": pandas.to_datetime(["2024-01-01"] * 2), "spikes": [1, 2]})
        assert "datetime64" in refusal(times)

    def test_an_index_without_a_name(self):
        pandas = pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
        index = pandas.MultiIndex.from_arrays([[0, 1], [2, 3]], names=["x", None])
        assert "rename_axis" in refusal(pandas.DataFrame({"spikes": [1, 2]}, index=index))


class TestXarray:
    def test_trials_with_a_coordinate(self):
        xarray = pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
        coords = {"trial": range(5), "stimulus": ("trial", STIMULUS), "block": ("trial", list("aabbb"))}
        array = xarray.DataArray(RESPONSES.T, dims=("neuron", "trial"), coords=coords)
        found = si.read_recording(array, stimulus_columns=["stimulus"])
        assert is_the_recording(found)
        assert "left out: 'block'" in repr(found)
        assert "no coordinate 'contrast'" in refusal(array, stimulus_columns=["contrast"])

    def test_stimuli_by_trials(self):
        xarray = pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
        array = xarray.DataArray([[3, 3], [1, 2]], dims=("orientation", "trial"), coords={"orientation": [0, 90]})
        found = si.read_recording(array)
        assert (found.stimuli[:, 0].tolist(), found.trials.tolist()) == ([0, 90], [2, 2])
        assert found.responses[:, 0].tolist() == [3, 3, 1, 2]

    def test_counts(self):
        xarray = pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
        array = xarray.DataArray(COUNTS, dims=("orientation", "spikes"), coords={"orientation": [0, 90]})
        assert si.read_recording(array).counts.tolist() == COUNTS.tolist()
        assert si.read_recording(array, shape="wide").trials.tolist() == [2, 2]

    def test_a_dataset(self):
        xarray = pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
        variables = {"responses": (("trial", "neuron"), RESPONSES), "stimulus": ("trial", STIMULUS)}
        assert is_the_recording(si.read_recording(xarray.Dataset(variables)))
        assert "no dimension is called trial" in refusal(xarray.Dataset(variables).rename(trial="frame"))

    def test_dimensions_that_say_nothing(self):
        xarray = pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
        assert "coordinate" in refusal(xarray.DataArray(RESPONSES, dims=("a", "b")))
        cube = xarray.DataArray(np.ones((2, 2, 2)), dims=("x", "b", "c"), coords={"x": [0, 1]})
        assert "called trial" in refusal(cube)


#: Two units; trials of 0.5 s begin at 1, 2, ..., 5 s. The counts within them are `RESPONSES`.
ONSETS = np.arange(1.0, 6.0)
TRAINS = [
    np.concatenate([onset + 0.1 * (1 + np.arange(n)) for onset, n in zip(ONSETS, column)])
    for column in RESPONSES.T
]  # fmt: skip


class TestPynapple:
    def parts(self):
        nap = pytest.importorskip("pynapple", reason="needs stiminfo[recordings]")
        session = nap.IntervalSet(0, 10)
        group = nap.TsGroup({3: nap.Ts(TRAINS[0]), 8: nap.Ts(TRAINS[1])}, time_support=session)
        return nap, group

    def test_a_window_after_moments(self):
        nap, group = self.parts()
        found = si.read_recording(group, events=nap.Tsd(ONSETS, STIMULUS), window=(0, 0.5))
        assert is_the_recording(found)
        assert found.response_names == ("unit 3", "unit 8")
        assert "from 0 to 0.5 s" in repr(found)
        single = si.read_recording(group[3], events=nap.Tsd(ONSETS, STIMULUS), window=(0.15, 0.25))
        assert single.responses[:, 0].tolist() == [1, 0, 1, 0, 0]

    def test_intervals_with_metadata(self):
        nap, group = self.parts()
        epochs = nap.IntervalSet(ONSETS, ONSETS + 0.5, metadata={"orientation": STIMULUS})
        assert is_the_recording(si.read_recording(group, events=epochs))
        two = nap.IntervalSet(ONSETS, ONSETS + 0.5, metadata={"orientation": STIMULUS, "side": list("lrlrl")})
        assert "stimulus_columns" in refusal(group, events=two)
        assert si.read_recording(group, events=two, stimulus_columns=["side"]).labels == ("l", "r")
        assert "no column 'size'" in refusal(group, events=two, stimulus_columns=["size"])
        uneven = nap.IntervalSet(ONSETS, ONSETS + np.linspace(0.3, 0.6, 5), metadata={"orientation": STIMULUS})
        assert "--window" in refusal(group, events=uneven)

    def test_refused(self):
        nap, group = self.parts()
        events = nap.Tsd(ONSETS, STIMULUS)
        assert "events=" in refusal(group)
        assert "--window" in refusal(group, events=events)
        assert "outside the recording" in refusal(group, events=events, window=(0, 50))
        assert "expected a pynapple Tsd" in refusal(group, events=[1, 2], window=(0, 1))


@pytest.fixture(scope="module")
def nwb(tmp_path_factory):
    """Writes a small NWB file."""
    pynwb = pytest.importorskip("pynwb", reason="needs stiminfo[recordings]")
    from datetime import UTC, datetime

    folder = tmp_path_factory.mktemp("nwb")

    def write(name, orientation=STIMULUS, units=True, trials=True, covered=None, more=False, tables=()):
        file = pynwb.NWBFile("a session", name, datetime(2024, 1, 1, tzinfo=UTC))
        if trials:
            file.add_trial_column("orientation", "degrees")
            if more:
                file.add_trial_column("side", "of the screen")
            for onset, value in zip(ONSETS, orientation):
                extra = {"side": "left"} if more else {}
                file.add_trial(start_time=onset, stop_time=onset + 0.5, orientation=float(value), **extra)
        for table, column, values in tables:
            rows = pynwb.epoch.TimeIntervals(name=table, description="shown")
            for added in {column} - {"tags"}:
                rows.add_column(added, "what was shown")
            for onset, value in zip(ONSETS, values):
                rows.add_row(start_time=onset, stop_time=onset + 0.5, **{column: value})
            file.add_time_intervals(rows)
        for train in TRAINS if units else ():
            intervals = {} if covered is None else {"obs_intervals": covered}
            file.add_unit(spike_times=train, **intervals)
        path = folder / f"{name}.nwb"
        with pynwb.NWBHDF5IO(path, "w") as stream:
            stream.write(file)
        return path

    return write


class TestNwb:
    def test_there_and_back(self, nwb):
        found = si.read_recording(nwb("whole"))
        assert is_the_recording(found)
        assert "whole of each trial, 0.5 s" in repr(found)
        windowed = si.read_recording(nwb("again", covered=[[0.0, 10.0]], more=True), stimulus_columns=["orientation"],
                                     window=(0.15, 0.25))  # fmt: skip
        assert windowed.responses[:, 0].tolist() == [1, 0, 1, 0, 0]

    def test_two_tables_are_asked_about(self, nwb):
        """Which table is meant is asked, unless one only has stimuli, or the columns that are named."""
        gratings, images = ("gratings", "orientation", [float(v) for v in STIMULUS]), ("images", "image", list("abbca"))
        path = nwb("tables", trials=False, tables=[gratings, images])
        assert "each of the tables 'gratings', 'images' may hold the stimuli; name one with --table" in refusal(path)
        assert is_the_recording(si.read_recording(path, table="gratings"))
        assert is_the_recording(si.read_recording(path, stimulus_columns=["orientation"]))
        other = si.read_recording(path, table="images")
        assert other.labels == ("a", "b", "c")
        assert "table 'images' of 5 rows, 2 units" in repr(other)
        assert "name one with --table" in refusal(nwb("with_trials", tables=[images]))
        assert is_the_recording(si.read_recording(nwb("alone", trials=False, tables=[gratings])))
        tagged = ("pauses", "tags", [["pause"]] * 5)
        assert is_the_recording(si.read_recording(nwb("tagged", tables=[tagged])))

    def test_refused(self, nwb, tmp_path):
        assert "outside the recording" in refusal(nwb("short", covered=[[0.0, 4.0]]))
        assert "outside the recording" in refusal(nwb("late"), window=(0, 100))
        assert "no units" in refusal(nwb("unitless", units=False))
        assert "has no table of stimuli" in refusal(nwb("trialless", trials=False))
        assert "no table of stimuli 'gratings'; it has 'trials'" in refusal(nwb("named"), table="gratings")
        two = nwb("two", more=True)
        assert "--stimulus-column" in refusal(two)
        assert "no column 'size'" in refusal(two, stimulus_columns=["size"])
        missing = nwb("missing", orientation=[0, 90, np.nan, 90, 45])
        assert "trial 2, column 'orientation'" in refusal(missing)
        (tmp_path / "none.nwb").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(300))
        assert "not a readable NWB file" in refusal(tmp_path / "none.nwb")


def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch):
    import sys

    (tmp_path / "r.nwb").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(300))
    monkeypatch.setitem(sys.modules, "pynwb", None)
    assert "pip install 'stiminfo[recordings]'" in refusal(tmp_path / "r.nwb")


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_text("x,0,1\n0,1,2\n1,2,1\n")
    monkeypatch.setattr("stiminfo.models.recordings.reading.MOST_BYTES", 3)
    assert "GiB" in refusal(tmp_path / "r.csv")


@pytest.mark.parametrize("magic", [b"PAR1", b"\x1f\x8b", b"\x80\x04", b"\x80\x05"])
def test_formats_that_are_not_read(tmp_path, magic):
    (tmp_path / "r").write_bytes(magic + bytes(50))
    assert "r: " in refusal(tmp_path / "r")
