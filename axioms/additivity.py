"""Additivity: the information of two responses is that of one plus what the other adds, in either order."""

from __future__ import annotations

import numpy as np

from ..models import ResponsePair
from . import known, smallest
from . import strategies as draw
from .axiom import PAPER, Axiom, Family
from .cases import PairCase
from .evaluator import Evaluator
from .families import other_pairs
from .finding import Finding, Values, judge_worst, shown, worst


def check(measure: Evaluator, case: PairCase) -> Finding:
    """I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders."""
    pair = case.built
    both = measure.pointwise(pair.both)
    return worst([_sum(measure, both, pair, "R", "R'"), _sum(measure, both, pair.swapped, "R'", "R")])


def _sum(measure: Evaluator, both: Values, pair: ResponsePair, first: str, second: str) -> Finding:
    alone = measure.pointwise(pair.first)
    given = measure.conditional(pair)
    total = alone.value + given.value
    apart = np.abs(total - both.value)
    return judge_worst(
        apart,
        both.error + alone.error + given.error,
        float(np.abs(both.value).max() + np.abs(alone.value).max()),
        pair.stimuli.shape[1],
        {"I_{R,R'}(x)": both.value, f"I_{first}(x)": alone.value, f"I_{{{second}|{first}}}(x)": given.value},
        lambda j: (
            f"at stimulus {j}: I_{first} + I_{{{second}|{first}}} = {shown(alone.value[j], apart[j])} + "
            f"{shown(given.value[j], apart[j])} = {shown(total[j], apart[j])}, but "
            f"I_{{R,R'}} = {shown(both.value[j], apart[j])}"
        ),
    )


AXIOM = Axiom(
    id="additivity",
    title="Additivity",
    statement="I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders of R and R'.",
    why="The information of two responses is that of the first plus what the second adds.",
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
        *known.PAIRS,
    ),
    smallest=smallest.all_pairs,
    families=lambda gradient: (Family("finite pairs", draw.pair_cases(gradient)), *other_pairs(gradient)),
    of_models=lambda specs: (Family("pairs made of your models", draw.pair_cases_of(specs)),),
)
