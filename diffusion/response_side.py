"""Denoisers of the response, E[R | Rg] and E[R | Rg, x], derived from a stimulus denoiser's model (for I_sp).

Each is a `Denoiser` whose "stimulus" is R and whose "response" is x. A discrete R is placed on the corners of a simplex
(one-hot) or, for counts, on the whole numbers; its entropies do not depend on the placement. `Denoiser.response_side`
gives the one of a denoiser, and `Encoder.responses_of_set` the one of an encoder and a finite set of stimuli.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .denoiser import Denoiser, Posterior, Scales, Unknown, column
from .encoders import LOWEST_LOG_RATE, LinearGaussian, LinearNonlinearPoisson, TableEncoder
from .finite_joint import FiniteJoint
from .gaussian import MixtureDenoiser

if TYPE_CHECKING:
    from .finite_set import FiniteSetDenoiser

#: Largest number of entries of a (noisy responses, components, counts) array held at once.
_BLOCK = 1 << 22
#: Most and fewest dimensions in which listed responses are placed, and most coordinates of all (as far as it allows).
_CORNERS, _FEWEST_CORNERS, _COORDINATES = 24, 4, 1024


class GivenStimulus(Denoiser):
    """A denoiser of R. A subclass gives the mean and variance of R given Rg (`_marginal`), and given x too (`_own`)."""

    knows_variance = True

    def __init__(self, source: Denoiser) -> None:
        self.encoder, self.dimensions = source.encoder, source.encoder.responses
        self.device, self.dtype = source.device, source.dtype
        self.source, self.rare_nats = source, source.rare_nats

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        return self.posterior(xg, gamma, r).mean

    def posterior(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None, **wants: Any) -> Posterior:
        if wants.get("draw") or wants.get("normal"):
            raise Unknown("denoisers of responses do not draw posterior samples")
        mean, variance = self._marginal(xg, column(gamma, xg)) if r is None else self._own(xg, column(gamma, xg), r)
        return Posterior(mean, variance)

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return self.encoder.sample(self.source.draw_prior(count, generator), generator)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.encoder.sample(r, generator)

    def joint(self, x: Tensor) -> FiniteJoint | None:
        """The joint of the source with stimuli and responses exchanged, where the responses are counts or labels."""
        seen = self.source.joint(x) if self.encoder.discrete else None
        if seen is None or seen.at is None or seen.likelihoods is not None:
            return None
        chance = seen.table @ seen.prior
        table = seen.table[chance > 0]
        chance = chance[chance > 0]
        places = torch.eye(len(chance))
        if len(chance) > _CORNERS:  # almost as far from one another
            d = max(_FEWEST_CORNERS, min(_CORNERS, _COORDINATES // len(chance)))
            places = torch.randn(len(chance), d, generator=torch.Generator().manual_seed(0))
        own = torch.nn.functional.one_hot(seen.at, len(seen.prior)).to(table.dtype)
        return FiniteJoint(places.to(table), chance.log(), (table * seen.prior / chance[:, None]).T, own, None)

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


class GaussianResponses(GivenStimulus):
    """R is a mixture of Gaussians; R given x is N(W x, S)."""

    def __init__(self, weights: Array, means: Array, covs: Array, source: Denoiser, encoder: LinearGaussian) -> None:
        super().__init__(source)
        self.neurons = encoder
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
        centre = x @ self.neurons.weights.T
        shrink = self.noise_values / (self.noise_values + g)
        mean = centre + ((rg - centre) @ self.noise_vectors * shrink) @ self.noise_vectors.T
        return mean, (shrink * g) @ (self.noise_vectors**2).T

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        low = float(self.noise_values.min())
        return Scales(low * ones, max(self.high, low) * ones)


class CountResponses(GivenStimulus):
    """R is Poisson, independent given x; over a finite set of stimuli it is a mixture of such."""

    def __init__(self, source: FiniteSetDenoiser, encoder: LinearNonlinearPoisson) -> None:
        super().__init__(source)
        self.neurons = encoder
        self.rates = encoder.rates(source.stimuli.to(self.dtype))
        top = float(self.rates.max())
        self.counts = torch.arange(int(top + 12 * top**0.5 + 25), dtype=self.dtype, device=self.device)
        self.log_prior = source.log_prior

    def _given_rates(self, rg: Tensor, g: Tensor, rates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log p(rg|rates), and mean and variance of each count, (..., k); the rates broadcast against rg."""
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
        most = max(1, _BLOCK // (self.dimensions * len(self.counts)))
        pieces = zip(*(torch.split(value, most) for value in (rg, g, self.neurons.rates(x))))
        mean, variance = (torch.cat(part) for part in zip(*(self._given_rates(*piece)[1:] for piece in pieces)))
        return mean, variance

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        spread = float(self.rates.mean(0).sum() + self.rates.var(0, unbiased=False).sum())
        return Scales(ones / 16, max(spread, 1 / 16) * ones, below=3.5)


class TableResponses(GivenStimulus):
    """R is one of K labels, on the corners of a simplex."""

    def __init__(self, source: FiniteSetDenoiser, encoder: TableEncoder) -> None:
        super().__init__(source)
        self.table = encoder
        rows = encoder.probabilities(source.stimuli.to(self.dtype))
        self.log_marginal = (source.log_prior.exp() @ rows).log()

    def _weigh(self, rg: Tensor, g: Tensor, log: Tensor) -> tuple[Tensor, Tensor]:
        # |r_k|^2 is 1 at every corner, so only the inner product counts.
        chance = torch.softmax(rg / g + log, dim=1)
        return chance, chance * (1 - chance)

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        return self._weigh(rg, g, self.log_marginal)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return self._weigh(rg, g, self.table.probabilities(x).log())

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        return Scales(ones / 8, ones / 2, below=3.5)
