"""Edits of images along groups of latents: exact inversion, guidance, perturbations, and scores against the truth."""

from .guidance import AsReleased, ByCritic, ByLikelihood, Exact, Guide
from .inversion import Inversion, NotInvertible, explicit, generate, invert
from .ladder import Ladder

__all__ = [
    "AsReleased",
    "ByCritic",
    "ByLikelihood",
    "Exact",
    "Guide",
    "Inversion",
    "Ladder",
    "NotInvertible",
    "explicit",
    "generate",
    "invert",
]
