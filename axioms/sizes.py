"""One case of every size, 1 to 24 stimuli, 1 to 24 responses, 1 to 8 features: a search may miss one by luck.

Beyond, some numbers of up to 10,000 responses are asked, whole blocks of 512 and others, and of up to 600 stimuli.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from ..models.data import FiniteSpec, PairSpec, Table
from .cases import Case, FeatureCase, GarblingCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .known import sloped, with_slopes

#: The largest number of stimuli, and of responses.
MOST = 24
#: Larger numbers of responses.
LARGER = (512, 600, 1000, 1024, 2048, 3000, 4096, 5000, 10_000)
#: Numbers of stimuli and of responses between: thresholds and blocks may lie anywhere.
BETWEEN = (
    *((30, 45), (40, 21), (50, 33), (65, 12), (80, 7), (100, 9), (130, 4), (150, 5), (200, 3), (300, 3), (600, 2)),
    *((20, 60), (9, 70), (8, 90), (7, 120), (6, 150), (6, 200), (5, 300), (4, 400)),
)
#: Numbers of stimuli with two responses, each of which is split into so many parts.
_STIMULI, _PARTS = (30, 40, 50, 65, 100), 20
#: The largest number of features.
FEATURES = 8
#: The largest number of values of a feature beside another, and of responses to it: the plane takes longer.
_VALUES = 8
#: The largest number of values of each feature on a grid.
_SIDE = 4
#: From one case to the next the number of responses grows by this, modulo `MOST`: coprime, so that all of them occur.
_STEP = 7
#: Modulo one of these, more than all indices of stimuli, multiples of `_STEP` are a shuffle.
_PRIMES = (29, 1009)


@lru_cache(maxsize=1)
def on_a_line() -> tuple[FiniteSpec, ...]:
    """A joint distribution of each number of stimuli, and of each number of responses."""
    return tuple(joint(n, 1 + _STEP * (n - 1) % MOST) for n in range(1, MOST + 1))


@lru_cache(maxsize=1)
def joints() -> tuple[FiniteSpec, ...]:
    """A joint distribution of each number of stimuli, of each number of responses, and in each number of dimensions."""
    large = (joint(_few(count), count) for count in LARGER)
    between = (joint(*size) for size in BETWEEN)
    return (*on_a_line(), *(joint(2, 4, d) for d in range(2, FEATURES + 1)), *between, *large)


def line(count: int) -> Table:
    """So many stimuli, 0, 1, 2, ..., on a line."""
    return tuple((j,) for j in range(count))


def joint(stimuli: int, responses: int, dimensions: int = 1) -> FiniteSpec:
    """Whole weights, few of them 0, in which no two rows nor columns are alike."""
    rows = (tuple((3 + j * k + j + k * k) % 7 + (j % responses == k) for k in range(responses)) for j in range(stimuli))
    places = tuple(tuple(j * (1 + i % 3) for i in range(dimensions)) for j in range(stimuli))
    return FiniteSpec(places, tuple(1 + j % 3 for j in range(stimuli)), tuple(rows))


def _few(responses: int) -> int:
    """The stimuli beside so many responses: tables of many more than 4,096 entries are not summed in 50 digits."""
    return max(2, 4096 // responses + 1)


def models(gradient: bool) -> tuple[Case, ...]:
    """Each joint as it is."""
    return sloped((ModelCase(spec) for spec in joints()), gradient)


def pairs(gradient: bool) -> tuple[Case, ...]:
    """Each number of stimuli, and each of dimensions, with twice two responses."""
    specs = [joint(n, 4) for n in range(1, MOST + 1)] + [spec for spec in joints() if len(spec.stimuli[0]) > 1]
    specs += [joint(2, LARGER[0]), joint(3, LARGER[1]), joint(40, 22), joint(300, 4)]
    halves = [len(spec.responses[0]) // 2 for spec in specs]
    tables = [tuple((row[:half], row[half:]) for row in spec.responses) for spec, half in zip(specs, halves)]
    cases = [PairCase(PairSpec(spec.stimuli, spec.prior, table)) for spec, table in zip(specs, tables)]
    # A measure that needs no gradient is given one, too: it may use it.
    return sloped(cases, gradient) + tuple(map(with_slopes, cases[1:4]))


def models_and_pairs(gradient: bool) -> tuple[Case, ...]:
    """Each joint, and each pair."""
    return models(gradient) + pairs(gradient)


def garblings(
    split: Callable[[FiniteSpec], GarblingCase], parted: Callable[[FiniteSpec, int], Iterable[GarblingCase]]
) -> Callable[[bool], tuple[Case, ...]]:
    """Each joint with a response that ``split(spec)`` splits and merges again, which loses nothing.

    Of the larger numbers, responses that are parts of two, as ``parted(spec, parts)`` gives them.
    """

    def cases() -> Iterator[Case]:
        yield from map(split, (spec for spec in joints() if len(spec.responses[0]) <= MOST))
        for count in LARGER:
            yield from parted(joint(_few(count), 2), count // 2)
        for count in _STIMULI:
            yield from parted(joint(count, 2), _PARTS)

    return lambda gradient: sloped(cases(), gradient)


def renamings(gradient: bool) -> tuple[Case, ...]:
    """Each joint with the names of its responses turned round, and responses that are listed from often to rare."""
    specs = (*joints(), *(_falling(count) for count in (*range(2, MOST + 1), 40, 120)))
    orders = (tuple(range(len(spec.responses[0])))[::-1] for spec in specs)
    return sloped((ResponseMapCase(spec, order=order) for spec, order in zip(specs, orders)), gradient)


def _falling(responses: int) -> FiniteSpec:
    """Three stimuli, each of which has every response less often than the one before it."""
    rows = (tuple((responses - k) ** (1 + 3 * j) for k in range(responses)) for j in range(3))
    return FiniteSpec(((0,), (1,), (2,)), (1, 2, 1), tuple(rows))


def moves(gradient: bool) -> tuple[Case, ...]:
    """Each joint with its stimuli three times as far apart and turned round, and in another order; then outliers."""

    def shuffled(spec: FiniteSpec) -> StimulusMapCase:
        prime = _PRIMES[len(spec.stimuli) > MOST]
        return StimulusMapCase(spec, tuple(tuple(_STEP * x % prime for x in place) for place in spec.stimuli))

    return sloped((*map(moved, joints()), *map(shuffled, joints()), *_outliers()), gradient)


def _outliers() -> Iterator[StimulusMapCase]:
    """One stimulus moved to where outliers lie, or to a number that may stand for a missing value."""
    for number, place in enumerate((1e3, 1e6, 1e9, -1e6, 99, -99, 999, -999, 9999, -9999, -1, 1e-6)):
        for stimuli in (3, 4, 5 + number):
            spec, at = joint(stimuli, 2 + number % 4), 1 + number % (stimuli - 1)
            yield StimulusMapCase(spec, tuple((float(place if j == at else j),) for j in range(stimuli)))


def moved(spec: FiniteSpec) -> StimulusMapCase:
    """The stimuli three times as far apart and turned round."""
    places = tuple(tuple(-3 * x for x in place) for place in spec.stimuli)
    return StimulusMapCase(spec, places, ((-3,) * len(spec.stimuli[0]),) * len(spec.stimuli))


def features(gradient: bool) -> tuple[Case, ...]:
    """A feature of every number of values, on a grid, or in every number of dimensions, beside one without effect."""
    cases = [beside(joint(n, 1 + _STEP * (n - 1) % _VALUES), 2, n % 2) for n in range(2, _VALUES + 1)]
    grids = (beside(joint(n, 3), 2, n % 2, m) for n in range(2, _SIDE + 1) for m in range(3, _SIDE + 1))
    return sloped((*cases, *grids, *(beside(joint(2, 3), d, d - 1) for d in range(2, FEATURES + 1))), gradient)


def beside(spec: FiniteSpec, dimensions: int, idle: int, values: int = 2) -> FeatureCase:
    """The model's feature, one without effect at `idle`, and others that never vary; half of all models lie below 0."""
    told = (idle + 1) % dimensions
    sign = -1 if dimensions % 2 else 1
    places = [
        tuple(sign * (1 + x if i == told else 2 + y if i == idle else 1) for i in range(dimensions))
        for (x,) in spec.stimuli
        for y in range(values)
    ]
    prior = tuple(weight * (1 + y) for weight in spec.prior for y in range(values))
    rows = tuple(row for row in spec.responses for _ in range(values))
    return FeatureCase(FiniteSpec(tuple(places), prior, rows), idle)
