"""Models whose probabilities and information rise in small steps, for a measure that goes wrong beyond a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from math import ceil, exp, log

from ..models.data import FiniteSpec, PairSpec
from .cases import Case, ModelCase, PairCase
from .known import sloped

#: Steps of the prior of one stimulus, and of a response's weight, which grows by `_GROWTH` from one to the next.
STEPS, _GROWTH = 24, 1.5
#: Steps of I(R;X), in nats, and how many of them.
NATS, LEVELS = 0.1, 30


@lru_cache(maxsize=1)
def specs() -> tuple[FiniteSpec, ...]:
    """All of them, lowest step first."""
    return (*_certain(), *_common(), *_informed())


def _certain() -> Iterator[FiniteSpec]:
    """A prior of 1/48 to 47/48, and responses that tell ever more surely of the stimulus, in another order."""
    for n in range(STEPS):
        rest, own = 2 * (STEPS - n) - 1, round(_GROWTH ** (7 * n % STEPS))
        prior = 10 * (2 * n + 1), 6 * rest, 4 * rest
        yield FiniteSpec(((0,), (1,), (3,)), prior, ((own, 1, 2), (2, own, 1), (1, 3, own)))


def _common() -> Iterator[FiniteSpec]:
    """One response that is ever more common, whatever the stimulus."""
    for n in range(STEPS):
        most = round(_GROWTH**n)
        yield FiniteSpec(((0,), (2,), (3,)), (2, 1, 1), ((most, 2, 0), (most, 1, 3), (most, 0, 1)))


def _informed() -> Iterator[FiniteSpec]:
    """I(R;X) of each tenth of a nat up to three: equally likely stimuli, each with a likeliest response of its own."""
    for level in range(1, LEVELS + 1):
        stimuli = ceil(exp(NATS * level)) + 1
        own = next(w for n in count(1) if _information(stimuli, w := 1.02**n) >= NATS * level)
        rows = tuple(tuple(round(1000 * own) if j == k else 1000 for k in range(stimuli)) for j in range(stimuli))
        yield FiniteSpec(tuple((j,) for j in range(stimuli)), (1,) * stimuli, rows)


def _information(stimuli: int, own: float) -> float:
    """I(R;X) of so many equally likely stimuli, whose own response weighs `own` and each other one 1."""
    p = own / (own + stimuli - 1)
    return log(stimuli) + p * log(p) + (1 - p) * log((1 - p) / (stimuli - 1))


def models(gradient: bool) -> tuple[Case, ...]:
    """Each as a case."""
    return sloped(map(ModelCase, specs()), gradient)


def pairs(gradient: bool) -> tuple[Case, ...]:
    """Pairs of responses in which one pair of values is ever more common, and the others ever rarer."""
    weights = (round(_GROWTH ** (1.5 * n)) for n in range(STEPS))
    tables = ((((most, 1), (1, 2)), ((1, 2), (2, most)), ((1, 1), (most, 1))) for most in weights)
    return sloped((PairCase(PairSpec(((0,), (1,), (3,)), (2, 1, 1), table)) for table in tables), gradient)
