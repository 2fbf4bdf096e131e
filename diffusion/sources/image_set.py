"""A set of images as a source, with some images held out."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import Array
from ..datasets import Images
from ..encoders import Encoder
from ..finite_set import FiniteSetDenoiser
from .source import SPLIT_SEED, Source, rows_of

#: The share of images that is held out of a data set without a test set of its own.
_HELD_OUT_SHARE = 0.1
#: The smallest set that is split: a tenth of it is two images, enough for a spread.
_FEWEST = 20
#: Squares of larger numbers overflow in single precision.
_LARGEST = 1e15


class ImageSource(Source):
    """A set of equally likely images.

    Parameters
    ----------
    data : the training images
    kept : (n, d) held-out images; by default a tenth of `data` is held out

    Raises
    ------
    ModelError
        The images are too few to hold some out, or all the same.
    """

    images: Tensor

    def __init__(self, data: Images, kept: Array | None = None) -> None:
        rows = data.pixels.reshape(len(data.pixels), -1)
        self._split: tuple[Array, Array] | None = None  # rows of `data` that are drawn, and that are held out
        self._every_label = data.labels
        height, width = data.pixels.shape[1:]
        if kept is None:
            if len(rows) < _FEWEST:
                raise ModelError(
                    f"{len(rows)} {data.words.many}; expected at least {_FEWEST}, of which a tenth is held out"
                )
            order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
            out = round(len(rows) * _HELD_OUT_SHARE)
            self._split = drawn, away = np.sort(order[out:]), np.sort(order[:out])
            rows, kept = rows[drawn], rows[away]
            data = replace(data, labels=None if data.labels is None else data.labels[drawn])
        if not (largest := float(np.abs(rows).max())) < _LARGEST:
            size = "too large for single precision" if largest == math.inf else f"up to {largest:.2g}"
            raise ModelError(f"{data.words.many} hold numbers {size}; give them in another unit")
        self.name, self.credit, self.shape = data.name, data.credit, (height, width)
        self.digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()
        self._labels = data.labels
        self.images = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
        self._kept = torch.from_numpy(np.ascontiguousarray(kept, dtype=np.float32))
        self.mean = rows.mean(axis=0, dtype=np.float64)
        centred = rows - self.mean.astype(np.float32)
        self.covariance = np.asarray((centred.T @ centred).astype(np.float64) / len(rows))
        if not self.covariance.trace() > 0:
            raise ModelError(f"the {data.words.many} are all the same")

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        return rows_of(self.images, count, generator)

    def held_out(self, count: int) -> Tensor:
        return self._kept[:count]

    def shown(self) -> Images:
        return Images(self.name, self.images.numpy().reshape(-1, *self.shape), self._labels, self.credit)

    def whole(self) -> Images:
        if self._split is None:
            return self.shown()
        drawn, away = self._split
        rows = np.empty((len(drawn) + len(away), self.images.shape[1]), dtype=np.float32)
        rows[drawn], rows[away] = self.images.numpy(), self._kept.numpy()
        return Images(self.name, rows.reshape(-1, *self.shape), self._every_label, self.credit, drawn)

    def exact(self, encoder: Encoder, most: int | None = None) -> FiniteSetDenoiser:
        images = self.images
        if most is not None and len(images) > most:
            images = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(SPLIT_SEED))[:most]]
        return FiniteSetDenoiser(images, encoder)
