"""The estimator of I_local as published: evenly spaced steps of a DDPM schedule, plug-in responses, a trapezoid sum.

Laquitaine et al., section 5.4 and appendix C.3: steps 40, 80, ..., 1000 of the linear schedule, 50 samples per step,
one pass of each of two denoisers per sample. It serves for comparison only: the plug-in loses information however many
samples there are, and the first step leaves out the levels below gamma = 0.02.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..diffusion.denoiser import Denoiser
from ..diffusion.denoiser import normal as randn
from ..diffusion.noise_levels import scheduler_gammas
from ..diffusion.samplers import PlugIn

STEPS = slice(39, None, 40)


def published_levels() -> Tensor:
    """The 25 noise levels gamma of the published grid, increasing."""
    from diffusers import DDPMScheduler

    return scheduler_gammas(DDPMScheduler(num_train_timesteps=1000))[STEPS]  # type: ignore[no-untyped-call, unused-ignore]


def published_estimate(denoiser: Denoiser, x: Tensor, samples: int = 50, seed: int = 0) -> tuple[Tensor, int]:
    """I_i(x) by the published protocol.

    Parameters
    ----------
    x : (n, d) stimuli
    samples : noisy stimuli per step

    Returns
    -------
    featurewise : (n, d), nats
    passes : per stimulus
    """
    levels = published_levels().to(denoiser.device, denoiser.dtype)
    generator = denoiser.generator(seed)
    integrand = []
    for gamma in levels:
        rows = x.repeat(samples, 1)
        xg = rows + gamma.sqrt() * randn(rows.shape, rows, generator)
        square = PlugIn().squared_gain(denoiser, xg, gamma.expand(len(rows)), False, generator)
        integrand.append(square.reshape(samples, *x.shape).mean(0) / (2 * gamma**2))
    return torch.trapezoid(torch.stack(integrand), levels, dim=0), 2 * samples * len(levels)
