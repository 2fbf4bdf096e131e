"""The plug-in sampler as published: r is drawn at xhat(xg)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser
from .sampler import Sampler


@dataclass(frozen=True)
class PlugIn(Sampler):
    """r ~ p(r | xhat(xg)), as published; biased. It always uses the squared gain."""

    name = "plug_in"
    through_denoiser = True

    def passes(self, denoiser: Denoiser) -> int:
        return 2

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        mean = denoiser.xhat(xg, gamma)
        r = denoiser.encoder.sample(mean, generator)
        return (denoiser.xhat(xg, gamma, r) - mean) ** 2


SAMPLER = PlugIn
