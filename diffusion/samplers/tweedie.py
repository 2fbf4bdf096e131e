"""Tweedie's Gaussian: r is drawn at a stimulus from the Gaussian with the posterior's mean and covariance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser
from ..denoiser import normal as randn
from ..second_moments import gaussian_draw, mean_and_eigen
from .sampler import Sampler


@dataclass(frozen=True)
class Tweedie(Sampler):
    """x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0).

    Where the denoiser cannot draw from that Gaussian in its own pass, the Jacobian is computed by automatic
    differentiation, which counts as d further passes.
    """

    name = "tweedie"
    through_denoiser = True

    def exact_for(self, denoiser: Denoiser) -> bool:
        return denoiser.jointly_gaussian

    def passes(self, denoiser: Denoiser) -> int:
        return 2 if denoiser.knows_posterior else 2 + denoiser.dimensions

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if denoiser.knows_posterior:
            seen = denoiser.posterior(xg, gamma, normal=True, generator=generator)
            mean, x0 = seen.mean, seen.normal
            assert x0 is not None
        else:
            moments = mean_and_eigen(denoiser, xg, gamma)
            mean, x0 = moments[0], gaussian_draw(moments, randn(xg.shape, xg, generator))
        r = denoiser.encoder.sample(x0, generator)
        return (denoiser.xhat(xg, gamma, r) - mean) ** 2


SAMPLER = Tweedie
