"""`Guide`: what is added to a denoiser's xhat so that the generated image has given latents z*.

All guides estimate ``s^2 grad_y log p(z*|y)``, which is ``E[X|y, z*] - E[X|y]`` exactly. Mutual information guidance
with the optimal critic, likelihood guidance with the true law, and classifier-free guidance are therefore the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from ..denoiser import Denoiser, column

#: f(x, z): images (B, d) and latents (B, k) to scores (B,); (B, 1, d) and (1, n, k) broadcast to (B, n).
Critic = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Guide:
    """Base of all guides.

    Attributes
    ----------
    z : (B, k) the latents that the images are to have
    """

    z: Tensor

    def shift(self, denoiser: Denoiser, y: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
        """Xhat of noisy images y (B, d) at levels gamma (B,), and what a scale of 1 adds to it, (B, d) each."""
        raise NotImplementedError

    def is_convex(self, denoiser: Denoiser, scale: float) -> bool:
        """Whether the guided xhat is the gradient of a convex function of y, so that each step can be inverted."""
        return False

    def at(self, rows: Tensor) -> Self:
        """The guide of some rows of the batch."""
        return replace(self, z=self.z[rows])


@dataclass(frozen=True)
class Exact(Guide):
    """``E[X|y, z*] - E[X|y]``, from a denoiser whose responses are the latents.

    With an exact denoiser this is exact mutual information guidance; with a conditional network, classifier-free
    guidance.

    Attributes
    ----------
    z : (B, k)
    source : the denoiser that knows the latents, if it is not the one that generates
    """

    source: Denoiser | None = None

    def shift(self, denoiser: Denoiser, y: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
        if self.source is None:
            plain = denoiser.xhat(y, gamma)
            return plain, denoiser.xhat(y, gamma, self.z) - plain
        seen, level = self.source.tensor(y), self.source.tensor(gamma)
        added = self.source.xhat(seen, level, self.z) - self.source.xhat(seen, level)
        return denoiser.xhat(y, gamma), added.to(y)

    def is_convex(self, denoiser: Denoiser, scale: float) -> bool:
        # (1 - w) E[X|y] + w E[X|y, z] is a mean of two gradients of convex functions.
        return self.source is None and denoiser.knows_posterior and 0 <= scale <= 1


@dataclass(frozen=True)
class PlugIn(Guide):
    """``s^2 grad_y F(xhat(y))``: a score F of clean images stands for that of noisy ones.

    Where the posterior of X given y is broad, this is far from ``s^2 grad_y log p(z*|y)``.

    Attributes
    ----------
    z : (B, k)
    detached : leave out the derivative of xhat, as if ``dxhat / dy`` were the identity
    """

    detached: bool = False

    def score(self, x: Tensor) -> Tensor:
        """F of images (B, d), (B,): log p(z*|x) up to a constant."""
        raise NotImplementedError

    def shift(self, denoiser: Denoiser, y: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            point = y.detach().requires_grad_(True)
            plain = denoiser.xhat(point, gamma)
            if self.detached:
                point = plain.detach().requires_grad_(True)
                plain = point
            (slope,) = torch.autograd.grad(self.score(plain).sum(), point)
        return plain.detach(), self.length(column(gamma, y)) * slope

    def length(self, gamma: Tensor) -> Tensor:
        """The factor on the gradient, at levels (B, 1)."""
        return gamma


@dataclass(frozen=True)
class ByCritic(PlugIn):
    """The log ratio ``log p(z*|x) / p(z*)`` by a critic: ``f(x, z*) - log mean_j exp f(x, z_j)``.

    A critic trained with InfoNCE is the log ratio only up to an arbitrary c(x), which this difference cancels.

    Attributes
    ----------
    z : (B, k)
    critic : f(x, z)
    negatives : (n, k) latents drawn from p(z)
    raw : leave out the negatives, and so keep c(x)
    """

    critic: Critic | None = None
    negatives: Tensor | None = None
    raw: bool = False

    def score(self, x: Tensor) -> Tensor:
        assert self.critic is not None
        own = self.critic(x, self.z)
        if self.raw or self.negatives is None:
            return own
        return own - torch.logsumexp(self.critic(x[:, None], self.negatives[None]), dim=1)


@dataclass(frozen=True)
class ByLikelihood(PlugIn):
    """``log p(z*|x)`` with p(z|x) Gaussian.

    Attributes
    ----------
    z : (B, k)
    mean : E[z|x] of images (B, d), (B, k), differentiable
    precision : (k, k) inverse covariance of z given x
    """

    mean: Callable[[Tensor], Tensor] | None = None
    precision: Tensor | None = None

    def score(self, x: Tensor) -> Tensor:
        assert self.mean is not None
        assert self.precision is not None
        off = self.z - self.mean(x)
        return -0.5 * ((off @ self.precision) * off).sum(1)


@dataclass(frozen=True)
class AsReleased(ByCritic):
    """The rule of MIG-Vis's released code: detached, without ``sqrt(1 - abar)``, a few negatives drawn at each step.

    In the variance-exploding form its length is ``s sqrt(1 + s^2)`` in the place of ``s^2``, so that no single scale
    suits all levels. The score counts z* among the negatives, and cannot exceed their log number.

    Attributes
    ----------
    z, critic : as for `ByCritic`
    negatives : (n, k) latents drawn from p(z), of which each step draws `drawn`
    generator : of these draws
    """

    detached: bool = True
    drawn: int = 10
    generator: torch.Generator | None = None

    def score(self, x: Tensor) -> Tensor:
        assert self.critic is not None
        assert self.negatives is not None
        chosen = torch.randint(len(self.negatives), (self.drawn,), generator=self.generator)
        own = self.critic(x, self.z)
        others = self.critic(x[:, None], self.negatives[chosen][None])
        return own - torch.logsumexp(torch.cat([own[:, None], others], dim=1), dim=1)

    def length(self, gamma: Tensor) -> Tensor:
        return (gamma * (1 + gamma)).sqrt()
