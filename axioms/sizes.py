"""One case of every size, of 1 to 24 stimuli and 1 to 24 responses: a search draws sizes, and may miss one by luck."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from ..models.data import FiniteSpec, PairSpec
from .cases import Case, GarblingCase, ModelCase, PairCase, ResponseMapCase, StimulusMapCase
from .known import with_slopes

#: The largest number of stimuli, and of responses.
MOST = 24
#: From one case to the next the number of responses grows by this, modulo `MOST`: coprime, so that all of them occur.
_STEP = 7


@lru_cache(maxsize=1)
def joints() -> tuple[FiniteSpec, ...]:
    """A joint distribution of each number of stimuli, and of each number of responses."""
    return tuple(_joint(n, 1 + _STEP * (n - 1) % MOST) for n in range(1, MOST + 1))


def _joint(stimuli: int, responses: int) -> FiniteSpec:
    # Whole weights, few of them 0, in which no two rows nor columns are alike.
    rows = (tuple((3 + j * k + j + k * k) % 7 + (j % responses == k) for k in range(responses)) for j in range(stimuli))
    places = tuple((j,) for j in range(stimuli))
    return FiniteSpec(places, tuple(1 + j % 3 for j in range(stimuli)), tuple(rows))


def models(gradient: bool) -> tuple[Case, ...]:
    """Each joint as it is."""
    return _cases((ModelCase(spec) for spec in joints()), gradient)


def pairs(gradient: bool) -> tuple[Case, ...]:
    """Each number of stimuli with twice two responses."""
    specs = [_joint(n, 4) for n in range(1, MOST + 1)]
    tables = [tuple((row[:2], row[2:]) for row in spec.responses) for spec in specs]
    return _cases((PairCase(PairSpec(s.stimuli, s.prior, table)) for s, table in zip(specs, tables)), gradient)


def models_and_pairs(gradient: bool) -> tuple[Case, ...]:
    """Each joint, and each pair."""
    return models(gradient) + pairs(gradient)


def garblings(split: Callable[[FiniteSpec], GarblingCase]) -> Callable[[bool], tuple[Case, ...]]:
    """Each joint with a response that ``split(spec)`` splits and merges again, which loses nothing."""
    return lambda gradient: _cases(map(split, joints()), gradient)


def renamings(gradient: bool) -> tuple[Case, ...]:
    """Each joint with the names of its responses turned round."""
    orders = (tuple(range(len(spec.responses[0])))[::-1] for spec in joints())
    return _cases((ResponseMapCase(spec, order=order) for spec, order in zip(joints(), orders)), gradient)


def moves(gradient: bool) -> tuple[Case, ...]:
    """Each joint with its stimuli three times as far apart, and turned round."""
    return _cases(
        (StimulusMapCase(s, tuple((-3 * x,) for (x,) in s.stimuli), ((-3,),) * len(s.stimuli)) for s in joints()),
        gradient,
    )


def _cases(cases: Iterable[Case], gradient: bool) -> tuple[Case, ...]:
    return tuple(with_slopes(case) if gradient else case for case in cases)
