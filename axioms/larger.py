"""Models beyond what a search draws: far from 0, of many stimuli in the plane and in space, of many features.

A formula may fall back on another above a number of stimuli or of features, or lose the digits of a date.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row
from . import known
from .cases import FeatureCase, GarblingCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .sizes import beside, joint
from .spaces import product_of

#: Where stimuli lie, and how far apart: dates in seconds, milliseconds and microseconds, and before 1970.
_DATES = ((1_700_000_000, 60), (1_700_000_000_000, 1000), (1_700_000_000_000_000, 1_000_000), (-2_000_000_000, 3600))
#: Values of each of independent features: in the plane, in R^3 and in R^4.
_GRIDS = ((10, 10), (12, 13), (16, 16), (20, 21), (3, 3, 3), (4, 4, 5), (6, 6, 6), (3, 3, 3, 3))
#: Numbers of features of which all but two are sums of others.
_FEATURES = (9, 10, 12, 16, 20, 33, 65)
#: Numbers of stimuli of which a first response tells the half or the tenth for sure, and so leaves few.
_PARTS = ((40, 2), (120, 2), (120, 10), (260, 2), (600, 2), (600, 10))
#: Numbers of stimuli where one is shown in most trials.
_COUNTS = (50, 101, 150, 201, 257, 300, 401, 513, 700, 1001)


def dated(spec: FiniteSpec) -> Iterator[FiniteSpec]:
    """The model with its stimuli, 0, 1, 2, ..., as dates."""
    for start, step in _DATES:
        yield replace(spec, stimuli=tuple((start + step * x,) for (x,) in spec.stimuli))


def _feature(values: int, steep: int) -> FiniteSpec:
    rows = tuple((1 + steep * (j % 2) + j, values + 1 - j) for j in range(values))
    return FiniteSpec(tuple((j,) for j in range(values)), tuple(1 + j % 3 for j in range(values)), rows)


def _grid(sides: tuple[int, ...]) -> FiniteSpec:
    """Independent features, each with a response of its own."""
    return product_of([_feature(side, 1 + i) for i, side in enumerate(sides)])


def _featured(count: int) -> FiniteSpec:
    """Three stimuli in a plane of R^count."""
    spec = known.SPACE
    return replace(spec, stimuli=tuple((*x, *((1 + i % 3) * x[i % 3] for i in range(count - 3))) for x in spec.stimuli))


def _mostly_one(count: int) -> FiniteSpec:
    """As `known.SKEWED`, of many stimuli: one in most trials, and the last answered as all are together."""
    others = count - 2
    prior = (78.0, *(20 / others,) * others, 2.0)
    return FiniteSpec(tuple((j,) for j in range(count)), prior, ((4, 1), *((1, 4),) * others, (19, 31)))


def _blank(sides: tuple[int, ...]) -> FiniteSpec:
    """A grid on which the first feature alone is told, but not where it is largest: the responses are all there."""
    values = sides[0]
    told = tuple((9, 1) if j % 2 else (1, 9) for j in range(values - 1 - (values - 1) % 2))
    first = FiniteSpec(tuple((j,) for j in range(len(told) + 1)), (1,) * (len(told) + 1), (*told, (5, 5)))
    return product_of([first, *(idle((1,) * side) for side in sides[1:])])


def _part(count: int, parts: int) -> PairCase:
    """A response that tells which part of the stimuli it is for sure, and a noisy one."""
    rows = tuple(
        tuple((1 + j * 7 % 8, 8 - j * 7 % 8) if k == j * parts // count else (0, 0) for k in range(parts))
        for j in range(count)
    )
    return PairCase(PairSpec(tuple((j,) for j in range(count)), (1,) * count, rows))


def idle(prior: Row) -> FiniteSpec:
    """A feature of which no response tells, with these weights."""
    return FiniteSpec(tuple((j,) for j in range(len(prior))), prior, ((1,),) * len(prior))


def _correlated(count: int) -> Iterator[StimulusMapCase]:
    """Two features that rise together, of which the second becomes its exponential, or another order of its values."""
    places = tuple((j, j + 4 * (j == count - 1)) for j in range(count))
    spec = replace(joint(count, 4), stimuli=places)
    for bent in ([3.0**y for _, y in places], [y**0.25 for _, y in places], [y * 5 % 23 for _, y in places]):
        yield StimulusMapCase(spec, tuple((float(x), float(y)) for (x, _), y in zip(places, bent)))


def turned_names(spec: FiniteSpec) -> ResponseMapCase:
    """The model with its responses in reverse order; of many, the second of each two first.

    What is neighbours in a list is so in the reverse list, too.
    """
    count = len(spec.responses[0])
    order = range(count)[::-1] if count < 4 else (*range(1, count, 2), *range(0, count, 2))
    return ResponseMapCase(spec, order=tuple(order))


DATES = (*dated(known.THREE), *dated(known.SKEWED))
GRIDS = tuple(map(_grid, _GRIDS))
FEATURED = tuple(map(_featured, _FEATURES))
MODELS = tuple(map(ModelCase, (*DATES, *GRIDS, *FEATURED)))
#: Two readings of a response, of stimuli that are dates or have many features.
PAIRS = (
    *(PairCase(replace(known.READINGS, stimuli=spec.stimuli[:2])) for spec in (*DATES[: len(_DATES)], *FEATURED)),
    *(_part(*sizes) for sizes in _PARTS),
)
MODELS_AND_PAIRS = (*MODELS, *PAIRS)
#: Stimuli that tell nothing, among many.
BLANKS = tuple(map(ModelCase, (*map(_blank, _GRIDS), *map(_mostly_one, _COUNTS))))
#: Responses are merged: all of dates, two of many features, and of grids those to the last features.
GARBLINGS = (
    *(GarblingCase(spec, ((1,), (1,))) for spec in DATES),
    *(GarblingCase(spec, known.MERGE) for spec in FEATURED),
    *(
        GarblingCase(spec, tuple((int(k % 4 < 2), int(k % 4 > 1)) for k in range(len(spec.responses[0]))))
        for spec in GRIDS
    ),
)
RENAMINGS = tuple(map(turned_names, (*DATES, *GRIDS, *FEATURED)))
#: What is near 0 is moved to where dates are.
MOVED = (
    *(StimulusMapCase(spec, moved.stimuli) for spec in (known.THREE, known.SKEWED) for moved in dated(spec)),
    *(moved for count in (5, 8, 12) for moved in _correlated(count)),
)
#: Large grids of a feature that is told beside others that are not, in either order, and many features.
FEATURES = (
    *(FeatureCase(product_of([_feature(a, 1), idle((1,) * b)]), 1) for a, b in _GRIDS[:4]),
    *(FeatureCase(product_of([idle((1,) * b), _feature(a, 2)]), 0) for a, b in _GRIDS[:4]),
    *(FeatureCase(product_of([_feature(a, 3), idle((1,) * b), idle((1,) * c)]), 1, (2,)) for a, b, c in _GRIDS[4:7]),
    *(beside(known.UNEVEN, count, count // 2) for count in _FEATURES),
)
