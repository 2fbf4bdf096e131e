"""A case of locality with lone stimuli beyond its last level, to thousands of times the ball."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .locality_cases import FarCase
from .made_cases import MadeCase


class BeyondCase(MadeCase, frozen=True, tag="beyond"):
    """A case, and beyond its farthest stimulus lone ones at powers of two, with the response to that one.

    A measure may have a length of its own: a mean over all stimuli within 20 of x is local, and looks global on stimuli
    up to 16 away. The weights of the lone stimuli fall exponentially, to the smallest that a model may have.
    """

    #: The last level, as that of the lone atoms that reach farthest; a ball has a radius of 1/8 to 1.
    LAST: ClassVar[float] = 4096.0
    #: The log of the smallest weight that a number can hold, with some room.
    SMALLEST: ClassVar[float] = -690.0

    @cached_property
    def _more(self) -> tuple[float, ...]:
        """The distances of the lone stimuli, rising."""
        return tuple(2.0**n for n in range(1, int(np.log2(self.LAST)) + 1) if 2.0**n > self._distance)

    @cached_property
    def _farthest(self) -> int:
        """The index of the farthest stimulus."""
        return int(np.argmax(self.far.distances))

    @property
    def _distance(self) -> float:
        return float(self.far.distances[self._farthest])

    def _made(self, model: EncodingModel) -> EncodingModel:
        last, distances, more = self._farthest, self.far.distances, np.array(self._more)
        # The way outward: from the nearest of the stimuli that are less far.
        apart = np.linalg.norm(model.stimuli[: len(distances)] - model.stimuli[last], axis=1)
        before = int(np.argmin(np.where((distances >= 0) & (distances < self._distance), apart, np.inf)))
        outward = (model.stimuli[last] - model.stimuli[before]) / (self._distance - distances[before])
        beyond = model.stimuli[last] + (more - self._distance)[:, None] * outward
        log = np.log(model.prior[last])
        share = (more - self._distance) / (self.LAST - self._distance)
        # First: the distances of a case are those of its first stimuli, and it may have others.
        prior = np.concatenate([np.exp(log + share * (min(log, self.SMALLEST) - log)), model.prior])
        each = np.concatenate([np.full(len(more), last), np.arange(len(model.prior))])
        slopes = model.likelihood_gradient
        return model.replace(
            stimuli=np.concatenate([beyond, model.stimuli]),
            prior=prior / prior.sum(),
            likelihood=model.likelihood[:, each],
            stimulus_volumes=model.stimulus_volumes[each],
            likelihood_gradient=None if slopes is None else slopes[:, each],
        )

    @property
    def distances(self) -> Array:
        return np.concatenate([self._more, self.far.distances])

    @property
    def levels(self) -> tuple[float, ...]:
        return (*self.far.levels, *(level for level in self._more if level > self.far.levels[-1]))


class ScaledCase(MadeCase, frozen=True, tag="scaled"):
    """A case in smaller units, in which its last level is at `BeyondCase.LAST` times that of the case.

    Responses that follow the stimulus do so here as well; no lone stimuli could show that.
    """

    def _made(self, model: EncodingModel) -> EncodingModel:
        factor = BeyondCase.LAST / self.far.levels[-1]
        slopes = model.likelihood_gradient
        return model.replace(
            stimuli=factor * model.stimuli,
            stimulus_volumes=factor**model.dimensions * model.stimulus_volumes,
            likelihood_gradient=None if slopes is None else slopes / factor,
        )


def beyond(case: FarCase) -> tuple[FarCase, ...]:
    """The case as far as thousands of times the ball, in two ways or more; none if it goes so far itself."""
    return () if case.levels[-1] >= BeyondCase.LAST else (*case.farthest, ScaledCase(case), BeyondCase(case))
