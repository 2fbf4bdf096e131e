"""Rotation invariance: the orthonormal basis of the stimulus does not matter."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from . import known
from .axiom import Axiom, Family
from .cases import LinearMapCase
from .groups import PLANES
from .stimulus_invariance import check

#: Cosine and sine of rotations: quarter and half turns, and the rational ones of 3-4-5 and 5-12-13 triangles.
_TURNS = ((0.0, 1.0), (-1.0, 0.0), (0.6, 0.8), (0.8, 0.6), (5 / 13, 12 / 13))


@composite
def turned_cases(draw_: DrawFn) -> LinearMapCase:
    """A model in the plane, rotated and perhaps reflected. Shrinks to a quarter turn."""
    cosine, sine = draw_(st.sampled_from(_TURNS))
    sign = draw_(st.sampled_from([1, -1]))
    return LinearMapCase(draw_(PLANES), ((cosine, -sign * sine), (sine, sign * cosine)), (0, 0))


AXIOM = Axiom(
    id="rotation_invariance",
    title="Rotation invariance",
    statement="I is unchanged when all stimuli are turned or reflected together.",
    why="Pixels or another orthonormal basis of images: the axes are convention.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase,),
    known=(LinearMapCase(known.TRIANGLE, ((0.6, -0.8), (0.8, 0.6)), (0, 0)),),
    families=lambda gradient: (Family("finite, 2-d", turned_cases()),),
)
