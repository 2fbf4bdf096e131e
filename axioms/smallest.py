"""The smallest cases, all of them: two stimuli, up to three responses, weights 0, 1 and 2, up to new names.

A search draws, and may miss by luck what breaks on a handful of weights only; here nothing is left to luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import combinations_with_replacement, permutations, product
from math import gcd

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row, Table
from .cases import Case, FeatureCase, GarblingCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .known import CORNERS, with_slopes

_WEIGHTS = (0, 1, 2)
_STIMULI = ((0,), (1,))


@lru_cache(maxsize=1)
def joints() -> tuple[FiniteSpec, ...]:
    """Two stimuli, equally likely or 1 to 2, and one to three responses that all occur; simplest first."""
    found: dict[tuple[Row, Table], FiniteSpec] = {}
    for count in (1, 2, 3):
        rows = [row for row in product(_WEIGHTS, repeat=count) if any(row) and gcd(*row) == 1]
        for one, two in combinations_with_replacement(rows, 2):
            if not all(a or b for a, b in zip(one, two)):
                continue
            for prior, table in (((1, 1), (one, two)), ((1, 2), (one, two)), ((1, 2), (two, one))):
                named = min(tuple(zip(*columns)) for columns in permutations(zip(*table)))
                if prior == (1, 1):
                    swapped = min(tuple(zip(*columns)) for columns in permutations(zip(*table[::-1])))
                    named = min(named, swapped)
                found.setdefault((prior, named), FiniteSpec(_STIMULI, prior, named))
    return tuple(found.values())


@lru_cache(maxsize=1)
def pairs() -> tuple[PairSpec, ...]:
    """Pairs of each joint's response: a merge and the response itself, a response and a coin, two readings of one.

    And every joint of two stimuli and twice two responses, each of which does or does not occur.
    """
    found = {}
    for spec in joints():
        count = len(spec.responses[0])
        for groups in _merges(count):
            found[_pair(spec, partial(_merged, groups))] = 0
        found[_pair(spec, lambda row: [[w, w] for w in row])] = 0
        if count == 2:
            found[_pair(spec, lambda row: [[a * b for b in row] for a in row])] = 0
    tables = [((a, b), (c, d)) for a, b, c, d in product((0, 1), repeat=4) if a + b + c + d]
    for one, two in combinations_with_replacement(tables, 2):
        found[PairSpec(_STIMULI, (1, 1), min(_renamed((one, two))))] = 0
    return tuple(found)


def _merged(groups: tuple[int, ...], row: Row) -> list[list[float]]:
    """A row of weights by the merged response and the response itself."""
    return [[w * (groups[k] == m) for k, w in enumerate(row)] for m in sorted(set(groups))]


def _pair(spec: FiniteSpec, table_of: Callable[[Row], list[list[float]]]) -> PairSpec:
    tables = tuple(tuple(map(tuple, table_of(row))) for row in spec.responses)
    return PairSpec(spec.stimuli, spec.prior, tables)


def _renamed(tables: tuple[Table, ...]) -> Iterator[tuple[Table, ...]]:
    """The same two tables under other names of the stimuli, of either response, and of the two responses."""
    for pair in (tables, tables[::-1]):
        for turned in (pair, tuple(tuple(zip(*table)) for table in pair)):
            for across in (turned, tuple(table[::-1] for table in turned)):
                yield across
                yield tuple(tuple(row[::-1] for row in table) for table in across)


def _merges(count: int) -> tuple[tuple[int, ...], ...]:
    """Every way to merge some of `count` responses."""
    return {1: (), 2: ((0, 0),), 3: ((0, 0, 1), (0, 1, 0), (1, 0, 0), (0, 0, 0))}[count]


def models(gradient: bool) -> tuple[Case, ...]:
    """Each joint as it is."""
    return _cases((ModelCase(spec) for spec in joints()), gradient)


def models_and_pairs(gradient: bool) -> tuple[Case, ...]:
    """Each joint and each pair."""
    return models(gradient) + all_pairs(gradient)


def all_pairs(gradient: bool) -> tuple[Case, ...]:
    """Each pair."""
    return _cases((PairCase(pair) for pair in pairs()), gradient)


def garblings(gradient: bool) -> tuple[Case, ...]:
    """Each joint with every merge, a coin beside it, half of a response turned into another, and one split or merged.

    The first response is split, or was there twice and is merged.
    """

    def cases() -> Iterator[Case]:
        for spec in joints():
            count = len(spec.responses[0])
            same = [tuple(int(k == m) for m in range(count)) for k in range(count)]
            for groups in _merges(count):
                yield GarblingCase(spec, tuple(tuple(int(g == m) for m in sorted(set(groups))) for g in groups))
            yield GarblingCase(spec, ((1, 1, *(0,) * (count - 1)), *((0, *row) for row in same[1:])))
            split = replace(spec, responses=tuple((row[0], *row) for row in spec.responses))
            yield GarblingCase(split, (same[0], *same))
            yield GarblingCase(spec, tuple((*row, *row) for row in same))
            if count > 1:
                yield GarblingCase(spec, ((1, 1, *(0,) * (count - 2)), *same[1:]))

    return _cases(cases(), gradient)


def renamings(gradient: bool) -> tuple[Case, ...]:
    """Each joint with the names of its responses turned round."""
    cases = (ResponseMapCase(spec, order=tuple(range(len(spec.responses[0])))[::-1]) for spec in joints())
    return _cases(cases, gradient)


def moves(gradient: bool) -> tuple[Case, ...]:
    """Each joint with its stimuli farther apart, and exchanged."""
    return _cases((StimulusMapCase(spec, ((3,), (-1,)), ((4,), (4,))) for spec in joints()), gradient)


def features(gradient: bool) -> tuple[Case, ...]:
    """Four corners, one of two responses, the first feature or the second without any effect."""
    rows = tuple((a, 2 - a) for a in _WEIGHTS)
    cases = []
    for one, two in combinations_with_replacement(rows, 2):
        cases.append(FeatureCase(FiniteSpec(CORNERS, (1, 1, 1, 1), (one, one, two, two)), 1))
        cases.append(FeatureCase(FiniteSpec(CORNERS, (1, 2, 1, 2), (one, two, one, two)), 0))
    return _cases(cases, gradient)


def _cases(cases: Iterable[Case], gradient: bool) -> tuple[Case, ...]:
    return tuple(with_slopes(case) if gradient else case for case in cases)
