"""The Gaussian closure: E_r[D_i^2 | xg] as if X given xg were Gaussian and the neurons linear; no response is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser
from ..second_moments import linear_gain, mean_and_seen, passes_of_moments
from .sampler import Sampler


@dataclass(frozen=True)
class Closure(Sampler):
    """The gain of the best linear estimate: diag[C A' (A C A' + I)^-1 A C] with C = Cov(X|xg).

    A are the slopes of the responses, in units of their noise, at xhat(xg). Exact where X and R are jointly Gaussian.
    With linear-Gaussian neurons and exact C it is a lower bound at each xg, feature by feature, since no linear
    estimate explains more variance than E[X|xg, r]. Elsewhere it is no bound. It needs xhat(xg) alone.
    """

    name = "closure"
    through_denoiser = True

    def exact_for(self, denoiser: Denoiser) -> bool:
        return denoiser.jointly_gaussian

    def passes(self, denoiser: Denoiser) -> int:
        return passes_of_moments(denoiser)

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        _, slopes, seen = mean_and_seen(denoiser, denoiser.encoder, xg, gamma)
        return linear_gain(seen, slopes)[1]


SAMPLER = Closure
