"""A set of images as a source, some of them held out."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import Array
from ..datasets import Images
from ..encoders import Encoder
from ..finite_set import FiniteSetDenoiser
from .source import SPLIT_SEED, Source

#: Images kept from training where a data set has no test part of its own.
_HELD_OUT_SHARE = 0.1
#: The smallest set of which a tenth can be held out: two images, of which a spread can be taken.
_FEWEST = 20


class ImageSource(Source):
    """A set of images, each as likely.

    Parameters
    ----------
    data : the training images
    kept : (n, d) images held out; a tenth of the set if left out
    """

    images: Tensor

    def __init__(self, data: Images, kept: Array | None = None) -> None:
        rows = data.pixels.reshape(len(data.pixels), -1)
        height, width = data.pixels.shape[1:]
        if kept is None:
            if len(rows) < _FEWEST:
                raise ModelError(f"{len(rows)} images; expected at least {_FEWEST}, of which a tenth is held out")
            order = np.random.default_rng(SPLIT_SEED).permutation(len(rows))
            out = round(len(rows) * _HELD_OUT_SHARE)
            rows, kept = rows[np.sort(order[out:])], rows[np.sort(order[:out])]
            data = replace(data, labels=None if data.labels is None else data.labels[np.sort(order[out:])])
        self.name, self.credit, self.shape = data.name, data.credit, (height, width)
        self.digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()
        self._labels = data.labels
        self.images = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
        self._kept = torch.from_numpy(np.ascontiguousarray(kept, dtype=np.float32))
        self.mean = rows.mean(axis=0, dtype=np.float64)
        centred = rows - self.mean.astype(np.float32)
        self.covariance = np.asarray((centred.T @ centred).astype(np.float64) / len(rows))
        if not self.covariance.trace() > 0:
            raise ModelError("the images are all the same")

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` images of the set, with replacement."""
        return self.images[torch.randint(len(self.images), (count,), generator=generator)]

    def held_out(self, count: int) -> Tensor:
        """The first `count` of the images kept back."""
        return self._kept[:count]

    def shown(self) -> Images:
        """The training images."""
        return Images(self.name, self.images.numpy().reshape(-1, *self.shape), self._labels, self.credit)

    def exact(self, encoder: Encoder, most: int | None = None) -> FiniteSetDenoiser:
        """The finite-set denoiser of the training images."""
        images = self.images
        if most is not None and len(images) > most:
            images = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(SPLIT_SEED))[:most]]
        return FiniteSetDenoiser(images, encoder)
