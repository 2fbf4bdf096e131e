"""Sizes crossed with places and with ordinary probabilities: 1 to 24 stimuli, on circles, as labels, in the plane.

A fixed case of each number of stimuli, and of responses, in each kind of place: a search may miss one by luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import ceil, sqrt

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row, Table
from . import ladders, ordinary, steep
from .cases import Case, GarblingCase, ModelCase, PairCase, ResponseMapCase
from .known import SHARED, sloped
from .places import NOMINAL, PlacesCase, turned
from .sizes import MOST, beside, joint, moved, on_a_line

#: The degrees of a turn, and a circle of so many.
_TURN = 360
_CIRCLE = f"circle:{_TURN}"
#: The side of the largest grid: one more stimulus than elsewhere.
_SIDE = 5
#: Up to so many responses, a pair is two readings of one; of more, their halves.
_FEW = 4
#: The number of responses grows by these from one number of stimuli to the next; in other places by other steps.
_STEPS = (5, 11, 13, 17, 19, 23)
#: Larger numbers of responses, to be merged with loss.
_MANY = (25, 32, 40, 48, 64)
#: Of models that rise in small steps, one in so many.
_LADDER = 3


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
    """All models: those, ordinary ones, and some of those that rise in small steps."""
    return (*joints(), *ordinary.specs(), *ladders.specs()[::_LADDER])


def models(gradient: bool) -> tuple[Case, ...]:
    """Each as it is."""
    return sloped(map(ModelCase, specs()), gradient)


def paired(spec: FiniteSpec) -> PairCase:
    """Two readings of the response; of more than four values, which half of them it is in and where there."""
    count = len(spec.responses[0])
    half = (count + 1) // 2

    def table(row: Row) -> Table:
        if count <= _FEW:
            return tuple(tuple(a * b for b in row) for a in row)
        return row[:half], (*row[half:], *(0,) * (2 * half - count))

    return PairCase(PairSpec(spec.stimuli, spec.prior, tuple(map(table, spec.responses)), geometry=spec.geometry))


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
    return replace(spec, responses=(*spec.responses[:-1], tuple(map(sum, zip(*rows)))))


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
        for n, spec in enumerate(specs()):
            yield split(spec) if n % 2 else mixed(spec, lambda k: k < 2)

    return lambda gradient: sloped(cases(), gradient)


def renamings(gradient: bool) -> tuple[Case, ...]:
    """The names of the responses turned round; every second model has numerical ones, which are stretched as well."""

    def cases() -> Iterator[Case]:
        for n, spec in enumerate(specs()):
            count = len(spec.build().likelihood)
            order = tuple(range(count))[::-1]
            if n % 2:
                numbered = replace(spec, values=tuple(range(len(spec.responses[0]))))
                yield ResponseMapCase(numbered, order=order, values=tuple(1 + 3 * k for k in range(count)))
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
    """Four to six values beside four or five, in both orders; and ordinary models beside two."""
    grids = [beside(joint(n, 3), 2, idle, m) for n in (4, 5, 6) for m in (4, 5) for idle in (0, 1)]
    few = (spec for spec in ordinary.specs() if len(spec.stimuli) <= _SIDE)
    return sloped((*grids, *(beside(spec, 2, len(spec.stimuli) % 2) for spec in few)), gradient)
