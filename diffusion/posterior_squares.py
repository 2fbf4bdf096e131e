"""Squared gains at responses to draws from the posterior, by which the errors of single stimuli are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .denoiser import Denoiser
from .samplers import reverse_diffusion, sampler_named
from .samplers.particles import Local, weighed
from .second_moments import mean_and_eigen

if TYPE_CHECKING:
    from .samplers import ResponseSampler

#: Steps of the draws from posteriors.
_STEPS = 8
#: Responses per posterior draw, where one costs a single pass: they halve the noise, for a quarter more passes.
_RESPONSES = 4
#: Draws in each of two sets that are weighed by the likelihood of a response.
_WEIGHED = 32


def own_sampler(denoiser: Denoiser) -> ResponseSampler | None:
    """The sampler by which a denoiser's estimates are exact, if there is one."""
    if not denoiser.exact:
        return None
    own = sampler_named(denoiser.usual_sampler, denoiser)
    return own if own.draws_exactly(denoiser) else None


class PosteriorSquares:
    """Draws of D_i^2 at noisy stimuli, (n, d), at responses to draws from the posterior.

    Attributes
    ----------
    before : passes at each noisy stimulus
    passes : of each draw
    """

    def __init__(self, denoiser: Denoiser) -> None:
        self.denoiser, self.own = denoiser, own_sampler(denoiser)
        at = denoiser.some_stimuli()[:1]
        self.linear = denoiser.knows_responses or denoiser.encoder.linearised(at)[0].ndim < 3
        self.before = 1 if self.linear else 1 + denoiser.dimensions
        self.told = _RESPONSES if denoiser.passes_given_response == 1 or not self.linear else 1
        self.passes = 2 * _STEPS + self.told * denoiser.passes_given_response * self.linear
        if self.own is not None:
            self.before, self.passes = 0, self.own.passes(denoiser)

    def look(self, xg: Tensor, gamma: Tensor) -> None:
        """Draws will be at these noisy stimuli, (n, d) and (n,)."""
        self.xg, self.gamma = xg, gamma
        if self.own is None and self.linear:
            self.mean = self.denoiser.xhat(xg, gamma)
        elif self.own is None:
            self.moments = mean_and_eigen(self.denoiser, xg, gamma)
            self.mean = self.moments[0]

    def draw(self, generator: torch.Generator) -> Tensor:
        """One draw at each noisy stimulus, (n, d)."""
        denoiser, xg, gamma = self.denoiser, self.xg, self.gamma
        if self.own is not None:
            return self.own.squared_gain(denoiser, xg, gamma, denoiser.knows_variance, generator)
        x = reverse_diffusion(denoiser, xg, gamma, _STEPS, generator)
        told = [self._at(denoiser.encoder.sample(x, generator), generator) for _ in range(self.told)]
        return torch.stack(told).mean(0)

    def _at(self, r: Tensor, generator: torch.Generator) -> Tensor:
        denoiser = self.denoiser
        if self.linear:
            return (denoiser.xhat(self.xg, self.gamma, r) - self.mean) ** 2
        local = Local.of(self.moments, denoiser.encoder, r)
        one, other = (weighed(local, denoiser.encoder, r, _WEIGHED, generator) - self.mean for _ in range(2))
        return one * other  # each has noise of its own
