"""A case of locality that is made of another one."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .locality_cases import FarCase


class MadeCase(FarCase, frozen=True):
    """A case made of another one, `far`: the change and the distances are those of that one's stimuli."""

    far: FarCase

    @cached_property
    def built(self) -> EncodingModel:
        return self._made(self.far.built)

    @cached_property
    def changed(self) -> EncodingModel:
        return self._made(self.far.changed)

    def _made(self, model: EncodingModel) -> EncodingModel:
        raise NotImplementedError

    @property
    def distances(self) -> Array:
        return np.asarray(self.far.distances)

    @property
    def levels(self) -> tuple[float, ...]:
        return tuple(self.far.levels)

    @property
    def limit(self) -> float:
        return self.far.limit
