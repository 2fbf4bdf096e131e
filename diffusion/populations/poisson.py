"""Poisson neurons, normalised: their sigmoids are centred on the drives that the images cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...models.arrays import Array
from ..encoders import LinearNonlinearPoisson
from .fields import drives
from .population import Population

if TYPE_CHECKING:
    from ..sources import Source

#: The largest mean count of a neuron, and the sigmoid's gain per standard deviation of a neuron's drive.
AMPLITUDE, SLOPE = 2.0, 1.2


def normalised_population(
    images: Array, fields: Array, amplitude: float = AMPLITUDE, slope: float = SLOPE
) -> LinearNonlinearPoisson:
    """Poisson neurons whose sigmoids are centred on the drives that these images cause.

    Parameters
    ----------
    images : (N, h, w)
    fields : (k, h * w)
    amplitude : largest mean count
    slope : gain per standard deviation of a neuron's drive
    """
    drive, spread = drives(images, fields)
    # A neuron at the empty border must not become one that codes for the rare image that reaches it.
    gain = slope / np.maximum(spread, 0.25 * spread.max())
    return LinearNonlinearPoisson(fields, gain, drive.mean(axis=0), amplitude)


def _of_source(source: Source, fields: Array, amplitude: float = AMPLITUDE) -> LinearNonlinearPoisson:
    return normalised_population(source.shown().pixels, fields, amplitude)


POPULATION = Population("poisson", normalised_population, _of_source, options=("amplitude",))
