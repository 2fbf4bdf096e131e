"""A regression in place of drawn responses, and a function that fits one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from ..denoiser import Denoiser
from ..denoiser import normal as randn
from .sampler import NoSampler, Sampler

#: Levels at which a fitted regression is compared with draws, and batches of draws.
LEVELS, COMPARED = 16, 400


@dataclass(frozen=True)
class Amortised(Sampler):
    """A regression: ``predict(xg, gamma)`` approximates E_r[D_i^2 | xg], (B, d).

    Unbiased where the regression is exact. One draw is one pass.
    """

    predict: Callable[[Tensor, Tensor], Tensor]
    name = "amortised"

    @classmethod
    def for_denoiser(cls, denoiser: Denoiser) -> Amortised:
        """The regression that the denoiser has learned; raises `NoSampler` where it has learned none."""
        if denoiser.gain is None:
            raise NoSampler(
                "the amortised sampler has to be fitted to a denoiser first, in Python: "
                "sampler=fit_amortised(denoiser); the sampler 'posterior' needs no fit"
            )
        return cls(denoiser.gain)

    def centred(self, centre: Tensor) -> Amortised:
        return Amortised(lambda xg, gamma: self.predict(xg + centre, gamma))

    def passes(self, denoiser: Denoiser) -> int:
        return 1

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        return self.predict(xg, gamma)


def _hats(place: Tensor) -> Tensor:
    """Weights of linear interpolation between `LEVELS` knots, (B, LEVELS), of places between 0 and 1."""
    knots = torch.arange(LEVELS, dtype=place.dtype, device=place.device)
    return (1 - (place[:, None] * (LEVELS - 1) - knots).abs()).clamp(min=0)


def fit_amortised(
    denoiser: Denoiser, *, steps: int = 2000, batch: int = 512, width: int = 128, seed: int = 0
) -> Amortised:
    """Fit a small network to E_r[D_i^2 | xg] by least squares, with x0 ~ prior, r ~ p(r|x0), xg ~ N(x0, gamma).

    For priors of few dimensions from which the denoiser can draw. The network sees xg and log gamma and predicts
    ``D_i^2 / (gamma min(1, gamma))`` up to a scale, through a softplus, so that it stays finite at both ends.

    Parameters
    ----------
    steps, batch : steps of Adam, and draws per step
    width : units in each of the three hidden layers
    seed : the same seed gives the same network on the same device
    """
    generator = denoiser.generator(seed)
    scales = denoiser.scales(denoiser.draw_prior(64, generator))
    low, high = float(scales.low.mean()), float(scales.high.mean())
    middle, half = math.log(low * high) / 2, math.log(high / low) / 2 + 6
    sample = denoiser.draw_prior(4096, generator)
    centre, spread = sample.mean(0), sample.std(0)
    d = denoiser.dimensions
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden = [(torch.nn.Linear(inputs, width), torch.nn.SiLU()) for inputs in (d + 1, width, width)]
        layers = [*chain.from_iterable(hidden), torch.nn.Linear(width, d)]
        network = torch.nn.Sequential(*layers).to(denoiser.device, denoiser.dtype)

    def unit(gamma: Tensor) -> Tensor:
        return (gamma / (gamma / high + 1))[:, None] * (gamma / (gamma + low))[:, None]

    def predict(xg: Tensor, gamma: Tensor) -> Tensor:
        # As in Karras et al. (2022), inputs have unit spread at every level.
        z = (xg - centre) / (spread**2 + gamma[:, None]).sqrt()
        features = torch.cat([z, ((gamma.log() - middle) / half)[:, None]], dim=1)
        return torch.nn.functional.softplus(network(features)) * unit(gamma)

    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule: Any = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)

    def drawn() -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draws of xg and gamma, the place of gamma between 0 and 1, and D^2."""
        x0 = denoiser.draw_prior(batch, generator)
        place = torch.rand(batch, dtype=x0.dtype, device=x0.device, generator=generator)
        gamma = (middle + half * (2 * place - 1)).exp()
        r = denoiser.encoder.sample(x0, generator)
        xg = x0 + gamma.sqrt()[:, None] * randn(x0.shape, x0, generator)
        with torch.no_grad():
            square = (denoiser.xhat(xg, gamma, r) - denoiser.xhat(xg, gamma)) ** 2
        return xg, gamma, place, square

    for _ in range(steps):
        xg, gamma, _, square = drawn()
        loss = (((predict(xg, gamma) - square) / unit(gamma)) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()

    # What the network misses at a level in the mean over stimuli is measured on new draws, and taken off by a factor.
    found = torch.zeros(2, LEVELS, dtype=centre.dtype, device=centre.device)
    with torch.no_grad():
        for _ in range(COMPARED):
            xg, gamma, place, square = drawn()
            both = torch.stack([square, predict(xg, gamma)]) / unit(gamma)
            found += both.sum(-1) @ _hats(place)
    factors = found[0] / found[1]

    def fitted(xg: Tensor, gamma: Tensor) -> Tensor:
        with torch.no_grad():
            place = ((gamma.log() - middle) / half + 1) / 2
            return predict(xg, gamma) * (_hats(place.clamp(0, 1)) @ factors)[:, None]

    return Amortised(fitted)


SAMPLER = Amortised
