"""What a measure's estimate from denoisers takes: one expectation, and what the engine has to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from .sight import Sight


@dataclass(frozen=True)
class Integrand:
    """The expectation whose integral, dg / (2 g^2), is the measure.

    Attributes
    ----------
    value : ``value(sight)``, one draw for each noisy view: (B,), or (B, d) where it is feature-wise
    passes : denoiser passes of a draw; None: as many as the response sampler takes
    featurewise : whether it gives a number for each feature
    variance : whether posterior variances may stand in for squares, where the denoiser knows them (the law of total
        variance); with a response sampler, where that draws from the posterior
    looks_elsewhere : whether it looks at other stimuli than x, those that a response may have come from
    of_responses : whether it takes the denoiser of the responses in place of that of the stimuli
    small_noise : whether it is not integrated but its limit for g -> 0, over g^2, is the measure
    """

    value: Callable[[Sight], Tensor]
    passes: int | None = 2
    featurewise: bool = False
    variance: bool = False
    looks_elsewhere: bool = False
    of_responses: bool = False
    small_noise: bool = False

    @property
    def by_sampler(self) -> bool:
        """Whether r ~ p(R|xg) comes from a response sampler."""
        return self.passes is None
