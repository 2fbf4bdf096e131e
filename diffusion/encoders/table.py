"""The likelihood table of a finite joint distribution as an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import as_real_array
from ..denoiser import Denoiser
from .encoder import Encoder, as_numpy

if TYPE_CHECKING:
    from ..finite_set import FiniteSetDenoiser


class TableEncoder(Encoder):
    """The likelihood table of a finite joint distribution; a response is one-hot, so k is the number of responses.

    Only approximations such as the plug-in ask for the likelihood between the stimuli of the table. There it is
    interpolated linearly in one dimension, and is that of the nearest stimulus in more.

    Parameters
    ----------
    stimuli : (J, d)
    likelihood : (K, J)
    """

    discrete = True

    def __init__(self, stimuli: Any, likelihood: Any) -> None:
        x = as_real_array(as_numpy(stimuli), "stimuli", (None, None), "(J, d)")
        table = as_real_array(as_numpy(likelihood), "likelihood", (None, len(x)), "(K, J)")
        order = np.argsort(x[:, 0], kind="stable") if x.shape[1] == 1 else np.arange(len(x))
        self.stimuli = torch.tensor(x[order])
        self.table = torch.tensor(np.ascontiguousarray(table.T[order]))
        self.responses, self.dimensions = len(table), x.shape[1]

    def to(self, device: Any = None, dtype: torch.dtype | None = None) -> Self:
        copy = super().to(device, dtype)
        if len(torch.unique(copy.stimuli, dim=0)) < len(self.stimuli):
            raise ModelError(f"some stimuli are the same in {copy.stimuli.dtype}; merge them or compute in float64")
        return copy

    def probabilities(self, x: Tensor) -> Tensor:
        """p(r|x), (..., d) to (..., K)."""
        flat = x.reshape(-1, self.dimensions)
        if self.dimensions > 1 or len(self.stimuli) == 1:
            # cdist's fast mode is a matrix product, whose rounding confuses close stimuli.
            apart = torch.cdist(flat, self.stimuli, compute_mode="donot_use_mm_for_euclid_dist")
            rows = self.table[apart.argmin(dim=1)]
        else:
            nodes = self.stimuli[:, 0].contiguous()
            right = torch.searchsorted(nodes, flat[:, 0].contiguous()).clamp(1, len(nodes) - 1)
            low, high = nodes[right - 1], nodes[right]
            share = ((flat[:, 0] - low) / (high - low)).clamp(0, 1)[:, None]
            rows = torch.lerp(self.table[right - 1], self.table[right], share)
        return rows.reshape(*x.shape[:-1], self.responses)

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        p = self.probabilities(x)
        # Not -inf where p is 0: 0 times -inf would be NaN.
        log = p.clamp_min(torch.finfo(x.dtype).tiny).log()
        return torch.where(p > 0, log, torch.full_like(log, -1e6)), torch.zeros_like(x[..., 0])

    def base(self, r: Tensor) -> Tensor:
        return torch.zeros_like(r[..., 0])

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        chance = self.probabilities(x).reshape(-1, self.responses)
        drawn = torch.multinomial(chance, 1, generator=generator)[:, 0]
        return torch.nn.functional.one_hot(drawn, self.responses).to(x.dtype).reshape(*x.shape[:-1], self.responses)

    def outcomes(self, x: Tensor) -> Tensor | None:
        return self.probabilities(x).T

    def responses_of_set(self, source: FiniteSetDenoiser) -> Denoiser:
        from ..response_side import TableResponses

        return TableResponses(source, self)

    def __repr__(self) -> str:
        return f"TableEncoder({self.responses} responses, {len(self.stimuli)} stimuli in R^{self.dimensions})"
