"""Covariance-matched steps: r is drawn at a stimulus that small Gaussian steps of the right covariance lead to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ..denoiser import Denoiser
from ..denoiser import normal as randn
from ..second_moments import gaussian_draw, mean_and_eigen
from .particles import Local, given_response, step_down
from .sampler import Sampler

#: The lowest level of the ladder, in units of the smallest scale of the posteriors; and at most this share of gamma.
_FLOOR, _SHARE = 0.03, 0.3
#: Numbers of covariances that particles hold at once.
_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Matched(Sampler):
    """x0 ~ p(X | xg) by reverse diffusion whose every step draws from Tweedie's Gaussian, r ~ p(r | x0).

    From level a to the next one, b: x0 ~ N(xhat, a dxhat/dxg), then x_b ~ p(X_b | x_a, x0), a Gaussian. Steps that use
    xhat in the place of x0 draw too narrowly; these have the right covariance in every step, so that few are needed.

    Where the denoiser has learned no responses, xhat(xg, r) is sought in the same way: weighted particles that the
    response leads (`particles.given_response`). Two independent sets of them are multiplied, so that their noise does
    not count as information. With linear neurons the squares of one linear step, whose mean is the closure, are taken
    off and the closure is added: what is left to chance is only what a linear step misses.

    Parameters
    ----------
    steps : int
        Steps of 1 + d passes each.
    particles : int
        In each of the two sets, each of as many steps; not used where responses were learned.

    Raises
    ------
    ValueError
        `steps` or `particles` is not a positive whole number.
    """

    steps: int = 10
    particles: int = 16
    name = "matched"
    through_denoiser = True

    def __post_init__(self) -> None:
        for name, value in (("steps", self.steps), ("particles", self.particles)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}; expected a whole number, at least 1")

    def exact_for(self, denoiser: Denoiser) -> bool:
        return denoiser.jointly_gaussian

    def passes(self, denoiser: Denoiser) -> int:
        step = 1 + denoiser.dimensions
        if denoiser.knows_responses:
            return self.steps * step + denoiser.passes_given_response
        return self.steps * step + 2 * self.particles * (self.steps - 1) * step

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        scales = denoiser.scales(denoiser.some_stimuli(generator))
        finest = scales.finest or float(scales.low.min())
        floor = torch.minimum(_SHARE * gamma, torch.full_like(gamma, _FLOOR * finest))
        places = (torch.arange(self.steps) / self.steps) ** 2  # dense above, where X given xg is least Gaussian
        ladder = torch.stack([gamma * (floor / gamma) ** place for place in places.tolist()])
        most = max(1, _AT_ONCE // (self.particles * denoiser.dimensions**2))
        parts = torch.split(torch.arange(len(xg), device=xg.device), len(xg) if denoiser.knows_responses else most)
        return torch.cat([self._squares(denoiser, xg[part], ladder[:, part], generator) for part in parts])

    def _squares(self, denoiser: Denoiser, xg: Tensor, ladder: Tensor, generator: torch.Generator) -> Tensor:
        first = mean_and_eigen(denoiser, xg, ladder[0])
        x, x0 = xg, gaussian_draw(first, randn(xg.shape, xg, generator))
        for a, b in pairwise(ladder):
            x = step_down(x, x0, a, b, generator)
            x0 = gaussian_draw(mean_and_eigen(denoiser, x, b), randn(x.shape, x, generator))
        r, mean = denoiser.encoder.sample(x0, generator), first[0]
        if denoiser.knows_responses:
            return (denoiser.xhat(xg, ladder[0], r) - mean) ** 2
        local = Local.of(first, denoiser.encoder, r)
        one, other = (
            given_response(denoiser, local, xg, r, ladder, self.particles, generator) - mean for _ in range(2)
        )
        if denoiser.encoder.linearised(mean)[0].ndim == 3:
            return one * other
        return one * other - (local.given_response() - mean) ** 2 + local.closure()


SAMPLER = Matched
