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
    from .encoders import Encoder


def mean_and_eigen(denoiser: Denoiser, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """xhat(xg), (B, d), and eigenvalues (B, d) and eigenvectors (B, d, d) of Cov(X|xg) = gamma dxhat/dxg.

    By automatic differentiation, which counts as d passes beside that of xhat. A network's derivative is neither
    symmetric nor positive; the nearest matrix that is both takes its place.

    Raises
    ------
    Unknown
        torch cannot differentiate xhat, which leaves its graph.
    EstimateError
        The derivative is not finite.
    """
    point, mean = _differentiable(denoiser, xg, gamma)
    unit = torch.eye(xg.shape[1], dtype=mean.dtype, device=mean.device)
    return mean.detach(), *_eigen(_along(denoiser, point, mean, gamma, unit.expand(len(xg), -1, -1)))


def mean_and_covariance(denoiser: Denoiser, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """xhat(xg), (B, d), and Cov(X|xg), (B, d, d), symmetric and positive semi-definite; see `mean_and_eigen`."""
    mean, values, vectors = mean_and_eigen(denoiser, xg, gamma)
    return mean, (vectors * values[:, None]) @ vectors.mT


def gaussian_draw(moments: tuple[Tensor, Tensor, Tensor], noise: Tensor) -> Tensor:
    """Draws (B, d) from the Gaussian of `mean_and_eigen`, from standard normal numbers (B, d)."""
    mean, values, vectors = moments
    return mean + (vectors @ (values.sqrt() * noise)[..., None])[..., 0]


def passes_of_moments(denoiser: Denoiser) -> int:
    """The passes of `mean_and_seen` at one noisy stimulus."""
    return 1 + min(denoiser.dimensions, denoiser.encoder.responses)


def mean_and_seen(denoiser: Denoiser, encoder: Encoder, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """xhat(xg), (B, d); the slopes A of the neurons there, (B, k, d) or (k, d); and A Cov(X|xg), (B, k, d).

    Fewer neurons than features need a derivative along each neuron's slopes only.

    Raises
    ------
    Unknown, EstimateError
        As `mean_and_eigen`; and `Unknown` where responses have no slopes.
    """
    if encoder.responses >= xg.shape[1]:
        mean, covariance = mean_and_covariance(denoiser, xg, gamma)
        slopes = encoder.linearised(mean)[0]
        return mean, slopes, slopes @ covariance
    point, mean = _differentiable(denoiser, xg, gamma)
    slopes = encoder.linearised(mean.detach())[0]
    along = slopes.expand(len(xg), -1, -1)
    return mean.detach(), slopes, _along(denoiser, point, mean, gamma, along)


def linear_gain(seen: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """Wiener's gain G (B, d, k) of responses of unit noise, and the diagonal of G V G', V = Cov(R|xg), (B, d).

    Parameters
    ----------
    seen : A C, (B, k, d), with C the covariance of X given xg
    slopes : A, (B, k, d) or (k, d), of the responses' means: see `Encoder.linearised`

    Returns
    -------
    G = C A' (A C A' + I)^-1, and the variances of E[X_i | xg, R] over R, which are those of a linear estimate
    """
    spread = seen @ slopes.mT
    if spread.shape[-1] < seen.shape[-1]:  # of a network's derivative along the neurons alone, which is not symmetric
        values, vectors = _eigen(spread)
        gain = (vectors @ (vectors.mT @ seen / (values + 1)[..., None])).mT
    else:
        unit = torch.eye(spread.shape[-1], dtype=spread.dtype, device=spread.device)
        gain = torch.linalg.solve(spread + unit, seen).mT
    return gain, (gain * seen.mT).sum(-1)


def _differentiable(denoiser: Denoiser, xg: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
    """Noisy stimuli and xhat of them, with torch's graph from one to the other."""
    with torch.enable_grad():
        point = xg.detach().requires_grad_(True)
        mean = denoiser.xhat(point, gamma)
    if not mean.requires_grad:
        raise Unknown(f"{type(denoiser).__name__}.xhat has no derivative (it is not computed by torch throughout)")
    return point, mean


def _along(denoiser: Denoiser, point: Tensor, mean: Tensor, gamma: Tensor, rows: Tensor) -> Tensor:
    """Rows (B, m, d) times gamma dxhat/dxg, (B, m, d)."""
    found = [
        torch.autograd.grad(mean, point, row, retain_graph=True, materialize_grads=True)[0] for row in rows.unbind(1)
    ]
    product = column(gamma, point)[..., None] * torch.stack(found, dim=1)
    if not torch.isfinite(product).all():
        raise EstimateError(f"the derivative of {type(denoiser).__name__}.xhat is NaN or infinite")
    return product


def _eigen(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues (B, m) and eigenvectors of the nearest symmetric matrices that are not negative."""
    values, vectors = torch.linalg.eigh((matrix + matrix.mT) / 2)
    return values.clamp_min(0), vectors
