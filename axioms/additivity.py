"""Additivity: what two responses tell is what one tells and what the other adds, in either order."""

from __future__ import annotations

import numpy as np
from hypothesis.strategies import SearchStrategy

from ..models import ResponsePair
from ..models.data import FiniteSpec
from . import known, smallest
from . import strategies as draw
from .axiom import PAPER, Axiom, Family
from .cases import PairCase
from .evaluator import Evaluator
from .families import other_pairs
from .finding import Finding, Values, judge, shown, worst


def check(measure: Evaluator, case: PairCase) -> Finding:
    """I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders."""
    pair = case.built
    both = measure.pointwise(pair.both)
    return worst([_sum(measure, both, pair, "R", "R'"), _sum(measure, both, pair.swapped, "R'", "R")])


def _sum(measure: Evaluator, both: Values, pair: ResponsePair, first: str, second: str) -> Finding:
    alone = measure.pointwise(pair.first)
    given = measure.conditional(pair)
    gap = alone.value + given.value - both.value
    error = both.error + alone.error + given.error
    j = int(np.abs(gap).argmax())

    def number(values: Values) -> str:
        return shown(values.value[j], abs(gap[j]))

    scale = float(np.abs(both.value).max() + np.abs(alone.value).max())
    return judge(
        float(abs(gap[j])),
        float(error[j]),
        scale,
        pair.stimuli.shape[1],
        j,
        {"I_{R,R'}(x)": both.value, f"I_{first}(x)": alone.value, f"I_{{{second}|{first}}}(x)": given.value},
        f"at stimulus {j}: I_{first} + I_{{{second}|{first}}} = {number(alone)} + {number(given)} = "
        f"{shown(alone.value[j] + given.value[j], abs(gap[j]))}, but I_{{R,R'}} = {number(both)}",
    )


def _families(gradient: bool) -> tuple[Family, ...]:
    return (Family("finite pairs", draw.pair_cases(gradient)), *other_pairs(gradient))


def _of_models(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
    return (Family("pairs made of your models", draw.pair_cases_of(specs)),)


AXIOM = Axiom(
    id="additivity",
    title="Additivity",
    statement="I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders of R and R'.",
    why="What two responses tell is what one tells and what the other adds.",
    source=f"Axiom 4 of {PAPER}",
    check=check,
    cases=(PairCase,),
    known=(
        PairCase(known.MERGED),
        PairCase(known.READINGS),
        PairCase(known.MERGED_PLANE),
        PairCase(known.READINGS_PLANE),
        known.WIDE_PAIR,
        known.CELL_PAIR,
        known.VOLUME_PAIR,
        known.BETWEEN_PAIR,
        *known.RARE_PAIRS,
        known.MANY_PAIR,
    ),
    smallest=smallest.all_pairs,
    families=_families,
    of_models=_of_models,
)
