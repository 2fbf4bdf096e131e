"""Models whose weights span orders of magnitude: skewed priors together with graded likelihoods."""

from __future__ import annotations

from typing import Any

from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from ..models.data import FiniteSpec
from .places import NOMINAL

# What is almost sure of one stimulus is almost impossible of the other, and one of the two is rare.
TWO = FiniteSpec(((0,), (1,)), (9, 1), ((6, 67, 927), (783, 216, 1)))
RARER = FiniteSpec(((0,), (1,)), (99, 1), ((1, 9, 990), (917, 79, 4)))
#: The same with labels for stimuli.
SPECS = tuple(replace(one, geometry=geometry) for one in (TWO, RARER) for geometry in (None, NOMINAL))


def one_apart(count: int, geometry: str | None = None) -> FiniteSpec:
    """One common stimulus, and `count` less one rare ones that answer alike."""
    places, rare = tuple((j,) for j in range(count)), count - 1
    return FiniteSpec(places, (4 * rare, *(1,) * rare), ((1, 0), *((0, 1),) * rare), geometry=geometry)


#: In every number from 3 to 24, on a line and as labels.
APART = tuple(one_apart(count, geometry) for count in range(3, 25) for geometry in (None, NOMINAL))


def steeper(spec: FiniteSpec) -> FiniteSpec:
    """The model with weights 0 to 9 replaced by powers of ten up to 10^4; others stay as they are."""
    return replace(spec, prior=_row(spec.prior), responses=tuple(map(_row, spec.responses)))


def _row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(10 ** ((w - 1) // 2) if w in range(1, 10) else w for w in row)


def steep(specs: SearchStrategy[FiniteSpec]) -> SearchStrategy[FiniteSpec]:
    """Models with such weights. Slopes, which belong to the old weights, are not given."""
    return specs.map(steeper)
