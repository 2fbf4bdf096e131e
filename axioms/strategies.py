"""Hypothesis strategies for encoding models and for the cases on which axioms are attacked.

Finite joints are drawn in small whole weights, so that what fails shrinks to a witness a person can check by hand:
towards fewer stimuli, fewer responses, weights of 0 and 1, stimuli 0, 1, 2. Premises are built in, never filtered: a
garbled response is garbled by construction, an irrelevant feature is irrelevant by construction. Values are drawn,
never a seed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models import (
    BernoulliNoise,
    Bump,
    Bumps,
    CategoricalNoise,
    EncodingModel,
    Gaussian,
    GaussianNoise,
    Laplace,
    Linear,
    Mixture,
    Periodic,
    PiecewiseSmooth,
    PoissonNoise,
    ResponsePair,
    Sigmoid,
    StudentT,
    Uniform,
)
from ..models.data import ContinuousSpec, FiniteSpec, ModelSpec, PairSpec
from .cases import FeatureCase, GarblingCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .locality_cases import DecayCase, JumpCase

WEIGHTS = st.integers(1, 9)
#: Prior weights that are legitimate and that naive code trips over.
RARE = st.sampled_from([1e-3, 1e-9, 1e-30, 1e-300])


@lru_cache(maxsize=64)
def _rows(width: int, top: int = 9) -> SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(0, top)] * width).map(lambda row: row if any(row) else (1, *row[1:]))


@composite
def _slopes(draw: DrawFn, row: tuple[int, ...]) -> tuple[int, ...]:
    """A derivative of a row of weights: 0 where the weight is 0, summing to 0."""
    free = [k for k, weight in enumerate(row) if weight]
    drawn = [draw(st.integers(-5, 5)) for _ in free[1:]]
    slopes = [0] * len(row)
    for k, slope in zip(free[1:], drawn):
        slopes[k] = slope
    slopes[free[0]] = -sum(drawn)
    return tuple(slopes)


@composite
def _gradients(draw: DrawFn, rows: tuple[tuple[int, ...], ...], dimensions: int) -> Any:
    columns = [[draw(_slopes(row)) for _ in range(dimensions)] for row in rows]
    return tuple(tuple(zip(*features)) for features in columns)


@composite
def _priors(draw: DrawFn, count: int, rare: bool) -> tuple[float, ...]:
    weights: list[float] = [draw(WEIGHTS) for _ in range(count)]
    if rare and count > 1 and draw(st.integers(0, 24)) == 24:
        weights[draw(st.integers(0, count - 1))] = draw(RARE)
    return tuple(weights)


@composite
def finite_specs(
    draw: DrawFn,
    dimensions: int = 1,
    gradient: bool = False,
    max_stimuli: int = 6,
    max_responses: int = 5,
    rare: bool = True,
    volumes: bool = False,
) -> FiniteSpec:
    """Finite joints in whole weights.

    1 to `max_stimuli` stimuli at whole coordinates, 1 to `max_responses` responses with weights 0 to 9 (zeros are
    common: deterministic channels occur), prior weights 1 to 9, one in 25 with an atom as rare as 1e-300. With
    `gradient` a whole-number derivative is drawn along; with `volumes`, cell volumes 1 to 3 of both variables.
    Shrinks to one stimulus at 0 and one response.
    """
    responses = draw(st.integers(1, max_responses))
    farthest = 4 if dimensions > 1 else max(9, 2 * max_stimuli)
    place = st.tuples(*[st.integers(-farthest, farthest)] * dimensions)
    # One element a stimulus, so that whatever a failure does not need is deleted.
    drawn = draw(
        st.lists(
            st.tuples(place, WEIGHTS, _rows(responses)),
            min_size=1,
            max_size=max_stimuli,
            unique_by=lambda element: element[0],
        )
    )
    stimuli, weights, rows = zip(*drawn)
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
        draw(_gradients(rows, dimensions)) if gradient else None,
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
    """Two responses in whole weights: any joint, conditionally independent ones, or a merged response and itself.

    With `volumes`, cells of either response have volumes 1 to 3.

    Shrinks to one stimulus and one response each.
    """
    count = draw(st.integers(1, max_stimuli))
    first, second = draw(st.integers(1, max_responses)), draw(st.integers(1, max_responses))
    farthest = 9 if dimensions == 1 else 4
    place = st.tuples(*[st.integers(-farthest, farthest)] * dimensions)
    stimuli = draw(st.lists(place, min_size=count, max_size=count, unique=True))
    relation = draw(st.sampled_from(["any", "independent", "merged"]))
    tables: list[tuple[tuple[int, ...], ...]] = []
    groups = [draw(st.integers(0, first - 1)) for _ in range(second)] if relation == "merged" else []
    for _ in range(count):
        if relation == "any":
            flat = draw(_rows(first * second))
            tables.append(tuple(flat[k * second : (k + 1) * second] for k in range(first)))
        elif relation == "independent":
            a, b = draw(_rows(first, 4)), draw(_rows(second, 4))
            tables.append(tuple(tuple(x * y for y in b) for x in a))
        else:
            row = draw(_rows(second))
            tables.append(tuple(tuple(w if groups[m] == k else 0 for m, w in enumerate(row)) for k in range(first)))
    slopes = None
    if gradient:
        flat_rows = tuple(tuple(w for row in table for w in row) for table in tables)
        flat_slopes = draw(_gradients(flat_rows, dimensions))
        slopes = tuple(tuple(per[k * second : (k + 1) * second] for k in range(first)) for per in flat_slopes)
    weights = draw(_priors(count, dimensions == 1))
    cells = None
    if volumes:
        one, two = (tuple(draw(st.integers(1, 3)) for _ in range(size)) for size in (first, second))
        cells = tuple(tuple(a * b for b in two) for a in one)
    return PairSpec(tuple(stimuli), weights, tuple(tables), slopes, cells)


def encoding_models(dimensions: int = 1, gradient: bool = False, **limits: Any) -> SearchStrategy[EncodingModel]:
    """`finite_specs`, built: finite joints as `EncodingModel` (equal stimuli never occur; rare responses may drop)."""
    return finite_specs(dimensions=dimensions, gradient=gradient, **limits).map(FiniteSpec.build)


def response_pairs(gradient: bool = False, **limits: Any) -> SearchStrategy[ResponsePair]:
    """`pair_specs`, built."""
    return pair_specs(gradient=gradient, **limits).map(PairSpec.build)


def _steps(low: int, high: int, scale: int = 4) -> SearchStrategy[float]:
    """Multiples of 1 / scale: short in JSON, shrinking to `low` or 0."""
    return st.integers(low, high).map(lambda n: n / scale)


def priors(heavy: bool = True) -> SearchStrategy[Any]:
    """Priors of a continuous stimulus: Gaussian, two-component mixture, uniform, Laplace and (`heavy`) Student-t."""
    kinds: list[SearchStrategy[Any]] = [
        st.builds(Gaussian, _steps(-4, 4), _steps(2, 8)),
        st.builds(
            lambda w, gap, a, b: Mixture((w, 1 - w), (0.0, gap), (a, b)),
            _steps(1, 9, 10),
            _steps(2, 24),
            _steps(2, 6),
            _steps(2, 6),
        ),
        st.builds(lambda low, width: Uniform(low, low + width), _steps(-8, 4), _steps(4, 16)),
        st.builds(Laplace, _steps(-4, 4), _steps(2, 6)),
    ]
    if heavy:
        kinds.append(st.builds(StudentT, st.sampled_from([12.0, 8.0]), st.just(0.0), _steps(2, 6)))
    return st.one_of(kinds)


def tuning_curves(height: SearchStrategy[float]) -> SearchStrategy[Any]:
    """Bounded tuning curves, 0 to `height`: bump, two bumps, sigmoid, periodic, random smooth (PCHIP)."""
    bump = st.builds(Bump, _steps(-8, 12), _steps(1, 8), height.map(lambda h: h / 2))
    return st.one_of(
        st.builds(Sigmoid, _steps(-8, 12), _steps(1, 8), height),
        st.builds(Bump, _steps(-8, 12), _steps(1, 8), height),
        st.builds(lambda a, b: Bumps((a, b)), bump, bump),
        st.builds(Periodic, _steps(4, 16), _steps(-4, 4), height),
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

    Coarse as a discretisation, and a legitimate finite joint all the same, with cell volumes and a gradient.
    """
    kind = draw(st.sampled_from(["bernoulli", "categorical", "poisson", "gaussian"]))
    nodes = draw(st.integers(16, 28))
    if kind == "bernoulli":
        return ContinuousSpec(draw(priors()), (draw(tuning_curves(st.just(1.0))),), BernoulliNoise(), nodes)
    if kind == "categorical":
        curves = draw(st.lists(tuning_curves(_steps(4, 16)), min_size=2, max_size=3))
        return ContinuousSpec(draw(priors()), tuple(curves), CategoricalNoise(), nodes)
    if kind == "poisson":
        return ContinuousSpec(draw(priors()), (draw(tuning_curves(_steps(4, 16))),), PoissonNoise(), nodes)
    curve = draw(st.one_of(st.builds(Linear, _steps(2, 6)), tuning_curves(_steps(4, 12))))
    prior = draw(priors(heavy=not isinstance(curve, Linear)))
    return ContinuousSpec(prior, (curve,), GaussianNoise(draw(_steps(2, 6)), 1), nodes)


def model_cases(specs: SearchStrategy[ModelSpec]) -> SearchStrategy[ModelCase]:
    """Models as they are."""
    return specs.map(ModelCase)


def pair_cases(gradient: bool = False, **limits: Any) -> SearchStrategy[PairCase]:
    """Two responses (`pair_specs`)."""
    return pair_specs(gradient=gradient, **limits).map(PairCase)


@composite
def pair_cases_of(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> PairCase:
    """Pairs made of one model: a merged response and itself, or two independent readings of one response."""
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
    return PairCase(PairSpec(spec.stimuli, spec.prior, tables))


@composite
def garbling_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> GarblingCase:
    """A finite model and a degraded response: a merge of responses, or noise in whole weights 0 to 3.

    Shrinks to all responses merged into one.
    """
    spec = draw(specs)
    count = len(spec.responses[0])
    if draw(st.booleans()):
        rows = tuple(draw(_rows(count, 3)) for _ in range(count))
    else:
        groups = [draw(st.integers(0, max(0, count - 2))) for _ in range(count)]
        rows = tuple(tuple(int(g == label) for label in range(max(groups) + 1)) for g in groups)
    return GarblingCase(spec, rows)


@composite
def transform_cases(draw: DrawFn) -> GarblingCase:
    """A continuous model with numerical responses and |r - a|, rounding, clipping or added noise."""
    spec = draw(continuous_specs())
    kind = draw(st.sampled_from(["abs", "round", "clip", "noise"]))
    return GarblingCase(spec, None, kind, draw(_steps(2, 12)))


@composite
def relabelling_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> ResponseMapCase:
    """A finite model and a permutation of its responses. Shrinks to the responses as they are."""
    spec = draw(specs)
    # Responses that never occur are dropped when the model is built; only the others can be renamed.
    possible = spec.build().likelihood.shape[0]
    return ResponseMapCase(spec, order=tuple(draw(st.permutations(range(possible)))))


@composite
def stretching_cases(draw: DrawFn, specs: SearchStrategy[ModelSpec]) -> ResponseMapCase:
    """A continuous response and a smooth bijection of it: cells grow by 1 to 4 times."""
    factors = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    return ResponseMapCase(draw(specs), factors=tuple(factors))


@composite
def relocation_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec], slopes: bool = False) -> StimulusMapCase:
    """Discrete stimuli moved by a bijection of each coordinate; with `slopes`, continuous ones by a monotone map.

    Shrinks to stimuli 0, 1, 2, ... in their order.
    """
    spec = draw(specs)
    columns, growth = [], []
    for i in range(len(spec.stimuli[0])):
        old = sorted({row[i] for row in spec.stimuli})
        steps = [draw(st.integers(1, 6)) for _ in old]
        sign = draw(st.sampled_from([1, -1]))
        order = range(len(old)) if slopes else draw(st.permutations(range(len(old))))
        new = {value: sign * sum(steps[:n]) for value, n in zip(old, order)}
        columns.append([new[row[i]] for row in spec.stimuli])
        rates = {value: sign * draw(st.integers(1, 4)) for value in old} if slopes else {}
        growth.append([rates[row[i]] for row in spec.stimuli] if slopes else [])
    return StimulusMapCase(spec, tuple(zip(*columns)), tuple(zip(*growth)) if slopes else None)


@composite
def warp_cases(draw: DrawFn) -> StimulusMapCase:
    """A continuous stimulus and the warp ``x + bend width sin(x / width)``, mirrored or not."""
    bend, width = draw(_steps(1, 3)), draw(_steps(2, 8))
    return StimulusMapCase(draw(continuous_specs()), bend=bend, width=width, mirror=draw(st.booleans()))


@composite
def irrelevant_feature_cases(draw: DrawFn, gradient: bool = False) -> FeatureCase:
    """X_i independent of (R, X_-i) jointly: a 1-D finite model times a feature with a prior of its own.

    Shrinks to one value of each feature.
    """
    base = draw(finite_specs(gradient=gradient, max_stimuli=3, max_responses=3, rare=False))
    values = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True))
    weights = [draw(st.integers(1, 4)) for _ in values]
    feature = draw(st.sampled_from([1, 0]))
    stimuli, prior, rows, slopes = [], [], [], []
    for value, weight in zip(values, weights):
        for j, row in enumerate(base.responses):
            other = base.stimuli[j][0]
            stimuli.append((other, value) if feature else (value, other))
            prior.append(base.prior[j] * weight)
            rows.append(row)
            if base.gradient is not None:
                slopes.append(tuple((s[0], 0) if feature else (0, s[0]) for s in base.gradient[j]))
    spec = FiniteSpec(tuple(stimuli), tuple(prior), tuple(rows), gradient=tuple(slopes) or None)
    return FeatureCase(spec, feature)


@composite
def xor_like_cases(draw: DrawFn, gradient: bool = False) -> FeatureCase:
    """X_i independent of R, though not jointly with X_-i: the response to X_-i is turned round where X_i = 1.

    X_-i is uniform, so turning it changes no average. Shrinks to XOR without noise.
    """
    count = draw(st.integers(2, 3))
    rows = [draw(_rows(2)) for _ in range(count)]
    total = max(sum(row) for row in rows)
    rows = [(*row, total - sum(row)) for row in rows]  # equal totals: weights are probabilities
    turn = draw(st.integers(1, count - 1))
    feature = draw(st.sampled_from([1, 0]))
    stimuli, table = [], []
    for value in (0, 1):
        for m in range(count):
            stimuli.append((m, value) if feature else (value, m))
            table.append(tuple(rows[(m + turn * value) % count]))
    slopes = draw(_gradients(tuple(table), 2)) if gradient else None
    return FeatureCase(FiniteSpec(tuple(stimuli), (1,) * len(table), tuple(table), gradient=slopes), feature)


@composite
def decay_cases(draw: DrawFn, dimensions: int = 1, along: int = 0) -> DecayCase:
    """Light-tailed priors and a change inside a ball near their bulk: the cases of locality.

    One or two Gaussian components, sd 1/2 to 3/2; one or two logits over the stimulus, saturating, local or linear;
    inside the ball another response law, its prior tilted or not. In two dimensions a second feature has two values,
    with tuning curves of their own; the other, feature `along`, is the one to go far in.
    """
    sd = draw(_steps(2, 6))
    if draw(st.booleans()):
        prior = Mixture((1.0,), (0.0,), (sd,))
    else:
        share = draw(_steps(1, 9, 10))
        prior = Mixture((share, 1 - share), (0.0, sd * draw(_steps(1, 3, 2))), (sd * draw(_steps(3, 4)), sd))
    # What the tuning does, it does near the bulk: far out there is nothing but the limit to see.
    place, width = _steps(-6, 6).map(lambda n: n * sd), _steps(2, 4).map(lambda n: n * sd)
    height = _steps(-16, 16)
    curve = st.one_of(
        st.builds(Sigmoid, place, width, height),
        st.builds(Bump, place, width, height),
        st.builds(lambda a, b: Bumps((a, b)), *[st.builds(Bump, place, width, height)] * 2),
        st.builds(Linear, _steps(-4, 4)),
    )
    tuning = tuple(draw(st.lists(curve, min_size=1, max_size=2)))
    beside = tuple(draw(curve) for _ in tuning) if dimensions == 2 else None
    # A small ball in the last component, from whose mean distances count.
    centre = prior.means[-1] + prior.sds[-1] * draw(st.sampled_from([0.0, 0.5, -0.5]))
    radius = prior.sds[-1] * draw(st.sampled_from([0.5, 0.25]))
    tilt = draw(st.sampled_from([0.0, 0.5, -0.5, 0.9]))
    return DecayCase(
        prior, tuning, centre, radius, draw(_rows(len(tuning) + 1)), tilt, beside, draw(st.booleans()), along
    )


@composite
def jump_cases(draw: DrawFn) -> JumpCase:
    """Atoms at 0 and at powers of 10 or 30 with geometric weights, changed at 0: the cases of `locality_any_prior`."""
    responses = draw(st.integers(2, 3))
    return JumpCase(
        atoms=draw(st.integers(6, 9)),
        base=draw(st.sampled_from([10, 30])),
        weight=draw(_steps(4, 16, 20)),
        ratio=draw(_steps(4, 12, 20)),
        before=draw(_rows(responses)),
        inside=draw(_rows(responses)),
        mirror=draw(st.booleans()),
    )
