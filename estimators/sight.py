"""`Sight`: what an integrand is computed from, and the check of the stimuli that users give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..diffusion.denoiser import Denoiser
from ..diffusion.samplers import ResponseSampler
from ..errors import ModelError


class Seen(NamedTuple):
    """What a denoiser sees at B noisy stimuli, without and with M responses to each (all of them, or one drawn).

    Attributes
    ----------
    offset : (B, 1, d) x - xhat(xg)
    gain : (B, M, d) D = xhat(xg, r) - xhat(xg), the gain of a response
    """

    offset: Tensor
    gain: Tensor


@dataclass
class Sight:
    """What an integrand is computed from: B noisy stimuli, each a stimulus x with noise z at a level gamma.

    The measures differ in where noisy stimuli and responses come from: `own`, `local`, `elsewhere` and `errors`.

    Attributes
    ----------
    x, z : (B, d)
    gamma : (B,)
    use_variance : whether posterior variances replace squares
    """

    denoiser: Denoiser
    sampler: ResponseSampler
    x: Tensor
    z: Tensor
    gamma: Tensor
    use_variance: bool
    generator: torch.Generator

    @property
    def xg(self) -> Tensor:
        """The noisy stimuli, (B, d)."""
        return self.through_noise(self.x)

    def through_noise(self, x: Tensor) -> Tensor:
        """Other stimuli (B, d) with the same noise."""
        return x + self.gamma.sqrt()[:, None] * self.z

    def response(self) -> Tensor:
        """A draw of r ~ p(r|x), (B, k)."""
        return self.denoiser.encoder.sample(self.x, self.generator)

    def xhat(self, xg: Tensor, r: Tensor | None = None) -> Tensor:
        """E[X|xg] or E[X|xg, r], (B, d)."""
        return self.denoiser.xhat(xg, self.gamma, r)

    def own(self, value: Callable[[Seen], Tensor]) -> Tensor:
        """E_{r|x} E_{xg|x} of a function of what is seen, (B, d)."""
        return value(self._seen(self.xg, self.response()))[:, 0]

    def elsewhere(self, value: Callable[[Seen], Tensor]) -> Tensor:
        """E_{r|x} E_{x'|r} E_{xg|x'} of a function of the gain, (B, d)."""
        r = self.response()
        return value(self._seen(self.through_noise(self.denoiser.draw_given_response(r, self.generator)), r))[:, 0]

    def local(self) -> Tensor:
        """E_{xg|x} E_{r|xg} D_i^2, (B, d)."""
        return self.sampler.squared_gain(self.denoiser, self.xg, self.gamma, self.use_variance, self.generator)

    def errors(self, r: Tensor) -> Tensor:
        """Mmse(g) - mmse(g|r), from the errors at X' ~ p(X) and at X' ~ p(X|r), (B,)."""
        anyone = self.denoiser.draw_prior(len(r), self.generator)
        return self.error(anyone) - self.error(self.denoiser.draw_given_response(r, self.generator), r)

    def _seen(self, xg: Tensor, r: Tensor) -> Seen:
        mean = self.xhat(xg)
        return Seen((self.x - mean)[:, None], (self.xhat(xg, r) - mean)[:, None])

    def error(self, x: Tensor, r: Tensor | None = None) -> Tensor:
        """|x - xhat|^2, or the posterior variance, (B,); the mean of either over x ~ p(X) (or p(X|r)) is the mmse."""
        xg = self.through_noise(x)
        if self.use_variance:
            variance = self.denoiser.posterior(xg, self.gamma, r, variance=True).variance
            assert variance is not None
            return variance.sum(1)
        return ((x - self.xhat(xg, r)) ** 2).sum(1)


def stimuli_of(x: Any, denoiser: Denoiser) -> Tensor:
    """Stimuli as the denoiser's tensor (n, d); raises `ModelError` where they do not fit it."""
    given = np.asarray(x.detach().cpu() if isinstance(x, Tensor) else x)
    if given.dtype.kind not in "buif":
        raise ModelError(f"x holds {given.dtype} values; expected real numbers (n, {denoiser.dimensions})")
    points = denoiser.tensor(given)
    if points.ndim == 1 and denoiser.dimensions == 1:
        points = points[:, None]
    if points.ndim != 2 or points.shape[1] != denoiser.dimensions or len(points) == 0:
        raise ModelError(f"x has shape {tuple(points.shape)}; expected (n, {denoiser.dimensions})")
    if not torch.isfinite(points).all():
        raise ModelError(f"x is not finite at stimulus {int((~torch.isfinite(points).all(1)).nonzero()[0])}")
    return points
