"""Mixtures of Gaussians as a source: stimuli are drawn without end, and the exact denoiser is known."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import Array
from ..datasets import Images
from ..eigenvectors import eigen_of_covariance
from ..encoders import Encoder, LinearGaussian
from ..gaussian import GaussianDenoiser, MixtureDenoiser
from .source import SPLIT_SEED, ExactDenoiser, Source, alike

#: How many images stand for a source without end.
_SHOWN = 256
NEEDS_LINEAR = "Gaussian images need a population of linear neurons: only then is the exact denoiser known"


class MixtureSource(Source):
    """Stimuli from a mixture of C Gaussians, whose exact denoiser is known.

    Parameters
    ----------
    weights, means, covs : (C,), (C, d), (C, d, d)
    shape : (h, w) with h w = d

    Attributes
    ----------
    parts : weights, means and covs

    Raises
    ------
    ModelError
        The shape does not fit the means, or a covariance is not positive semi-definite.
    """

    images = None
    default_population = "linear"
    linear_only = True

    def __init__(
        self, name: str, weights: Any, means: Any, covs: Any, shape: tuple[int, int], credit: str = ""
    ) -> None:
        p, m, c = (np.asarray(value, dtype=float) for value in (weights, means, covs))
        if m.shape[1] != shape[0] * shape[1]:
            raise ModelError(f"means of {m.shape[1]} pixels do not fit images of {shape[0]} x {shape[1]}")
        values, vectors = zip(*(eigen_of_covariance(one, f"covs[{i}]") for i, one in enumerate(c)))
        self.name, self.credit, self.shape = name, credit, shape
        self.mean = p @ m
        offset = m - self.mean
        self.covariance = np.einsum("c,cij->ij", p, c) + np.einsum("c,ci,cj->ij", p, offset, offset)
        words = np.concatenate([p, m.ravel(), np.ravel(values)])
        self.digest = hashlib.sha256(np.round(words, 9).tobytes()).hexdigest()
        self.parts = p, m, c
        self._exact: tuple[Encoder, ExactDenoiser] | None = None
        self._weights = torch.from_numpy(p.astype(np.float32))
        self._means = torch.from_numpy(m.astype(np.float32))
        self._roots = torch.from_numpy((np.array(vectors) * np.sqrt(values)[:, None]).astype(np.float32))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        if self._means.device != device:  # once for a run of training on it
            self._weights, self._means, self._roots = (
                part.to(device) for part in (self._weights, self._means, self._roots)
            )
        noise = torch.randn(count, self._means.shape[1], generator=generator, device=device)
        if len(self._weights) == 1:
            return self._means[0] + noise @ self._roots[0].T
        c = torch.multinomial(self._weights, count, replacement=True, generator=generator)
        for rows, mean, root in zip(alike(c, len(self._weights)), self._means, self._roots):
            noise[rows] = mean + noise[rows] @ root.T  # one product of matrices per component
        return noise

    def held_out(self, count: int) -> Tensor:
        return self.draw(count, torch.Generator().manual_seed(SPLIT_SEED))

    def shown(self) -> Images:
        return Images(self.name, self.held_out(_SHOWN).numpy().reshape(-1, *self.shape), None, self.credit)

    def exact(self, encoder: Encoder, most: int | None = None) -> ExactDenoiser:
        # A run asks for it several times, and one of a thousand features takes seconds.
        if self._exact is None or self._exact[0] is not encoder:
            self._exact = encoder, self._denoiser_of(encoder)
        return self._exact[1]

    def _denoiser_of(self, encoder: Encoder) -> ExactDenoiser:
        if not isinstance(encoder, LinearGaussian):
            raise ModelError(NEEDS_LINEAR)
        if len(self._weights) == 1:
            return GaussianDenoiser(self.parts[1][0], self.parts[2][0], encoder)
        return MixtureDenoiser(*self.parts, encoder)


def gaussian_source(name: str, mean: Array, covariance: Array, credit: str = "") -> MixtureSource:
    """Square images from N(mean, covariance), of shapes (d,) and (d, d)."""
    side = round(len(mean) ** 0.5)
    return MixtureSource(name, [1.0], np.asarray(mean)[None], np.asarray(covariance)[None], (side, side), credit)
