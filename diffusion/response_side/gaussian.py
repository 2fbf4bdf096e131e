"""The denoiser of responses that are a mixture of Gaussians."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...models.arrays import Array
from ..denoiser import Denoiser, Scales
from ..encoders import LinearGaussian
from ..gaussian import MixtureDenoiser
from .given_stimulus import BLOCK, GivenStimulus


class GaussianResponses(GivenStimulus):
    """R is a mixture of Gaussians; R given x is N(W x, S)."""

    def __init__(self, weights: Array, means: Array, covs: Array, source: Denoiser, encoder: LinearGaussian) -> None:
        super().__init__(source)
        self.neurons = encoder
        blind = LinearGaussian(np.zeros((1, self.dimensions)), 1.0)
        self.mixture = MixtureDenoiser(weights, means, covs, blind, device=self.device, dtype=self.dtype)
        values, vectors = np.linalg.eigh(np.asarray(encoder.noise.cpu().double().numpy()))
        self.noise_values, self.noise_vectors = self.tensor(values), self.tensor(vectors)
        cov = np.einsum("c,cij->ij", weights, covs) + np.cov(means.T, aweights=weights, ddof=0).reshape(covs[0].shape)
        self.high = float(np.trace(cov))

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        most = max(1, BLOCK // (len(self.mixture.means) * self.dimensions))
        parts = [
            self.mixture.posterior(a, b[:, 0], variance=True)
            for a, b in zip(torch.split(rg, most), torch.split(g, most))
        ]
        variances = [part.variance for part in parts if part.variance is not None]
        return torch.cat([part.mean for part in parts]), torch.cat(variances)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        centre = x @ self.neurons.weights.T
        shrink = self.noise_values / (self.noise_values + g)
        mean = centre + ((rg - centre) @ self.noise_vectors * shrink) @ self.noise_vectors.T
        return mean, (shrink * g) @ (self.noise_vectors**2).T

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        low = float(self.noise_values.min())
        return Scales(low * ones, max(self.high, low) * ones)
