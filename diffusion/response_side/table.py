"""The denoiser of responses that are one of K labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..denoiser import Scales
from .given_stimulus import GivenStimulus

if TYPE_CHECKING:
    from ..encoders import TableEncoder
    from ..finite_set import FiniteSetDenoiser


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
