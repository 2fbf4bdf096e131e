"""Posterior samples: r is drawn at a stimulus from p(X|xg)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser, column
from ..noise_levels import alpha_bar_from_gamma, scheduler_for
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

    def draws_exactly(self, denoiser: Denoiser) -> bool:
        return denoiser.knows_posterior and not self.black_box

    def passes(self, denoiser: Denoiser) -> int:
        return 2 if self.draws_exactly(denoiser) else 2 + self.steps

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if self.draws_exactly(denoiser):
            seen = denoiser.posterior(xg, gamma, variance=variance, draw=True, generator=generator)
            x0 = seen.draw
            assert x0 is not None
        else:
            variance = variance and denoiser.knows_variance
            seen = denoiser.posterior(xg, gamma, variance=variance)
            x0 = reverse_diffusion(denoiser, xg, gamma, self.steps, generator)
        r = denoiser.encoder.sample(x0, generator)
        return gain_squared(seen, denoiser.posterior(xg, gamma, r, variance=variance))


def reverse_diffusion(
    denoiser: Denoiser,
    xg: Tensor,
    gamma: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    r: Tensor | None = None,
) -> Tensor:
    """Samples of X | xg (or X | xg, r), (B, d), by ancestral steps of a `diffusers` scheduler, which need xhat alone.

    Few steps leave a bias that no standard error shows; see the table of samplers in reports/published.

    Parameters
    ----------
    xg, gamma : (B, d) and (B,)
    steps : passes per sample; the levels fall from gamma to 0.4% of the smallest scale in equal ratios
    r : (B, k) responses, if the samples are to be given them
    """
    g = column(gamma, xg)
    scales = denoiser.scales(denoiser.some_stimuli(generator))
    low, unit = scales.low.min(), scales.high.max()  # the schedule is one of stimuli of about unit size
    floor = torch.minimum(g * 0.1, low * 0.004)
    share = torch.linspace(0, 1, steps, dtype=torch.float64, device=xg.device)[:, None, None]
    ladder = (floor.log().double() * (1 - share) + g.log().double() * share).exp()  # (T, B, 1), rising
    scheduler = scheduler_for(ladder / unit)
    size = unit.sqrt()
    sample = xg / size * alpha_bar_from_gamma(g / unit).sqrt()
    for t in range(steps - 1, -1, -1):
        level = ladder[t].to(xg.dtype)
        clean = denoiser.xhat(sample * size / alpha_bar_from_gamma(level / unit).sqrt(), level[:, 0], r)
        sample = scheduler.step(clean / size, t, sample, generator=generator).prev_sample.to(xg.dtype)
    return sample * size


SAMPLER = PosteriorSampler
