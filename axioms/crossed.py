"""Sizes crossed with places and with ordinary probabilities: 1 to 24 stimuli, on circles, as labels, in the plane.

A fixed case of each number of stimuli, and of responses, in each kind of place: a search may miss one by luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import ceil, gcd, sqrt

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row, Table
from . import ladders, ordinary, steep, traits
from .cases import Case, GarblingCase, ModelCase, PairCase, ResponseMapCase
from .known import SHARED, sloped, with_slopes
from .places import NOMINAL, PlacesCase, turned
from .sizes import MOST, beside, joint, moved, on_a_line

#: The degrees of a turn, and a circle of so many.
_TURN = 360
_CIRCLE = f"circle:{_TURN}"
#: The side of the largest grid: one more stimulus than elsewhere.
_SIDE = 5
#: Up to so many responses, a pair is two readings of one; of more, their halves; of as many as _LARGE, for every second
#: number of stimuli (and of more than elsewhere for each), as many parts as each has values.
_FEW, _LARGE = 4, 10
#: The number of responses grows by these from one number of stimuli to the next; in other places by other steps.
_STEPS = (5, 11, 13, 17, 19, 23)
#: Larger numbers of responses, to be merged with loss.
_MANY = (25, 32, 40, 48, 64)
#: Of models that rise in small steps, one in so many; and of all models, that have all of their responses mixed.
_LADDER, _LOST = 3, 7


def circle(spec: FiniteSpec) -> FiniteSpec:
    """The model with its stimuli all around a circle, in whole degrees."""
    count = len(spec.stimuli)
    return replace(spec, stimuli=tuple((j * _TURN // count,) for j in range(count)), geometry=_CIRCLE)


def labels(spec: FiniteSpec) -> FiniteSpec:
    """The model with labels for stimuli."""
    return replace(spec, geometry=NOMINAL)


def grid(spec: FiniteSpec) -> FiniteSpec:
    """The model with its stimuli on a grid of the plane, the last row of which may be shorter."""
    side = ceil(sqrt(len(spec.stimuli)))
    return replace(spec, stimuli=tuple((j % side, j // side) for j in range(len(spec.stimuli))))


def scattered(spec: FiniteSpec) -> FiniteSpec:
    """The model with its stimuli at other places of the plane."""
    return replace(spec, stimuli=tuple((j, j * j % 7) for j in range(len(spec.stimuli))))


@lru_cache(maxsize=1)
def joints() -> tuple[FiniteSpec, ...]:
    """Each number of stimuli and of responses in each kind of place; every second one with equally likely stimuli."""
    kinds = ((circle, 1), (labels, 1), (grid, 1), (circle, 2), (labels, 2), (scattered, 2))
    found = [
        place(joint(n, 1 + step * (n - 1) % MOST))
        for (place, every), step in zip(kinds, _STEPS)
        for n in range(1, MOST + 1 + (place is grid), every)
    ]
    return tuple(replace(spec, prior=(1,) * len(spec.prior)) if n % 2 else spec for n, spec in enumerate(found))


@lru_cache(maxsize=1)
def specs() -> tuple[FiniteSpec, ...]:
    """All models: those, ordinary ones, some of those that rise in small steps, and those of two unusual traits."""
    return (*joints(), *ordinary.specs(), *ladders.specs()[::_LADDER], *traits.specs())


def models(gradient: bool) -> tuple[Case, ...]:
    """Each as it is."""
    return sloped(map(ModelCase, specs()), gradient)


def paired(spec: FiniteSpec) -> PairCase:
    """Two readings of the response; of more than four values, which part of them it is in and where there.

    Of a few responses with numbers, the response and a copy of it.
    """
    count = len(spec.responses[0])
    parts = round(sqrt(count)) if count > MOST or (count >= _LARGE and len(spec.stimuli) % 2) else 2
    width = ceil(count / parts)

    def table(row: Row) -> Table:
        if spec.values and count <= _LARGE:
            return tuple(tuple(w * (m == k) for m in range(count)) for k, w in enumerate(row))
        if count <= _FEW:
            return tuple(tuple(a * b for b in row) for a in row)
        whole = (*row, *(0,) * (parts * width - count))
        return tuple(whole[k : k + width] for k in range(0, len(whole), width))

    tables = tuple(map(table, spec.responses))
    cells = [[(1 + k % 2) * (1 + m % 3) for m, _ in enumerate(row)] for k, row in enumerate(tables[0])]
    volumes = tuple(map(tuple, cells)) if spec.response_volumes else None
    pair = PairCase(
        PairSpec(spec.stimuli, spec.prior, tables, None, volumes, spec.stimulus_volumes, geometry=spec.geometry)
    )
    return pair if spec.gradient is None else with_slopes(pair)


def pairs(gradient: bool) -> tuple[Case, ...]:
    """A pair of each."""
    return sloped(map(paired, specs()), gradient)


def models_and_pairs(gradient: bool) -> tuple[Case, ...]:
    """Each, and a pair of every second one."""
    return models(gradient) + sloped(map(paired, specs()[::2]), gradient)


def like_others(spec: FiniteSpec) -> FiniteSpec:
    """The model with the last stimulus answered as the others are on average: its own information is 0."""
    shares = [weight / sum(spec.prior[:-1]) for weight in spec.prior[:-1]]
    rows = [[share * w / sum(row) for w in row] for share, row in zip(shares, spec.responses)]
    return replace(spec, responses=(*spec.responses[:-1], tuple(map(sum, zip(*rows)))), gradient=None)


def least_informed(gradient: bool) -> tuple[Case, ...]:
    """Each, on a line as well, with a stimulus of which no response tells; and a pair of every second one."""
    each = [like_others(spec) for spec in (*on_a_line(), *specs()) if len(spec.stimuli) > 2]
    return sloped((*map(ModelCase, each), *map(paired, each[::2])), gradient)


def _telling(n: int, responses: int, rows: Table) -> FiniteSpec:
    """Stimuli that answer by turns with one of two rows of three weights, which are given to more responses."""
    return FiniteSpec(
        tuple((j,) for j in range(n)),
        tuple(1 + j % 3 for j in range(n)),
        tuple(
            tuple(
                rows[j % 2][k % 3] * (1 + k // 3 % 2) + (j % 5 == k) * (rows == steep.TWO.responses)
                for k in range(responses)
            )
            for j in range(n)
        ),
    )


def mixed(spec: FiniteSpec, among: Callable[[int], bool]) -> GarblingCase:
    """The case in which each response k with ``among(k)`` becomes any of these, as often."""
    count = len(spec.responses[0])
    return GarblingCase(
        spec, tuple(tuple(int(k == m or (among(k) and among(m))) for m in range(count)) for k in range(count))
    )


def _lossy() -> Iterator[GarblingCase]:
    """Two of three kinds of responses mixed: for each number of stimuli in each place this raises SSI and I_CiSSI."""
    for n in range(2, MOST + 1):
        graded = _telling(n, 3 + 5 * n % 22, steep.TWO.responses)
        shared = _telling(n, 3 + 3 * (n % 8), SHARED.responses)
        each = (
            replace(graded, prior=(1,) * n) if n % 4 < 2 else graded,
            replace(shared, prior=ordinary.common(shared.prior, ordinary.COMMON[n % len(ordinary.COMMON)])),
        )
        for spec in (*each, *(place(each[(n + m) % 2]) for m, place in enumerate((circle, labels, grid)))):
            yield mixed(spec, lambda k: k % 3 < 2)
    for spec in traits.answering(lambda kind, n: _telling(n, 3, SHARED.responses).responses):
        yield mixed(spec, lambda k: k % 3 < 2)


def _lost() -> Iterator[GarblingCase]:
    """All of the responses mixed, or merged into one: what one stimulus answers tells nothing before, either."""
    for n, spec in enumerate(spec for spec in specs() if len(spec.stimuli) > 2):
        if n % _LOST == 0:
            one = like_others(spec)
            yield mixed(one, lambda k: True)
            yield GarblingCase(one, ((1,),) * len(one.responses[0]))


def _merged() -> Iterator[GarblingCase]:
    """Many responses, two of three kinds of which are mixed, and neighbours of which become one."""
    for m, count in enumerate(_MANY):
        pairs = tuple(tuple(int(k // 2 == pair) for pair in range((count + 1) // 2)) for k in range(count))
        for n, place in zip((2 + m, 5 + 3 * m), (labels, grid) if m % 2 else (circle, None)):
            graded, shared = (_telling(n, count, rows) for rows in (steep.TWO.responses, SHARED.responses))
            yield mixed(place(graded) if place else graded, lambda k: k % 3 < 2)
            yield GarblingCase(place(shared) if place else shared, pairs)


def garblings(split: Callable[[FiniteSpec], GarblingCase]) -> Callable[[bool], tuple[Case, ...]]:
    """Responses mixed such that some measures rise; two mixed; and one split and merged, as ``split(spec)``."""

    def cases() -> Iterator[GarblingCase]:
        yield from _lossy()
        yield from _merged()
        yield from _lost()
        for n, spec in enumerate(specs()):
            if spec.values:  # the same response without its numbers
                yield mixed(spec, lambda k: False)
            yield mixed(spec, lambda k: k < 2) if n % 2 == 0 or traits.carries(spec) else split(spec)

    return lambda gradient: sloped(cases(), gradient)


def renamings(gradient: bool) -> tuple[Case, ...]:
    """The names of the responses shuffled; every second model has numerical ones, which get other values as well."""

    def cases() -> Iterator[Case]:
        for n, spec in enumerate(specs()):
            count = len(spec.build().likelihood)
            step = next(step for step in (7, 5, 3, 1) if gcd(step, count) == 1) if count > _FEW else 1
            order = tuple(step * k % count for k in range(count))[::-1]
            if (n % 2 and not traits.carries(spec)) or spec.values:
                numbered = replace(spec, values=spec.values or tuple(range(len(spec.responses[0]))))
                yield ResponseMapCase(numbered, order=order, values=tuple(1 + 3 * k + k * k for k in range(count)))
            else:
                yield ResponseMapCase(spec, order=order)

    return sloped(cases(), gradient)


def moves(gradient: bool) -> tuple[Case, ...]:
    """Circles turned and mirrored; labels exchanged; other stimuli three times as far apart and turned round."""

    def move(spec: FiniteSpec) -> Case:
        if spec.geometry == NOMINAL:
            return PlacesCase(spec, (*spec.stimuli[1:], spec.stimuli[0]))
        return turned(spec, 7, -1, "circle:2pi") if spec.geometry else moved(spec)

    return sloped(map(move, specs()), gradient)


def features(gradient: bool) -> tuple[Case, ...]:
    """Four to six values beside four or five, in both orders; ordinary models beside two; and unusual traits."""
    grids = [beside(joint(n, 3), 2, idle, m) for n in (4, 5, 6) for m in (4, 5) for idle in (0, 1)]
    few = (spec for spec in ordinary.specs() if len(spec.stimuli) <= _SIDE)
    ordinary_ones = (beside(spec, 2, len(spec.stimuli) % 2) for spec in few)
    return sloped((*grids, *ordinary_ones, *traits.features()), gradient)
