"""Encoders whose responses are known at the members of a set: Gaussian with one covariance, or Poisson counts.

At any other stimulus the response is that to the nearest member. `places`, `draw` and `log_likelihoods` work on members
by index and need no images.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import as_real_array, refuse
from ..denoiser import normal
from ..eigenvectors import eigen_of_covariance
from ..encoders import Encoder, as_numpy


class MemberTable(Encoder):
    """Base of the encoders here.

    Parameters
    ----------
    stimuli : (N, d), the members; a tensor is not copied
    table : (N, K) mean responses
    """

    eta: Tensor
    offset: Tensor

    def __init__(self, stimuli: Any, table: Any) -> None:
        if not isinstance(stimuli, Tensor):  # tensors are shared: many tables may be of one set of large images
            stimuli = torch.tensor(as_real_array(stimuli, "stimuli", (None, None), "(N, d)"))
        means = as_real_array(as_numpy(table), "responses", (len(stimuli), None), "(N, K), one row per stimulus")
        self.stimuli, self.means = stimuli.double(), torch.tensor(means)
        self.centre = self.stimuli.mean(0)
        self.half_square = 0.5 * ((self.stimuli - self.centre) ** 2).sum(1)
        self.responses, self.dimensions = means.shape[1], stimuli.shape[1]

    def places(self, x: Tensor) -> Tensor:
        """Index of the member nearest to each stimulus: (..., d) to (...)."""
        flat = x.reshape(-1, self.dimensions) - self.centre
        near = flat @ (self.stimuli - self.centre).T - self.half_square
        return near.argmax(1).reshape(x.shape[:-1])

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        places = self.places(x)
        return self.eta[places], self.offset[places]

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.draw(self.places(x), generator)

    def draw(self, index: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One response to each of the members with these indices: (...) to (..., K)."""
        raise NotImplementedError

    def log_likelihoods(self, r: Tensor) -> Tensor:
        """Log p(r|x_n) in nats of responses (B, K) at all members, (B, N)."""
        return r @ self.eta.T - self.offset + self.base(r)[:, None]

    def __repr__(self) -> str:
        members = f"{len(self.stimuli)} stimuli in R^{self.dimensions}"
        return f"{type(self).__name__}({self.responses} responses to {members})"


class GaussianTable(MemberTable):
    """r | x_n ~ N(m_n, S).

    Parameters
    ----------
    stimuli : (N, d)
    means : (N, K)
    covariance : (K, K), positive definite

    Raises
    ------
    ModelError
        Shapes do not fit, or the covariance is not positive definite.
    """

    def __init__(self, stimuli: Any, means: Any, covariance: Any) -> None:
        super().__init__(stimuli, means)
        k = self.responses
        cov = as_real_array(as_numpy(covariance), "covariance", (k, k), "(K, K), of the responses")
        eigen_of_covariance(cov, "covariance", definite=True)
        self.covariance = torch.tensor(cov)
        self.precision, self.root = torch.linalg.inv(self.covariance), torch.linalg.cholesky(self.covariance)
        self.eta = self.means @ self.precision
        self.offset = 0.5 * (self.eta * self.means).sum(1)
        self.constant = -float(self.root.diagonal().log().sum()) - 0.5 * k * math.log(2 * math.pi)

    def base(self, r: Tensor) -> Tensor:
        return -0.5 * ((r @ self.precision) * r).sum(-1) + self.constant

    def draw(self, index: Tensor, generator: torch.Generator | None = None) -> Tensor:
        mean = self.means[index]
        return mean + normal(mean.shape, mean, generator) @ self.root.T


class PoissonTable(MemberTable):
    """Independent counts r_k | x_n ~ Poisson(rate_nk); rates (N, K) are positive."""

    discrete = True

    def __init__(self, stimuli: Any, rates: Any) -> None:
        super().__init__(stimuli, rates)
        refuse((self.means <= 0).numpy(), self.means.numpy(), "rates", "; expected positive mean counts")
        self.eta, self.offset = self.means.log(), self.means.sum(1)

    def base(self, r: Tensor) -> Tensor:
        return -torch.lgamma(r + 1).sum(-1)

    def draw(self, index: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return torch.poisson(self.means[index], generator)


def check_members(table: MemberTable, count: int) -> None:
    """Raise `ModelError` unless the table is of so many members."""
    if len(table.stimuli) != count:
        raise ModelError(f"the population responds to {len(table.stimuli)} images; the world has {count}")
