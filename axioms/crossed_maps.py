"""Maps of the stimulus crossed with sizes and places: shifts, scales, units and turns of each number of stimuli.

A search draws few stimuli, and maps in small whole numbers. Here are 2 to 24 on a line, on a circle, in the plane and
in planes of R^3 to R^8, and corners of a box. A line is only shifted and scaled: to turn it is to scale it by -1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from math import cos, sin
from typing import TypeVar

from msgspec.structs import replace

from ..models.data import FiniteSpec, Row, Table
from . import known, ordinary
from .cases import Case, LinearMapCase, StimulusMapCase
from .crossed import circle, grid, scattered
from .crossed import specs as all_specs
from .groups import diagonal
from .ordinary import COMMON, common
from .places import NOMINAL, PlacesCase, turned
from .sizes import FEATURES, MOST, joint

#: What is added: less than any gap, between whole numbers, and farther than stimuli reach, to both sides. From the last
#: one on, float32 has no odd numbers.
SHIFTS = (0.001, -0.37, 5, -12, 1000, -1000, 2**24)
#: What is added to angles in degrees: more and less than half a turn, and more than a whole one, to both sides.
TURNS = (7.5, -100, 190, -200, 350, 725)
#: What all features are multiplied by: gaps become tiny and stimuli far, mirrored or not.
SCALES = (1e-6, 0.01, -1, -3, 7, 1e5)
#: What every second feature is multiplied by, beginning with the first, and what the others are.
UNITS = ((1e-3, 1), (1, 1e-3), (-1, 1), (1, -7), (100, 1), (0.5, 30))
CIRCLES = ("circle:2pi", "circle:1", "circle:24", "circle:1000000")
#: Cosine and sine of turns: by quarter, half and eighth turns, by about 1/100 and by that of a 3-4-5 triangle.
ANGLES = ((0, 1), (-1, 0), (0.5**0.5, 0.5**0.5), (cos(0.01), sin(0.01)), (0.6, 0.8))
#: New places of stimuli: units of which gaps of 1, 2, 3, ... are multiples, mirrored or not.
_GAPS = (1, -1e-4, 1000, -0.3)
#: Numbers of stimuli on larger circles, which no bins of whole degrees part evenly, or which they do.
_ROUND = (30, 37, 48, 73, 90, 120)
#: New labels, from the index of the old one: far apart, negative, between whole numbers.
_LABELS = ((1000, 7), (-1, -1), (0.3, 0.1))
#: Corners of a box; the first four lie in no plane.
_CORNERS = tuple(sorted(product((0, 1), (0, 2), (0, 3)), key=lambda x: sum(map(bool, x))))

T = TypeVar("T")


def laid(spec: FiniteSpec) -> FiniteSpec:
    """The model with its stimuli in a plane of R^3 to R^8, other than one of the axes'."""
    count = len(spec.stimuli)
    d = 3 + count % (FEATURES - 2)
    return replace(
        spec, stimuli=tuple(tuple(j * (i % 3) + j * j % 7 * (1 - i % 2) for i in range(d)) for j in range(count))
    )


def cornered(spec: FiniteSpec) -> FiniteSpec:
    """The model with four to eight stimuli at the corners of a box."""
    return replace(spec, stimuli=_CORNERS[: len(spec.stimuli)])


def on_a_line(spec: FiniteSpec) -> FiniteSpec:
    """The model with other gaps than 1."""
    return replace(spec, stimuli=tuple((j + (j * j % 3) / 4,) for j in range(len(spec.stimuli))))


@lru_cache(maxsize=1)
def specs() -> tuple[FiniteSpec, ...]:
    """Each number of stimuli in each kind of place, with graded or equal priors or a common stimulus.

    In a plane there are at most eight responses: quadrature takes longer there.
    """
    found = []
    for n in range(2, MOST + 1):
        for m, place in enumerate((on_a_line, circle, grid, scattered, laid)):
            spec = joint(n, 2 + 5 * n % (MOST - 1 if m < 2 else 7))
            prior = (1,) * n, spec.prior, common(spec.prior, COMMON[n % len(COMMON)])
            found.append(place(replace(spec, prior=prior[(n + m) % 3])))
        if 4 <= n <= len(_CORNERS):
            found.append(cornered(joint(n, 3)))
    return tuple(found)


def _round() -> Iterator[FiniteSpec]:
    return (spec for spec in specs() if spec.geometry is not None)


def _third(maps: Sequence[T], spec: FiniteSpec) -> Sequence[T]:
    """One in three of these: which, differs from each number of stimuli to the next. Many measures are slow there."""
    return maps[len(spec.stimuli) % 3 :: 3]


def _several() -> tuple[FiniteSpec, ...]:
    """Those of several features."""
    return tuple(spec for spec in specs() if len(spec.stimuli[0]) > 1)


def _diagonals(by: Sequence[float], move: Callable[[FiniteSpec, float], Case]) -> tuple[Case, ...]:
    """The cases ``move(spec, by)``: stimuli on a line with all numbers, others and ordinary models with a third."""
    every = [spec for spec in specs() if spec.geometry is None]
    lines = [move(spec, one) for spec in every if len(spec.stimuli[0]) == 1 for one in by]
    return (*lines, *(move(spec, one) for spec in (*_several(), *ordinary.specs()) for one in _third(by, spec)))


def shifts(gradient: bool) -> tuple[Case, ...]:
    """Every feature shifted, each by another amount; and circles cut elsewhere."""

    def shifted(spec: FiniteSpec, by: float) -> Case:
        d = len(spec.stimuli[0])
        return diagonal(spec, (1,) * d, [by * (1 + i % 3) for i in range(d)])

    del gradient  # no case carries one
    return (*_diagonals(SHIFTS, shifted), *(cut(spec, by) for spec in _round() for by in _third(TURNS, spec)))


def cut(spec: FiniteSpec, by: float) -> PlacesCase:
    """The case in which so many degrees are added to all angles."""
    return PlacesCase(spec, tuple((x + by,) for (x,) in spec.stimuli), slope=1)


def scales(gradient: bool) -> tuple[Case, ...]:
    """All features multiplied by one number; and circles in other units."""

    def scaled(spec: FiniteSpec, by: float) -> Case:
        d = len(spec.stimuli[0])
        return diagonal(spec, (by,) * d, (0,) * d)

    del gradient
    circles = (turned(spec, 0, 1, unit) for spec in _round() for unit in _third(CIRCLES, spec))
    return (*_diagonals(SCALES, scaled), *circles)


def units(gradient: bool) -> tuple[Case, ...]:
    """Every second feature multiplied by one number, the others by another."""

    def measured(spec: FiniteSpec, by: tuple[float, float]) -> Case:
        d = len(spec.stimuli[0])
        return diagonal(spec, [by[i % 2] for i in range(d)], (0,) * d)

    del gradient
    return tuple(measured(spec, by) for spec in _several() for by in _third(UNITS, spec))


def rotations(gradient: bool) -> tuple[Case, ...]:
    """Stimuli mirrored, the axes exchanged, turned in one plane, and turned in several one after the other."""
    del gradient
    # Turned by an angle, independent features are so no longer, and out of reach of exact measures.
    features = ((known.MANY_FEATURES, matrix) for matrix in _exchanges(5))
    every = (*((spec, matrix) for spec in _several() for matrix in _third(_turns(spec), spec)), *features)
    return tuple(LinearMapCase(spec, matrix, (0,) * len(matrix)) for spec, matrix in every)


def _turns(spec: FiniteSpec) -> list[Table]:
    d = len(spec.stimuli[0])
    found = [*_exchanges(d), *(_turn(d, 0, d - 1, *angle) for angle in ANGLES)]
    if d > 2:
        matrix = _turn(d, 0, 1, *ANGLES[-1])
        for a, b in pairwise(range(1, d)):
            matrix = _times(matrix, _turn(d, a, b, *ANGLES[-1]))
        found.append(matrix)
    return found


def _exchanges(d: int) -> Iterator[Table]:
    """The last axis mirrored, and the axes in another order as well."""
    mirrored = tuple(tuple((i == k) * (-1 if i == d - 1 else 1) for k in range(d)) for i in range(d))
    yield mirrored
    yield (*mirrored[1:], mirrored[0])


def _turn(d: int, a: int, b: int, cosine: float, sine: float) -> Table:
    """The matrix that turns axes a and b into each other."""
    entries = {(a, a): cosine, (a, b): -sine, (b, a): sine, (b, b): cosine}
    return tuple(tuple(entries.get((i, k), int(i == k)) for k in range(d)) for i in range(d))


def _times(one: Table, other: Table) -> Table:
    return tuple(tuple(sum(a * b for a, b in zip(row, column)) for column in zip(*other)) for row in one)


def moves(gradient: bool) -> tuple[Case, ...]:
    """Uneven gaps in small and large units, labels that are far or between whole numbers, angles beyond a turn."""

    def move(n: int, spec: FiniteSpec) -> Case:
        if spec.geometry == NOMINAL:
            step, first = _LABELS[n % len(_LABELS)]
            return PlacesCase(spec, tuple((first + step * j,) for j in range(len(spec.stimuli))))
        return cut(spec, TURNS[n % len(TURNS)]) if spec.geometry else unevenly(spec, _GAPS[n % len(_GAPS)])

    more = (cut(circle(joint(n, 3 + n % 5)), by) for n in _ROUND for by in (1, TURNS[0]))
    return known.sloped((*(move(n, spec) for n, spec in enumerate(all_specs())), *more), gradient)


def unevenly(spec: FiniteSpec, unit: float) -> StimulusMapCase:
    """The case in which the values of each feature get gaps of 1, 2, 3, ... units, in their order."""

    def spread(column: Sequence[float]) -> Row:
        new = {x: unit * n * (n + 1) / 2 for n, x in enumerate(sorted(set(column)))}
        return tuple(new[x] for x in column)

    return StimulusMapCase(spec, tuple(zip(*map(spread, zip(*spec.stimuli)))))
