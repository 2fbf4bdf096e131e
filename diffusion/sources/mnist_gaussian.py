"""Gaussian images with the mean and the covariance of MNIST."""

from __future__ import annotations

import numpy as np

from .dataset import Asked, Dataset
from .image_set import ImageSource
from .mixture import MixtureSource, gaussian_source
from .mnist import padded_mnist

#: Variance that is added to each pixel (images span 2). Border pixels never vary; this gives them a density.
RIM_VARIANCE = 4e-4


def _source(asked: Asked) -> MixtureSource:
    of = ImageSource(padded_mnist(asked.folder), np.zeros((1, 1024)))
    return gaussian_source("mnist-gaussian", of.mean, of.covariance + RIM_VARIANCE * np.eye(1024), of.credit)


DATASET = Dataset("mnist-gaussian", source=_source, kind=MixtureSource, side=32, needs_folder=True)
