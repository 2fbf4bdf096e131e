"""Unusual traits of a model, each two of them together in some model: a measure may go wrong where two meet.

A model has one trait of each kind: where its stimuli lie, how they respond, how likely they are, which coordinates they
have, and what else it carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product

from msgspec.structs import replace

from ..models.data import FiniteSpec, Row, Table
from ..models.geometry import named
from .cases import FeatureCase
from .known import with_slopes
from .ordinary import sloping, spaced
from .places import NOMINAL
from .spaces import product_of

#: The numbers of stimuli, in turn: on a line, many there, in the plane, in R^3 to R^8, on a circle, and as labels.
_COUNTS = ((7, 12, 9), (33, 26, 27), (5, 5, 6), (3,), (7, 26, 12), (36, 5, 12))
_LINE, _MANY, _PLANE, _SPACE, _CIRCLE, _LABELS = range(len(_COUNTS))
#: The circles, in turn; orientations of an odd number of stimuli are no whole degrees.
_CIRCLES = ("circle:180", "circle:2pi", "circle:360", "circle:pi", "circle:1")
#: A prior weight beside others of 1 to 3, so small that it may be skipped, and a large one beside one of 1.
_RARE, _SURE = 1e-6, 500
#: A response's weight beside others that hardly differ, or hardly ever occur.
_FAINT, _SILENT = 20, 100_000
#: Micrometres in metres, and what is far from 0 in its own unit.
_TINY, _FAR = 1e-6, 1_000_000
#: The number of kinds of responses.
_TABLES = 8
#: Numbers of independent features.
_FEATURES = (3, 4, 6, 7)
#: The values of each of two features on the largest grid; and the weight of a usual value beside one of 1.
_SQUARE, _USUAL = 7, 40


def _rows(kind: int, n: int) -> Table:
    """The weights of the responses to `n` stimuli, of the kind with this number.

    Each stimulus has a response of its own; only a few stimuli change the response; all do, or hardly do; spikes are
    very sparse; counts are many; all stimuli are alike but for their places; half of the responses are impossible.
    """
    stimuli = range(n)
    if kind == 0:
        return tuple(tuple(int(j == k) for k in stimuli) for j in stimuli)
    if kind == 1:
        return tuple(tuple(6 if k == 0 else (k + j) % 3 if j < 3 else k % 2 for k in range(6)) for j in stimuli)
    if kind == 2:
        return tuple((1 + j % 4, 1 + j * j % 5, 2) for j in stimuli)
    if kind == 3:
        return tuple((_FAINT + j % 3, _FAINT + j * j % 4) for j in stimuli)
    if kind == 4:
        return tuple((_SILENT, 1 + 7 * j % 90, 1 + j * j % 50) for j in stimuli)
    if kind == 5:
        return tuple(tuple(1 + (3 + j * k + j + k * k) % 7 + 9 * (k == 5 * j % 30) for k in range(30)) for j in stimuli)
    if kind == 6:
        return tuple(tuple((5, 2, 1, 2)[(k - j) % n] if (k - j) % n < 4 else 1 for k in stimuli) for j in stimuli)
    return tuple(tuple((1 + (j + k) % 3) * (k // 3 == j % 2) for k in range(6)) for j in stimuli)


def _prior(kind: int, n: int) -> Row:
    """Equally likely stimuli; a rare one; one that is almost sure; or any."""
    graded = tuple(1 + j % 3 for j in range(n))
    return ((1,) * n, (*graded[1:], _RARE), (_SURE * n, *graded[1:]), graded)[kind]


def _coordinate(kind: int, x: float) -> float:
    """A coordinate 0, 1, 2, ...: as it is, of either sign, in tiny units, far from 0, or a fraction."""
    return (x, x - 2, x * _TINY, x + _FAR, x / 4 - 1)[kind]


def carries(spec: FiniteSpec) -> bool:
    """Whether the model has numbers for responses, or cell volumes, or slopes."""
    return any((spec.values, spec.stimulus_volumes, spec.response_volumes, spec.gradient))


def _carrying(kind: int, spec: FiniteSpec) -> FiniteSpec:
    """The model as it is, or with numbers for responses, unequal cells of stimuli or of responses, or slopes."""
    count = len(spec.responses[0])
    if kind == 1:
        return replace(spec, values=tuple(k * k - 3 for k in range(count)))
    if kind == 2:
        return replace(spec, stimulus_volumes=tuple(1 + j % 3 for j in range(len(spec.stimuli))))
    if kind == 3:
        return replace(spec, response_volumes=tuple(1 + k % 3 for k in range(count)))
    return sloping(spec) if kind == 4 else spec


def _places(kind: int, n: int, table: int) -> tuple[Table, str | None]:
    """The stimuli 0, 1, 2, ... of a kind of place, and its geometry."""
    if kind == _PLANE:
        return tuple((j % 3, 2 * (j // 3) + j % 2) for j in range(n)), None
    if kind == _SPACE:
        corners = ((0, 0, 0), (1, 0, 2), (0, 2, 1))[:n]
        return tuple((*x, x[0] + x[1], x[1] + x[2], x[0], x[2], x[1])[: 3 + table % 6] for x in corners), None
    if kind == _CIRCLE:
        circle = _CIRCLES[table % len(_CIRCLES)]
        period = float(named(circle).period or 1)
        return tuple((j * period / n - (table % 2) * period / 2,) for j in range(n)), circle
    return spaced(n, 1), NOMINAL if kind == _LABELS else None


def kinds(place: int, table: int) -> tuple[int, int, int, int, int]:
    """The kinds of place, responses, prior, coordinates and of what else the model carries: any two occur together."""
    return place, table, (place + table) % 4, (place + 2 * table) % 5, (2 * place + table) % 5


def _spec(place: int, table: int, rows: Callable[[int, int], Table]) -> FiniteSpec:
    place, table, prior, coordinate, carried = kinds(place, table)
    n = _COUNTS[place][table % len(_COUNTS[place])]
    stimuli, geometry = _places(place, n, table)
    if place != _CIRCLE:
        stimuli = tuple(tuple(_coordinate(coordinate, x) for x in one) for one in stimuli)
    order = sorted(range(n), key=lambda j: (7 * j % n, j))
    spec = FiniteSpec(tuple(stimuli[j] for j in order), _prior(prior, n), rows(table, n), geometry=geometry)
    return _carrying(carried, spec)


def answering(rows: Callable[[int, int], Table]) -> tuple[FiniteSpec, ...]:
    """Each kind of place eight times, with each other trait, and the responses ``rows(kind, n)`` to `n` stimuli."""
    each = product(range(len(_COUNTS)), range(_TABLES))
    # Whoever takes one in four of them takes each kind.
    return tuple(_spec(n, (n + k) % _TABLES, rows) for n, k in each)


def _independent(count: int) -> FiniteSpec:
    """So many independent features, the first and the last with a response."""
    first = FiniteSpec(((-1,), (0,), (2,)), (1, 2, 1), ((3, 1), (1, 3), (2, 2)))
    last = FiniteSpec(((0,), (3,)), (1, 3), ((3, 1), (1, 3)))
    idle = FiniteSpec(((-1,), (1,)), (1, 2), ((1,), (1,)))
    return product_of((first, *(idle,) * (count - 2), last))


@lru_cache(maxsize=1)
def specs() -> tuple[FiniteSpec, ...]:
    """Each kind of place with each kind of responses, so that any two traits meet; and some that tell nothing."""
    untuned = (_spec(place, place, lambda kind, n: ((1, 2),) * n) for place in range(len(_COUNTS)))
    return (*answering(_rows), *untuned, *map(_independent, _FEATURES))


def features() -> Iterator[FeatureCase]:
    """A feature of each kind of responses beside one without effect, in both orders; and independent features."""
    for table, idle in product(range(_TABLES), (0, 1)):
        n, m = 3 + table % 2, 2 + (table + idle) % 2
        likely = (table + idle) % 3
        beside = ((1,) * m, (_USUAL, *(1,) * m)[:m], tuple(range(1, m + 1)))[likely]
        of = _prior((0, 3, 3)[likely], n)  # one that is rare takes a quadrature of two features long
        kind = (2 * table + idle) % 5
        pairs = [(_coordinate(kind, 1 + j), _coordinate(kind, 2 + k)) for j in range(n) for k in range(m)]
        spec = FiniteSpec(
            tuple(pair[::-1] if idle == 0 else pair for pair in pairs),
            tuple(w * v for w in of for v in beside),
            tuple(row for row in _rows(table, n) for _ in range(m)),
        )
        case = FeatureCase(_carrying((table + 2 * idle) % 4, spec), idle)
        yield with_slopes(case) if (table + idle) % 5 == 4 else case
    many = tuple(product(range(_SQUARE), repeat=2))
    yield FeatureCase(FiniteSpec(many, (1,) * len(many), tuple(_rows(0, _SQUARE)[j] for j, _ in many)), 1)
    for count in _FEATURES:
        yield FeatureCase(_independent(count), 1, tuple(range(2, count - 1)))
