"""What a denoiser's derivative says of X given xg (its covariance), and one linear step from there to X given xg and r.

Tweedie's second identity: Cov(X|xg) = gamma dxhat/dxg. It needs no response in training, so that it serves any
population of neurons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import EstimateError
from .denoiser import Unknown, column

if TYPE_CHECKING:
    from .denoiser import Denoiser


def mean_and_root(denoiser: Denoiser, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """xhat(xg), (B, d), and a root R of Cov(X|xg) = gamma dxhat/dxg = R R', (B, d, d).

    By automatic differentiation, which counts as d passes beside that of xhat. A network's derivative is neither
    symmetric nor positive; the nearest matrix that is both takes its place.

    Raises
    ------
    Unknown
        torch cannot differentiate xhat, which leaves its graph.
    EstimateError
        The derivative is not finite.
    """
    with torch.enable_grad():
        point = xg.detach().requires_grad_(True)
        mean = denoiser.xhat(point, gamma)
        if not mean.requires_grad:
            raise Unknown(f"{type(denoiser).__name__}.xhat has no derivative (it is not computed by torch throughout)")
        parts = (mean[:, i].sum() for i in range(mean.shape[1]))
        rows = [torch.autograd.grad(part, point, retain_graph=True, materialize_grads=True)[0] for part in parts]
    covariance = column(gamma, xg)[..., None] * torch.stack(rows, dim=1)
    if not torch.isfinite(covariance).all():
        raise EstimateError(f"the derivative of {type(denoiser).__name__}.xhat is NaN or infinite")
    values, vectors = torch.linalg.eigh((covariance + covariance.mT) / 2)
    return mean.detach(), vectors * values.clamp_min(0).sqrt()[:, None]


def mean_and_covariance(denoiser: Denoiser, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """xhat(xg), (B, d), and Cov(X|xg), (B, d, d), symmetric and positive semi-definite; see `mean_and_root`."""
    mean, root = mean_and_root(denoiser, xg, gamma)
    return mean, root @ root.mT


def gaussian_draw(mean: Tensor, root: Tensor, noise: Tensor) -> Tensor:
    """Draws (B, d) from the Gaussian of this mean and root of the covariance, from standard normal numbers (B, d)."""
    return mean + (root @ noise[..., None])[..., 0]


def linear_gain(covariance: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """Wiener's gain G (B, d, k) of responses of unit noise, and the diagonal of G V G', V = Cov(R|xg), (B, d).

    Parameters
    ----------
    covariance : C, (B, d, d), of X given xg
    slopes : A, (B, k, d) or (k, d), of the responses' means: see `Encoder.linearised`

    Returns
    -------
    G = C A' (A C A' + I)^-1, and the variances of E[X_i | xg, R] over R, which are those of a linear estimate
    """
    seen = slopes @ covariance
    spread = seen @ slopes.mT
    unit = torch.eye(spread.shape[-1], dtype=spread.dtype, device=spread.device)
    gain = torch.linalg.solve(spread + unit, seen).mT
    return gain, (gain * seen.mT).sum(-1)
