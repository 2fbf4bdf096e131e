"""Hypothesis strategies for encoding models and for the cases on which axioms are judged.

Finite joint distributions are drawn as small whole-number weights, so that a failing case shrinks to a witness that a
person can check by hand: few stimuli and responses, weights of 0 and 1, stimuli 0, 1, 2. The premises of an axiom are
built into its cases, not filtered: a garbled response is garbled by construction. Values are drawn, never a seed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models import EncodingModel, ResponsePair
from ..models.data import ContinuousSpec, FiniteSpec, PairSpec
from ..models.noise import BernoulliNoise, CategoricalNoise, GaussianNoise, PoissonNoise
from ..models.priors import Gaussian, Laplace, Mixture, StudentT, Uniform
from ..models.tuning import Bump, Bumps, Linear, Periodic, PiecewiseSmooth, Sigmoid
from .cases import PairCase

WEIGHTS = st.integers(1, 9)
_ONE = st.just(1.0)
#: Very small prior weights, which are allowed but may underflow in a measure.
RARE = st.sampled_from([1e-3, 1e-9, 1e-30, 1e-300])
#: Weight of a response beside which others are rare at one stimulus.
_COMMON = 10_000


@lru_cache(maxsize=1)
def units() -> SearchStrategy[float]:
    """What a whole number is multiplied by to give a coordinate: 1 mostly, or a fraction, or hundreds."""
    return st.sampled_from([1, 1, 1, 1, 1, 1, 0.25, 0.3, 40, 180])


@lru_cache(maxsize=64)
def weight_rows(width: int, top: int = 9) -> SearchStrategy[tuple[int, ...]]:
    """Weights 0 to `top` of so many responses, not all zero."""
    return st.tuples(*[st.integers(0, top)] * width).map(lambda row: row if any(row) else (1, *row[1:]))


@composite
def _slopes(draw: DrawFn, row: tuple[float, ...]) -> tuple[int, ...]:
    """A derivative of a row of weights: 0 where the weight is 0, summing to 0."""
    free = [k for k, weight in enumerate(row) if weight]
    drawn = [draw(st.integers(-5, 5)) for _ in free[1:]]
    slopes = [0] * len(row)
    for k, slope in zip(free[1:], drawn):
        slopes[k] = slope
    slopes[free[0]] = -sum(drawn)
    return tuple(slopes)


@composite
def gradients(draw: DrawFn, rows: tuple[tuple[float, ...], ...], dimensions: int) -> Any:
    """Derivatives of these rows of weights, (J, K, d), along each feature."""
    columns = [[draw(_slopes(row)) for _ in range(dimensions)] for row in rows]
    return tuple(tuple(zip(*features)) for features in columns)


@composite
def _priors(draw: DrawFn, count: int, rare: bool) -> tuple[float, ...]:
    weights: list[float] = [draw(WEIGHTS) for _ in range(count)]
    if rare and count > 1 and draw(st.integers(0, 24)) == 24:
        weights[draw(st.integers(0, count - 1))] = draw(RARE)
    return tuple(weights)


# Strategies that are drawn from often are made once: Hypothesis examines each new one.
@lru_cache(maxsize=256)
def _places(dimensions: int, farthest: int) -> SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(-farthest, farthest)] * dimensions)


@lru_cache(maxsize=256)
def _stimuli(dimensions: int, least: int, most: int, responses: int) -> SearchStrategy[list[Any]]:
    """Places, prior weights and rows of response weights: one list element per stimulus.

    So shrinking can delete the stimuli that a failure does not need.
    """
    places = _places(dimensions, 4 if dimensions > 1 else max(9, 2 * most))
    elements = st.tuples(places, WEIGHTS, weight_rows(responses))
    return st.lists(elements, min_size=least, max_size=most, unique_by=lambda element: element[0])


@lru_cache(maxsize=256)
def _distinct(dimensions: int, count: int) -> SearchStrategy[list[tuple[int, ...]]]:
    """So many different places."""
    return st.lists(_places(dimensions, 9 if dimensions == 1 else 4), min_size=count, max_size=count, unique=True)


@composite
def finite_specs(
    draw: DrawFn,
    dimensions: int = 1,
    gradient: bool = False,
    max_stimuli: int = 6,
    max_responses: int = 5,
    rare: bool = True,
    volumes: bool = False,
    min_stimuli: int = 1,
) -> FiniteSpec:
    """Finite joint distributions as whole-number weights.

    `min_stimuli` to `max_stimuli` stimuli at whole coordinates, 1 to `max_responses` responses with weights 0 to 9
    (zeros are common, and so deterministic responses occur), prior weights 1 to 9; one model in 25 on a line has a
    stimulus with a prior weight as small as 1e-300, unless `rare` is false. With `gradient` the likelihood has
    derivatives; with `volumes`, stimuli and responses have cell volumes 1 to 3. Shrinks to so few stimuli, at 0 and
    beside it, and one response.
    """
    responses = draw(st.integers(1, max_responses))
    drawn = draw(_stimuli(dimensions, min_stimuli, max_stimuli, responses))
    stimuli, weights, rows = zip(*drawn)
    unit = draw(units())
    stimuli = tuple(tuple(unit * x for x in place) for place in stimuli)
    count = len(stimuli)
    if rare and dimensions == 1 and count > 1 and draw(st.integers(0, 24)) == 24:
        chosen = draw(st.integers(0, count - 1))
        weights = (*weights[:chosen], draw(RARE), *weights[chosen + 1 :])
    cells = st.integers(1, 3)
    return FiniteSpec(
        stimuli,
        weights,
        rows,
        tuple(draw(cells) for _ in range(count)) if volumes else None,
        tuple(draw(cells) for _ in range(responses)) if volumes else None,
        draw(gradients(rows, dimensions)) if gradient else None,
    )


@composite
def pair_specs(
    draw: DrawFn,
    gradient: bool = False,
    max_stimuli: int = 4,
    max_responses: int = 3,
    dimensions: int = 1,
    volumes: bool = False,
) -> PairSpec:
    """Two responses, as whole-number weights.

    The two have any joint distribution, or are independent given the stimulus, or the first merges values of the
    second. With `volumes`, the cells of the stimulus and of both have volumes 1 to 3. Shrinks to one stimulus and one
    value of each.
    """
    count = draw(st.integers(1, max_stimuli))
    first, second = draw(st.integers(1, max_responses)), draw(st.integers(1, max_responses))
    unit = draw(units())
    places = draw(_distinct(dimensions, count))
    stimuli = [tuple(unit * x for x in place) for place in places]
    if draw(st.integers(0, 7)) == 7:  # many values of one of the two
        many = draw(st.integers(max_responses + 1, 2 * max_responses))
        first, second = draw(st.sampled_from([(many, min(2, second)), (min(2, first), many)]))
    relation = draw(st.sampled_from(["any", "independent", "merged"]))
    tables: list[tuple[tuple[int, ...], ...]] = []
    groups = [draw(st.integers(0, first - 1)) for _ in range(second)] if relation == "merged" else []
    for _ in range(count):
        if relation == "any":
            flat = draw(weight_rows(first * second))
            tables.append(tuple(flat[k * second : (k + 1) * second] for k in range(first)))
        elif relation == "independent":
            a, b = draw(weight_rows(first, 4)), draw(weight_rows(second, 4))
            tables.append(tuple(tuple(x * y for y in b) for x in a))
        else:
            row = draw(weight_rows(second))
            tables.append(tuple(tuple(w if groups[m] == k else 0 for m, w in enumerate(row)) for k in range(first)))
    if draw(st.integers(0, 11)) == 11:  # one value of R takes almost all of one stimulus, and leaves the others rare
        j, k = draw(st.integers(0, count - 1)), draw(st.integers(0, first - 1))
        tables[j] = tuple(tuple(_COMMON * w for w in row) if n == k else row for n, row in enumerate(tables[j]))
    slopes = None
    if gradient:
        flat_rows = tuple(tuple(w for row in table for w in row) for table in tables)
        flat_slopes = draw(gradients(flat_rows, dimensions))
        slopes = tuple(tuple(per[k * second : (k + 1) * second] for k in range(first)) for per in flat_slopes)
    weights = draw(_priors(count, dimensions == 1))
    cells, sizes = None, None
    if volumes:
        sizes = tuple(draw(st.integers(1, 3)) for _ in range(count))
        one, two = (tuple(draw(st.integers(1, 3)) for _ in range(size)) for size in (first, second))
        cells = tuple(tuple(a * b for b in two) for a in one)
    return PairSpec(tuple(stimuli), weights, tuple(tables), slopes, cells, sizes)


def encoding_models(dimensions: int = 1, gradient: bool = False, **limits: Any) -> SearchStrategy[EncodingModel]:
    """`finite_specs`, built: each an `EncodingModel`; responses that never occur are dropped."""
    return finite_specs(dimensions=dimensions, gradient=gradient, **limits).map(FiniteSpec.build)


def response_pairs(gradient: bool = False, **limits: Any) -> SearchStrategy[ResponsePair]:
    """`pair_specs`, built: each a `ResponsePair`."""
    return pair_specs(gradient=gradient, **limits).map(PairSpec.build)


@lru_cache(maxsize=256)
def steps(low: int, high: int, scale: int = 4) -> SearchStrategy[float]:
    """The numbers low / scale, (low + 1) / scale, ..., high / scale: short in JSON. Shrinks towards 0."""
    return st.integers(low, high).map(lambda n: n / scale)


@lru_cache(maxsize=2)
def priors(heavy: bool = True) -> SearchStrategy[Any]:
    """Priors of a continuous stimulus: Gaussian, two-component mixture, uniform, Laplace and (`heavy`) Student-t."""
    kinds: list[SearchStrategy[Any]] = [
        st.builds(Gaussian, steps(-4, 4), steps(2, 8)),
        st.builds(
            lambda w, gap, a, b: Mixture((w, 1 - w), (0.0, gap), (a, b)),
            steps(1, 9, 10),
            steps(2, 24),
            steps(2, 6),
            steps(2, 6),
        ),
        st.builds(lambda low, width: Uniform(low, low + width), steps(-8, 4), steps(4, 16)),
        st.builds(Laplace, steps(-4, 4), steps(2, 6)),
    ]
    if heavy:
        kinds.append(st.builds(StudentT, st.sampled_from([12.0, 8.0]), st.just(0.0), steps(2, 6)))
    return st.one_of(kinds)


@lru_cache(maxsize=64)
def tuning_curves(height: SearchStrategy[float]) -> SearchStrategy[Any]:
    """Tuning curves between 0 and `height`: bump, two bumps, sigmoid, periodic, random and smooth (PCHIP)."""
    place, width = steps(-8, 12), steps(1, 8)
    bump = st.builds(Bump, place, width, height.map(lambda h: h / 2))
    return st.one_of(
        st.builds(Sigmoid, place, width, height),
        st.builds(Bump, place, width, height),
        st.builds(lambda a, b: Bumps((a, b)), bump, bump),
        st.builds(Periodic, steps(4, 16), steps(-4, 4), height),
        st.builds(
            lambda h, shares: PiecewiseSmooth(
                tuple(float(2 * n - len(shares)) for n in range(len(shares))), tuple(h * s / 4 for s in shares)
            ),
            height,
            st.lists(st.integers(0, 4), min_size=3, max_size=5),
        ),
    )


@composite
def continuous_specs(draw: DrawFn) -> ContinuousSpec:
    """Continuous 1-D models on 16 to 28 nodes: any prior, tuning curve and noise of the library that fit together.

    As discretisations they are coarse, but each is a valid finite joint distribution, with cell volumes and a gradient.
    """
    kind = draw(st.sampled_from(["bernoulli", "categorical", "poisson", "gaussian"]))
    nodes = draw(st.integers(16, 28))
    if kind == "bernoulli":
        return ContinuousSpec(draw(priors()), (draw(tuning_curves(_ONE)),), BernoulliNoise(), nodes)
    if kind == "categorical":
        curves = draw(st.lists(tuning_curves(steps(4, 16)), min_size=2, max_size=3))
        return ContinuousSpec(draw(priors()), tuple(curves), CategoricalNoise(), nodes)
    if kind == "poisson":
        return ContinuousSpec(draw(priors()), (draw(tuning_curves(steps(4, 16))),), PoissonNoise(), nodes)
    curve = draw(st.one_of(st.builds(Linear, steps(2, 6)), tuning_curves(steps(4, 12))))
    prior = draw(priors(heavy=not isinstance(curve, Linear)))
    return ContinuousSpec(prior, (curve,), GaussianNoise(draw(steps(2, 6)), 1), nodes)


def pair_cases(gradient: bool = False, **limits: Any) -> SearchStrategy[PairCase]:
    """Two responses (`pair_specs`)."""
    return pair_specs(gradient=gradient, **limits).map(PairCase)


@composite
def pair_cases_of(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> PairCase:
    """Pairs made from one model: the response and a merged one, or two independent responses of the same kind."""
    spec = draw(specs)
    count = len(spec.responses[0])
    if draw(st.booleans()):
        tables = tuple(tuple(tuple(a * b for b in row) for a in row) for row in spec.responses)
    else:
        groups = [draw(st.integers(0, max(0, count - 2))) for _ in range(count)]
        tables = tuple(
            tuple(tuple(w if groups[k] == g else 0 for k, w in enumerate(row)) for g in range(max(groups) + 1))
            for row in spec.responses
        )
    return PairCase(
        PairSpec(spec.stimuli, spec.prior, tables, stimulus_volumes=spec.stimulus_volumes, geometry=spec.geometry)
    )
