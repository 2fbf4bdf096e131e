"""`GivenStimulus`: a denoiser of the response R, given x."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..denoiser import Denoiser, Posterior, Unknown, column

#: Largest number of entries of a (noisy responses, components, counts) array held at once.
BLOCK = 1 << 22


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

    def _marginal(self, rg: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _own(self, rg: Tensor, g: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError
