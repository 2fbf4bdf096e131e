"""The neurons of a `stiminfo.Population` as an encoder, for stimuli that span three dimensions or more."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...models.population import Population
from .encoder import Encoder

#: Natural parameter in place of an infinite one: what a stimulus forbids gets the log probability -1e6.
_FORBIDDEN = 1e6


class PopulationEncoder(Encoder):
    """The responses of a population to its own stimuli; elsewhere, those to the nearest of them."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.dimensions, self.responses = population.dimensions, len(population.rates)
        natural, partition = population.law.natural()
        never, always = np.isneginf(natural), np.isposinf(natural)
        natural = np.where(never, -_FORBIDDEN, np.where(always, _FORBIDDEN, natural))
        partition = np.where(never, 0.0, np.where(always, _FORBIDDEN, partition))
        self.stimuli = torch.tensor(population.stimuli)
        self.eta, self.offset = torch.tensor(natural.T.copy()), torch.tensor(partition.sum(axis=0))

    def _places(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, self.dimensions)
        # cdist's fast mode is a matrix product, whose rounding confuses close stimuli.
        return torch.cdist(flat, self.stimuli, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        places = self._places(x)
        return self.eta[places].reshape(*x.shape[:-1], -1), self.offset[places].reshape(x.shape[:-1])

    def base(self, r: Tensor) -> Tensor:
        return torch.zeros_like(r[..., 0])

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        seed = int(torch.randint(2**62, (), generator=generator, device=x.device))
        law = self.population.law.at(self._places(x).cpu().numpy())
        return torch.tensor(law.draw(np.random.default_rng(seed))).to(x).reshape(*x.shape[:-1], self.responses)
