"""Known hard cases of locality, and one of every size."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..models import Bump, Laplace, Mixture, Periodic
from .ball_cases import CHANGES, ball_case
from .cases import Case
from .locality_cases import DecayCase
from .sizes import MOST
from .space_cases import FEATURES, BesideCase, LaidCase, near_by
from .unbounded_cases import AtomsCase, ReadingCase

_BLOB = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.5, 1.0, 0.0, (1, 0))
_LEANING = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.0, 1.0, 0.9)
# p(1|x) between 0.18 and 0.82 as far as the prior goes: a formula that is silent where tuning saturates speaks here.
_WAVES = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Periodic(4.0, 1.0, 3.0, -1.5),), 0.75, 0.5, 0.0, (1, 0))
_WAVES_TILTED = replace(_WAVES, tilt=0.9, inside=None)
# Where p(1|x) goes on in waves, another response that changes fastest in the ball: a formula that is scaled by the
# largest slope speaks here.
_STEEP = DecayCase(
    Mixture((1.0,), (0.0,), (1.0,)), (Periodic(4.0, 1.0, 1.5, -0.75), Bump(0.5, 0.25, 8.0)), 0.5, 1.0, 0.0, (1, 1, 1)
)
# Exponential tails: the border of what the axiom is about.
_EXPONENTIAL = DecayCase(Laplace(0.0, 1.0), (Bump(0.0, 1.0, 4.0),), 0.5, 1.0, 0.0, (1, 0))
# A response that follows the stimulus without end, and a broad one in the ball, which far responses bring to mind.
_READING = ReadingCase(1.0, 0.5, 1.0, 5.0)
_COUNTING = ReadingCase(2.0, 1.0, 1.0, 4.0, counts=True)
_DOUBLING = AtomsCase(40, (1,), (False, False), doubling=True)
# The same to 4,096 times the ball: 1% of I(R;X) beside a local measure is what is left there.
_REACHING = AtomsCase(40, (1,), (False, False), doubling=True, rate=0.125)
_FAR = (
    _WAVES,
    _WAVES_TILTED,
    _STEEP,
    _EXPONENTIAL,
    _READING,
    replace(_READING, tilt=2.0),
    _COUNTING,
    _DOUBLING,
    _REACHING,
)
_LIGHT = AtomsCase(40, (1,), (False, True), doubling=True)
# Beside independent features, in every number, and along one feature of R^4.
_OTHERS = (
    near_by((1, 2), ((3, 1), (1, 2))),
    near_by((1, 1)),
    near_by((2, 1), ((1, 1), (0, 1))),
    *[near_by((1, 2))] * 4,
)
_IN_SPACE = (
    BesideCase(_BLOB, _OTHERS[:2], 1),
    *(BesideCase(_LIGHT, _OTHERS[: d - 1], d // 2) for d in range(3, FEATURES + 1)),
    LaidCase(_LEANING, ((0, 0, 2, 0),)),
    # Far along both features of the plane at once.
    LaidCase(AtomsCase(6, (1,), (False, False), doubling=True), ((1, 1),)),
)
#: The blob with a second feature: where it is not 0, the bump is lower.
BLOB_PLANE = replace(_BLOB, beside=(Bump(0.0, 1.0, 2.0),))

KNOWN = (
    _BLOB,
    _LEANING,
    replace(_BLOB, mirror=True),
    replace(_LEANING, mirror=True),
    *_FAR,
    *(replace(case, mirror=True) for case in _FAR),
    *_IN_SPACE,
    ball_case("split"),
    ball_case("removed", (0, 2, 0), octaves=8, rate=1),
    ball_case("moved", (-1,), octaves=8, rate=1),
    ball_case("new response", (-1,), octaves=8, rate=1),
)

#: Slopes that change, most of all where nearly all stimuli lie, seen from far away in all directions.
WITH_GRADIENT = (
    *(ball_case(change, direction, share=0.001) for change in CHANGES for direction in ((1,), (1, -1))),
    *(ball_case("steeper", direction) for direction in ((1,), (-1,), (1, 1), (-1, 2), (1, 1, 1), (2, -1, 0, 1))),
    *(ball_case("steeper", direction, aside=True) for direction in ((1, 1), (-1, 1), (0, 1), (1, -1, 1))),
)


def sizes(gradient: bool) -> tuple[Case, ...]:
    """A case of every number of responses, and of many numbers of stimuli; with slopes, beyond a line, too."""
    near: dict[str, Any] = {"octaves": 6, "rate": 1}  # quick for exact measures; a refutation is asked farther
    on_a_line = [_sized(n, (1,) if n % 2 else (-1,), **near) for n in range(2, MOST + 1)]
    if not gradient:
        return tuple(on_a_line)
    beyond = [_sized(n, direction, each=n) for n in range(2, MOST + 1) for direction in ((1, 1), (1, 0), (-1, 1, 2))]
    return (*on_a_line, *beyond)


def _sized(n: int, direction: tuple[float, ...], **more: Any) -> Case:
    # From one case to the next all else goes round, too.
    fields: dict[str, Any] = {"each": 1 + n % 3, "share": (0.5, 0.001)[n % 2], **more}
    return ball_case(CHANGES[n % len(CHANGES)], direction, n, **fields)
