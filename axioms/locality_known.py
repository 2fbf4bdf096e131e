"""Known hard cases of locality, and one of every size."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..models import Bump, Laplace, Mixture, Periodic
from .ball_cases import CHANGES, ball_case, crowded, even, flipped, informed, many, owned, shrunk
from .cases import Case
from .locality_cases import DecayCase
from .scattered_cases import SCATTERED
from .sizes import MOST
from .space_cases import FEATURES, BesideCase, LaidCase, near_by
from .unbounded_cases import AtomsCase, ReadingCase

_BLOB = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.5, 1.0, 0.0, (1, 0))
_LEANING = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.0, 1.0, 0.9)
# p(1|x) between 0.18 and 0.82 as far as the prior goes: a formula that is silent where tuning saturates speaks here.
_WAVES = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Periodic(4.0, 1.0, 3.0, -1.5),), 0.75, 0.5, 0.0, (1, 0))
_WAVES_TILTED = replace(_WAVES, tilt=0.9, inside=None)
_DRIFTING = replace(_WAVES, centre=0.0, radius=2.0, tilt=0.9, inside=None)
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
# Responses that tell two nats, and some dozens of responses.
_INFORMED = ReadingCase(4.0, 0.5, 1.0, 5.0)
_COARSE = ReadingCase(0.5, 2.0, 1.0, 5.0)
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
_FEW = AtomsCase(6, (1,), (False, False), doubling=True)
_IN_SPACE = (
    BesideCase(_BLOB, _OTHERS[:2], 1),
    # The feature that reaches far is the third of three, the fourth of four, ...
    *(BesideCase(_LIGHT, _OTHERS[: d - 1], d - 1) for d in range(3, FEATURES + 1)),
    LaidCase(_LEANING, ((0, 0, 2, 0),)),
    # Far along both features of the plane at once, and along three.
    *(LaidCase(_FEW, (row,)) for row in ((1, 1), (-1, -1), (1, -1))),
    *(LaidCase(_FEW, (row,)) for row in ((1, 1, 1), (-1, -1, -1), (1, -1, 1))),
)
# In other units, and with the ball elsewhere than at 0.
ELSEWHERE = (
    # The prior's mean moves from 0 to beyond 1, and to beyond 10.
    LaidCase(_DRIFTING, ((8,),)),
    LaidCase(_DRIFTING, ((-64,),)),
    LaidCase(_BLOB, ((1024,),)),
    LaidCase(_BLOB, ((1,),), (1000,)),
    LaidCase(_BLOB, ((-1,),), (-1000,)),
)
_NEAR: dict[str, Any] = {"octaves": 6, "rate": 1}  # quick for exact measures; a refutation is asked farther
# Stimuli on both sides of the ball, as far or much farther, with other cells than the ball's; a ball so small that no
# stimulus outside it is as near to another; one that holds most stimuli; and one that tells much about a few.
AROUND = (
    ball_case("answered", behind=(16, 64), cell=3.0, **_NEAR),
    ball_case("answered", behind=(256,), cell=3.0, **_NEAR),
    shrunk(ball_case("new response", each=1), 2.0**-10),
    crowded(ball_case("answered", octaves=5, rate=1, each=1), 36),
    ball_case("answered", (-1,), 9, sharp=True, share=0.15, **_NEAR),
    informed(),
    owned(),
    even("removed"),
    even("moved"),
    # Exactly symmetric about 0: lone stimuli, and an even grid.
    informed(behind=tuple(2.0**n for n in range(7)), each=1),
    replace(informed(behind=tuple(1 + n / 2 for n in range(64)), each=1), spacing=0.5, octaves=5),
    # In a plane of R^3.
    ball_case("answered", (-1, 0, 0), aside=True, octaves=3, rate=1, each=1),
    flipped((9, 1), (1, 9)),
    flipped((98, 2), (1, 1)),
    flipped((1, 1, 1), (1, 1, 98)),
    many(3, 40),
    many(3, 400),
    many(60, 3),
    many(300, 3),
    many(60, 3, 98.0, share=0.01),
    informed(far=7, share=0.05),
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
    _INFORMED,
    _COARSE,
    *_IN_SPACE,
    *ELSEWHERE,
    *AROUND,
    *SCATTERED,
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
    on_a_line = [_sized(n, (1,) if n % 2 else (-1,), **_NEAR) for n in range(2, MOST + 1)]
    if not gradient:
        # Away from a line exact measures need more time: few stimuli, and some of the numbers.
        few: dict[str, Any] = {"rate": 1, "each": 1, "share": 0.5}
        in_the_plane = _sized(4, (1, 0), octaves=3, **few)
        return (*on_a_line, in_the_plane, *(_sized(n, (-1, 0, 0), octaves=6, **few) for n in (4, 9, 16, MOST)))
    beyond = [_sized(n, direction, each=n) for n in range(2, MOST + 1) for direction in ((1, 1), (1, 0), (-1, 1, 2))]
    return (*on_a_line, *beyond)


def _sized(n: int, direction: tuple[float, ...], **more: Any) -> Case:
    # From one case to the next all else goes round, too.
    fields: dict[str, Any] = {"each": 1 + n % 3, "share": (0.5, 0.001)[n % 2], **more}
    return ball_case(CHANGES[n % len(CHANGES)], direction, n, **fields)
