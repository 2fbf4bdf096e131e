"""Cases of locality in which features of the stimuli in the ball come to depend on one another, or to vary otherwise.

The prior changes in the ball, and with it the correlation of two features, their variances or their co-information; a
formula that is scaled by one of them changes far away.
"""

from __future__ import annotations

from itertools import combinations, product
from math import prod
from typing import Any

from ..models.data import FiniteSpec, Row, Table
from .ball_cases import BallCase

#: How far the stimuli in the ball lie from its middle along each feature, and alone along one.
_CORNER, _AXIS = 0.3, 0.4
#: How much more probable some of the stimuli become.
_MORE = 9.0
_ROWS: Table = ((1, 2), (3, 1))


def _case(places: Table, before: Row, after: Row, direction: Row, **more: Any) -> BallCase:
    """The same stimuli with the same responses, of other probabilities."""
    rows = tuple(_ROWS[n % 2] for n in range(len(places)))
    fields: dict[str, Any] = {"each": 1, "share": 0.001, "octaves": 4, "rate": 1, **more}
    return BallCase(FiniteSpec(places, before, rows), FiniteSpec(places, after, rows), _ROWS, direction, **fields)


def _along(features: int, sign: int = 1) -> Row:
    return (sign, *(0,) * (features - 1))


def corners(features: int, *together: int, **more: Any) -> BallCase:
    """Stimuli at the corners of a cube: those at which these features have one sign in product become likelier."""
    places = tuple(product((-_CORNER, _CORNER), repeat=features))
    after = tuple(_MORE if prod(x[i] for i in together) > 0 else 1.0 for x in places)
    return _case(places, (1.0,) * len(places), after, _along(features, 1 if len(together) % 2 else -1), **more)


def axes(features: int, likelier: int, **more: Any) -> BallCase:
    """Stimuli along each feature: those along one of them become likelier."""
    places = tuple(tuple(sign * _AXIS * (i == k) for k in range(features)) for i in range(features) for sign in (-1, 1))
    after = tuple(_MORE if x[likelier] else 1.0 for x in places)
    return _case(places, (1.0,) * len(places), after, _along(features), **more)


def plane(**more: Any) -> BallCase:
    """Stimuli of the plane that are large in one feature come to be large in both, with one sign, or in the first."""
    corner, axis = _CORNER, _AXIS
    places: Table = ((axis, 0.0), (-axis, 0.0), (0.0, axis), (0.0, -axis), (0.05, 0.0))
    places += ((corner, corner), (-corner, -corner), (corner, -corner), (-corner, corner))
    before = (*(_MORE,) * 4, *(1.0,) * 5)
    after = (3.0, 3.0, 1.0, 1.0, 1.0, _MORE, _MORE, 1.0, 1.0)
    return _case(places, before, after, _along(2), **more)


def _pairs(features: int, **more: Any) -> tuple[BallCase, ...]:
    return tuple(corners(features, *pair, **more) for pair in combinations(range(features), 2))


SCATTERED = (
    plane(),  # exact measures answer there, and take a second or two
    *_pairs(3),
    corners(3, 0, 1, 2),
    *(axes(3, i) for i in range(3)),
    *_pairs(4),
    corners(4, 1, 2, 3),
    corners(4, 0, 1, 2, 3),
    *(corners(d, d - 2, d - 1) for d in (5, 6)),
)
