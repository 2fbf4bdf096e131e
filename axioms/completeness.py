"""Completeness: E_X[I(x)] = I(R;X), and the same for the conditional."""

from __future__ import annotations

import numpy as np

from ..models.arrays import Array
from . import crossed, faint, known, ladders, larger, places, rarely, sizes, smallest, steep, symmetric, uncommon, usual
from .axiom import PAPER, Axiom
from .cases import ModelCase, PairCase
from .evaluator import Evaluator
from .families import models_and_pairs_of, pairs_and_models
from .finding import Finding, Values, judge, shown, worst


def check(measure: Evaluator, case: ModelCase | PairCase) -> Finding:
    """E_X[I(x)] = I(R;X), and E_X[I_{R'|R}(x)] = I(X;R'|R)."""
    if isinstance(case, ModelCase):
        model = case.built
        information = model.mutual_information()
        return _average(measure.pointwise(model), model.prior, information, model.dimensions, "I(R;X)", "I(x)")
    pair = case.built
    d = pair.stimuli.shape[1]
    alone = _average(measure.pointwise(pair.first), pair.prior, pair.first.mutual_information(), d, "I(R;X)", "I(x)")
    information = pair.conditional_information()
    given = _average(measure.conditional(pair), pair.prior, information, d, "I(X;R'|R)", "I_{R'|R}(x)")
    both = _average(measure.pointwise(pair.both), pair.prior, pair.both.mutual_information(), d, "I(R,R';X)", "I(x)")
    return worst([alone, given, both])


def _average(values: Values, prior: Array, information: float, d: int, total: str, label: str) -> Finding:
    mean = float(prior @ values.value)
    apart = abs(mean - information)
    return judge(
        apart,
        float(prior @ values.error),
        float(prior @ np.abs(values.value)) + information,
        d,
        -1,
        {label: values.value, f"E_X[{label}]": np.array([mean]), total: np.array([information])},
        f"E_X[{label}] = {shown(mean, apart)}, but {total} = {shown(information, apart)}",
    )


AXIOM = Axiom(
    id="completeness",
    title="Completeness",
    statement="E_X[I(x)] = I(R;X), and E_X[I_{R'|R}(x)] = I(X;R'|R).",
    why="Only then are the values shares of the mutual information.",
    source=f"Axiom 1 of {PAPER}",
    check=check,
    cases=(ModelCase, PairCase),
    known=(
        ModelCase(known.SHARED),
        PairCase(known.MERGED),
        PairCase(known.READINGS),
        ModelCase(known.XOR),
        PairCase(known.MERGED_PLANE),
        PairCase(known.READINGS_PLANE),
        *known.FINE_GRIDS,
        known.FINE_PLANE,
        known.WIDE_PAIR,
        known.CELL_PAIR,
        ModelCase(known.METRES),
        ModelCase(known.TONES),
        *known.MODELS_AND_PAIRS,
        *places.MODELS_AND_PAIRS,
        *map(ModelCase, steep.SPECS),
        *map(ModelCase, rarely.SELDOM),
        *larger.MODELS_AND_PAIRS,
        *uncommon.MODELS_AND_PAIRS,
        *usual.MODELS,
        *usual.PAIRS,
        *faint.MOMENTS,
        *symmetric.MODELS,
        *symmetric.PAIRS,
    ),
    known_with_gradient=(ModelCase(known.SHARED_SLOPES), ModelCase(known.XOR_SLOPES)),
    smallest=smallest.models_and_pairs,
    crossed=crossed.models_and_pairs,
    sizes=lambda gradient: sizes.models_and_pairs(gradient) + ladders.models(gradient) + ladders.pairs(gradient),
    families=pairs_and_models,
    of_models=models_and_pairs_of,
)
