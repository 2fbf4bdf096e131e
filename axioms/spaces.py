"""Models beyond the plane: stimuli that span three dimensions of R^3 to R^8, and independent features in any number.

Exact measures reach both: the first by a lattice in three dimensions, the second part by part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from .cases import FeatureCase
from .strategies import finite_specs, gradients

#: Features at most, and among them those of which a response tells: each doubles the responses.
MOST, TELLING = 8, 4


def product_of(specs: Sequence[FiniteSpec]) -> FiniteSpec:
    """The features and responses of all models side by side, each model independent of the others."""
    stimuli, prior, responses, gradient = [], [], [], []
    for chosen in product(*(range(len(spec.stimuli)) for spec in specs)):
        each = list(zip(specs, chosen))
        stimuli.append(tuple(x for spec, j in each for x in spec.stimuli[j]))
        prior.append(prod(spec.prior[j] for spec, j in each))
        rows = [spec.responses[j] for spec, j in each]
        responses.append(tuple(map(prod, product(*rows))))
        if all(spec.gradient is not None for spec in specs):
            gradient.append(_slopes(rows, [spec.gradient[j] for spec, j in each if spec.gradient is not None]))
    return FiniteSpec(tuple(stimuli), tuple(prior), tuple(responses), gradient=tuple(gradient) or None)


def _slopes(
    rows: Sequence[Sequence[float]], slopes: Sequence[Sequence[Sequence[float]]]
) -> tuple[tuple[float, ...], ...]:
    """Derivatives of the product of rows of weights: along a feature of one of them, its own times the others."""
    found = []
    for k in product(*(range(len(row)) for row in rows)):
        weights = [row[m] for row, m in zip(rows, k)]
        found.append(
            tuple(
                slope * prod(weights[:n] + weights[n + 1 :])
                for n, (own, m) in enumerate(zip(slopes, k))
                for slope in own[m]
            )
        )
    return tuple(found)


@composite
def solids(draw: DrawFn, gradient: bool = False) -> FiniteSpec:
    """Four to eight stimuli that span up to three dimensions of R^3 to R^8; each further feature is a sum of two."""
    spec = draw(finite_specs(dimensions=3, min_stimuli=4, max_stimuli=8, max_responses=3))
    further = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=MOST - 3))
    stimuli = tuple((*x, *(x[i] + x[k] for i, k in further)) for x in spec.stimuli)
    slopes = draw(gradients(spec.responses, len(stimuli[0]))) if gradient else None
    return FiniteSpec(stimuli, spec.prior, spec.responses, gradient=slopes)


@composite
def _independent(draw: DrawFn, gradient: bool, told: int, idle: bool) -> tuple[FiniteSpec, tuple[int, ...]]:
    """The model of `independent_features`, and which of its features have no effect; one at least if `idle`."""
    count = draw(st.integers(3, MOST))
    telling = draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=min(told, count - idle)))
    most = 2 if count > 4 else 3
    lines = [
        finite_specs(
            gradient=gradient, min_stimuli=2, max_stimuli=most, max_responses=2 if i in telling else 1, rare=False
        )
        for i in range(count)
    ]
    return product_of([draw(line) for line in lines]), tuple(sorted({*range(count)} - telling))


def independent_features(gradient: bool = False, told: int = TELLING) -> SearchStrategy[FiniteSpec]:
    """Three to eight independent features of two or three values, some of which (`told` at most) have a response each.

    Shrinks to three features, one of which may have a response.
    """
    return _independent(gradient, told, False).map(lambda drawn: drawn[0])


def irrelevant_of_many(gradient: bool = False) -> SearchStrategy[FeatureCase]:
    """Those of three to eight independent features of which no response tells."""
    return _independent(gradient, TELLING, True).map(lambda drawn: FeatureCase(drawn[0], drawn[1][0], drawn[1][1:]))


@composite
def beside_others(draw: DrawFn, cases: SearchStrategy[FeatureCase], gradient: bool = False) -> FeatureCase:
    """A case beside one to four independent features, some of which have a response of their own."""
    case = draw(cases)
    line = finite_specs(gradient=gradient, min_stimuli=2, max_stimuli=2, max_responses=2, rare=False)
    others = draw(st.lists(line, min_size=1, max_size=4))
    return FeatureCase(product_of([case.model, *others]), case.feature)
