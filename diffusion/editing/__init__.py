"""Edits of images along groups of latents: exact inversion, guidance, perturbations, and scores against the truth."""

from .critics import LogRatio, MeanLatents, log_ratio
from .edits import Edits, Inverted, LeftTheImages, edit, inverted, ladder_to
from .guidance import AsReleased, ByCritic, ByLikelihood, Exact, Guide
from .guides import GUIDES, Trained, guides_with
from .inversion import Inversion, NotInvertible, explicit, generate, invert
from .ladder import Ladder
from .perturbation import DEEP, PERTURBATIONS, Perturbed, depth, group_spread, principal_axis
from .scores import Scores, agreement, counts_as_same, nearest_images, score, steps_apart
from .traversal import traversal

__all__ = [
    "DEEP",
    "GUIDES",
    "PERTURBATIONS",
    "AsReleased",
    "ByCritic",
    "ByLikelihood",
    "Edits",
    "Exact",
    "Guide",
    "Inversion",
    "Inverted",
    "Ladder",
    "LeftTheImages",
    "LogRatio",
    "MeanLatents",
    "NotInvertible",
    "Perturbed",
    "Scores",
    "Trained",
    "agreement",
    "counts_as_same",
    "depth",
    "edit",
    "explicit",
    "generate",
    "group_spread",
    "guides_with",
    "invert",
    "inverted",
    "ladder_to",
    "log_ratio",
    "nearest_images",
    "principal_axis",
    "score",
    "steps_apart",
    "traversal",
]
