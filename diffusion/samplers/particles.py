"""E[X|xg, r] without learned responses: particles that the response leads through reverse diffusion, and their weights.

Each step draws from the Gaussian that X has given xg (`Matched`), conditioned on the response by neurons that are
linear near its mean. What that lacks, particles weigh: those whose next step predicts the response better count more
(sequential Monte Carlo with a twisted proposal; Wu et al. 2023, "Practical and asymptotically exact conditional
sampling in diffusion models").
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..denoiser import Denoiser, column
from ..denoiser import normal as randn
from ..encoders import Encoder
from ..mode import towards_mode
from ..second_moments import mean_and_eigen

#: Particles are drawn anew by their weights where fewer than this share of them count.
_FEW = 0.5
#: Steps of Fisher scoring from the mean towards the mode given the response, of neurons that are not linear.
_STEPS = 3


@dataclass
class Local:
    """X at N noisy stimuli as a Gaussian, and responses of neurons that are linear near a point.

    The likelihood is taken as ``exp(peak - |residual - A (x - mean)|^2 / 2)``, which has the value and the gradient of
    p(r|x) at the point and, in the place of its curvature, the Fisher information.

    Attributes
    ----------
    mean, values, vectors : (N, d), (N, d), (N, d, d), of X; the covariance's eigenvalues and eigenvectors
    slopes, residual : A, (N, k, d), and the residual, (N, k), at the mean, as in `Encoder.linearised`
    peak : (N,)
    """

    mean: Tensor
    values: Tensor
    vectors: Tensor
    slopes: Tensor
    residual: Tensor
    peak: Tensor

    def __post_init__(self) -> None:
        self.root = self.vectors * self.values.sqrt()[:, None]
        self.seen = self.slopes @ self.root
        unit = torch.eye(self.seen.shape[1], dtype=self.mean.dtype, device=self.mean.device)
        self.factor = torch.linalg.cholesky(self.seen @ self.seen.mT + unit)

    @classmethod
    def of(cls, moments: tuple[Tensor, Tensor, Tensor], encoder: Encoder, r: Tensor) -> Local:
        """From `mean_and_eigen` and responses (N, k); neurons that are not linear are so near E[X|xg, r], in steps."""
        mean, values, vectors = moments
        at, off = mean, torch.zeros_like(mean)
        slopes, residual = encoder.linearised(mean, r)
        if slopes.ndim == 3:
            root = vectors * values.sqrt()[:, None]
            off = (root @ towards_mode(encoder, mean, root, r, _STEPS)[..., None])[..., 0]
            at = mean + off
            slopes, residual = encoder.linearised(at, r)
        assert residual is not None
        peak = encoder.log_likelihood(r, at) + (residual**2).sum(1) / 2
        slopes = slopes.expand(len(mean), -1, -1)
        return cls(*moments, slopes, residual + (slopes @ off[..., None])[..., 0], peak)

    def rows(self, which: Tensor) -> Local:
        parts = (self.mean, self.values, self.vectors, self.slopes, self.residual, self.peak)
        return Local(*(part[which] for part in parts))

    def evidence(self) -> Tensor:
        """Log p(r), (N,)."""
        white = torch.linalg.solve_triangular(self.factor, self.residual[..., None], upper=False)[..., 0]
        return self.peak - (white**2).sum(1) / 2 - self.factor.diagonal(dim1=1, dim2=2).log().sum(1)

    def given_response(self, residual: Tensor | None = None) -> Tensor:
        """E[X|r], (N, d); of another residual if it is given."""
        asked = self.residual if residual is None else residual
        return self.mean + (self.root @ (self.seen.mT @ torch.cholesky_solve(asked[..., None], self.factor)))[..., 0]

    def draw(self, generator: torch.Generator) -> Tensor:
        """X given r, (N, d)."""
        z, noise = (randn(part.shape, part, generator) for part in (self.mean, self.residual))
        off = (self.root @ z[..., None])[..., 0]
        return off + self.given_response(self.residual - (self.seen @ z[..., None])[..., 0] - noise)

    def closure(self) -> Tensor:
        """The variance of E[X_i|R] over R, (N, d)."""
        white = torch.linalg.solve_triangular(self.factor, self.seen @ self.root.mT, upper=False)
        return (white**2).sum(1)

    def after(self, stepped: Tensor, shrunk: Tensor, noise: Tensor) -> Local:
        """The same, given ``shrunk * X + e`` with e ~ N(0, noise) as well; (N, d), and (N, 1) both."""
        off = ((stepped - shrunk * self.mean)[:, None] @ self.vectors)[:, 0]
        total = shrunk**2 * self.values + noise
        moved = (self.vectors @ (self.values * shrunk / total * off)[..., None])[..., 0]
        residual = self.residual - (self.slopes @ moved[..., None])[..., 0]
        return replace(self, mean=self.mean + moved, values=self.values * noise / total, residual=residual)


def weighed(local: Local, encoder: Encoder, r: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """E[X|r], (N, d), with the neurons as they are, by importance sampling.

    Half of the `draws` are of X, and half of X given r by linear neurons: where rates saturate, the latter are too
    close to each other.
    """
    rows, half = len(local.mean), draws // 2
    many = local.rows(torch.arange(rows, device=r.device).repeat_interleave(2 * half))
    blind = torch.arange(2 * half, device=r.device).repeat(rows)[:, None] < half
    z = randn(many.mean.shape, many.mean, generator)
    x = torch.where(blind, many.mean + (many.root @ z[..., None])[..., 0], many.draw(generator))
    missed = many.residual - (many.slopes @ (x - many.mean)[..., None])[..., 0]
    linear = many.peak - (missed**2).sum(1) / 2 - many.evidence()
    log = encoder.log_likelihood(r.repeat_interleave(2 * half, 0), x) - torch.nn.functional.softplus(linear)
    beyond = torch.softmax(log.reshape(rows, -1), 1) - 0.5 / half  # the mean of the draws is known
    known = (local.mean + local.given_response()) / 2
    return known + torch.einsum("bp,bpd->bd", beyond, x.reshape(rows, 2 * half, -1))


def step_down(x: Tensor, x0: Tensor, level: Tensor, lower: Tensor, generator: torch.Generator) -> Tensor:
    """A noisy stimulus at a lower level, given that at `level` and the stimulus x0, (N, d)."""
    a, b = column(level, x), column(lower, x)
    return b / a * x + (1 - b / a) * x0 + (b * (a - b) / a).sqrt() * randn(x.shape, x, generator)


def given_response(
    denoiser: Denoiser,
    start: Local,
    xg: Tensor,
    r: Tensor,
    ladder: Tensor,
    particles: int,
    generator: torch.Generator,
) -> Tensor:
    """E[X|xg, r], (B, d), by so many particles for each of B noisy stimuli.

    The mean of X given the response is known in the local Gaussian, at each step and after it. Only what it changes by
    beyond that is left to chance: where X is Gaussian and neurons are linear, nothing is.

    Parameters
    ----------
    start : at xg, (B, d)
    r : (B, k)
    ladder : (steps, B) levels, falling, the first of which is that of xg
    """
    rows = len(xg)
    which = torch.arange(rows, device=xg.device).repeat_interleave(particles)
    found, local, x, seen = start.given_response(), start.rows(which), xg[which], r[which]
    log = x.new_zeros(rows, particles)

    def mean(weights: Tensor, values: Tensor) -> Tensor:
        return torch.einsum("bp,bpd->bd", weights, values.reshape(rows, particles, -1))

    for a, b in zip(ladder[:-1, which], ladder[1:, which]):
        lower = step_down(x, local.draw(generator), a, b, generator)
        shrunk, noise = column(1 - b / a, x), column(b * (a - b) / a, x)
        expected = local.after(lower - column(b / a, x) * x, shrunk, noise)
        found = found - mean(torch.softmax(log, 1), expected.given_response())
        local, x = Local.of(mean_and_eigen(denoiser, lower, b), denoiser.encoder, seen), lower
        log = log + (local.evidence() - expected.evidence()).reshape(rows, particles)
        weights = torch.softmax(log, 1)
        found = found + mean(weights, local.given_response())
        few = 1 / (weights**2).sum(1) < _FEW * particles
        if few.any():
            kept = torch.arange(particles, device=x.device).repeat(rows, 1)
            kept[few] = torch.multinomial(weights[few], particles, replacement=True, generator=generator)
            flat = (kept + particles * torch.arange(rows, device=x.device)[:, None]).reshape(-1)
            local, x = local.rows(flat), x[flat]
            log = torch.where(few[:, None], 0.0, log)
    return found
