"""Tweedie's Gaussian: r is drawn at a stimulus from the Gaussian with the posterior's mean and covariance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser, column
from ..denoiser import normal as randn
from .sampler import Sampler


@dataclass(frozen=True)
class Tweedie(Sampler):
    """x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0).

    Where the denoiser cannot draw from that Gaussian in its own pass, the Jacobian is computed by automatic
    differentiation, which counts as d further passes.
    """

    name = "tweedie"

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        return not denoiser.knows_posterior

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
            mean, x0 = _tweedie_draw(denoiser, xg, gamma, generator)
        r = denoiser.encoder.sample(x0, generator)
        return (denoiser.xhat(xg, gamma, r) - mean) ** 2


def _tweedie_draw(denoiser: Denoiser, xg: Tensor, gamma: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """xhat, and a draw from N(xhat, gamma dxhat/dxg), for a denoiser that only knows xhat."""
    point = xg.detach().requires_grad_(True)
    mean = denoiser.xhat(point, gamma)
    rows = [torch.autograd.grad(mean[:, i].sum(), point, retain_graph=True)[0] for i in range(mean.shape[1])]
    jacobian = torch.stack(rows, dim=1)
    covariance = column(gamma, xg)[..., None] * (jacobian + jacobian.mT) / 2
    values, vectors = torch.linalg.eigh(covariance)
    noise = values.clamp_min(0).sqrt() * randn(xg.shape, xg, generator)
    mean = mean.detach()
    return mean, mean + (vectors @ noise[..., None])[..., 0]


SAMPLER = Tweedie
