"""Stimuli that differ by the rounding of a computer only are one; numbers that people write are not joined."""

import numpy as np
import pytest

import stiminfo as si

TENTHS = [0.1, 0.2, 0.1 + 0.2, 0.3]


def trials_of(stimuli, stimulus=None):
    columns = np.asarray(stimuli, dtype=float)
    return si.read_recording({"stimulus": columns, "responses": np.arange(len(columns)) % 3}, stimulus)


#: Stimuli -> the labels of what they are.
JOINED = {
    "a sum": (TENTHS, ("0.1", "0.2", "0.3")),
    "the rounded first": ([0.1 + 0.2, 0.1, 0.3], ("0.1", "0.3")),
    "nothing but rounding apart from another": ([0.3, 0.1 + 0.2, 1e6], ("0.3", "1000000")),
    "single beside double precision": ([0.1, 0.2, float(np.float32(0.1)), float(np.float32(0.2))], ("0.1", "0.2")),
    "thirds": ([1 / 3, float(np.float32(1 / 3)), 5], (repr(1 / 3), "5")),
    "whole": ([3, 3 + 1e-12, 4], ("3", "4")),
    "negative": ([-0.3, -0.1 - 0.2, 0], ("-0.3", "0")),
}  # fmt: skip


@pytest.mark.parametrize("name", JOINED)
def test_what_differs_by_rounding_is_one_stimulus(name):
    stimuli, labels = JOINED[name]
    found = trials_of(stimuli)
    assert found.labels == labels
    assert found.trials.sum() == len(stimuli)
    assert any("differ by rounding" in line for line in found.doubts)


def test_the_values_are_named_in_the_warnings():
    found = trials_of(TENTHS * 3)
    assert (found.trials.tolist(), len(found.doubts)) == ([3, 3, 6], 1)
    assert "'0.30000000000000004' and '0.3'" in found.doubts[0]
    assert found.doubts[0] in si.measure(found, ["i_surp"], resamples=10).to_json()["warnings"]


def test_each_feature_and_angles_too(tmp_path):
    plane = trials_of([[0.3, 1], [0.1 + 0.2, 1], [0.3, 2], [0.1, 2]])
    assert plane.labels == ("0.1, 2", "0.3, 1", "0.3, 2")
    angles = [k * 0.1 * np.pi for k in (0, 1, 3)] + [0.1 * np.pi + 0.2 * np.pi]
    assert len(trials_of(angles, "circle:2pi").labels) == 3
    (tmp_path / "r.csv").write_text("stimulus,0,1\n0.1,8,2\n0.3,2,8\n0.30000000000000004,1,1\n")
    with pytest.raises(si.InputError, match="stands in two rows"):
        si.read_recording(tmp_path / "r.csv")


#: Stimuli that are close, or small, and yet not one.
APART = {
    "concentrations": 10.0 ** -np.arange(13),
    "numbers of pictures": 2.0**52 + np.arange(4),
    "seconds since 1970": 1.7e9 + np.arange(4) / 4,
    "close to one": [1, 1 + 1e-7, 1.00000001, 2],
    "a fine grid": np.linspace(0, 1, 40_001)[:300],
    "small contrasts": [0, 1e-8, 2e-8, 1],
}


@pytest.mark.parametrize("name", APART)
def test_numbers_that_people_write_are_not_joined(name):
    found = trials_of(APART[name])
    assert len(found.labels) == len(APART[name])
    assert not any("rounding" in line for line in found.doubts)


def test_close_to_zero_is_doubted_but_kept():
    found = trials_of([0.3 - 0.1 - 0.2, 0, 0.1, 0.2])
    assert len(found.labels) == 4
    assert "differ by rounding" in found.doubts[0]
    assert "not" in found.doubts[0]


def test_one_number_written_twice_is_no_warning(tmp_path):
    (tmp_path / "r.csv").write_text("contrast,spikes\n0.10,1\n0.1,2\n0.20,1\n0.2,2\n0.30,1\n0.3,2\n")
    found = si.read_recording(tmp_path / "r.csv")
    assert (found.trials.tolist(), found.doubts) == ([2, 2, 2], ())
    assert "angles" not in repr(found)
