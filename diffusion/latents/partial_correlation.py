"""Partial correlation: the information that groups of latents share, KL(q(z) || prod_g q(z_g))."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...errors import ModelError


def batch_partial_correlation(
    z: Tensor, mean: Tensor, log_variance: Tensor, groups: Sequence[slice], size: int
) -> Tensor:
    """Importance-sampled estimate from one batch, in nats: a penalty for training, no estimate to report.

    ``mean_i [log sum_j w_ij q(z_i|r_j) - sum_g log sum_j w_ij q(z_ig|r_j)]`` with w_ii = 1/n and
    w_ij = (n - 1) / (n (B - 1)): the own response is one of the n of the data set, and the B - 1 others stand for the
    rest (after Chen et al., Isolating sources of disentanglement in VAEs, 2018). It is at most (G - 1) log n, and
    exact where the batch is the data set (B = n). At ranks beyond 2 it is nats away from the truth: report
    `Shares.partial_correlation`.

    Parameters
    ----------
    z, mean, log_variance : (B, D) samples, and means and log variances of q(z|r) for the same responses
    groups : the latents of each group
    size : n, the number of responses in the data set

    Raises
    ------
    ModelError
        The batch has fewer than two samples, or is larger than the data set.
    """
    count = len(z)
    if not 2 <= count <= size:
        raise ModelError(f"a batch of {count} of {size} responses; expected at least 2, and no more than there are")
    # The Gaussians' constants are the same in the joint density and in the product, and cancel.
    parts = torch.stack([_log_density(z[:, g], mean[:, g], log_variance[:, g]) for g in groups])
    weights = torch.full((count, count), math.log((size - 1) / (count - 1) / size), dtype=z.dtype, device=z.device)
    weights.fill_diagonal_(-math.log(size))
    joint = torch.logsumexp(parts.sum(0) + weights, dim=1)
    return (joint - torch.logsumexp(parts + weights, dim=2).sum(0)).mean()


def _log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log q(z_i | r_j) up to a constant, (B, B)."""
    precision = (-log_variance).exp()
    own = (mean**2 * precision + log_variance).sum(1)
    return z @ (mean * precision).T - 0.5 * (z**2 @ precision.T + own)


def gaussian_partial_correlation(covariance: Tensor, groups: Sequence[slice]) -> Tensor:
    """The closed form for a Gaussian z with this covariance (D, D), nats: (sum_g log det S_g - log det S) / 2."""
    parts = sum(torch.linalg.slogdet(covariance[g, g])[1] for g in groups)
    return 0.5 * (parts - torch.linalg.slogdet(covariance)[1])
