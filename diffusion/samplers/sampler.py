"""`ResponseSampler`: what the estimators need of a sampler; `Sampler`: a base class with defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

import torch
from torch import Tensor

from ...errors import InputError

if TYPE_CHECKING:
    from ..denoiser import Denoiser, Posterior


class NoSampler(InputError, ValueError):
    """The object is not a sampler, or the denoiser lacks what the sampler needs."""


class ResponseSampler(Protocol):
    """What the estimators need of a sampler: one draw of E_r[D_i^2 | xg] per row.

    Attributes
    ----------
    name : str
        As in the registry and in `Estimate.sampler`.
    keeps_variance : bool
        Whether a draw may be a difference of posterior variances (`gain_squared`), which has the same mean.
    """

    name: str
    keeps_variance: bool

    def draws_exactly(self, denoiser: Denoiser) -> bool:
        """Whether r ~ p(R|xg) is drawn without approximation."""
        ...

    def passes(self, denoiser: Denoiser) -> int:
        """Denoiser passes per draw."""
        ...

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        """Draws (B, d) for noisy stimuli (B, d) at levels (B,), as differences of variances if `variance` is set."""
        ...


class Sampler:
    """Base of the samplers in the registry. A subclass has to give `name`, `passes` and `squared_gain`."""

    name: str
    keeps_variance = False
    #: Whether it knows stimuli only through the denoiser that it is given, so that their origin does not matter.
    through_denoiser = False

    @classmethod
    def for_denoiser(cls, denoiser: Denoiser) -> Self:
        """The sampler to use with this denoiser; raises `NoSampler` where there is none."""
        return cls()

    def centred(self, centre: Tensor) -> ResponseSampler | None:
        """The sampler for stimuli given as x - centre, (d,); None if it must see the stimuli themselves."""
        return self if self.through_denoiser else None

    def draws_exactly(self, denoiser: Denoiser) -> bool:
        return False

    def exact_for(self, denoiser: Denoiser) -> bool:
        """Whether the mean of its draws is exact, so that an exact denoiser's estimates have no systematic error."""
        return self.draws_exactly(denoiser)

    def passes(self, denoiser: Denoiser) -> int:
        raise NotImplementedError

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        raise NotImplementedError


def gain_squared(seen: Posterior, given: Posterior) -> Tensor:
    """D_i^2 or, where known, Var(X_i|xg) - Var(X_i|xg, r), which has the same mean over r ~ p(r|xg) and less spread."""
    if seen.variance is not None and given.variance is not None:
        return seen.variance - given.variance
    return (given.mean - seen.mean) ** 2
