"""MNIST, from a folder with its four files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..datasets import Images, mnist
from .dataset import Asked, Dataset
from .image_set import ImageSource


def padded_mnist(folder: Path | None = None, part: str = "train") -> Images:
    """MNIST as in the paper: padded with background to 32 x 32 pixels, in [-1, 1]."""
    found = mnist(folder, part)
    pixels = np.pad(found.pixels, ((0, 0), (2, 2), (2, 2))) * 2 - 1
    return Images("mnist", pixels, found.labels, found.credit)


def _source(asked: Asked) -> ImageSource:
    """The training set, with the test set held out."""
    training, kept = padded_mnist(asked.folder), padded_mnist(asked.folder, "t10k").pixels
    return ImageSource(training, kept.reshape(len(kept), -1))


DATASET = Dataset("mnist", images=lambda asked: mnist(asked.folder), source=_source, side=32, needs_folder=True)
