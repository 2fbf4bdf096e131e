"""Readings that tell little of stimuli whose probabilities differ much, and responses alike in their first moments.

Of a reading that changes p(x) by a small part s, the specific surprise is of order s^2; an entropy of p(X|r) changes by
s times the covariance with log p(x). So a small share of an entropy is enough to break an axiom, if log p(X) varies.
"""

from __future__ import annotations

import math

from ..models.data import FiniteSpec, PairSpec, Row, Table
from . import known
from .cases import GarblingCase, ModelCase, PairCase
from .sizes import line

#: Numbers of stimuli: half of the probability is that of one of them, so that log p(X) varies by half their log.
_COUNTS = (16, 60, 250, 1000)
#: How much a reading tells of most stimuli, and of some as a share of that.
_FAINT, _GRADED = 0.4, (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
#: Numbers of responses, of which one occurs half of the time; and by how much a stimulus makes it more, or less, usual.
_RESPONSES, _LEAN = (10, 100, 1000), (1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3)
#: A stimulus gives two responses with these probabilities, and others give them half of the time each.
_HARDLY = (0.3, 0.03, 3e-3, 3e-4, 3e-5, 3e-6)
#: A response is one of this many; two stimuli agree in all moments but the last.
_MOMENTS = (3, 4, 5, 6, 8, 10)


def _leaning(responses: int) -> FiniteSpec:
    """Stimuli that make a usual response a little more usual, or less so: entropies of R given x differ by as much."""
    lean = (*_LEAN, *(-share for share in _LEAN))
    rows = tuple(((responses - 1) * (1 + one), *(1 - one,) * (responses - 1)) for one in lean)
    return FiniteSpec(line(len(lean)), (1,) * len(lean), rows)


def _readings(count: int) -> Table:
    """The weights of a faint reading's two values: for the first stimulus, against most others, and in between."""
    graded = (*_GRADED, *(-share for share in _GRADED))
    lean = (1, *graded, *(-1,) * (count - 1 - len(graded)))
    return tuple((1 + _FAINT * one, 1 - _FAINT * one) for one in lean)


def _likely(count: int) -> Row:
    """The first stimulus has half of the probability."""
    return (count - 1, *(1,) * (count - 1))


def _pair(prior: Row, rows: tuple[Table, ...]) -> PairSpec:
    return PairSpec(line(len(prior)), prior, rows)


def _twice(count: int) -> PairSpec:
    """The same faint reading twice."""
    rows = _readings(count)
    return _pair(_likely(count), tuple(tuple(tuple(a * b for b in row) for a in row) for row in rows))


def _guessed(count: int) -> PairSpec:
    """A response that is right half of the time when it says "the first stimulus"; then a faint reading."""
    says = (1, *(1 / (count - 1),) * (count - 1))
    told = zip(says, _readings(count))
    return _pair((1,) * count, tuple((tuple(a * b for b in read), (1 - a, 1 - a)) for a, read in told))


def _without_second(pair: PairSpec) -> GarblingCase:
    """The second reading is lost."""
    rows = tuple(tuple(weight for row in one for weight in row) for one in pair.responses)
    first, second = len(pair.responses[0]), len(pair.responses[0][0])
    kept = tuple(tuple(int(k // second == m) for m in range(first)) for k in range(first * second))
    return GarblingCase(FiniteSpec(pair.stimuli, pair.prior, rows), kept)


def _hardly(one: float, other: float) -> GarblingCase:
    """Two responses that the first stimulus hardly ever gives, unequally often, are merged."""
    rows = ((one, other, 1 - one - other), (1, 1, 0))
    return GarblingCase(FiniteSpec(line(2), (1, 1), rows), known.MERGE)


def _sure(one: float, other: float) -> GarblingCase:
    """Two responses that speak for the first stimulus almost surely, one more than the other, are merged."""
    rows = ((18, 1, 1), (other, one, 1 - one - other))
    return GarblingCase(FiniteSpec(line(2), (9, 1), rows), known.MERGE)


def _moments(count: int) -> FiniteSpec:
    """Two stimuli with the even and the odd terms of a binomial distribution, and one with all of them."""
    terms = tuple(math.comb(count - 1, k) for k in range(count))
    rows = tuple(tuple(term * (k % 2 == odd) for k, term in enumerate(terms)) for odd in (0, 1))
    return FiniteSpec(line(3), (2, 2, 1), (*rows, terms))


_UNEQUAL = tuple(map(_twice, _COUNTS))
_GUESSED = tuple(map(_guessed, _COUNTS))

READINGS = (
    *(ModelCase(FiniteSpec(line(count), _likely(count), _readings(count))) for count in _COUNTS),
    *map(ModelCase, map(_leaning, _RESPONSES)),
)
MOMENTS = tuple(ModelCase(_moments(count)) for count in _MOMENTS)
#: Conditionals of the most stimuli are slow, and would show what the loss of the second reading shows.
PAIRS = tuple(map(PairCase, (*_UNEQUAL[:2], *_GUESSED[:2])))
GARBLINGS = (
    *map(_without_second, (*_UNEQUAL, *_GUESSED)),
    *(told(one, other) for told in (_hardly, _sure) for n, one in enumerate(_HARDLY) for other in _HARDLY[n + 1 :]),
    *(
        GarblingCase(_moments(count), tuple((int(2 * k < count), int(2 * k >= count)) for k in range(count)))
        for count in _MOMENTS
    ),
)
