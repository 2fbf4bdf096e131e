"""Linear neurons with independent Gaussian noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import ModelError
from ...models.arrays import Array
from ..encoders import LinearGaussian
from .fields import drives
from .population import Population

if TYPE_CHECKING:
    from ..sources import Source

#: Standard deviation of the noise, in median standard deviations of the drives; 49 neurons then carry a few nats.
NOISE = 2.0


def linear_population(images: Array, fields: Array, noise: float = NOISE) -> LinearGaussian:
    """Linear neurons with independent noise, whose standard deviation is `noise` times the median one of their drives.

    Parameters
    ----------
    images : (N, h, w)
    fields : (k, h * w)
    """
    typical = float(np.median(drives(images, fields)[1]))
    return LinearGaussian(fields, np.full(len(fields), (noise * typical) ** 2))


def _of_source(source: Source, fields: Array, noise: float = NOISE) -> LinearGaussian:
    drive = np.sqrt(((fields @ source.covariance) * fields).sum(axis=1))
    if not np.median(drive) > 0:
        raise ModelError(f"the neurons' drives do not depend on the {source.words.one}: no receptive field sees them")
    return LinearGaussian(fields, np.full(len(fields), (noise * float(np.median(drive))) ** 2))


POPULATION = Population("linear", linear_population, _of_source, options=("noise",), linear=True)
