"""Axioms beyond the ten: what would narrow down the measures that the paper's axioms leave open.

Each is invariance under a group of maps of the stimulus, stated and judged as `stimulus_invariance` is. The audit of a
user's measure does not ask them; ``stiminfo.reports.studies.beyond`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import checks
from . import strategies as draw
from .cases import LinearMapCase
from .registry import FIFTH, Axiom, Family

#: Rotations with whole numbers in them: cosine and sine of quarter turns and of 3-4-5 and 5-12-13 triangles.
_TURNS = ((0.0, 1.0), (-1.0, 0.0), (0.6, 0.8), (0.8, 0.6), (5 / 13, 12 / 13))
_PLANES = draw.finite_specs(dimensions=2, max_stimuli=4, max_responses=3)


def _diagonal(spec: FiniteSpec, by: Sequence[float], shift: Sequence[float] = (0, 0)) -> LinearMapCase:
    d = len(spec.stimuli[0])
    matrix = tuple(tuple(by[i] if i == k else 0 for k in range(d)) for i in range(d))
    return LinearMapCase(spec, matrix, tuple(shift[:d]))


@composite
def turned_cases(draw_: DrawFn) -> LinearMapCase:
    """A plane model, turned, and perhaps reflected. Shrinks to a quarter turn."""
    cosine, sine = draw_(st.sampled_from(_TURNS))
    sign = draw_(st.sampled_from([1, -1]))
    return LinearMapCase(draw_(_PLANES), ((cosine, -sign * sine), (sine, sign * cosine)), (0, 0))


@composite
def shifted_cases(draw_: DrawFn, specs: SearchStrategy[FiniteSpec]) -> LinearMapCase:
    """Every stimulus moved by one vector of whole numbers. Shrinks to 1."""
    return _diagonal(draw_(specs), (1, 1), [draw_(st.integers(1, 5)) for _ in range(2)])


@composite
def scaled_cases(draw_: DrawFn, specs: SearchStrategy[FiniteSpec], each: bool = False) -> LinearMapCase:
    """Every feature times one whole number, or, with `each`, each feature times its own. Shrinks to 2."""
    first, second = draw_(st.integers(2, 6)), draw_(st.integers(1, 6))
    return _diagonal(draw_(specs), (first, second if each else first))


def _both(cases: Callable[..., SearchStrategy[LinearMapCase]]) -> Callable[[bool], tuple[Family, ...]]:
    def families(gradient: bool) -> tuple[Family, ...]:
        del gradient  # of measures that need one, these maps would have to carry it
        return (
            Family("finite", cases(draw.finite_specs())),
            Family("finite, 2-d", cases(_PLANES), FIFTH),
        )

    return families


FURTHER: dict[str, Axiom] = {
    axiom.id: axiom
    for axiom in (
        Axiom(
            "translation_invariance",
            "Translation invariance",
            "I is unchanged when one vector is added to every stimulus.",
            "Where the axis of orientation or position begins is convention.",
            "stiminfo",
            checks.stimulus_invariance,
            _both(shifted_cases),
            None,
        ),
        Axiom(
            "scale_invariance",
            "Scale invariance",
            "I is unchanged when every stimulus is multiplied by one number.",
            "Degrees or minutes of arc: the unit is convention.",
            "stiminfo",
            checks.stimulus_invariance,
            _both(scaled_cases),
            None,
        ),
        Axiom(
            "rotation_invariance",
            "Rotation invariance",
            "I is unchanged when all stimuli are turned or reflected together.",
            "Pixels or another orthonormal basis of images: the axes are convention.",
            "stiminfo",
            checks.stimulus_invariance,
            lambda gradient: (Family("finite, 2-d", turned_cases()),),
            None,
        ),
        Axiom(
            "unit_invariance",
            "Unit invariance",
            "I is unchanged when each feature is multiplied by a number of its own.",
            "Contrast in per cent and orientation in radians: features of different kinds have no common unit.",
            "stiminfo",
            checks.stimulus_invariance,
            lambda gradient: (Family("finite, 2-d", scaled_cases(_PLANES, each=True)),),
            None,
        ),
    )
}
