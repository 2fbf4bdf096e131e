"""Unit invariance: each feature may have a unit of its own."""

from __future__ import annotations

from . import crossed_maps, known
from .axiom import TENTH, Axiom, Family
from .cases import LinearMapCase
from .groups import PLANES, SPACES, diagonal, scaled_cases
from .stimulus_invariance import check

AXIOM = Axiom(
    id="unit_invariance",
    title="Unit invariance",
    statement="I is unchanged when each of several features is multiplied by a number of its own.",
    why="Contrast in per cent and orientation in radians: features of different kinds have no common unit.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase,),
    known=(
        LinearMapCase(known.TRIANGLE, ((1, 0), (0, 2)), (0, 0)),
        diagonal(known.FOUR, (1, 2, 3), (0, 0, 0)),
        diagonal(known.MANY_FEATURES, (2, 1, 3, 1, 5), (0,) * 5),
    ),
    crossed=crossed_maps.units,
    families=lambda gradient: (
        Family("finite, 2-d", scaled_cases(PLANES, each=True)),
        Family("finite, 3-d to 8-d", scaled_cases(SPACES, each=True), TENTH),
    ),
)
