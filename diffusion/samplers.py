"""Where r ~ p(R|xg) comes from: the plug-in, Tweedie's Gaussian, posterior samples, or a network in its stead.

Every sampler answers one question, E_r[D_i^2 | xg] with D = xhat(xg, r) - xhat(xg), by one unbiased or biased draw:

- `PlugIn`: r ~ p(r | xhat(xg)), as published (Laquitaine et al., section 5.4). Biased: it takes xhat for the stimulus.
- `Tweedie`: x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0). Exact for Gaussian posteriors.
- `PosteriorSampler`: x0 ~ p(X|xg), r ~ p(r | x0). Exact where the denoiser can draw, else by reverse diffusion.
- `Amortised`: a regressor of D_i^2 on (xg, gamma); no response is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .denoiser import Denoiser, Posterior, column
from .denoiser import normal as randn
from .noise_levels import alpha_bar_from_gamma, scheduler_for


class ResponseSampler(Protocol):
    """One draw of E_r[D_i^2 | xg] for each row."""

    name: str
    keeps_variance: bool

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        """Whether a draw differentiates the denoiser."""
        ...

    def passes(self, denoiser: Denoiser) -> int:
        """Denoiser passes for one draw."""
        ...

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        """Draws for noisy stimuli (B, d) at levels (B,), shape (B, d); by variances where `variance` is set."""
        ...


@dataclass(frozen=True)
class PlugIn:
    """r ~ p(r | xhat(xg)): the published estimator, biased; always the raw square."""

    name = "plug_in"
    keeps_variance = False

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        return False

    def passes(self, denoiser: Denoiser) -> int:
        return 2

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        mean = denoiser.xhat(xg, gamma)
        r = denoiser.encoder.sample(mean, generator)
        return (denoiser.xhat(xg, gamma, r) - mean) ** 2


@dataclass(frozen=True)
class Tweedie:
    """x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0).

    Where the denoiser cannot draw from that Gaussian in its pass, the Jacobian is taken by automatic differentiation,
    which counts as d more passes.
    """

    name = "tweedie"
    keeps_variance = False

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        return not denoiser.knows_posterior

    def passes(self, denoiser: Denoiser) -> int:
        return 2 if denoiser.knows_posterior else 2 + denoiser.dimensions

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if denoiser.knows_posterior:
            seen = denoiser.posterior(xg, gamma, normal=True, generator=generator)
            mean, x0 = seen.mean, seen.normal
            assert x0 is not None
        else:
            mean, x0 = _tweedie_draw(denoiser, xg, gamma, generator)
        r = denoiser.encoder.sample(x0, generator)
        return (denoiser.xhat(xg, gamma, r) - mean) ** 2


def _tweedie_draw(denoiser: Denoiser, xg: Tensor, gamma: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """xhat, and a draw of N(xhat, gamma dxhat/dxg) for a denoiser that only knows xhat."""
    point = xg.detach().requires_grad_(True)
    mean = denoiser.xhat(point, gamma)
    rows = [torch.autograd.grad(mean[:, i].sum(), point, retain_graph=True)[0] for i in range(mean.shape[1])]
    jacobian = torch.stack(rows, dim=1)
    covariance = column(gamma, xg)[..., None] * (jacobian + jacobian.mT) / 2
    values, vectors = torch.linalg.eigh(covariance)
    noise = values.clamp_min(0).sqrt() * randn(xg.shape, xg, generator)
    mean = mean.detach()
    return mean, mean + (vectors @ noise[..., None])[..., 0]


@dataclass(frozen=True)
class PosteriorSampler:
    """x0 ~ p(X | xg), r ~ p(r | x0).

    Parameters
    ----------
    steps : int
        Of the reverse diffusion from gamma to 0, where the denoiser cannot draw exactly; each is a pass. The sampler
        is exact as steps grow.
    black_box : bool
        Use the reverse diffusion even where the denoiser could draw exactly.
    """

    steps: int = 40
    black_box: bool = False
    name = "posterior"
    keeps_variance = True

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        return False

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 2:
            raise ValueError(f"steps is {self.steps!r}; expected a whole number, at least 2")

    def passes(self, denoiser: Denoiser) -> int:
        return 2 if denoiser.knows_posterior and not self.black_box else 2 + self.steps

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if denoiser.knows_posterior and not self.black_box:
            seen = denoiser.posterior(xg, gamma, variance=variance, draw=True, generator=generator)
            x0 = seen.draw
            assert x0 is not None
        else:
            variance = variance and denoiser.knows_variance
            seen = denoiser.posterior(xg, gamma, variance=variance)
            x0 = reverse_diffusion(denoiser, xg, gamma, self.steps, generator)
        r = denoiser.encoder.sample(x0, generator)
        return gain_squared(seen, denoiser.posterior(xg, gamma, r, variance=variance))


def gain_squared(seen: Posterior, given: Posterior) -> Tensor:
    """D_i^2, or Var(X_i|xg) - Var(X_i|xg, r), which has the same mean over r ~ p(r|xg) and less spread."""
    if seen.variance is not None and given.variance is not None:
        return seen.variance - given.variance
    return (given.mean - seen.mean) ** 2


def reverse_diffusion(
    denoiser: Denoiser,
    xg: Tensor,
    gamma: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    r: Tensor | None = None,
) -> Tensor:
    """Samples of X | xg (, r) from a denoiser that only knows xhat: ancestral steps of a `diffusers` scheduler.

    Few steps leave a bias, which no standard error shows; see the table of samplers in reports/published.

    Parameters
    ----------
    xg, gamma : (B, d) and (B,)
    r : (B, k) responses that the samples are given too
    steps : passes for each sample; levels fall from gamma in equal ratios to 0.4% of the smallest scale.
    """
    g = column(gamma, xg)
    scales = denoiser.scales(denoiser.some_stimuli(generator))
    low, unit = scales.low.min(), scales.high.max()  # the schedule is one of stimuli of about unit size
    floor = torch.minimum(g * 0.1, low * 0.004)
    share = torch.linspace(0, 1, steps, dtype=torch.float64, device=xg.device)[:, None, None]
    ladder = (floor.log().double() * (1 - share) + g.log().double() * share).exp()  # (T, B, 1), rising
    scheduler = scheduler_for(ladder / unit)
    size = unit.sqrt()
    sample = xg / size * alpha_bar_from_gamma(g / unit).sqrt()
    for t in range(steps - 1, -1, -1):
        level = ladder[t].to(xg.dtype)
        clean = denoiser.xhat(sample * size / alpha_bar_from_gamma(level / unit).sqrt(), level[:, 0], r)
        sample = scheduler.step(clean / size, t, sample, generator=generator).prev_sample.to(xg.dtype)
    return sample * size


@dataclass(frozen=True)
class Amortised:
    """A regressor in the place of a response: ``predict(xg, gamma)`` is about E_r[D_i^2 | xg], (B, d).

    Unbiased where the regression is exact; one unconditional pass a draw (its own).
    """

    predict: Callable[[Tensor, Tensor], Tensor]
    name = "amortised"
    keeps_variance = False

    def needs_gradient(self, denoiser: Denoiser) -> bool:
        return False

    def passes(self, denoiser: Denoiser) -> int:
        return 1

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        return self.predict(xg, gamma)


def fit_amortised(
    denoiser: Denoiser, *, steps: int = 2000, batch: int = 512, width: int = 128, seed: int = 0
) -> Amortised:
    """Fit a small network to E_r[D_i^2 | xg] by least squares on x0 ~ prior, r ~ p(r|x0), xg ~ N(x0, gamma).

    For low-dimensional priors that the denoiser can draw from. The network sees xg and log gamma and predicts
    ``D_i^2 / (gamma min(1, gamma))`` up to a scale, through a softplus, so that it stays finite at both ends.
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
        network = torch.nn.Sequential(
            torch.nn.Linear(d + 1, width),
            torch.nn.SiLU(),
            torch.nn.Linear(width, width),
            torch.nn.SiLU(),
            torch.nn.Linear(width, width),
            torch.nn.SiLU(),
            torch.nn.Linear(width, d),
        ).to(denoiser.device, denoiser.dtype)

    def unit(gamma: Tensor) -> Tensor:
        return (gamma / (gamma / high + 1))[:, None] * (gamma / (gamma + low))[:, None]

    def predict(xg: Tensor, gamma: Tensor) -> Tensor:
        # Preconditioned as the denoisers of Karras et al. (2022): inputs of unit spread at every level.
        z = (xg - centre) / (spread**2 + gamma[:, None]).sqrt()
        features = torch.cat([z, ((gamma.log() - middle) / half)[:, None]], dim=1)
        return torch.nn.functional.softplus(network(features)) * unit(gamma)

    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule: Any = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        x0 = denoiser.draw_prior(batch, generator)
        s = middle + half * (2 * torch.rand(batch, dtype=x0.dtype, device=x0.device, generator=generator) - 1)
        gamma = s.exp()
        r = denoiser.encoder.sample(x0, generator)
        xg = x0 + gamma.sqrt()[:, None] * randn(x0.shape, x0, generator)
        with torch.no_grad():
            square = (denoiser.xhat(xg, gamma, r) - denoiser.xhat(xg, gamma)) ** 2
        loss = (((predict(xg, gamma) - square) / unit(gamma)) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()

    def fitted(xg: Tensor, gamma: Tensor) -> Tensor:
        with torch.no_grad():
            return predict(xg, gamma)

    return Amortised(fitted)


#: By the names that `Measure.estimate` takes; "amortised" needs a fitted one.
SAMPLERS: dict[str, ResponseSampler] = {"plug_in": PlugIn(), "tweedie": Tweedie(), "posterior": PosteriorSampler()}


def sampler_named(sampler: str | ResponseSampler, denoiser: Denoiser) -> ResponseSampler:
    """The sampler of a name, or the one given."""
    if not isinstance(sampler, str):
        if not callable(getattr(sampler, "squared_gain", None)):
            raise ValueError(f"sampler is {sampler!r}; expected a name or an object with squared_gain")
        return sampler
    if sampler == "amortised":
        if denoiser.gain is None:
            raise ValueError("the amortised sampler has to be fitted: pass diffusion.fit_amortised(denoiser)")
        return Amortised(denoiser.gain)
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler {sampler!r}; expected one of plug_in, tweedie, posterior, amortised")
    return SAMPLERS[sampler]
