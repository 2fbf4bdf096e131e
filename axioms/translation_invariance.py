"""Translation invariance: where the axis of the stimulus begins does not matter."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import crossed_maps, known, places
from .axiom import FORTIETH, Axiom, Family
from .cases import LinearMapCase
from .groups import diagonal, everywhere
from .stimulus_invariance import check
from .strategies import finite_specs


@composite
def shifted_cases(draw_: DrawFn, specs: SearchStrategy[FiniteSpec]) -> LinearMapCase:
    """Every stimulus moved by one vector of whole numbers. Shrinks to 1."""
    spec = draw_(specs)
    d = len(spec.stimuli[0])
    return diagonal(spec, (1,) * d, [draw_(st.integers(1, 5)) for _ in range(d)])


AXIOM = Axiom(
    id="translation_invariance",
    title="Translation invariance",
    statement="I is unchanged when one vector is added to every stimulus.",
    why="Where the axis of orientation or position begins is convention.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase, places.PlacesCase),
    known=(
        LinearMapCase(known.THREE, ((1,),), (1,)),
        diagonal(known.FOUR, (1,) * 3, (1, 2, 3)),
        diagonal(known.MANY_FEATURES, (1,) * 5, (1, 2, 3, 4, 5)),
        *places.CUT,
    ),
    crossed=crossed_maps.shifts,
    families=lambda gradient: (
        *everywhere(shifted_cases)(gradient),
        Family("circle, turned", places.turns(finite_specs(max_responses=4), only=True), FORTIETH),
    ),
)
