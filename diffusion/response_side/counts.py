"""The denoiser of responses that are Poisson counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..denoiser import Scales
from ..encoders import LOWEST_LOG_RATE
from .given_stimulus import BLOCK, GivenStimulus

if TYPE_CHECKING:
    from ..encoders import LinearNonlinearPoisson
    from ..finite_set import FiniteSetDenoiser


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
        most = max(1, BLOCK // (self.rates.numel() * len(self.counts)))
        means, variances = [], []
        for a, b in zip(torch.split(rg, most), torch.split(g, most)):
            total, mean, variance = self._given_rates(a[:, None], b[:, None], self.rates[None])
            share = torch.softmax(total.sum(-1) + self.log_prior, dim=1)[..., None]
            centre = (share * mean).sum(1)
            means.append(centre)
            variances.append((share * (variance + (mean - centre[:, None]) ** 2)).sum(1))
        return torch.cat(means), torch.cat(variances)

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        most = max(1, BLOCK // (self.dimensions * len(self.counts)))
        pieces = zip(*(torch.split(value, most) for value in (rg, g, self.neurons.rates(x))))
        mean, variance = (torch.cat(part) for part in zip(*(self._given_rates(*piece)[1:] for piece in pieces)))
        return mean, variance

    def scales(self, x: Tensor) -> Scales:
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        spread = float(self.rates.mean(0).sum() + self.rates.var(0, unbiased=False).sum())
        return Scales(ones / 16, max(spread, 1 / 16) * ones, below=3.5)
