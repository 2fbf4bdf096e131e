"""Models in which a formula of few terms sees nothing: what it looks at is the same for all responses, or stimuli.

Moments of the stimulus given a response, a difference of neighbours, a Fourier component on a circle, what single
features tell: each is 0 in one of these models, though responses tell much.
"""

from __future__ import annotations

import math
from itertools import product

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row, Table
from .cases import FeatureCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .crossed import circle, paired
from .larger import idle, turned_names
from .sizes import joint, line
from .spaces import product_of

#: Orders of the differences that a response depends on: moments of the stimulus below this are those of the prior.
_ORDERS = (1, 2, 3, 4, 5, 6, 8, 10)
#: Numbers of stimuli, and after how many of them responses begin again: on a line, and around a circle.
_WAVES = ((8, 2), (9, 3), (12, 4), (15, 5))
_TURNS = ((4, 2), (6, 2), (6, 3), (8, 4), (12, 2), (12, 3), (12, 4), (12, 6), (24, 3), (24, 4), (24, 8), (36, 6))
#: Numbers of stimuli whose responses are the same on either side of the middle, or change in a straight line.
_MIRRORED, _STRAIGHT = (3, 4, 7, 8), (3, 4, 5, 9)
#: More stimuli than elsewhere, and after how many of them responses begin again.
_LONG = (1201, 4)
#: Degrees of polynomials, and numbers of stimuli; and of values of two features, whose parts add up.
_CURVES, _ADDED = ((2, 5), (2, 6), (3, 6), (4, 8)), ((2, 2), (2, 3), (4, 3))
#: Numbers of stimuli that two responses tell together.
_SUMS = (2, 3, 5, 8, 13)
#: Numbers of features of which only all together tell something.
_TOGETHER = (2, 3, 4, 5, 6)
#: Numbers of responses that are listed in another order, and of stimuli.
_RESPONSES, _STIMULI = (64, 130, 400, 1000), 3
#: Powers of ten: a rare stimulus is one in so many.
_RARE = (3, 5, 6.5, 8, 11, 15, 30)


def _equal(rows: Table) -> FiniteSpec:
    """Equally probable stimuli on a line."""
    return FiniteSpec(line(len(rows)), (1,) * len(rows), rows)


def _difference(order: int) -> FiniteSpec:
    """p(r|x) = 1/2 +- the coefficients of a difference of this order: all lower moments of X are as without r."""
    terms = [(-1) ** j * math.comb(order, j) for j in range(order + 1)]
    largest = 2 * max(map(abs, terms))
    return _equal(tuple((largest + term, largest - term) for term in terms))


def _curve(degree: int, count: int) -> FiniteSpec:
    """p(r|x) is a polynomial of this degree in x (Chebyshev's): its higher differences are 0."""
    x = [2 * j / (count - 1) - 1 for j in range(count)]
    height = [math.cos(degree * math.acos(max(-1.0, min(1.0, one)))) for one in x]
    return _equal(tuple((5 + 4 * one, 5 - 4 * one) for one in height))


def _added(one: int, other: int) -> FiniteSpec:
    """p(r|x) is the sum of a part from each of two features."""
    stimuli = tuple((float(i), float(j)) for i in range(one) for j in range(other))
    height = [4 * (i / (one - 1) + j / (other - 1)) for i, j in stimuli]
    return FiniteSpec(stimuli, (1,) * len(stimuli), tuple((1 + part, 9 - part) for part in height))


def _sum_tells(count: int, noise: float = 0) -> PairCase:
    """Two responses whose sum is the stimulus, modulo the number of stimuli: neither tells anything alone."""
    turn = range(count)
    rows = tuple(tuple(tuple(float((k + m) % count == j) + noise for m in turn) for k in turn) for j in turn)
    return PairCase(PairSpec(line(count), (1,) * count, rows))


def _all_of(features: int, after: int) -> FeatureCase:
    """A response that tells whether all of these features are large, and idle ones."""
    told = parity(features)
    rows = tuple((9, 1) if all(x) else (2, 8) for x in told.stimuli)
    specs = [replace(told, responses=rows), *(idle((1, 2)),) * after]
    return FeatureCase(product_of(specs), features, tuple(range(features + 1, features + after)))


def _twins(values: int, first: bool) -> FeatureCase:
    """Two features that are always equal, and an idle one before or after them."""
    one = joint(values, 3)
    twins = replace(one, stimuli=tuple((x, x) for (x,) in one.stimuli), prior=(1,) * values)
    other = idle((1, 2, 1))
    return FeatureCase(product_of([other, twins] if first else [twins, other]), 0 if first else 2)


def _waves(count: int, period: int) -> FiniteSpec:
    """Responses that begin again after `period` stimuli."""
    rows = joint(period, period).responses
    return _equal(tuple(rows[j % period] for j in range(count)))


def _mirrored(count: int) -> FiniteSpec:
    """Responses that are the same on either side of the middle."""
    rows = joint(count, 3).responses
    return _equal(tuple(rows[min(j, count - 1 - j)] for j in range(count)))


def _straight(count: int) -> FiniteSpec:
    """p(r|x) is linear in x."""
    return _equal(tuple((1 + j, count - j) for j in range(count)))


def parity(features: int) -> FiniteSpec:
    """Features of two values: the response tells how many of them are large, even or odd, and nothing of fewer."""
    stimuli = tuple(tuple(map(float, x)) for x in product((0, 1), repeat=features))
    return FiniteSpec(stimuli, (1,) * len(stimuli), tuple((9, 1) if sum(x) % 2 else (1, 9) for x in stimuli))


def _parity_and(features: int, before: int, after: int) -> FeatureCase:
    """Features that tell something together, and idle ones before and after them."""
    silent: Row = (1, 2)
    specs = [*(idle(silent),) * before, parity(features), *(idle(silent),) * after]
    which = (*range(before), *range(before + features, before + features + after))
    return FeatureCase(product_of(specs), which[0], which[1:])


def _own(power: float) -> FiniteSpec:
    """Two rare stimuli with a response each, listed first, beside one that is almost certain."""
    return FiniteSpec(line(3), (10.0**-power, 10.0**-power, 1), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


LINES = (
    *map(_difference, _ORDERS),
    *(_waves(*one) for one in _WAVES),
    *map(_mirrored, _MIRRORED),
    *map(_straight, _STRAIGHT),
    *(_curve(*one) for one in _CURVES),
)
TURNS = tuple(circle(_waves(*one)) for one in _TURNS)
TOGETHER = tuple(map(parity, _TOGETHER))
MODELS = tuple(map(ModelCase, (*LINES, *TURNS, *TOGETHER, *(_added(*one) for one in _ADDED), _waves(*_LONG))))
SUMS = tuple(_sum_tells(count, noise) for count in _SUMS for noise in (0, 0.05))
PAIRS = (*map(paired, (*LINES[::3], *TURNS[::3])), *SUMS)
FEATURES = (
    *(_parity_and(features, 0, 1) for features in _TOGETHER[:4]),
    *(_parity_and(features, 1, 0) for features in _TOGETHER[:4:2]),
    *(_parity_and(features, 1, 1) for features in _TOGETHER[:4:2]),
    *(_all_of(features, 1) for features in _TOGETHER[:4]),
    *(_all_of(features, 2) for features in _TOGETHER[:4:2]),
    *(_twins(values, first) for values in (3, 4, 7) for first in (False, True)),
)
#: Probabilities that rise, fall, or have one top or two, along stimuli which then lie in another order.
_SHAPES: tuple[Row, ...] = ((1, 2, 3, 4, 5), (9, 7, 4, 2, 1), (1, 3, 6, 4, 2), (6, 3, 1, 2, 5), (1, 2, 5, 2, 1))
MOVED = tuple(
    StimulusMapCase(replace(joint(len(prior), 3), prior=prior), tuple((float(x),) for x in (2, 0, 4, 1, 3)))
    for prior in _SHAPES
)
#: Long lists of responses, and rare ones, in another order.
RENAMINGS = (
    *(turned_names(joint(_STIMULI, count)) for count in _RESPONSES),
    *(ResponseMapCase(joint(_STIMULI, count), order=tuple(range(count))[::-1]) for count in _RESPONSES),
    *(ResponseMapCase(_own(power), order=order) for power in _RARE for order in ((0, 2, 1), (2, 0, 1))),
)
