"""Linear maps of the stimulus, for the axioms that say that I(x) does not change under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import strategies as draw
from .axiom import FIFTH, TENTH, Family
from .cases import LinearMapCase
from .families import planes, spaces

PLANES, SPACES = planes(gradient=False), spaces(gradient=False)


def diagonal(spec: FiniteSpec, by: Sequence[float], shift: Sequence[float]) -> LinearMapCase:
    """The case in which feature i is multiplied by ``by[i]`` and moved by ``shift[i]``."""
    d = len(spec.stimuli[0])
    matrix = tuple(tuple(by[i] if i == k else 0 for k in range(d)) for i in range(d))
    return LinearMapCase(spec, matrix, tuple(shift))


@composite
def scaled_cases(draw_: DrawFn, specs: SearchStrategy[FiniteSpec], each: bool = False) -> LinearMapCase:
    """Every feature is multiplied by one whole number, or with `each` by a number of its own. Shrinks to 2."""
    spec, first = draw_(specs), draw_(st.integers(2, 6))
    others = [draw_(st.integers(1, 6)) if each else first for _ in spec.stimuli[0][1:]]
    return diagonal(spec, (first, *others), (0,) * (1 + len(others)))


def everywhere(cases: Callable[..., SearchStrategy[LinearMapCase]]) -> Callable[[bool], tuple[Family, ...]]:
    """The families of a kind of map, for stimuli on a line, in the plane and beyond."""

    def families(gradient: bool) -> tuple[Family, ...]:
        del gradient  # no case carries one
        return (
            Family("finite", cases(draw.finite_specs())),
            Family("finite, 2-d", cases(PLANES), FIFTH),
            Family("finite, 3-d to 8-d", cases(SPACES), TENTH),
        )

    return families
