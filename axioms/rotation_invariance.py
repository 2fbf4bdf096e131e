"""Rotation invariance: the orthonormal basis of the stimulus does not matter."""

from __future__ import annotations

from itertools import permutations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import crossed_maps, known
from .axiom import TENTH, Axiom, Family
from .cases import LinearMapCase
from .groups import PLANES
from .spaces import solids
from .stimulus_invariance import check
from .uncommon import scaled

#: Cosine and sine of rotations: quarter and half turns, and the rational ones of 3-4-5 and 5-12-13 triangles.
_TURNS = ((0.0, 1.0), (-1.0, 0.0), (0.6, 0.8), (0.8, 0.6), (5 / 13, 12 / 13))
#: Units of the stimulus, and a turn of R^3.
_UNITS = (1, 1e-3, 0.1, 30, 1e4)
_IN_SPACE = ((0.6, 0, -0.8), (0, 1, 0), (0.8, 0, 0.6))


@composite
def turned_cases(draw_: DrawFn, specs: SearchStrategy[FiniteSpec]) -> LinearMapCase:
    """Two features of a model turned into each other, and perhaps reflected. Shrinks to a quarter turn."""
    cosine, sine = draw_(st.sampled_from(_TURNS))
    sign = draw_(st.sampled_from([1, -1]))
    spec = draw_(specs)
    d = len(spec.stimuli[0])
    a, b = draw_(st.sampled_from(list(permutations(range(d), 2))))
    entries = {(a, a): cosine, (a, b): -sign * sine, (b, a): sine, (b, b): sign * cosine}
    matrix = tuple(tuple(entries.get((i, k), float(i == k)) for k in range(d)) for i in range(d))
    return LinearMapCase(spec, matrix, (0,) * d)


AXIOM = Axiom(
    id="rotation_invariance",
    title="Rotation invariance",
    statement="I is unchanged when all stimuli of several features are turned or reflected together.",
    why="Pixels or another orthonormal basis of images: the axes are convention.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase,),
    known=(
        *(
            LinearMapCase(scaled(spec, unit), turn, (0,) * len(turn))
            for unit in _UNITS
            for spec, turn in ((known.TRIANGLE, ((0.6, -0.8), (0.8, 0.6))), (known.FOUR, _IN_SPACE))
        ),
    ),
    crossed=crossed_maps.rotations,
    families=lambda gradient: (
        Family("finite, 2-d", turned_cases(PLANES)),
        Family("finite, 3-d to 8-d", turned_cases(solids()), TENTH),
    ),
)
