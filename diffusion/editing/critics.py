"""The best critic of a known world, made differentiable: latents of images that are not in the world are interpolated.

At the images of the world the log ratio is exact. Between them no law is known; a kernel interpolates the mean latents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..latents import ExactLatents, GroupChannel

#: Most images that the interpolation passes through; solving for its weights takes the cube of them in time.
_MOST_NODES = 4096
#: Added to the kernel's diagonal, which is 1: images that almost agree do not spoil the solution.
_JITTER = 1e-8
#: Latents of the world to which a critic compares z.
_NEGATIVES = 256


@dataclass(frozen=True, eq=False)
class MeanLatents:
    """E[z|x] of any image: a Gaussian kernel through the means m_n at the images x_n.

    Attributes
    ----------
    channel : the group of latents
    """

    channel: GroupChannel

    @cached_property
    def _solved(self) -> tuple[Tensor, Tensor, Tensor, float]:
        """Nodes (n, d), weights (n, k), the mean latent (k,), and the kernel's squared width."""
        x, means = self.channel.stimuli, self.channel.means
        if len(x) > _MOST_NODES:
            chosen = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:_MOST_NODES]
            x, means = x[chosen], means[chosen]
        apart = torch.cdist(x, x) ** 2
        width = float(apart.median())
        kernel = torch.exp(-apart / (2 * width)) + _JITTER * torch.eye(len(x), dtype=x.dtype)
        centre = means.mean(0)
        return x, torch.cholesky_solve(means - centre, torch.linalg.cholesky(kernel)), centre, width

    def __call__(self, x: Tensor) -> Tensor:
        """Images (..., d) to mean latents (..., k)."""
        nodes, weights, centre, width = self._solved
        flat = x.reshape(-1, nodes.shape[1]).to(nodes)
        # The square by its products: the derivative of a distance is infinite where it is 0.
        square = (flat**2).sum(1)[:, None] - 2 * flat @ nodes.T + (nodes**2).sum(1)
        found = torch.exp(-square / (2 * width)) @ weights + centre
        return found.reshape(*x.shape[:-1], -1)


@dataclass(frozen=True, eq=False)
class LogRatio:
    """The critic ``log p(z|x) / p(z)``, exact at the images of the world.

    Attributes
    ----------
    channel : the group of latents
    mean : E[z|x]
    """

    channel: GroupChannel
    mean: MeanLatents

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        """Images (B, d) and latents (B, k) to (B,); (B, 1, d) and (1, n, k) to (B, n)."""
        marginal = torch.logsumexp(self.channel.log_likelihoods(z.reshape(-1, z.shape[-1])), 1)
        off = z - self.mean(x)
        log = -0.5 * ((off @ self.channel.precision) * off).sum(-1) + self.channel.constant
        return log - marginal.reshape(z.shape[:-1]) + math.log(len(self.channel.means))


def log_ratio(latents: ExactLatents, of: str | Sequence[str]) -> LogRatio:
    """The best critic of a group, of several or of the whole latent."""
    channel = latents.channel(of)
    return LogRatio(channel, MeanLatents(channel))


def negatives(latents: ExactLatents, of: str | Sequence[str], generator: torch.Generator) -> Tensor:
    """Latents (n, k) of random images, to which a critic compares z."""
    index = torch.randint(len(latents.means), (_NEGATIVES,), generator=generator)
    return latents.draw(index, generator)[:, latents.groups.latents(of)]
