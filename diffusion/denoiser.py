"""`Denoiser`: the posterior mean of a stimulus seen through Gaussian noise, and what else a denoiser may know.

Xg = X + sqrt(gamma) Z. A denoiser computes xhat(xg, gamma) = E[X|xg] and xhat(xg, gamma, r) = E[X|xg, r]. One
evaluation at one noisy stimulus is one *pass*, whatever else the same evaluation returns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import EstimateError, InputError, ModelError

if TYPE_CHECKING:
    from .bias_record import Bias
    from .encoders import Encoder
    from .finite_joint import FiniteJoint
    from .linear_control import LinearControl
    from .samplers import ResponseSampler


class Unknown(InputError):
    """The denoiser cannot compute this; a network, for example, has no exact posterior samples."""


@dataclass(frozen=True)
class Scales:
    """The range of noise levels gamma that holds most of the information about each of n stimuli.

    Attributes
    ----------
    low, high : (n,) levels; below `low`, ``E[D^2] / g`` falls at least as fast as g, and above `high` as 1 / g
    below, above : how far to integrate below `low` and above `high`, in units of log g
    finest : smallest variance of X given a response, in any direction, for the limit of small noise; 0 if unknown
    """

    low: Tensor
    high: Tensor
    below: float = 8.0
    above: float = 8.0
    finest: float = 0.0

    def widened(self, other: Scales) -> Scales:
        """A range that also covers those of all the other stimuli."""
        low, high = torch.minimum(self.low, other.low.min()), torch.maximum(self.high, other.high.max())
        return Scales(low, high, max(self.below, other.below), max(self.above, other.above), self.finest)


@dataclass
class Posterior:
    """The posterior of X given xg and, where a response was given, r.

    Attributes
    ----------
    mean : (B, d) xhat
    variance : (B, d) Var(X_i | ...), where asked for and known
    draw : (B, d) a sample of X | ..., where asked for and known
    normal : (B, d) a sample of the Gaussian with the posterior's mean and covariance (Tweedie's), likewise
    again : ``again()``, another such sample (B, d), where it takes little beside the pass
    draws : (M, B, d), the same sample and further ones, where M responses at each noisy stimulus pay
    given : ``given(r, variance)``, the posteriors at the same noisy stimuli with responses r (M, B, k) too, (M, B, d),
        if the work done for this one saves some of that
    """

    mean: Tensor
    variance: Tensor | None = None
    draw: Tensor | None = None
    normal: Tensor | None = None
    again: Callable[[], Tensor] | None = None
    draws: Tensor | None = None
    given: Callable[[Tensor, bool], Posterior] | None = None


class Denoiser:
    """Base of all denoisers. A subclass has to give `encoder`, `xhat`, `draw_prior` and `scales`.

    What a subclass's `xhat` returns is checked each time: `EstimateError` for anything but finite numbers (B, d).

    Attributes
    ----------
    encoder : Encoder
        p(r|x), the likelihood of the responses in xhat(xg, gamma, r).
    dimensions : int
        d, the length of a stimulus.
    device, dtype : of the tensors that it takes and returns
    knows_variance, knows_posterior : bool
        Whether `posterior` can give variances, and exact samples.
    knows_responses : bool
        Whether xhat(xg, r) is its own; otherwise it is one linear step from xhat(xg) and the population's slopes.
    exact : bool
        Whether xhat is E[X|xg] and E[X|xg, r], so that estimates with its own sampler have no systematic error.
    jointly_gaussian : bool
        Whether X and R are jointly Gaussian, so that linear steps are exact.
    is_density : bool
        Whether X has a density, so that the limit of small gamma is the Fisher information.
    rare_nats : float
        How much information may lie in an event too rare to be drawn, in nats; 0 for a Gaussian, which has no such
        events.
    responses : int
        Responses drawn at each noisy stimulus: more than one where a further one takes little (`Posterior.draws`).
    usual_passes : int
        Passes per stimulus by default: so many that standard errors hold.
    control : LinearControl or None
        The gain of the best linear estimate, by which squared gains scatter less; None where it is not known.
    caution : str
        A reason to doubt this denoiser, which every estimate repeats as a warning; "" if there is none.
    """

    encoder: Encoder
    dimensions: int
    device: torch.device = torch.device("cpu")
    dtype: torch.dtype = torch.float64
    knows_variance = False
    knows_posterior = False
    knows_responses = True
    exact = True
    jointly_gaussian = False
    is_density = False
    rare_nats = 1.0
    responses = 1
    usual_passes = 256
    caution = ""
    control: LinearControl | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "xhat" in vars(cls):
            setattr(cls, "xhat", _checked(vars(cls)["xhat"]))  # noqa: B010, since mypy knows xhat as a method

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
        """The posterior mean and what else is asked for, in one pass; raises `Unknown` for what is not known."""
        if variance or draw or normal:
            raise Unknown(f"{type(self).__name__} knows only xhat")
        return Posterior(self.xhat(xg, gamma, r))

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """`count` stimuli from the prior, (count, d)."""
        raise Unknown(f"{type(self).__name__} cannot draw from its prior")

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """X given r alone, one sample per response: (B, k) to (B, d)."""
        raise Unknown(f"{type(self).__name__} cannot draw stimuli given a response")

    def scales(self, x: Tensor) -> Scales:
        """The range of noise levels that holds most of the information about stimuli x (n, d)."""
        raise NotImplementedError

    def centred(self) -> tuple[Denoiser, Tensor]:
        """The denoiser of X - c, whose responses may be shifted too, and c (d,): only differences need digits."""
        return self, torch.zeros(self.dimensions, dtype=self.dtype, device=self.device)

    def joint(self, x: Tensor) -> FiniteJoint | None:
        """All members and responses, where they can be listed, and which of them stimuli x (n, d) are; else None."""
        return None

    def response_side(self) -> Denoiser:
        """The denoiser of R given Rg (with x in the place of r), for I_sp; raises `Unknown` where there is none."""
        raise Unknown(f"{type(self).__name__} does not give the denoiser of its responses")

    def typical(self, generator: torch.Generator | None = None) -> Tensor:
        """Stimuli that represent the prior: draws from it, or all stimuli where they are few."""
        return self.draw_prior(256, generator)

    def some_stimuli(self, generator: torch.Generator | None = None) -> Tensor:
        """A few stimuli whose scales represent all."""
        return self.draw_prior(16, generator)

    @staticmethod
    def from_diffusers(
        model: Any,
        scheduler: Any,
        *,
        encoder: Any,
        shape: Sequence[int],
        prediction: str | None = None,
        samples: Any = None,
    ) -> Denoiser:
        """A network trained elsewhere as a denoiser, for any population of neurons; it is checked before it is used.

        Parameters
        ----------
        model : a network of `diffusers`, or any function of noisy stimuli (B, channels, h, w) and time steps (B,)
        scheduler : the scheduler that it was trained with: one with ``alphas_cumprod`` (variance-preserving) or with
            ``sigmas`` (variance-exploding)
        encoder : the population; nothing is trained on its responses (`ZeroShotDenoiser`)
        shape : (h, w), (channels, h, w), or (d,) for a network of vectors
        prediction : "epsilon", "v" or "sample"; by default what the scheduler's config says
        samples : (N, ...) held-out stimuli for the check, in the units of the network; by default it draws its own,
            a weaker check, and estimates carry a warning

        Raises
        ------
        NotADenoiser
            What the network predicts is no posterior mean; the message says what it looks like.
        ModelError
            Shapes, scheduler or population do not fit.
        """
        from .wrapped import from_diffusers

        return from_diffusers(model, scheduler, encoder=encoder, shape=shape, prediction=prediction, samples=samples)

    def bias(self, sampler: ResponseSampler | None, passes: int) -> Bias | None:
        """How far estimates with a sampler (None: measures without one) may be off; None where both are exact.

        Parameters
        ----------
        passes : about how many its measurement may take
        """
        if sampler is None or getattr(sampler, "exact_for", sampler.draws_exactly)(self):
            return None
        from .bias import measured

        return measured(self, sampler, passes)

    @property
    def usual_sampler(self) -> str:
        """The name of the response sampler that suits it."""
        return "posterior" if self.gain is None else "amortised"

    @property
    def passes_given_response(self) -> int:
        """Passes of one evaluation of xhat(xg, gamma, r)."""
        return 1

    @property
    def gain(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        """A function of (xg, gamma) that gives E_r[D_i^2 | xg], (B, d), if the denoiser has learned it; else None."""
        return None

    def tensor(self, value: Any) -> Tensor:
        """`value` as a tensor of this denoiser's device and dtype."""
        return torch.as_tensor(np.array(value) if isinstance(value, np.ndarray) else value).to(self.device, self.dtype)

    def generator(self, seed: int) -> torch.Generator:
        """A random generator on the denoiser's device, with this seed."""
        return torch.Generator(device=self.device).manual_seed(seed)


def _checked(xhat: Callable[..., Any]) -> Callable[..., Tensor]:
    """`xhat` with a check of its answer: another shape would broadcast, and NaN be lost in a clipped eigenvalue."""

    @functools.wraps(xhat)
    def answer(self: Denoiser, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        found, name = xhat(self, xg, gamma, r), f"{type(self).__name__}.xhat"
        if not isinstance(found, Tensor):
            raise EstimateError(f"{name} returned {type(found).__name__}; expected a tensor {tuple(xg.shape)}")
        if found.shape != xg.shape:
            raise EstimateError(f"{name} returned shape {tuple(found.shape)}; expected {tuple(xg.shape)}")
        bad = ~torch.isfinite(found).all(1)
        if bad.any():
            at = column(gamma, xg)[bad]
            raise EstimateError(
                f"{name}: {int(bad.sum())} of {len(xg)} noisy stimuli{'' if r is None else ' with responses'} gave NaN "
                f"or infinity, at noise levels gamma from {float(at.min()):.3g} to {float(at.max()):.3g}"
            )
        return found

    return answer


def normal(shape: tuple[int, ...] | torch.Size, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard normal numbers of this shape, on the device and with the dtype of `like`."""
    return torch.randn(shape, dtype=like.dtype, device=like.device, generator=generator)


def column(gamma: Tensor | float, like: Tensor) -> Tensor:
    """Levels gamma as a column (B, 1), to broadcast against xg (B, d)."""
    return torch.as_tensor(gamma, dtype=like.dtype, device=like.device).expand(len(like))[:, None]


def float_type(dtype: Any) -> torch.dtype:
    """The dtype, if it is float32 or float64; raises `ModelError` for another."""
    if dtype not in (torch.float32, torch.float64):
        raise ModelError(f"dtype is {dtype}; expected torch.float32 or torch.float64")
    assert isinstance(dtype, torch.dtype)
    return dtype


def device_named(name: Any) -> torch.device:
    """The device of this name ("cpu", "cuda", "cuda:1"); raises `ModelError` where it is not available."""
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"device {name!r} is not available ({str(error).splitlines()[0]})") from None
    return device
