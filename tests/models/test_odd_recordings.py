"""Objects that hold no recording, or hold one in an odd way: each is read as it is meant, or refused in one line."""

from decimal import Decimal

import numpy as np
import pytest
from scipy.sparse import csr_array

import stiminfo as si
from stiminfo.errors import InputError

pandas = pytest.importorskip("pandas")

X, R = [0, 0, 1, 1], [1, 2, 3, 4]


class Mine:
    pass


def frame(**columns):
    return pandas.DataFrame({"stimulus": X, "spikes": R} | columns)


def mapping(**arrays):
    return {"stimulus": X, "responses": R} | arrays


class Sly(dict):
    """A mapping that breaks when it is read."""

    def items(self):
        raise KeyError("gone")


TWICE = pandas.DataFrame([[0, 1, 2], [1, 3, 4]], columns=["stimulus", "spikes", "spikes"])
REFUSED = {
    "nothing": (None, "cannot read a recording from builtins.NoneType"),
    "a ragged list": ([[1, 2], [3]], "cannot read a recording from builtins.list"),
    "a generator": ((i for i in R), "cannot read a recording from builtins.generator"),
    "an empty mapping": ({}, "not clear which of the arrays"),
    "an empty frame": (pandas.DataFrame(), "DataFrame: has no columns"),
    "a frame without rows": (frame().iloc[:0], "no trials"),
    "a plain series": (pandas.Series(R), "expected a corner cell"),
    "ragged responses": (mapping(responses=[[1, 2], [3], [4], [5]]), "different lengths (ragged)"),
    "responses of many kinds": (mapping(responses=np.array([1, "a", None, 2.5], object)), "holds object values"),
    "no response": (mapping(responses=np.zeros((4, 0))), "have no column"),
    "one number": (mapping(stimulus=0, responses=1), "one stimulus only"),
    "masked trials": (mapping(responses=np.ma.array(R, mask=[0, 1, 0, 0])), "masked entries"),
    "complex responses": (mapping(responses=np.array(R) * 1j), "complex128"),
    "dates": (mapping(stimulus=np.array(["2020"] * 4, "M8[D]")), "datetime64"),
    "dates in a frame": (frame(stimulus=pandas.to_datetime(["2020"] * 4)), "datetime64"),
    "bytes": (mapping(responses=[b"a", b"b", b"a", b"b"]), "holds |S1 values"),
    "a structured array": (mapping(responses=np.zeros(4, dtype=[("a", int)])), "expected numbers or texts"),
    "lists in cells": (frame(spikes=[[1], [2], [3], [4]]), "row 0, column 'spikes': holds a list"),
    "objects in cells": (frame(stimulus=[Mine() for _ in X]), "row 0, column 'stimulus': holds a Mine"),
    "a column twice": (TWICE, "two columns are named 'spikes'"),
    "a missing number": (frame(spikes=pandas.array([1, None, 3, 4], dtype="Int64")), "row 1, column 'spikes'"),
    "too large a number": (mapping(responses=[1, 2, 3, 10**400]), "cannot read a recording from this builtins.dict"),
    "a mapping that breaks": (Sly(mapping()), "cannot read a recording from this"),
}
READ = {
    "numbers as objects": mapping(responses=np.array([1, 2, 3, Decimal(4)], object)),
    "nothing masked": mapping(responses=np.ma.array(R, mask=False)),
    "a sparse matrix": mapping(responses=csr_array(np.array(R)[:, None])),
    "a sparse column": frame(spikes=pandas.arrays.SparseArray(R)),
    "categories": frame(stimulus=pandas.Categorical(["a", "a", "b", "b"])),
    "truth values": mapping(stimulus=[False, False, True, True]),
    "texts of numbers": mapping(responses=["1", "2", "3", "4"]),
    "short floats": mapping(stimulus=np.array(X, np.float16), responses=np.array(R, np.float16)),
    "a NaN beside the stimulus": pandas.DataFrame(
        {"spikes": R},
        index=pandas.MultiIndex.from_tuples([(0, 1), (0, np.nan), (1, 1), (1, 2)], names=["stimulus", "trial"]),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name):
    given, said = REFUSED[name]
    for use in (si.read_recording, si.measure):
        if name == "a generator" and use is si.measure:
            continue
        with pytest.raises(InputError) as caught:
            use(given)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", READ)
def test_read_as_it_is_meant(name):
    found = si.read_recording(READ[name])
    assert found.trials.tolist() == [2, 2]
    assert found.counts.shape == (2, 4)
