"""`Integrand`: the expectation behind a measure's estimate from denoisers, and the properties that the engine uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from .sight import Sight


@dataclass(frozen=True)
class Integrand:
    """An expectation whose integral with dg / (2 g^2) is the measure.

    Attributes
    ----------
    value : ``value(sight)``, one draw per noisy stimulus: (B,), or (B, d) if it is feature-wise
    passes : denoiser passes per draw; None for as many as the response sampler takes
    featurewise : whether it gives a number per feature
    variance : whether posterior variances may replace squares where the denoiser knows them (law of total variance);
        with a response sampler, only if that draws from the posterior
    looks_elsewhere : whether it also evaluates the denoiser at other stimuli than x, from which a response may have
        come
    of_responses : whether it uses the denoiser of the responses instead of that of the stimuli
    small_noise : whether the measure is not the integral, but the limit of the expectation over g^2 as g -> 0
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
