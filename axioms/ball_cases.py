"""Cases of locality in which stimuli and responses in the ball come, go and move; lone stimuli lie far away."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite
from msgspec.structs import replace

from ..errors import CaseError
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.data import FiniteSpec, Row, Table
from .locality_cases import FarCase


class BallCase(FarCase, frozen=True, tag="ball"):
    """Stimuli in the ball about 0 of radius 1, as they are `before` and `after`, and lone ones far away.

    The far stimuli lie at ``D direction``, `each` of them from every power of two on, up to 2^octaves, and have a
    probability `share` in all; their weights fall as exp(-rate D). The responses to them are `rows`, in turn. A
    response that `rows`, or one of the two models of the ball, do not name does not occur there. The derivative of
    log p(r_k|x) along each feature is `steep` times k, less its mean given x: far away, before, and after. Another far
    stimulus lies on the other side, at ``-D direction``, for each D in `behind`. Far stimuli stand for cells of volume
    `cell`, those in the ball for cells of volume 1. With `spacing` the far stimuli lie so far from one another,
    and none twice as far as the one before it.
    """

    #: The most octaves, and a rate at which weights are numbers so far out.
    OCTAVES: ClassVar[int] = 12
    RATE: ClassVar[float] = 0.125

    before: FiniteSpec
    after: FiniteSpec
    rows: Table
    direction: Row = (1.0,)
    each: int = 1
    share: float = 0.5
    steep: tuple[float, float, float] = (1.0, 1.0, 1.0)
    octaves: int = OCTAVES
    rate: float = RATE
    behind: Row = ()
    cell: float = 1.0
    spacing: float = 0.0

    #: The most that rate times the last level may be, so that the weights are numbers.
    LIGHTEST: ClassVar[float] = 600.0
    #: The most far stimuli from every power of two on, and the most responses.
    MOST: ClassVar[int] = 64
    RESPONSES: ClassVar[int] = 512
    #: The most octaves of evenly spaced stimuli.
    EVEN: ClassVar[int] = 6

    @cached_property
    def distances(self) -> Array:
        """D of the far stimuli, which come first; stimuli in the ball have none, as they may not be the same."""
        if not 1 <= self.each <= self.MOST:
            raise CaseError(f"each is {self.each}; expected 1 to {self.MOST}")
        if self.spacing:
            if not 1 / 16 <= self.spacing <= 1 or self.octaves > self.EVEN:
                raise CaseError(f"expected a spacing of 1/16 to 1, and at most {self.EVEN} octaves")
            return np.arange(1, self.levels[-1] + 1, self.spacing)
        beside = np.arange(self.each) / max(self.each, 2)
        return np.asarray((np.array(self.levels)[:, None] + beside).ravel())

    @property
    def levels(self) -> tuple[float, ...]:
        if not (2 <= self.octaves <= self.OCTAVES and 0 < self.rate * 2.0**self.octaves <= self.LIGHTEST):
            raise CaseError(
                f"expected 2 to {self.OCTAVES} octaves, and a rate above 0 and up to {self.LIGHTEST:g} / 2^octaves"
            )
        return tuple(2.0**n for n in range(self.octaves + 1))

    @property
    def limit(self) -> float:
        """Stimuli that reach so far show the power by which a local measure's change falls: little may be left."""
        return 0.002 if self.octaves == self.OCTAVES else 0.05

    @property
    def farthest(self) -> tuple[FarCase, ...]:
        return () if self.spacing else (replace(self, octaves=self.OCTAVES, rate=min(self.rate, self.RATE)),)

    @cached_property
    def built(self) -> EncodingModel:
        return self._model(self.before, self.steep[1])

    @cached_property
    def changed(self) -> EncodingModel:
        return self._model(self.after, self.steep[2])

    def _far_weights(self, apart: Array) -> Array:
        """The weights of far stimuli at these distances, (n,)."""
        return np.asarray(np.exp(-np.minimum(self.rate * apart, self.LIGHTEST)))

    def _model(self, near: FiniteSpec, steep: float) -> EncodingModel:
        inside, direction = near.build(), np.array(self.direction, dtype=float)
        if (np.linalg.norm(inside.stimuli, axis=1) >= 1).any():
            raise CaseError("a stimulus of the ball lies outside it")
        if direction.shape != (inside.dimensions,) or not np.linalg.norm(direction) >= 1:
            raise CaseError(f"expected a direction of {inside.dimensions} numbers, and of length 1 at least")
        count = max(len(row) for row in (*self.rows, *near.responses)) if self.rows else 0
        if not (0 < self.share < 1 and 2 <= count <= self.RESPONSES):
            raise CaseError(f"expected share between 0 and 1, and 2 to {self.RESPONSES} responses")
        if not (self.cell > 0 and len(self.behind) <= self.MOST and all(1 <= apart < np.inf for apart in self.behind)):
            raise CaseError(f"expected a cell above 0, and at most {self.MOST} stimuli behind, 1 or more away")
        apart = np.concatenate([self.distances, self.behind])
        far = self._far_weights(apart)
        rows = [self.rows[n % len(self.rows)] for n in range(len(far))] + list(near.responses)
        table = np.array([(*row, *(0.0,) * (count - len(row))) for row in rows], dtype=float).T
        if (table < 0).any() or not (table.sum(axis=0) > 0).all():
            raise CaseError("weights must not be negative, nor all zero")
        table /= table.sum(axis=0)
        index = np.arange(count)[:, None]
        steepness = np.repeat([self.steep[0], steep], [len(far), len(near.responses)])
        slopes = table * (index - (table * index).sum(axis=0)) * steepness
        weights = np.array(near.prior, dtype=float)
        side = np.repeat([1.0, -1.0], [len(self.distances), len(self.behind)])
        return EncodingModel(
            np.concatenate([(side * apart)[:, None] * direction, inside.stimuli]),
            np.concatenate([self.share * far / far.sum(), (1 - self.share) * weights / weights.sum()]),
            table,
            stimulus_volumes=np.repeat([float(self.cell), 1.0], [len(far), len(near.responses)]),
            likelihood_gradient=np.repeat(slopes[..., None], inside.dimensions, axis=2),
        )


#: What becomes of three stimuli at -1/2, 0 and 1/2 of the way: split, removed, moved, answered otherwise.
_PLACES = (-0.5, 0.0, 0.5)
CHANGES = ("split", "removed", "moved", "answered", "new response", "steeper")


def ball_case(
    change: str,
    direction: Row = (1,),
    responses: int = 2,
    aside: bool = False,
    sharp: bool = False,
    **more: Any,
) -> BallCase:
    """A case of one of the `CHANGES`, with `more` of its fields.

    With `aside` the ball does not lie on the line. With `sharp` the weights of responses are 0, 1 and 100, and nearly
    all of the ball's mass is in its middle.
    """
    across = np.array(direction) / np.linalg.norm(direction)
    if aside:
        across = across[::-1] * np.where(np.arange(len(direction)) == 0, -1, 1)
    weights = (0, 1, 100) if sharp else (1, 2, 3)
    rows: list[Row] = [tuple(weights[(j + 2 * k + j * k) % 3] for k in range(responses)) for j in range(5)]
    places, inside = list(_PLACES), [rows[0], rows[3], rows[4]]
    prior = [1.0, 98.0, 1.0] if sharp else [1.0, 2.0, 1.0]
    before = _spec(places, prior, inside, across)
    steep = (4.0, 0.1, 0.1)
    if change == "split":
        places[1:2], inside[1:2], prior[1:2] = [-0.05, 0.05], [rows[3], rows[1]], [prior[1] / 2] * 2
    elif change == "removed":
        places, inside, prior = places[1:], inside[1:], prior[1:]
    elif change == "moved":
        places[1] = -0.375
    elif change == "answered":
        inside[1] = rows[1]
    elif change == "new response":
        inside[1] = (*rows[3], 1)
    else:
        steep = (4.0, 0.1, 1.0)
    after = _spec(places, prior, inside, across)
    return BallCase(before, after, tuple(rows[:2]), direction, **{"each": 2, "steep": steep, **more})


def _spec(places: list[float], prior: list[float], rows: list[Row], across: Array) -> FiniteSpec:
    table = tuple(tuple(map(float, place * across)) for place in places)
    width = max(map(len, rows))
    return FiniteSpec(table, tuple(prior), tuple((*row, *(0,) * (width - len(row))) for row in rows))


@composite
def ball_cases(draw: DrawFn, gradient: bool) -> BallCase:
    """Any change on a line; with slopes also in any direction, and with the ball's stimuli beside that line."""
    change = draw(st.sampled_from(CHANGES))
    features = draw(st.sampled_from([1, 2, 3, 4] if gradient else [1, 3, 4]))
    # Along other lines than one feature, a sound measure that bends features leaves what exact values reach in seconds.
    others = st.integers(-2, 2) if gradient else st.just(0)
    direction = draw(st.tuples(st.sampled_from([-1, 1]), *[others] * (features - 1)))
    case = ball_case(change, direction, draw(st.integers(2, 8)), gradient and features > 1 and draw(st.booleans()))
    return replace(
        case,
        each=draw(st.integers(2, 3)),
        share=draw(st.sampled_from([0.5, 0.001])),
    )


def shrunk(case: BallCase, factor: float) -> BallCase:
    """The case with the places of all stimuli in the ball multiplied by a factor below 1."""

    def near(spec: FiniteSpec) -> FiniteSpec:
        return replace(spec, stimuli=tuple(tuple(x * factor for x in row) for row in spec.stimuli))

    return replace(case, before=near(case.before), after=near(case.after))


def even(change: str, **more: Any) -> BallCase:
    """A case in which stimuli lie evenly spaced on both sides of the ball, so that it may open the widest gap."""
    behind = tuple(1 + n / 2 for n in range(32))
    return ball_case(change, spacing=0.5, octaves=5, rate=0.4, each=1, behind=behind, **more)


def informed(count: int = 13, far: int = 0, **more: Any) -> BallCase:
    """All stimuli in the ball are answered alike, and then each has its own response: I(R;X) rises from about 0.

    So many far stimuli have a response of their own throughout, and tell more nats than those in the ball gain.
    """
    places = tuple((-0.6 + 1.2 * n / (count - 1),) for n in range(count))
    alike = FiniteSpec(places, (1.0,) * count, ((1, 1),) * count)
    own = replace(alike, responses=tuple((0, 0, *(int(n == k) for k in range(count))) for n in range(count)))
    fields: dict[str, Any] = {"each": 1 if far else 2, "share": 0.1, "octaves": 6, "rate": 1, **more}
    rows = tuple((*(0,) * (2 + count + n), 1) for n in range(far)) or ((1, 2), (3, 1))
    return BallCase(alike, own, rows, (1,), **fields)


def owned(**more: Any) -> BallCase:
    """Each far stimulus has a response of its own, until a stimulus in the ball comes to share all of them."""
    count = BallCase.OCTAVES + 1
    rows = tuple(tuple(int(n == k) for k in range(count + 1)) for n in range(count + 1))
    places = tuple((x,) for x in _PLACES)
    before = FiniteSpec(places, (1.0, 2.0, 1.0), (rows[-1],) * 3)
    after = replace(before, responses=(rows[-1], (1,) * (count + 1), rows[-1]))
    return BallCase(before, after, rows[:-1], (1,), **{"each": 1, "octaves": 9, "rate": 1, **more})


def many(stimuli: int, responses: int, weight: float = 2.0, **more: Any) -> BallCase:
    """Three stimuli in the ball with three responses, which become many: a formula may be another for many.

    The third response, which does not occur far away, is split, and the second stimulus, of this weight. Far stimuli
    tell much: a formula that is another changes them most.
    """
    rows: list[Row] = [(3, 1, 2), (1, 4, 1), (2, 2, 1)]
    before = _spec(list(_PLACES), [1.0, weight, 1.0], rows, np.ones(1))
    split = [(*row[:2], *(row[2] / (responses - 2),) * (responses - 2)) for row in rows]
    parts = stimuli - 2
    places = ((_PLACES[0],), *((0.2 * (n / parts - 0.5),) for n in range(parts)), (_PLACES[2],))
    after = FiniteSpec(places, (1.0, *(weight / parts,) * parts, 1.0), (split[0], *(split[1],) * parts, split[2]))
    fields: dict[str, Any] = {"each": 2, "octaves": 6, "rate": 1, **more}
    return BallCase(before, after, ((1, 0), (0, 1)), (1,), **fields)


def flipped(before: Row, after: Row) -> BallCase:
    """All stimuli in the ball, which hold nearly all of the prior, are answered otherwise, and so p(r) is another."""
    places = tuple((x,) for x in _PLACES)
    near = FiniteSpec(places, (1.0, 2.0, 1.0), (before,) * 3)
    rows = tuple(tuple(float(1 + 8 * (n == k)) for k in range(len(before))) for n in range(len(before)))
    return BallCase(near, replace(near, responses=(after,) * 3), rows, each=2, share=0.05, octaves=6, rate=1)


def crowded(case: BallCase, count: int) -> BallCase:
    """The case with `count` stimuli more in the ball, on its far side, that stay as they are; on a line."""
    width = len(case.rows[0])
    places = tuple((-0.11 - 0.8 * n / count,) for n in range(count))

    def more(spec: FiniteSpec) -> FiniteSpec:
        rows = tuple(tuple((n + k) % 3 + 1 for k in range(width)) for n in range(count))
        return replace(
            spec, stimuli=spec.stimuli + places, prior=spec.prior + (0.1,) * count, responses=spec.responses + rows
        )

    return replace(case, before=more(case.before), after=more(case.after))
