"""A smooth stand-in for MNIST: a Gaussian mixture fitted to it, whose exact denoiser is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...models.arrays import Array
from .dataset import Asked, Dataset
from .gmm import DigitMixture, fitted_mixture
from .mnist import padded_mnist
from .mnist_gaussian import RIM_VARIANCE

#: The components differ in so many principal directions, which hold 83% of MNIST's variance; they share the rest.
_DIRECTIONS = 50
#: Images to which the mixture is fitted; all 60,000 take three times as long.
_IMAGES = 20_000


def fit(folder: Path | None) -> tuple[Array, Array, Array]:
    """Weights (C,), means (C, d) and covariances (C, d, d) of a mixture fitted to MNIST at 32 x 32 pixels."""
    pixels = padded_mnist(folder).pixels
    rows = pixels.reshape(len(pixels), -1)[:_IMAGES].astype(float)
    mean = rows.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(rows.T, bias=True) + RIM_VARIANCE * np.eye(rows.shape[1]))
    inside, outside = vectors[:, -_DIRECTIONS:], vectors[:, :-_DIRECTIONS]
    shared = (outside * values[:-_DIRECTIONS]) @ outside.T
    weights, means, covs = fitted_mixture((rows - mean) @ inside)
    return weights, mean + means @ inside.T, inside @ covs @ inside.T + shared


def _source(asked: Asked) -> DigitMixture:
    side = 32
    return DigitMixture("mnist-gmm", *fit(asked.folder), (side, side), padded_mnist(asked.folder).credit)


DATASET = Dataset("mnist-gmm", source=_source, kind=DigitMixture, side=32, needs_folder=True)
