"""The population of Laquitaine et al., with the parameters in print."""

from __future__ import annotations

from typing import Any

from ...models.arrays import Array
from ..encoders import LinearNonlinearPoisson
from .fields import receptive_fields
from .population import Population

_PRINTED = {"gain": 1.0, "threshold": 0.5, "amplitude": 2.0}


def published_population(shape: tuple[int, int]) -> LinearNonlinearPoisson:
    """The population of Laquitaine et al.: 7 x 7 fields, sigma 0.2, amplitude 2, gain 1, threshold 0.5.

    For images in [-1, 1]; nearly silent for images that are mostly dark. `shape` is (h, w) pixels.
    """
    return LinearNonlinearPoisson(receptive_fields(shape), **_PRINTED)


def _with_fields(seen: Any, fields: Array) -> LinearNonlinearPoisson:
    """The same neurons with other receptive fields; they do not depend on the images."""
    return LinearNonlinearPoisson(fields, **_PRINTED)


POPULATION = Population("published", _with_fields, _with_fields, signed=True)
