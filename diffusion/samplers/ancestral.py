"""Samples of X | xg by reverse diffusion, for denoisers that only know xhat."""

from __future__ import annotations

import torch
from torch import Tensor

from ..denoiser import Denoiser, column
from ..noise_levels import alpha_bar_from_gamma, scheduler_for


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
