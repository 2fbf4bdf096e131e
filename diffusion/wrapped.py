"""A network and a scheduler of `diffusers`, or of the same form, as a denoiser of any population's stimuli."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError
from .bias import Approximate, Reference
from .cautions import MARGIN
from .denoiser import Denoiser, Scales, Unknown, column, normal
from .noise_levels import scheduler_gammas
from .samplers import reverse_diffusion
from .soundness import DOUBT, LEVELS, Report, check

#: Steps of the reverse diffusion that draws from the network's prior.
_DRAW_STEPS = 20
#: Draws on which a network is checked where no samples are given.
_OWN_SAMPLES = 512
#: The levels reach this far beyond those that count as the network's range, in units of log gamma.
_REACH = 1.0

_RULES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "sample": lambda out, xg, g: out,
    "epsilon": lambda out, xg, g: xg - g.sqrt() * out,
    # x0 = sqrt(abar) x_t - sqrt(1 - abar) v, with x_t = sqrt(abar) xg and abar = 1 / (1 + gamma).
    "v": lambda out, xg, g: (xg / (1 + g).sqrt() - g.sqrt() * out) / (1 + g).sqrt(),
}
#: The sign of a preconditioned network's output in xhat.
_SIGNS = {"epsilon": 1, "v": -1, "sample": 1}
#: What a network sees, by whether it preserves the variance.
_SEEN = {True: " that sees x_t = sqrt(alpha-bar) xg", False: " that sees xg itself, not divided by sqrt(1 + gamma)"}
#: What diffusers calls them in a scheduler's config.
_NAMES = {"v_prediction": "v"} | {name: name for name in _RULES}


@dataclass(frozen=True)
class Schedule:
    """The levels that a network knows.

    Attributes
    ----------
    log_gamma : (T,) increasing
    told : (T,) what the network is told of each level: a time step, or sigma = sqrt(gamma)
    preserving : whether it sees x_t = sqrt(alpha-bar) xg (variance-preserving) or xg itself (variance-exploding)
    data : the standard deviation of the stimuli by which inputs and outputs are preconditioned (Karras et al. 2022), or
        0 where they are not
    """

    log_gamma: Tensor
    told: Tensor
    preserving: bool
    data: float = 0.0

    @classmethod
    def of(cls, scheduler: Any) -> Schedule:
        """The schedule of a `diffusers` scheduler; raises `ModelError` for an object that is none."""
        data = 0.0
        if getattr(scheduler, "alphas_cumprod", None) is not None:
            gammas = scheduler_gammas(scheduler)
            told, preserving = torch.arange(len(gammas)), True
        else:
            sigmas = getattr(scheduler, "discrete_sigmas", None)
            sigmas = getattr(scheduler, "sigmas", None) if sigmas is None else sigmas
            if sigmas is None:
                raise ModelError(
                    f"{type(scheduler).__name__} has neither alphas_cumprod nor sigmas; expected a diffusers scheduler"
                )
            told = torch.as_tensor(sigmas, dtype=torch.float64).unique()
            gammas, preserving = told**2, False
            if hasattr(scheduler, "precondition_inputs"):
                told, data = 0.25 * told.log(), float(scheduler.config.sigma_data)
        known = torch.isfinite(gammas) & (gammas > 0)
        gammas, told = gammas[known].double(), told[known]
        if len(gammas) < 2 or not (gammas.diff() > 0).all():
            raise ModelError(f"the levels of {type(scheduler).__name__} do not increase; expected two or more")
        return cls(gammas.log(), told, preserving, data)

    def around(self, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The steps below and above levels (B,), and the share (B,) of the upper one, linear in log gamma."""
        log = gamma.double().log().clamp(self.log_gamma[0], self.log_gamma[-1])
        above = torch.searchsorted(self.log_gamma, log).clamp(1, len(self.log_gamma) - 1)
        low, high = self.log_gamma[above - 1], self.log_gamma[above]
        return above - 1, above, (log - low) / (high - low)


class WrappedDenoiser(Denoiser):
    """xhat(xg, gamma) from a network that predicts epsilon, v or the sample; it knows nothing of responses.

    Between two time steps, xhat is interpolated linearly in log gamma, which takes two evaluations of the network.

    Parameters
    ----------
    model : called with (B, channels, ...) tensors and (B,) steps; returns a tensor, a tuple, or an object with
        ``.sample``
    shape : (h, w), (channels, h, w), or (d,) for a network of vectors
    """

    def __init__(self, model: Any, schedule: Schedule, prediction: str, shape: Sequence[int]) -> None:
        self.model, self.prediction = model, prediction
        self.shape = tuple(int(size) for size in shape)
        if not self.shape or min(self.shape) < 1 or len(self.shape) > 3:
            raise ModelError(f"shape is {tuple(shape)}; expected (h, w), (channels, h, w) or (d,)")
        weight = next(iter(model.parameters()), None) if isinstance(model, torch.nn.Module) else None
        self.dtype = torch.float64 if weight is None else weight.dtype
        self.device = torch.device("cpu") if weight is None else weight.device
        log_gamma, told = (part.to(self.device) for part in (schedule.log_gamma, schedule.told))
        self.schedule = replace(schedule, log_gamma=log_gamma, told=told)
        self.dimensions = math.prod(self.shape)

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        below, above, share = self.schedule.around(gamma)
        low, high = self._at_step(xg, below), self._at_step(xg, above)
        return torch.lerp(low, high, column(share, xg))

    def _at_step(self, xg: Tensor, step: Tensor) -> Tensor:
        """Xhat as if gamma were that of a time step."""
        g = column(self.schedule.log_gamma[step].exp().to(xg.dtype), xg)
        power = self.schedule.data**2
        seen = xg / (1 + g).sqrt() if self.schedule.preserving else xg / (g + power).sqrt() if power else xg
        inside = self.shape if len(self.shape) != 2 else (1, *self.shape)
        told = self.schedule.told[step]
        answer = self.model(seen.reshape(-1, *inside), told.to(xg.dtype) if told.is_floating_point() else told)
        answer = getattr(answer, "sample", answer)
        answer = answer[0] if isinstance(answer, tuple) else answer
        if not isinstance(answer, Tensor) or answer.numel() != xg.numel() or len(answer) != len(xg):
            found = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            raise ModelError(f"the network returned {found} for stimuli {(len(xg), *inside)}; expected the same shape")
        output = answer.reshape(xg.shape).to(xg.dtype)
        # Part of xhat is the input itself, whose derivative alone would be taken for that of the whole.
        if torch.is_grad_enabled() and seen.requires_grad and not output.requires_grad:
            raise Unknown(f"{type(self.model).__name__} has no derivative (it is not computed by torch throughout)")
        if power:  # diffusers has no other two kinds; they differ in sign
            return (power * xg + _SIGNS[self.prediction] * (g * power * (g + power)).sqrt() * output) / (g + power)
        return _RULES[self.prediction](output, xg, g)

    def scales(self, x: Tensor) -> Scales:
        """The levels that the network knows."""
        low, high = self.schedule.log_gamma[[0, -1]].to(x.dtype)
        ones = torch.ones(len(x), dtype=x.dtype, device=x.device)
        return Scales((low + _REACH).exp() * ones, (high - _REACH).exp() * ones, below=_REACH, above=_REACH)

    def some_stimuli(self, generator: torch.Generator | None = None) -> Tensor:
        """The mean stimulus, which is the network's answer to pure noise."""
        top = self._top(1)
        with torch.no_grad():
            return self.xhat(torch.zeros(1, self.dimensions, dtype=self.dtype, device=self.device), top)

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Stimuli by reverse diffusion from the highest level."""
        centre = self.some_stimuli().expand(count, -1)
        top = self._top(count)
        with torch.no_grad():
            start = centre + column(top, centre).sqrt() * normal(centre.shape, centre, generator)
            return reverse_diffusion(self, start, top, _DRAW_STEPS, generator)

    def _top(self, count: int) -> Tensor:
        return self.schedule.log_gamma[-1].exp().to(self.dtype).expand(count)

    def __repr__(self) -> str:
        return f"WrappedDenoiser({type(self.model).__name__}, {self.prediction} prediction)"


def from_diffusers(
    model: Any,
    scheduler: Any,
    *,
    encoder: Any,
    shape: Sequence[int],
    prediction: str | None = None,
    samples: Any = None,
) -> Denoiser:
    """See `Denoiser.from_diffusers`."""
    from .zero_shot import with_population

    schedule = Schedule.of(scheduler)
    if prediction is None:
        prediction = getattr(getattr(scheduler, "config", None), "prediction_type", None)
    if prediction not in _NAMES:
        raise ModelError(f"prediction is {prediction!r}; expected epsilon, v or sample")
    prior = WrappedDenoiser(model, schedule, _NAMES[prediction], shape)
    denoiser = with_population(prior, encoder)
    report = _checked(prior, samples)
    if samples is not None and isinstance(denoiser, Approximate):
        denoiser.reference = Reference(prior.tensor(samples).reshape(-1, prior.dimensions))
    over = report.loss - 1 - DOUBT * report.loss_stderr > MARGIN
    if over.any():
        prior.caution = denoiser.caution = (
            f"{prior!r} denoises worse than the best linear denoiser, by up to {report.worst - 1:.0%} at gamma = "
            f"{float(report.gamma[report.loss.argmax()]):.2g}. Estimates made with it are wrong by an unknown amount, "
            "which their standard errors do not show"
        )
    elif samples is None:
        prior.caution = denoiser.caution = (
            f"{prior!r} was checked on stimuli that it drew itself: with another prediction, schedule or unit it may "
            "pass and give wrong estimates. Give held-out stimuli: from_diffusers(..., samples=...)"
        )
    return denoiser


def _checked(prior: WrappedDenoiser, samples: Any) -> Report:
    """Check the network as it was declared, beside every other way to read it."""

    def stimuli(reading: WrappedDenoiser) -> Tensor:
        if samples is None:
            return reading.draw_prior(_OWN_SAMPLES, reading.generator(0))
        given = prior.tensor(samples)
        if given.ndim == 0 or given[:1].numel() != prior.dimensions:
            raise ModelError(f"samples have shape {tuple(given.shape)}; expected {('N', *prior.shape)}")
        return given.reshape(len(given), -1)

    known = prior.schedule
    ends = known.log_gamma
    levels = torch.linspace(float(ends[0]), float(ends[-1]), LEVELS + 2, dtype=torch.float64)[1:-1].exp()
    others = {}
    for preserving, name in product((known.preserving, not known.preserving), _RULES):
        if (preserving, name) != (known.preserving, prior.prediction):
            schedule = replace(known, preserving=preserving)
            other = WrappedDenoiser(prior.model, schedule, name, prior.shape)
            seen = "" if preserving == known.preserving else _SEEN[preserving]
            words = f"It looks like a network of {name} predictions{seen}"
            others[words] = (other.xhat, partial(stimuli, other))
    own = ", on stimuli that it drew itself," if samples is None else ""
    return check(prior.xhat, stimuli(prior), levels, others, f"{prior!r}{own}", samples is None)
