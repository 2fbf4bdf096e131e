"""The measures: each published decomposition of I(R;X), exact, with its conditional and feature-wise forms."""

from ..errors import NotApplicable
from .cissi import i_cissi
from .contrastive import i_nce
from .exact import PublishedMeasure
from .fisher_information import fisher
from .kong1 import i_kong1
from .kong2 import i_kong2
from .local import i_local
from .measure import Measure, Uncertain, canonical_conditional
from .registry import PUBLISHED
from .sp import i_sp
from .ssi import i_ssi
from .surp import i_surp

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
    "i_nce",
    "i_sp",
    "i_ssi",
    "i_surp",
]
