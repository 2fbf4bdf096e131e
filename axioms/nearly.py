"""Stimuli that are answered nearly as the others are, and what a merge or the loss of all responses takes from them.

There the specific surprise is of second order and other expressions are of first: a share of one makes the sum
negative. Without a response I(x) is 0, so that whatever is negative would be raised by the loss of all responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec
from . import faint, known, larger, uncommon, usual
from .cases import Case, GarblingCase, ModelCase, PairCase
from .crossed import like_others
from .sizes import joint

#: How far the answers to the last stimulus are from the others' average, towards one response.
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
#: Powers of ten: a stimulus and a response are one in so many, and another stimulus is rarer still.
_RARE, _RARER = (1.5, 2, 3, 4, 5, 6, 8, 10, 13, 16), 30
#: Priors of which one stimulus has most; and numbers of stimuli of models with other priors.
_TOPS, _COUNTS = ((36, 1, 1, 1, 1), (9, 1, 1, 1, 1), (500, 1, 1, 1, 1), (1, 1, 1, 1, 96)), (3, 5, 8)


def nearly(spec: FiniteSpec, share: float, response: int) -> FiniteSpec:
    """The model with the last stimulus answered as the others on average, but for a share that has this response."""
    *others, mean = like_others(spec).responses
    last = tuple((1 - share) * w + share * (k == response % len(mean)) for k, w in enumerate(mean))
    return replace(spec, responses=(*others, last), gradient=None)


def _binary(count: int, every: int = 3) -> FiniteSpec:
    """One stimulus in `every` so many is answered otherwise than the others."""
    rows = tuple((4 + 5 * (j % every > 0), 6 - 5 * (j % every > 0)) for j in range(count))
    return FiniteSpec(tuple((float(j * j),) for j in range(count)), (2,) + (1,) * (count - 1), rows)


def silenced(cases: Iterable[Case]) -> Iterator[GarblingCase]:
    """All responses of the finite models among these become one."""
    for case in cases:
        if isinstance(case, ModelCase) and isinstance(case.model, FiniteSpec):
            occurring = sum(map(any, zip(*case.model.responses)))
            yield GarblingCase(case.model, ((1,),) * occurring)


def _mistaken(power: float) -> FiniteSpec:
    """A rare stimulus and a rarer one are seldom taken for the usual one, and never for one another."""
    q = 10.0**-power
    rows = ((q, 0, 1 - q), (1, 0, 0), (0, 1, 0))
    return FiniteSpec(((0,), (1,), (2,)), (1 - q - q / _RARER, q / _RARER, q), rows)


def _told_later(spec: FiniteSpec) -> PairCase:
    """First whether the response is one of the first two, then which."""
    rows = tuple(((row[0], row[1]), (row[2], 0)) for row in spec.responses)
    return PairCase(PairSpec(spec.stimuli, spec.prior, rows))


_SPECS = (
    *(replace(_binary(5, 5), prior=prior) for prior in _TOPS),
    *(replace(_binary(21, 21), prior=(count, *(1,) * 20)) for count in (20, 180)),
    *map(_binary, _COUNTS),
    *(joint(count, 3) for count in _COUNTS),
    *usual.PRIORS[::4],
    *usual.AXES[::6],
)
_MISTAKEN = tuple(map(_mistaken, _RARE))
MODELS = tuple(ModelCase(nearly(spec, share, response)) for spec in _SPECS for share in _SHARES for response in (0, -1))
PAIRS = tuple(map(_told_later, _MISTAKEN))
_LEAST = (*MODELS, *faint.READINGS[:3], *larger.BLANKS[::4], *uncommon.BLANKS[::2], *usual.BLANKS[::4])
GARBLINGS = (
    *silenced(_LEAST),
    *(GarblingCase(spec, known.MERGE) for spec in _MISTAKEN),
)
