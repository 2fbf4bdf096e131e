"""Covariance-matched steps: r is drawn at a stimulus that small Gaussian steps of the right covariance lead to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser, column
from ..denoiser import normal as randn
from ..second_moments import gaussian_draw, mean_and_root
from .sampler import Sampler

#: The lowest level of the ladder, in units of the smallest scale of the posteriors; and at most this share of gamma.
_FLOOR, _SHARE = 0.03, 0.3


@dataclass(frozen=True)
class Matched(Sampler):
    """x0 ~ p(X | xg) by reverse diffusion whose every step draws from Tweedie's Gaussian, r ~ p(r | x0).

    From level a to the next one, b: x0 ~ N(xhat, a dxhat/dxg), then x_b ~ p(X_b | x_a, x0), a Gaussian. Steps that use
    xhat in the place of x0 draw too narrowly; these have the right covariance in every step, so that few are needed.

    Parameters
    ----------
    steps : int
        Steps of 1 + d passes each.

    Raises
    ------
    ValueError
        `steps` is not a positive whole number.
    """

    steps: int = 10
    name = "matched"
    through_denoiser = True

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise ValueError(f"steps is {self.steps!r}; expected a whole number, at least 1")

    def passes(self, denoiser: Denoiser) -> int:
        return self.steps * (1 + denoiser.dimensions) + denoiser.passes_given_response

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        scales = denoiser.scales(denoiser.some_stimuli(generator))
        finest = scales.finest or float(scales.low.min())
        floor = torch.minimum(_SHARE * gamma, torch.full_like(gamma, _FLOOR * finest))
        share = (floor / gamma) ** (1 / self.steps)
        first, x, level = None, xg, gamma
        for _ in range(self.steps):
            mean, root = mean_and_root(denoiser, x, level)
            first = mean if first is None else first
            x0 = gaussian_draw(mean, root, randn(x.shape, x, generator))
            a, b = column(level, x), column(level * share, x)
            x = b / a * x + (1 - b / a) * x0 + (b * (a - b) / a).sqrt() * randn(x.shape, x, generator)
            level = level * share
        r = denoiser.encoder.sample(x0, generator)
        assert first is not None
        return (denoiser.xhat(xg, gamma, r) - first) ** 2


SAMPLER = Matched
