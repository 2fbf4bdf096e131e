"""`Denoiser`: the posterior mean of a stimulus seen through Gaussian noise, and what else a denoiser may know.

Xg = X + sqrt(gamma) Z. A denoiser answers xhat(xg, gamma) = E[X|xg] and xhat(xg, gamma, r) = E[X|xg, r]. One answer for
one noisy stimulus is one *pass*, whatever is asked for beside the mean in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError

if TYPE_CHECKING:
    from .encoders import Encoder


class Unknown(Exception):
    """The denoiser cannot say this (exact posterior samples of a network, say)."""


@dataclass(frozen=True)
class Scales:
    """Noise levels between which what is told about n stimuli changes hands, and how far the integrand goes beyond.

    Attributes
    ----------
    low, high : (n,) levels below which ``E[D^2] / g`` falls at least as g, and above which it falls as 1 / g
    below, above : how far to integrate beyond them, in units of log g
    finest : the smallest scale on which the prior varies, for the limit of small noise
    """

    low: Tensor
    high: Tensor
    below: float = 8.0
    above: float = 8.0
    finest: float = 0.0

    def widened(self, other: Scales) -> Scales:
        """Scales that serve any of the other stimuli as well."""
        low, high = torch.minimum(self.low, other.low.min()), torch.maximum(self.high, other.high.max())
        return Scales(low, high, max(self.below, other.below), max(self.above, other.above), self.finest)


@dataclass
class Posterior:
    """What a denoiser says of X given xg, and given r too where one was given.

    Attributes
    ----------
    mean : (B, d) xhat
    variance : (B, d) Var(X_i | ...), where asked for and known
    draw : (B, d) a sample of X | ..., where asked for and known
    normal : (B, d) a sample of the Gaussian with the posterior's mean and covariance (Tweedie's), likewise
    """

    mean: Tensor
    variance: Tensor | None = None
    draw: Tensor | None = None
    normal: Tensor | None = None


class Denoiser:
    """Base of all denoisers; a denoiser of one's own needs `encoder`, `xhat`, `draw_prior` and `scales`.

    Attributes
    ----------
    encoder : Encoder
        p(r|x), of which xhat(xg, gamma, r) is the posterior mean.
    dimensions : int
        d
    device, dtype : of the tensors that it takes and returns
    knows_variance, knows_posterior : bool
        Whether `posterior` can give variances, and exact samples.
    is_density : bool
        Whether X has a density, so that Fisher information is the limit of small gamma.
    rare_nats : float
        What an event may be worth that is too rare to be drawn; 0 where there is none such (a Gaussian).
    """

    encoder: Encoder
    dimensions: int
    device: torch.device = torch.device("cpu")
    dtype: torch.dtype = torch.float64
    knows_variance = False
    knows_posterior = False
    is_density = False
    rare_nats = 1.0
    caution = ""

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        """E[X | xg (, r)] of noisy stimuli (B, d), levels (B,) and responses (B, k), shape (B, d)."""
        raise NotImplementedError

    def posterior(
        self,
        xg: Tensor,
        gamma: Tensor,
        r: Tensor | None = None,
        *,
        variance: bool = False,
        draw: bool = False,
        normal: bool = False,
        generator: torch.Generator | None = None,
    ) -> Posterior:
        """The mean and, in the same pass, what else is asked for; raises `Unknown` for what it cannot say."""
        if variance or draw or normal:
            raise Unknown(f"{type(self).__name__} knows only xhat")
        return Posterior(self.xhat(xg, gamma, r))

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """`count` stimuli from the prior, (count, d)."""
        raise Unknown(f"{type(self).__name__} cannot draw from its prior")

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """X given r alone, one sample for each response: (B, k) to (B, d)."""
        raise Unknown(f"{type(self).__name__} cannot draw stimuli given a response")

    def scales(self, x: Tensor) -> Scales:
        """Between which levels what is told about stimuli x (n, d) changes hands."""
        raise NotImplementedError

    def response_side(self) -> Denoiser:
        """The denoiser of R given Rg, and given x in the place of r; raises `Unknown` where it is not derived."""
        raise Unknown(f"{type(self).__name__} does not give the denoiser of its responses")

    def typical(self, generator: torch.Generator | None = None) -> Tensor:
        """Stimuli that stand for all: draws from the prior, or every one where they are few."""
        return self.draw_prior(256, generator)

    def some_stimuli(self, generator: torch.Generator | None = None) -> Tensor:
        """A few stimuli whose scales stand for all."""
        return self.draw_prior(16, generator)

    @property
    def gain(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        """(xg, gamma) to E_r[D_i^2 | xg], (B, d), where the denoiser has learned that too; else None."""
        return None

    def tensor(self, value: Any) -> Tensor:
        """`value` as a tensor of this denoiser's device and dtype."""
        return torch.as_tensor(np.array(value) if isinstance(value, np.ndarray) else value).to(self.device, self.dtype)

    def generator(self, seed: int) -> torch.Generator:
        """A random generator on the denoiser's device."""
        return torch.Generator(device=self.device).manual_seed(seed)


def normal(shape: tuple[int, ...] | torch.Size, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers of a shape, on the device and in the dtype of another tensor."""
    return torch.randn(shape, dtype=like.dtype, device=like.device, generator=generator)


def column(gamma: Tensor | float, like: Tensor) -> Tensor:
    """Levels as a column (B, 1) beside xg (B, d)."""
    return torch.as_tensor(gamma, dtype=like.dtype, device=like.device).expand(len(like))[:, None]


def float_type(dtype: Any) -> torch.dtype:
    """A dtype to compute in, float32 or float64; raises `ModelError` for another."""
    if dtype not in (torch.float32, torch.float64):
        raise ModelError(f"dtype is {dtype}; expected torch.float32 or torch.float64")
    assert isinstance(dtype, torch.dtype)
    return dtype


def device_named(name: Any) -> torch.device:
    """The device of a name ("cpu", "cuda", "cuda:1"); raises `ModelError` where there is none such."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"device {name!r} is not there ({str(error).splitlines()[0]})") from None
    return device
