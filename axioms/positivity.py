"""Positivity: I(x) >= 0, and so is the conditional I_{R'|R}(x)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm, lgamma

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.data import FiniteSpec, PairSpec
from . import crossed, faint, known, larger, nearly, places, rarely, sizes, smallest, steep, uncommon, usual
from .axiom import FIFTH, PAPER, Axiom, Family
from .cases import ModelCase, PairCase
from .evaluator import Evaluator
from .families import models_and_pairs_of, pairs_and_models
from .finding import Finding, Values, judge_worst, place, worst
from .strategies import WEIGHTS, finite_specs


def check(measure: Evaluator, case: ModelCase | PairCase) -> Finding:
    """I(x) >= 0 and I_{R'|R}(x) >= 0 at every x."""
    if isinstance(case, ModelCase):
        return _sign(measure.pointwise(case.built), case.built, "I(x)")
    pair = case.built
    alone = [_sign(measure.pointwise(model), pair, "I(x)") for model in (pair.first, pair.both)]
    return worst([*alone, _sign(measure.conditional(pair), pair, "I_{R'|R}(x)")])


def _sign(values: Values, model: EncodingModel | ResponsePair, label: str) -> Finding:
    value = values.value
    return judge_worst(
        -value,
        values.error,
        abs(float(value.min())),
        model.stimuli.shape[1],
        {label: value},
        lambda j: f"{label} = {value[j]:.6g} {values.units} at {place(model, j)}",
    )


#: How far beyond the others a stimulus lies that tells nothing: a measure that falls with distance is smallest there.
_BEYOND = (1, 2, 3, 4, 30, 1000, 100_000)


def _far(beyond: int, plane: bool) -> FiniteSpec:
    """Two stimuli that their responses tell apart, and two far ones whose responses are those of all together."""
    places = [(0,), (1,), (beyond,), (beyond + 1,)]
    stimuli = tuple((*x, k % 2) for k, x in enumerate(places)) if plane else tuple(places)
    return FiniteSpec(stimuli, (2, 2, 1, 1), ((9, 1), (1, 9), (5, 5), (5, 5)))


def _far_pair(beyond: int) -> PairSpec:
    """The same for a second response, given a first one that tells nothing."""
    near = (((9, 1), (9, 1)), ((1, 9), (1, 9)))
    return PairSpec(((0,), (1,), (beyond,), (beyond + 1,)), (2, 2, 1, 1), (*near, *(((5, 5), (5, 5)),) * 2))


FAR = (
    *(ModelCase(_far(beyond, plane)) for beyond in _BEYOND[-3:] for plane in (False, True)),
    *(PairCase(_far_pair(beyond)) for beyond in _BEYOND[-3:]),
)


#: Share of responses that each stimulus evokes of every kind.
_SPURIOUS = 1e-4


def _with_blank(rows: Array, stimuli: Array, geometry: str | None = None) -> ModelCase:
    """A model and, as its last stimulus, one whose responses are those of all together, though there are many."""
    told = np.vstack([rows, rows.mean(axis=0)])
    table = tuple(tuple(float(f"{p:.6g}") for p in row) for row in told)
    places = tuple(tuple(float(x) for x in point) for point in stimuli)
    return ModelCase(FiniteSpec(places, (1,) * len(places), table, geometry=geometry))


def _blanks() -> Iterator[ModelCase]:
    """Few stimuli with many responses, sparse and noisy responses, and more than a few in the plane."""
    for count, responses in ((2, 64), (8, 33), (8, 64), (8, 300), (20, 64), (35, 40)):
        rates = np.linspace(0.05, 0.6, count)[:, None] * responses
        log = np.arange(responses) * np.log(rates) - rates - [lgamma(k + 1) for k in range(responses)]
        rows = np.exp(log) + _SPURIOUS  # none so rare that a slope divided by it says nothing
        line = np.arange(count + 1.0)[:, None]
        yield _with_blank(rows, line)
        yield _with_blank(rows, line * 10, "circle:360")
        yield _with_blank(rows, np.hstack([line % 6, line // 6]))
    for count in (20, 40):
        kernel = np.zeros(count)
        kernel[[-1, 0, 1]] = 0.25, 0.5, 0.25
        ring = np.array([np.roll(kernel, k) for k in range(count)])
        yield _with_blank(ring, np.arange(count + 1.0)[:, None])


BLANKS = tuple(_blanks())


@composite
def like_all(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> ModelCase:
    """A model and one more stimulus, whose responses are those of all together: there I(x) is 0, or smallest."""
    spec = draw(specs)
    rows = [[Fraction(w, int(sum(row))) for w in map(int, row)] for row in spec.responses]
    total = [sum(p * row[k] for p, row in zip(map(int, spec.prior), rows)) for k in range(len(rows[0]))]
    whole = lcm(*(Fraction(w).denominator for w in total))
    beyond = max(x for (x,) in spec.stimuli) + draw(st.sampled_from(_BEYOND))
    gradient = None if spec.gradient is None else (*spec.gradient, ((0,),) * len(total))
    return ModelCase(
        FiniteSpec(
            (*spec.stimuli, (beyond,)),
            (*spec.prior, draw(WEIGHTS)),
            (*spec.responses, tuple(int(w * whole) for w in total)),
            gradient=gradient,
        )
    )


AXIOM = Axiom(
    id="positivity",
    title="Positivity",
    statement="I(x) >= 0 at every x, and the conditional I_{R'|R}(x) >= 0 as well.",
    why="A response cannot take information away.",
    source=f"Axiom 3 of {PAPER}",
    check=check,
    cases=(ModelCase, PairCase),
    known=(
        ModelCase(known.SEEN_RARELY),
        ModelCase(known.UNEVEN),
        PairCase(known.MERGED),
        PairCase(known.READINGS),
        ModelCase(known.SEEN_RARELY_PLANE),
        PairCase(known.MERGED_PLANE),
        PairCase(known.READINGS_PLANE),
        *known.FINE_GRIDS,
        known.FINE_PLANE,
        known.WIDE_PAIR,
        *known.MODELS_AND_PAIRS,
        *places.MODELS_AND_PAIRS,
        *map(ModelCase, (*steep.SPECS, *steep.APART)),
        ModelCase(known.LIKE_ALL),
        *rarely.MODELS,
        *rarely.PAIRS,
        *FAR,
        *BLANKS,
        *larger.MODELS_AND_PAIRS,
        *larger.BLANKS,
        *uncommon.MODELS_AND_PAIRS,
        *uncommon.BLANKS,
        *usual.MODELS,
        *usual.PAIRS,
        *usual.BLANKS,
        *faint.READINGS,
        *faint.PAIRS,
        *nearly.MODELS,
        *nearly.PAIRS,
    ),
    known_with_gradient=(ModelCase(known.SHARED_SLOPES), ModelCase(known.XOR_SLOPES)),
    smallest=smallest.models_and_pairs,
    sizes=sizes.models_and_pairs,
    crossed=crossed.least_informed,
    families=lambda gradient: (
        *pairs_and_models(gradient),
        Family("finite, one stimulus like all", like_all(finite_specs(gradient=gradient, rare=False)), FIFTH),
    ),
    of_models=models_and_pairs_of,
)
