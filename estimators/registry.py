"""The measures of the literature, one line each, in the order in which tables show them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from ..models.arrays import Array
from .exact import PublishedMeasure
from .measure import Measure

#: The name in JSON, on the command line and in the file, and the file beside this one that holds the measure.
_FILES = {
    "fisher": "fisher_information",
    "i_sp": "sp",
    "i_ssi": "ssi",
    "i_surp": "surp",
    "i_cissi": "cissi",
    "i_local": "local",
    "i_kong1": "kong1",
    "i_kong2": "kong2",
}

#: The measures by their names.
PUBLISHED: dict[str, PublishedMeasure] = {
    name: getattr(import_module(f".{file}", __package__), name) for name, file in _FILES.items()
}


#: Measures with a whole number in their name, as in ``i_nce:64``: the file beside this one that holds each.
_FAMILY_FILES = {
    "i_nce": "contrastive",
}

#: By name, the function that returns the measure for a number, or for its default number.
FAMILIES: dict[str, Callable[..., Measure]] = {
    name: getattr(import_module(f".{file}", __package__), name) for name, file in _FAMILY_FILES.items()
}


def largest(measure: Measure, prior: Array) -> Array:
    """The largest value that the measure can have at each stimulus, (J,); infinite if it declares none."""
    most = getattr(measure, "most", None)
    return np.full(len(prior), np.inf) if most is None else np.asarray(most(prior))


def never_negative(measure: Measure) -> bool:
    """Whether the measure claims that its values are 0 or more."""
    return measure.claims.get("positivity", False)
