"""Cases of locality for any prior: few stimuli, far ones as probable as near ones or more so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from ..errors import CaseError
from ..models.arrays import Array
from ..models.data import FiniteSpec, Row
from .ball_cases import BallCase
from .locality_cases import FarCase
from .scattered_cases import SCATTERED
from .strategies import steps, weight_rows


class FlatCase(BallCase, frozen=True, tag="flat"):
    """Far stimuli at base^1, base^2, ..., `each` at each, where they are `ratio` times as probable as one before.

    There are `octaves` such places beside the first. None is so near that a local measure would see much there, and at
    each the responses are `rows`: else a change that falls slowly would seem to stand where responses change most.
    """

    base: float = 32.0
    ratio: float = 1.0

    @property
    def levels(self) -> tuple[float, ...]:
        if not (2 <= self.octaves <= self.OCTAVES and self.base >= 2 and self.base ** (self.octaves + 1) <= 1e12):
            raise CaseError(f"expected 2 to {self.OCTAVES} octaves and a base of 2 or more, and at most 1e12 in all")
        return tuple(float(self.base) ** n for n in range(1, self.octaves + 2))

    @property
    def limit(self) -> float:
        return 0.05

    @property
    def farthest(self) -> tuple[FarCase, ...]:
        return ()

    def _far_weights(self, apart: Array) -> Array:
        if not 0.01 <= self.ratio <= 100:
            raise CaseError(f"ratio is {self.ratio:g}; expected 0.01 to 100")
        return np.asarray(self.ratio ** np.floor(np.log(apart) / np.log(self.base) + 1e-9))


#: Responses to far stimuli, which tell them apart, and those in the ball before and after the change.
_ROWS: tuple[Row, ...] = ((2, 8), (6, 4), (9, 1))
_BEFORE, _AFTER = (9, 1), (1, 9)


def flat(octaves: int, near: int, *, each: int = 1, share: float | None = None, **more: Any) -> FlatCase:
    """A case with so many stimuli in the ball, the last of which is answered otherwise; `share` makes all alike."""
    count = each * (octaves + 1)
    direction = more.setdefault("direction", (1,))
    across = np.array(direction) / np.linalg.norm(direction)
    places = tuple(tuple(map(float, 0.1 * n * across)) for n in range(near))
    rows = (*(_ROWS[n % 2] for n in range(near - 1)), _BEFORE)
    before = FiniteSpec(places, (1.0,) * near, rows)
    after = FiniteSpec(places, (1.0,) * near, (*rows[:-1], _AFTER))
    fields: dict[str, Any] = {"base": float(math.ceil(4096 ** (1 / (octaves + 1)) - 1e-9)), **more}
    alike = count / (count + near)
    return FlatCase(before, after, _ROWS[:each], each=each, share=share or alike, octaves=octaves, **fields)


def _moving(octaves: int, share: float) -> FlatCase:
    """Stimuli in the ball of which one is rare before the change and not after it, or the other way round."""
    places = ((0.0,), (0.2,))
    before = FiniteSpec(places, (3999.0, 1.0), (_ROWS[0], _ROWS[2]))
    after = FiniteSpec(places, (3000.0, 1000.0), before.responses)
    return FlatCase(before, after, _ROWS[:2], share=share, octaves=octaves, base=16.0, each=2)


def _scattered(case: BallCase) -> FlatCase:
    """A ball in which features come to depend on one another, with two far stimuli at each of three places."""
    near = case.before, case.after, case.rows, case.direction
    return FlatCase(*near, each=2, share=0.5, octaves=2, base=16.0)


FLAT = (
    *(flat(2, near, **more) for near in (1, 2, 3) for more in ({}, {"direction": (-1,)}, {"each": 2})),
    *(
        flat(octaves, near, each=each)
        for octaves, near, each in ((3, 1, 1), (3, 2, 2), (6, 1, 1), (6, 2, 2), (11, 8, 2))
    ),
    *(flat(2, 1, share=share, each=each) for share in (0.3, 0.6, 0.96) for each in (1, 2)),
    *(flat(3, 2, share=0.8, ratio=ratio, each=2) for ratio in (0.2, 5.0, 25.0)),
    *(flat(2, 1, direction=direction, each=2) for direction in ((1, 1), (-1, -1), (0, -1), (1, 0, 0))),
    *(_scattered(case) for case in SCATTERED if len(case.direction) < 4),
    _moving(2, 0.6),
    _moving(5, 0.1),
)


@composite
def flat_cases(draw: DrawFn) -> FlatCase:
    """Few far stimuli of any probability, with any responses, and one in the ball that is answered otherwise."""
    responses, near = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    row = weight_rows(responses)
    inside = [draw(row) for _ in range(near)]
    places = tuple((0.2 * n,) for n in range(near))
    before = FiniteSpec(places, tuple(float(draw(st.integers(1, 4))) for _ in range(near)), tuple(inside))
    after = FiniteSpec(places, before.prior, (*inside[:-1], draw(row)))
    octaves, each = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    return FlatCase(
        before,
        after,
        tuple(draw(row) for _ in range(each)),
        (float(draw(st.sampled_from([1, -1]))),),
        each=each,
        share=draw(steps(1, 9, 10)),
        octaves=octaves,
        base=float(draw(st.sampled_from([20, 64]))),
        ratio=draw(st.sampled_from([0.25, 1.0, 1.0, 4.0])),
    )
