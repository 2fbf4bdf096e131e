"""Conversions between noise levels gamma (Xg = X + sqrt(gamma) Z), log-SNR, and the alpha-bar of a DDPM schedule.

Variance-exploding and variance-preserving diffusion differ by a rescaling: ``gamma = (1 - abar) / abar``,
``xg = x_t / sqrt(abar)``, ``log-SNR = -log gamma``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


def gamma_from_alpha_bar(alpha_bar: Any) -> Any:
    """``gamma = (1 - abar) / abar``."""
    return (1 - alpha_bar) / alpha_bar


def alpha_bar_from_gamma(gamma: Any) -> Any:
    """``abar = 1 / (1 + gamma)``."""
    return 1 / (1 + gamma)


def gamma_from_log_snr(log_snr: Any) -> Any:
    """``gamma = exp(-log SNR)``."""
    return torch.exp(-log_snr) if isinstance(log_snr, Tensor) else np.exp(-np.asarray(log_snr, dtype=float))


def log_snr_from_gamma(gamma: Any) -> Any:
    """``log SNR = -log gamma``."""
    return -torch.log(gamma) if isinstance(gamma, Tensor) else -np.log(gamma)


def scheduler_gammas(scheduler: Any) -> Tensor:
    """The level gamma of each training step of a `diffusers` scheduler with ``alphas_cumprod``, (T,), increasing."""
    return torch.as_tensor(gamma_from_alpha_bar(torch.as_tensor(scheduler.alphas_cumprod, dtype=torch.float64)))


def scheduler_for(gammas: Tensor) -> Any:
    """A `diffusers.DDPMScheduler` whose steps 0 ... T-1 have these levels.

    Parameters
    ----------
    gammas : (T,) increasing levels, or (T, B, 1) for B samples with levels of their own

    Returns
    -------
    diffusers.DDPMScheduler
        It predicts the clean sample, so that a denoiser's xhat is its model output; nothing is clipped.

    Raises
    ------
    ValueError
        The levels do not increase, or are not positive and finite.
    """
    from diffusers import DDPMScheduler

    gammas = torch.as_tensor(gammas, dtype=torch.float64)
    if gammas.ndim == 0 or len(gammas) == 0 or not torch.isfinite(gammas).all() or not (gammas > 0).all():
        raise ValueError("noise levels must be positive, finite numbers")
    if not (gammas.diff(dim=0) > 0).all():
        raise ValueError("noise levels must increase")
    scheduler = DDPMScheduler(
        num_train_timesteps=len(gammas), prediction_type="sample", clip_sample=False, variance_type="fixed_small"
    )
    # diffusers keeps its own schedule in float32, in which small levels would be rounded to 0.
    scheduler.alphas_cumprod = alpha_bar_from_gamma(gammas)
    scheduler.alphas = scheduler.alphas_cumprod.clone()
    scheduler.alphas[1:] /= scheduler.alphas_cumprod[:-1]
    scheduler.betas = 1 - scheduler.alphas
    scheduler.one = torch.ones((), dtype=torch.float64, device=gammas.device)
    return scheduler
