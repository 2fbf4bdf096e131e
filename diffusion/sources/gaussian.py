"""Gaussian images with the power spectrum of natural images, whose exact denoiser is known."""

from __future__ import annotations

import numpy as np

from ...models.arrays import Array
from .dataset import Asked, Dataset
from .mixture import MixtureSource, gaussian_source


def natural_covariance(side: int) -> Array:
    """Covariance (side^2, side^2) of periodic images whose power falls as 1 / f^2; the pixels have variance 1."""
    f = np.fft.fftfreq(side)
    power = 1 / np.maximum(f[:, None] ** 2 + f**2, 1 / side**2)
    kernel = np.fft.ifft2(power).real
    i = np.arange(side)
    shift = (i[:, None] - i) % side
    blocks = (kernel / kernel[0, 0])[shift[:, None, :, None], shift[None, :, None, :]]
    return np.asarray(blocks.reshape(side**2, side**2))


def _source(asked: Asked) -> MixtureSource:
    assert asked.side is not None
    return gaussian_source("gaussian", np.zeros(asked.side**2), natural_covariance(asked.side))


DATASET = Dataset("gaussian", source=_source, kind=MixtureSource, sides=(2, 8, 64))
