"""Rare stimuli whose responses are not sure, and responses that are rare at one stimulus: from seldom to 1 in 10^150.

A formula that leaves out what is rarer than a threshold, or adds a small number within a logarithm, goes wrong there
only; the threshold may be anywhere.
"""

from __future__ import annotations

import math

from ..models.data import FiniteSpec, PairSpec
from .cases import GarblingCase, ModelCase, PairCase, ResponseMapCase

#: Powers of ten: 1 in so many is a stimulus, and a response of one stimulus.
_PRIORS = (5, 9, 13, 18, 31, 150)
_RESPONSES = (1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5)
_LINE = ((0,), (1,))


def _rare(power: float, responses: tuple[tuple[float, ...], ...]) -> FiniteSpec:
    return FiniteSpec(_LINE, (10.0**-power, 1), responses)


#: Half the time the rare stimulus has the response of the other one, and half the time its own; or two of its own.
UNSURE = tuple(_rare(power, ((1, 1), (2, 0))) for power in _PRIORS)
APART = tuple(_rare(power, ((1, 1, 0), (0, 0, 1))) for power in _PRIORS)
#: The less common stimulus has, seldom, a response that the other never has.
SELDOM = tuple(FiniteSpec(_LINE, (1, 99), ((1 - 10.0**-p, 10.0**-p), (1, 0))) for p in _RESPONSES)

MODELS = tuple(map(ModelCase, (*UNSURE, *APART, *SELDOM)))
#: Both responses of UNSURE and SELDOM are merged, the two own ones of APART, and the halves of a rare one.
GARBLINGS = (
    *(GarblingCase(spec, ((1,), (1,))) for spec in (*UNSURE, *SELDOM)),
    *(GarblingCase(spec, ((1, 0), (1, 0), (0, 1))) for spec in APART),
    *(
        GarblingCase(_rare(100, ((2 - 2 * 10.0**-p, 10.0**-p, 10.0**-p), (1, 0, 0))), ((1, 0), (0, 1), (0, 1)))
        for p in _RESPONSES
    ),
)
#: How clearly one response speaks for a rare stimulus, in nats; how much more another does; and the share of the first.
#: A bound a little above n and up to n - log(share) is found: between 1 and 300 nats there is hardly one that is not.
_CLEAR = (
    *((nats, 5.0, 0.02) for nats in (1, 4.5, 8, 11.5, 15, 18.5, 22)),
    *((nats, 15.0, 3e-5) for nats in range(25, 300, 9)),
)


def _unequal(nats: float, clearer: float, share: float) -> GarblingCase:
    """Two responses that speak for a rare stimulus, one more clearly than the other, are merged.

    They then seem to tell more to a formula whose log ratios have a bound between theirs.
    """
    rare = math.exp(-nats - clearer)
    other = share * (math.exp(-nats) - rare) / (1 - rare)
    rows = ((share, 1 - share, 0.0), (other, 0.0, 1 - other))
    return GarblingCase(FiniteSpec(_LINE, (rare, 1 - rare), rows), ((1, 0), (1, 0), (0, 1)))


UNEQUAL = tuple(_unequal(*one) for one in _CLEAR)
RENAMINGS = (
    *(ResponseMapCase(spec, order=(1, 0)) for spec in (*UNSURE[::2], *SELDOM[::3])),
    *(ResponseMapCase(spec, order=(2, 1, 0)) for spec in APART[::2]),
)
#: Two rare stimuli share the first response, which no other has, and have different second ones.
PAIRS = tuple(
    PairCase(
        PairSpec(
            ((0,), (1,), (2,)),
            (10.0**-power, 3 * 10.0**-power, 1),
            (((1, 0, 0), (0, 0, 0)), ((0, 1, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 1))),
        )
    )
    for power in _PRIORS
)
