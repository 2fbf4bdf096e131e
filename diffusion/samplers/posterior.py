"""Posterior samples: r is drawn at a stimulus from p(X|xg)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser
from .ancestral import reverse_diffusion
from .sampler import Sampler, gain_squared


@dataclass(frozen=True)
class PosteriorSampler(Sampler):
    """x0 ~ p(X | xg), r ~ p(r | x0).

    Parameters
    ----------
    steps : int
        Steps, of one pass each, of the reverse diffusion from gamma to 0 that is used where the denoiser cannot draw
        exactly. The bias vanishes as steps grow.
    black_box : bool
        Use reverse diffusion even where the denoiser can draw exactly.

    Raises
    ------
    ValueError
        `steps` is not a whole number of at least 2.
    """

    steps: int = 40
    black_box: bool = False
    name = "posterior"
    keeps_variance = True

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 2:
            raise ValueError(f"steps is {self.steps!r}; expected a whole number, at least 2")

    def passes(self, denoiser: Denoiser) -> int:
        return 2 if denoiser.knows_posterior and not self.black_box else 2 + self.steps

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if denoiser.knows_posterior and not self.black_box:
            seen = denoiser.posterior(xg, gamma, variance=variance, draw=True, generator=generator)
            x0 = seen.draw
            assert x0 is not None
        else:
            variance = variance and denoiser.knows_variance
            seen = denoiser.posterior(xg, gamma, variance=variance)
            x0 = reverse_diffusion(denoiser, xg, gamma, self.steps, generator)
        r = denoiser.encoder.sample(x0, generator)
        return gain_squared(seen, denoiser.posterior(xg, gamma, r, variance=variance))


SAMPLER = PosteriorSampler
