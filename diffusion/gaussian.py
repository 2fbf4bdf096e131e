"""Denoisers of Gaussian and Gaussian-mixture priors with linear-Gaussian responses, in any dimension."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..models.arrays import Array, as_real_array
from .denoiser import Denoiser, Posterior, Scales, column, device_named, float_type
from .denoiser import normal as _randn
from .eigenvectors import eigen_of_covariance
from .encoders import Encoder, LinearGaussian, as_numpy
from .linear_control import LinearControl
from .whitened import Whitened

#: A direction is empty if its variance is below this share of the largest; a stimulus is outside if it lies further
#: along one than this many standard deviations of the widest direction.
_SINGULAR, _OUTSIDE = 1e-11, 1e-5


class MixtureDenoiser(Denoiser):
    """X ~ a mixture of C Gaussians, R = W X + Gaussian noise.

    Parameters
    ----------
    weights : (C,) probabilities of the components
    means : (C, d)
    covs : (C, d, d), symmetric, positive semi-definite
    encoder : LinearGaussian
    device, dtype : where to compute, and in which precision

    Raises
    ------
    ModelError
        Shapes do not fit, or p(X|r) has no closed form for this encoder (Poisson responses).

    Notes
    -----
    Each component c has its own posterior. With A = C_c, E[X|xg, c] = m_c + A (A + g I)^-1 (xg - m_c), computed in the
    basis of A's eigenvectors. A response replaces m_c and C_c by those of p(X|r, c) and adds log p(r|c) to the
    component's log weight.
    """

    encoder: LinearGaussian
    knows_variance = True
    knows_posterior = True

    def __init__(
        self,
        weights: Any,
        means: Any,
        covs: Any,
        encoder: Encoder,
        *,
        device: Any = "cpu",
        dtype: torch.dtype = torch.float64,
    ) -> None:
        m = as_real_array(as_numpy(means), "means", (None, None), "(C, d)")
        count, d = m.shape
        cov = as_real_array(as_numpy(covs), "covs", (count, d, d), "(C, d, d)")
        p = as_real_array(as_numpy(weights), "weights", (count,), "(C,)")
        if (p < 0).any() or abs(p.sum() - 1) > 1e-6:
            raise ModelError(f"weights sum to {p.sum():.9g}; expected a distribution over the components")
        seen_by = _checked_encoder(encoder, d)
        keep = p > 0
        p, m, cov = p[keep] / p[keep].sum(), m[keep], cov[keep]
        self.jointly_gaussian = len(p) == 1
        self.dimensions, self.device, self.dtype = d, device_named(device), float_type(dtype)
        self._rounding = torch.finfo(self.dtype).eps
        self.encoder = seen_by.to(self.device, dtype)
        prior = [eigen_of_covariance(c, f"covs[{i}]") for i, c in enumerate(cov)]
        w, s = (np.asarray(part.cpu().double().numpy()) for part in (seen_by.weights, seen_by.noise))
        whiten = np.linalg.inv(np.linalg.cholesky(s))  # responses in units of their noise
        seen = [Whitened.of(vectors * np.sqrt(values), whiten @ w, self._rounding) for values, vectors in prior]
        self.log_weights = self.tensor(np.log(p))
        self.means = self.tensor(m)
        self.values, self.vectors = (self.tensor(np.stack(part)) for part in zip(*prior))  # (C, d), (C, d, d)
        self.given_values, self.given_vectors, self.kalman, self.seen_axes, self.strengths = (
            self.tensor(np.stack(part)) for part in zip(*([*one.given(), one.axes, one.strength**2] for one in seen))
        )  # kalman: (C, d, k), of responses in units of their noise, as are the axes (C, k, m)
        self.whiten = self.tensor(whiten)
        self.log_noise = float(-np.log(np.diag(whiten)).sum())
        self._moments, self._seen = (p, m, cov, w, s), seen
        self._covariance = np.einsum("c,cij->ij", p, cov) + np.einsum("c,ci,cj->ij", p, m - p @ m, m - p @ m)
        largest = max(float(values.max()) for values, _ in prior)
        self.finest = float(self.given_values.min())
        self.is_density = bool((self.values > _SINGULAR * largest).all())
        self.rare_nats = 0.0 if len(p) == 1 else 1 + float(np.log(p.max() / p.min()))

    # -- the posterior --------------------------------------------------------------------------------------------

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        return self.posterior(xg, gamma, r).mean

    def posterior(
        self,
        xg: Tensor,
        gamma: Tensor,
        r: Tensor | None = None,
        *,
        variance: bool = False,
        draw: bool = False,
        normal: bool = False,
        generator: torch.Generator | None = None,
    ) -> Posterior:
        g = column(gamma, xg)[:, None]  # (B, 1, 1)
        log_weight, means, values, vectors = self._components(r)
        offset = torch.einsum("bcd,cdk->bck", xg[:, None] - means, vectors)  # (B, C, d) in each component's eigenbasis
        total = values + g
        log_weight = log_weight - 0.5 * (offset**2 / total + total.log()).sum(-1)
        share = torch.softmax(log_weight, dim=1)  # (B, C)
        centre = means + torch.einsum("bck,cdk->bcd", values / total * offset, vectors)
        mean = (share[..., None] * centre).sum(1)
        left = values * g / total
        result = Posterior(mean)
        if variance:
            within = torch.einsum("bck,cdk->bcd", left, vectors**2)
            result.variance = (share[..., None] * (within + (centre - mean[:, None]) ** 2)).sum(1)
        if draw:

            def again() -> Tensor:
                c = torch.multinomial(share, 1, generator=generator)[:, 0]
                return self._around(centre, left, vectors, c, generator)

            result.draw, result.again = again(), again
        if normal:
            # Covariance = sum_c share_c (within_c + between_c): a draw is a sum of independent draws of the parts.
            noise = _randn(left.shape, left, generator)
            within = torch.einsum("bck,cdk->bcd", left.sqrt() * noise, vectors)
            lone = _randn(share.shape, share, generator)[..., None]
            between = (centre - mean[:, None]) * lone
            result.normal = mean + (share[..., None].sqrt() * (within + between)).sum(1)
        return result

    def _components(self, r: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log weights (B or 1, C), means (B or 1, C, d), eigenvalues and eigenvectors of each component."""
        if r is None:
            return self.log_weights[None], self.means[None], self.values, self.vectors
        surprise = self._surprise(r)
        means = self.means + torch.einsum("cdk,bck->bcd", self.kalman, surprise)
        return self._log_joint(surprise), means, self.given_values, self.given_vectors

    def _surprise(self, r: Tensor) -> Tensor:
        """R - E[R|c] of each component c in units of the noise, (B, C, k)."""
        return (r[:, None] - self.means @ self.encoder.weights.T) @ self.whiten.T

    def _log_joint(self, surprise: Tensor) -> Tensor:
        """Log p(r, c) of each component c up to a constant, (B, C)."""
        along = torch.einsum("bck,ckm->bcm", surprise, self.seen_axes)
        across = surprise - torch.einsum("bcm,ckm->bck", along, self.seen_axes)
        square = (across**2).sum(2) + (along**2 / (1 + self.strengths)).sum(2)
        return self.log_weights - 0.5 * square - 0.5 * self.strengths.log1p().sum(1)

    def _around(
        self, centre: Tensor, spread: Tensor, vectors: Tensor, c: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        """A draw (B, d) from the given component c (B,) of each row.

        Components have means `centre` (B, C, d) and, along `vectors`, variances `spread` (B or 1, C, d).
        """
        rows = torch.arange(len(c), device=c.device)
        spread = spread.expand(centre.shape)[rows, c]
        noise = spread.clamp_min(0).sqrt() * _randn(spread.shape, spread, generator)
        out = torch.empty_like(noise)
        for i in torch.unique(c).tolist():
            out[c == i] = noise[c == i] @ vectors[i].T
        return centre.expand(len(c), -1, -1)[rows, c] + out

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        c = torch.multinomial(self.log_weights.exp().expand(count, -1), 1, generator=generator)[:, 0]
        centre = self.means.expand(count, -1, -1)
        return self._around(centre, self.values[None], self.vectors, c, generator)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        log_weight, means, values, vectors = self._components(r)
        c = torch.multinomial(torch.softmax(log_weight, dim=1), 1, generator=generator)[:, 0]
        return self._around(means, values[None], vectors, c, generator)

    # -- what else follows ----------------------------------------------------------------------------------------

    @cached_property
    def control(self) -> LinearControl:  # type: ignore[override]
        return LinearControl(self.tensor(self._covariance), self.encoder)

    def scales(self, x: Tensor) -> Scales:
        """The levels at which two bounds equal the information, over the components and the whole mixture.

        The information below g is at most ``g tr J / 2``, and that above g at most ``tr Cov(E[X|R]) / 2g``.
        """
        _, m, _, w, _ = self._moments
        self._check_support(x)
        drive = np.asarray(self.whiten.cpu().double().numpy()) @ w
        fisher = float((drive**2).sum())
        values, vectors = np.linalg.eigh(self._covariance)
        low, high = np.inf, 0.0
        for seen in [*self._seen, Whitened.of(vectors * np.sqrt(values.clip(0)), drive, self._rounding)]:
            information, removed = seen.information(), seen.removed()
            if information > 1e-300 and removed > 0:
                low = min(low, 2 * information / fisher)
                high = max(high, removed / (2 * information))
        if not np.isfinite(low):
            low = high = 1.0  # there is no information at any level
        # Narrow directions carry their little information at lower levels; far components are confused at high ones.
        further = math.log(max(1.0, min(low / max(self.finest, 1e-300), 1e4)))
        apart = ((m[:, None] - m) ** 2).sum(axis=2).max()
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        return Scales(low * ones, max(high, low, apart / 2) * ones, below=8 + further, finest=self.finest)

    def response_moments(self) -> tuple[Array, Array, Array]:
        """Weights (C,), means (C, k) and covariances (C, k, k) of the responses, which are a mixture too."""
        p, m, cov, w, s = self._moments
        return p, m @ w.T, np.stack([w @ c @ w.T + s for c in cov])

    def _check_support(self, x: Tensor) -> None:
        """Raise `ModelError` where x lies outside the subspaces of singular covariances."""
        offset = torch.einsum("ncd,cdk->nck", x[:, None] - self.means, self.vectors)
        empty = self.values <= _SINGULAR * self.values.amax(1, keepdim=True)
        unit = self.values.amax(1, keepdim=True).sqrt() + torch.finfo(self.dtype).eps * x.abs().max() / _OUTSIDE
        outside = ((offset.abs() > _OUTSIDE * unit) & empty).any(2).all(1)
        if outside.any():
            raise ModelError(
                f"stimulus {int(outside.nonzero()[0])} is not in the support of the prior, whose covariance is "
                "singular; information is defined in its support only"
            )

    def prior_moments(self) -> tuple[Array, Array, Array]:
        """Weights (C,), means (C, d) and covariances (C, d, d) of the stimuli."""
        return self._moments[:3]

    def centred(self) -> tuple[Denoiser, Tensor]:
        p, m = self._moments[:2]
        centre = p @ m
        copy = object.__new__(type(self))
        vars(copy).update(vars(self), means=self.tensor(m - centre), _moments=(p, m - centre, *self._moments[2:]))
        return copy, self.tensor(centre)

    def feature_information(self) -> Array:
        """I_i in closed form for one Gaussian, half the diagonal of ``logm(C) - logm(C_r)``, (d,), nats.

        Raises
        ------
        ModelError
            There are several components, or the covariance is singular.
        """
        if len(self.means) > 1:
            raise ModelError("the information of a mixture has no closed form")
        values, vectors = (np.asarray(part[0].cpu(), dtype=float) for part in (self.values, self.vectors))
        given, turned = (np.asarray(part[0].cpu(), dtype=float) for part in (self.given_values, self.given_vectors))
        if not values.min() > 0:
            raise ModelError("the covariance is singular; its logarithm is not finite")
        return np.asarray(0.5 * (vectors**2 @ np.log(values) - turned**2 @ np.log(given)))

    def mutual_information(self, samples: int = 20_000, seed: int = 0) -> tuple[float, float]:
        """I(R;X) in nats and its standard error, by Monte Carlo over responses, whose density is known.

        Parameters
        ----------
        samples : pairs (x, r) to draw
        seed : the same seed gives the same numbers
        """
        generator = self.generator(seed)
        x = self.draw_prior(samples, generator)
        r = self.encoder.sample(x, generator)
        log = self._log_joint(self._surprise(r)) - 0.5 * r.shape[1] * math.log(2 * math.pi) - self.log_noise
        found = self.encoder.log_likelihood(r, x) - torch.logsumexp(log, dim=1)
        return float(found.mean()), float(found.std() / samples**0.5)

    def response_side(self) -> Denoiser:
        from .response_side import GaussianResponses

        return GaussianResponses(*self.response_moments(), self, self.encoder)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.means)} components in R^{self.dimensions}, {self.encoder!r})"


class GaussianDenoiser(MixtureDenoiser):
    """X ~ N(mean, cov), R = W X + Gaussian noise: a `MixtureDenoiser` of one component.

    Parameters
    ----------
    mean : (d,)
    cov : (d, d), symmetric, positive semi-definite
    encoder : LinearGaussian
    device, dtype : as for `MixtureDenoiser`
    """

    def __init__(
        self, mean: Any, cov: Any, encoder: Encoder, *, device: Any = "cpu", dtype: torch.dtype = torch.float64
    ) -> None:
        m = as_real_array(as_numpy(mean), "mean", (None,), "(d,)")
        c = as_real_array(as_numpy(cov), "cov", (len(m), len(m)), "(d, d)")
        super().__init__(np.ones(1), m[None], c[None], encoder, device=device, dtype=dtype)


def _checked_encoder(encoder: Encoder, d: int) -> LinearGaussian:
    if not isinstance(encoder, LinearGaussian):
        raise ModelError(
            f"p(X|r) has no closed form for {type(encoder).__name__} responses to a Gaussian stimulus; expected "
            "LinearGaussian (or give a finite set of stimuli: FiniteSetDenoiser)"
        )
    if encoder.dimensions != d:
        raise ModelError(f"the encoder sees stimuli in R^{encoder.dimensions}, the prior is on R^{d}")
    return encoder
