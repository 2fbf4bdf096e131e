"""The measures: each published decomposition of I(R;X), exact, with its conditional and feature-wise form."""

from .measure import Measure, NotApplicable, Uncertain, canonical_conditional
from .published import PUBLISHED, PublishedMeasure, fisher, i_cissi, i_kong1, i_kong2, i_local, i_sp, i_ssi, i_surp

__all__ = [
    "PUBLISHED",
    "Measure",
    "NotApplicable",
    "PublishedMeasure",
    "Uncertain",
    "canonical_conditional",
    "fisher",
    "i_cissi",
    "i_kong1",
    "i_kong2",
    "i_local",
    "i_sp",
    "i_ssi",
    "i_surp",
]
