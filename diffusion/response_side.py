"""Denoisers of the response: E[R | Rg] and E[R | Rg, x], derived from a stimulus denoiser's own model (for I_sp).

Each is a `Denoiser` whose "stimulus" is R and whose "response" is x. A discrete R is put on the corners of a simplex
(one-hot) or, for counts, on the whole numbers: entropies do not depend on where.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .denoiser import Denoiser, Posterior, Scales, Unknown, column
from .encoders import LOWEST_LOG_RATE, Encoder, LinearGaussian, LinearNonlinearPoisson, TableEncoder
from .finite_set import FiniteSetDenoiser
from .gaussian import MixtureDenoiser

#: Entries of a (noisy responses, components, counts) array held at once.
_BLOCK = 1 << 22


class _GivenStimulus(Denoiser):
    """A denoiser of R whose conditional on x is R's own law p(r|x)."""

    knows_variance = True

    def __init__(self, source: Denoiser) -> None:
        self.encoder, self.dimensions = source.encoder, source.encoder.responses
        self.device, self.dtype = source.device, source.dtype
        self.source, self.rare_nats = source, source.rare_nats

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        return self.posterior(xg, gamma, r).mean

    def posterior(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None, **wants: Any) -> Posterior:
        if wants.get("draw") or wants.get("normal"):
            raise Unknown("response denoisers draw no posterior samples")
        mean, variance = self._marginal(xg, column(gamma, xg)) if r is None else self._own(xg, column(gamma, xg), r)
        return Posterior(mean, variance)

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return self.encoder.sample(self.source.draw_prior(count, generator), generator)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.encoder.sample(r, generator)

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


class _GaussianResponses(_GivenStimulus):
    """R a mixture of Gaussians; R given x is N(W x, S)."""

    def __init__(self, weights: Array, means: Array, covs: Array, source: Denoiser) -> None:
        super().__init__(source)
        encoder = source.encoder
        assert isinstance(encoder, LinearGaussian)
        blind = LinearGaussian(np.zeros((1, self.dimensions)), 1.0)
        self.mixture = MixtureDenoiser(weights, means, covs, blind, device=self.device, dtype=self.dtype)
        values, vectors = np.linalg.eigh(np.asarray(encoder.noise.cpu().double().numpy()))
        self.noise_values, self.noise_vectors = self.tensor(values), self.tensor(vectors)
        cov = np.einsum("c,cij->ij", weights, covs) + np.cov(means.T, aweights=weights, ddof=0).reshape(covs[0].shape)
        self.high = float(np.trace(cov))

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        most = max(1, _BLOCK // (len(self.mixture.means) * self.dimensions))
        parts = [
            self.mixture.posterior(a, b[:, 0], variance=True)
            for a, b in zip(torch.split(rg, most), torch.split(g, most))
        ]
        variances = [part.variance for part in parts if part.variance is not None]
        return torch.cat([part.mean for part in parts]), torch.cat(variances)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        encoder = self.encoder
        assert isinstance(encoder, LinearGaussian)
        centre = x @ encoder.weights.T
        shrink = self.noise_values / (self.noise_values + g)
        mean = centre + ((rg - centre) @ self.noise_vectors * shrink) @ self.noise_vectors.T
        return mean, (shrink * g) @ (self.noise_vectors**2).T

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        low = float(self.noise_values.min())
        return Scales(low * ones, max(self.high, low) * ones)


class _TableResponses(_GivenStimulus):
    """R one of K, on the corners of a simplex."""

    def __init__(self, source: FiniteSetDenoiser) -> None:
        super().__init__(source)
        encoder = source.encoder
        assert isinstance(encoder, TableEncoder)
        rows = encoder.probabilities(source.stimuli.to(self.dtype))
        self.log_marginal = (source.log_prior.exp() @ rows).log()

    def _weigh(self, rg: Tensor, g: Tensor, log: Tensor) -> tuple[Tensor, Tensor]:
        # |r_k|^2 is 1 at every corner, so only the inner product matters.
        chance = torch.softmax(rg / g + log, dim=1)
        return chance, chance * (1 - chance)

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        return self._weigh(rg, g, self.log_marginal)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        encoder = self.encoder
        assert isinstance(encoder, TableEncoder)
        return self._weigh(rg, g, encoder.probabilities(x).log())

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        return Scales(ones / 8, ones / 2, below=3.5)


class _CountResponses(_GivenStimulus):
    """R independent Poisson counts given x; a mixture of such over a finite set of stimuli."""

    def __init__(self, source: FiniteSetDenoiser) -> None:
        super().__init__(source)
        encoder = source.encoder
        assert isinstance(encoder, LinearNonlinearPoisson)
        self.rates = encoder.rates(source.stimuli.to(self.dtype))
        top = float(self.rates.max())
        self.counts = torch.arange(int(top + 12 * top**0.5 + 25), dtype=self.dtype, device=self.device)
        self.log_prior = source.log_prior

    def _given_rates(self, rg: Tensor, g: Tensor, rates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log p(rg|rates), mean and variance of each count, (..., k), for rates broadcast against rg."""
        c = self.counts
        log_rate = rates.log().clamp_min(LOWEST_LOG_RATE)
        log = c * log_rate[..., None] - rates[..., None] - torch.lgamma(c + 1)
        log = log - 0.5 * (rg[..., None] - c) ** 2 / g[..., None]
        total = torch.logsumexp(log, dim=-1)
        weight = (log - total[..., None]).exp()
        mean = weight @ c
        return total, mean, (weight @ c**2 - mean**2).clamp_min(0)

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        most = max(1, _BLOCK // (self.rates.numel() * len(self.counts)))
        means, variances = [], []
        for a, b in zip(torch.split(rg, most), torch.split(g, most)):
            total, mean, variance = self._given_rates(a[:, None], b[:, None], self.rates[None])
            share = torch.softmax(total.sum(-1) + self.log_prior, dim=1)[..., None]
            centre = (share * mean).sum(1)
            means.append(centre)
            variances.append((share * (variance + (mean - centre[:, None]) ** 2)).sum(1))
        return torch.cat(means), torch.cat(variances)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        encoder = self.encoder
        assert isinstance(encoder, LinearNonlinearPoisson)
        most = max(1, _BLOCK // (self.dimensions * len(self.counts)))
        parts = [
            self._given_rates(a, b, rates)[1:]
            for a, b, rates in zip(torch.split(rg, most), torch.split(g, most), torch.split(encoder.rates(x), most))
        ]
        mean, variance = (torch.cat(part) for part in zip(*parts))
        return mean, variance

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        spread = float(self.rates.mean(0).sum() + self.rates.var(0, unbiased=False).sum())
        return Scales(ones / 16, max(spread, 1 / 16) * ones, below=3.5)


def responses_of(denoiser: Denoiser) -> Denoiser:
    """The denoiser of a denoiser's responses; raises `Unknown` where none is derived."""
    if isinstance(denoiser, MixtureDenoiser):
        return _GaussianResponses(*denoiser.response_moments(), denoiser)
    if not isinstance(denoiser, FiniteSetDenoiser):
        return denoiser.response_side()
    encoder: Encoder = denoiser.encoder
    if isinstance(encoder, TableEncoder):
        return _TableResponses(denoiser)
    if isinstance(encoder, LinearNonlinearPoisson):
        return _CountResponses(denoiser)
    if isinstance(encoder, LinearGaussian):
        means = (denoiser.stimuli.to(denoiser.dtype) @ encoder.weights.T).cpu().double().numpy()
        noise = encoder.noise.cpu().double().numpy()
        covs = np.broadcast_to(noise, (len(means), *noise.shape))
        return _GaussianResponses(denoiser.log_prior.exp().cpu().double().numpy(), means, covs, denoiser)
    raise Unknown(f"no denoiser of the responses is derived for {type(encoder).__name__}")
