"""Positivity: I(x) >= 0, and so is the conditional I_{R'|R}(x)."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models import EncodingModel, ResponsePair
from ..models.data import FiniteSpec, PairSpec
from . import crossed, known, places, rarely, sizes, smallest, steep
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
