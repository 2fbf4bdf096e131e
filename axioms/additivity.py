"""Additivity: the information of two responses is that of one plus what the other adds, in either order."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from ..models import ResponsePair
from . import crossed, known, ladders, larger, places, rarely, sizes, smallest, symmetric, uncommon, usual
from . import strategies as draw
from .axiom import PAPER, Axiom, Family
from .cases import PairCase
from .evaluator import Evaluator
from .families import other_pairs
from .finding import Finding, Premise, Values, judge_worst, place, shown, worst

#: What is reported beside the verdict.
PREMISE = "the conditional where R' is independent of X given R"
#: Probabilities that differ by less than this are the same: rounding of their quotients.
_SAME = 1e-12


def check(measure: Evaluator, case: PairCase) -> Finding:
    """I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders."""
    pair = case.built
    both = measure.pointwise(pair.both)
    sums = [_sum(measure, both, pair, "R", "R'"), _sum(measure, both, pair.swapped, "R'", "R")]
    return replace(worst(sums), premise=Premise.of_all(found.premise for found in sums))


def _adds_nothing(pair: ResponsePair) -> bool:
    """Whether R' is independent of X given R: p(r'|r, x) is the same for all x that may cause r, and has no slope."""
    first = pair.likelihood.sum(axis=1, keepdims=True)
    given = np.divide(pair.likelihood, first, out=np.zeros_like(pair.likelihood), where=first > 0)
    likeliest = np.take_along_axis(given, first.argmax(axis=2, keepdims=True), axis=2)
    if not (np.abs(given - likeliest)[np.broadcast_to(first > 0, given.shape)] <= _SAME).all():
        return False
    slope = pair.likelihood_gradient
    if slope is None:
        return True
    steepest = float(np.abs(slope).max(initial=1.0))
    return bool((np.abs(slope - given[..., None] * slope.sum(axis=1, keepdims=True)) <= _SAME * steepest).all())


def _sum(measure: Evaluator, both: Values, pair: ResponsePair, first: str, second: str) -> Finding:
    alone = measure.pointwise(pair.first)
    given = measure.conditional(pair)
    total = alone.value + given.value
    apart = np.abs(total - both.value)
    found = judge_worst(
        apart,
        both.error + alone.error + given.error,
        float(np.abs(both.value).max() + np.abs(alone.value).max()),
        pair.stimuli.shape[1],
        {"I_{R,R'}(x)": both.value, f"I_{first}(x)": alone.value, f"I_{{{second}|{first}}}(x)": given.value},
        lambda j: (
            f"at {place(pair, j)}: I_{first} + I_{{{second}|{first}}} = {shown(alone.value[j], apart[j])} + "
            f"{shown(given.value[j], apart[j])} = {shown(total[j], apart[j])}, but "
            f"I_{{R,R'}} = {shown(both.value[j], apart[j])}"
        ),
    )
    if not _adds_nothing(pair):
        return found
    j = int(np.abs(given.value).argmax())
    error = float(np.broadcast_to(given.error, given.value.shape)[j])
    return replace(found, premise=Premise(PREMISE, float(np.abs(given.value[j])), error, found.tolerance))


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
        *places.PAIRS,
        *rarely.PAIRS,
        *larger.PAIRS,
        *uncommon.PAIRS,
        *usual.PAIRS,
        *symmetric.SUMS,
    ),
    smallest=smallest.all_pairs,
    crossed=crossed.pairs,
    sizes=lambda gradient: sizes.pairs(gradient) + ladders.pairs(gradient),
    families=lambda gradient: (Family("finite pairs", draw.pair_cases(gradient)), *other_pairs(gradient)),
    of_models=lambda specs: (Family("pairs made of your models", draw.pair_cases_of(specs)),),
)
