"""`ZeroShotDenoiser`: a denoiser of stimuli alone, for any population of neurons; nothing is trained on responses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError
from .bias import Approximate, Reference
from .denoiser import Denoiser, Scales
from .encoders import Encoder
from .second_moments import linear_gain, mean_and_seen, passes_of_moments


class ZeroShotDenoiser(Approximate):
    """xhat(xg) of another denoiser, and one linear step from it for xhat(xg, r).

    With C = Cov(X|xg) from the derivative of xhat, and the neurons linearised at xhat (slopes A and residual t of the
    response, in units of its noise), ``xhat(xg, r) = xhat(xg) + C A' (A C A' + I)^-1 t``. Exact where X and R are
    jointly Gaussian; elsewhere an approximation, whose error standard errors do not show.

    Parameters
    ----------
    prior : Denoiser
        Of the stimuli; what it knows about responses is not used.
    encoder : Encoder
        The population; it has to know its slopes (`Encoder.linearised`).

    Raises
    ------
    ModelError
        The population sees stimuli of another dimension.
    """

    knows_responses = False

    def __init__(self, prior: Denoiser, encoder: Encoder) -> None:
        if encoder.dimensions != prior.dimensions:
            raise ModelError(
                f"{encoder!r} sees stimuli of {encoder.dimensions} numbers; {prior!r} denoises {prior.dimensions}"
            )
        self.prior, self.device, self.dtype = prior, prior.device, prior.dtype
        self.encoder = encoder.to(prior.device, prior.dtype)
        self.dimensions = prior.dimensions
        self.caution = prior.caution
        if isinstance(prior, Approximate) and prior.reference is not None:
            self.reference = Reference(prior.reference.stimuli)  # another population: another I(R;X)
        self.encoder.linearised(self.tensor(torch.zeros(1, self.dimensions)))  # raises `Unknown` where it has no slopes

    @property
    def usual_sampler(self) -> str:
        return "closure"

    @property
    def passes_given_response(self) -> int:
        return passes_of_moments(self)

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        if r is None:
            return self.prior.xhat(xg, gamma)
        mean, slopes, seen = mean_and_seen(self.prior, self.encoder, xg, gamma)
        residual = self.encoder.linearised(mean, r)[1]
        assert residual is not None
        return mean + (linear_gain(seen, slopes)[0] @ residual[..., None])[..., 0]

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return self.prior.draw_prior(count, generator)

    def scales(self, x: Tensor) -> Scales:
        return self.prior.scales(x)

    def some_stimuli(self, generator: torch.Generator | None = None) -> Tensor:
        return self.prior.some_stimuli(generator)

    def __repr__(self) -> str:
        return f"ZeroShotDenoiser({self.prior!r}, {self.encoder!r})"


def with_population(prior: Denoiser, encoder: Any) -> Denoiser:
    """The denoiser, for another population if one is given; raises `ModelError` where that does not fit."""
    if encoder is None:
        return prior
    if not isinstance(encoder, Encoder):
        raise ModelError(f"encoder is {encoder!r}; expected a population, LinearGaussian(W, S) for example")
    return ZeroShotDenoiser(prior, encoder)
