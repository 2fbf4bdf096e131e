"""Linear neurons with Gaussian noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import as_real_array
from ..denoiser import Denoiser, normal
from ..eigenvectors import eigen_of_covariance
from .encoder import MOST_OUTCOMES, Encoder, as_numpy, checked_weights

if TYPE_CHECKING:
    from ..finite_set import FiniteSetDenoiser

#: Steps of the lattices of responses, in standard deviations of the noise, and their reach in steps; by dimension.
LATTICES = {1: (0.25, 34), 2: (0.5, 15)}
#: Means nearer to a line or plane than this, in standard deviations of the noise, lie in it.
FLAT = 1e-6
#: Most nodes of the lattices around all means together.
MOST_NODES = 1 << 18


class LinearGaussian(Encoder):
    """r = W x + n with n ~ N(0, S).

    Parameters
    ----------
    weights : (k, d), one receptive field per row
    noise : (k, k) covariance S, (k,) variances, or one variance; no standard deviation, as the commands' --noise is

    Raises
    ------
    ModelError
        Shapes do not fit; the noise covariance is not symmetric and positive definite (I(R;X) would be infinite).
    """

    def __init__(self, weights: Any, noise: Any) -> None:
        rows = checked_weights(weights)
        cov = as_real_array(as_numpy(noise), "noise")
        cov = np.diag(np.broadcast_to(cov, len(rows))) if cov.ndim < 2 else cov
        if cov.shape != (len(rows), len(rows)):
            raise ModelError(f"noise has shape {cov.shape}; expected (k, k) = ({len(rows)}, {len(rows)})")
        eigen_of_covariance(cov, "noise", definite=True)
        self.weights = torch.tensor(rows)
        self.noise = torch.tensor(np.ascontiguousarray(cov))
        self.precision = torch.linalg.inv(self.noise)
        self.root = torch.linalg.cholesky(self.noise)
        self.constant = float(-0.5 * (len(rows) * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1]))
        self.responses, self.dimensions = rows.shape

    linear_drive = True

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x @ self.weights.T
        eta = mean @ self.precision
        return eta, 0.5 * (eta * mean).sum(-1)

    def base(self, r: Tensor) -> Tensor:
        return -0.5 * ((r @ self.precision) * r).sum(-1) + self.constant

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        mean = x @ self.weights.T
        return mean + normal(mean.shape, mean, generator) @ self.root.T

    def fisher(self, x: Tensor) -> Tensor:
        diagonal = ((self.precision @ self.weights) * self.weights).sum(0)
        return diagonal.expand(x.shape)

    def linearised(self, x: Tensor, r: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        slopes = torch.linalg.solve_triangular(self.root, self.weights, upper=False)
        if r is None:
            return slopes, None
        off = (r - x @ self.weights.T).mT
        return slopes, torch.linalg.solve_triangular(self.root, off, upper=False).mT

    def outcomes(self, x: Tensor) -> Tensor | None:
        """Nodes of a lattice on the line or plane in which the means lie, in units of the noise."""
        means = torch.linalg.solve_triangular(self.root, ((x - x[0]) @ self.weights.T).T, upper=False).T
        _, sizes, axes = torch.linalg.svd(means, full_matrices=False)
        rank = max(1, int((sizes > FLAT).sum()))
        if rank not in LATTICES or not len(x) <= MOST_OUTCOMES:
            return None
        step, reach = LATTICES[rank]
        ticks = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
        around = torch.cartesian_prod(*[ticks] * rank).reshape(-1, rank)
        places = means @ axes[:rank].T
        if not len(x) * len(around) <= MOST_NODES:
            return None
        nodes = torch.unique(((places / step).round()[:, None] + around).reshape(-1, rank), dim=0)
        if len(nodes) > MOST_OUTCOMES:
            return None
        return torch.softmax(-((nodes[:, None] * step - places) ** 2).sum(2) / 2, dim=0)

    def shift(self, x: Tensor) -> Tensor | None:
        return self.weights @ x

    def responses_of_set(self, source: FiniteSetDenoiser) -> Denoiser:
        from ..response_side import GaussianResponses

        means = (source.stimuli.to(source.dtype) @ self.weights.T).cpu().double().numpy()
        noise = self.noise.cpu().double().numpy()
        covs = np.broadcast_to(noise, (len(means), *noise.shape))
        return GaussianResponses(source.log_prior.exp().cpu().double().numpy(), means, covs, source, self)

    def __repr__(self) -> str:
        return f"LinearGaussian({self.responses} neurons, stimuli in R^{self.dimensions})"
