"""The measures: each published decomposition of I(R;X), exact, with its conditional and feature-wise form."""

from ..errors import NotApplicable
from .exact import PUBLISHED, PublishedMeasure, fisher, i_cissi, i_kong1, i_kong2, i_local, i_sp, i_ssi, i_surp
from .measure import Measure, Uncertain, canonical_conditional

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
