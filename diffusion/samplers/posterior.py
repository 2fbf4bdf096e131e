"""Posterior samples: r is drawn at a stimulus from p(X|xg)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..denoiser import Denoiser, Posterior, column, normal
from .sampler import Sampler, gain_squared

#: How far from a noisy stimulus the derivative of xhat is taken, in standard deviations of the noise.
_NEAR = 0.03
#: Responses per noisy stimulus by which a control variate is averaged: its own noise is a sixth of what it takes away.
_CONTROLS = 32


@dataclass(frozen=True)
class PosteriorSampler(Sampler):
    """x0 ~ p(X | xg), r ~ p(r | x0).

    Parameters
    ----------
    steps : int
        Steps, of two passes each, of the reverse diffusion from gamma to 0 that is used where the denoiser cannot draw
        exactly. The bias vanishes as steps grow.
    black_box : bool
        Use reverse diffusion even where the denoiser can draw exactly.

    Raises
    ------
    ValueError
        `steps` is not a whole number of at least 2.
    """

    steps: int = 20
    black_box: bool = False
    name = "posterior"
    through_denoiser = True
    keeps_variance = True

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 2:
            raise ValueError(f"steps is {self.steps!r}; expected a whole number, at least 2")

    def draws_exactly(self, denoiser: Denoiser) -> bool:
        return denoiser.knows_posterior and not self.black_box

    def passes(self, denoiser: Denoiser) -> int:
        return 1 + denoiser.responses if self.draws_exactly(denoiser) else 1 + 2 * self.steps

    def squared_gain(
        self, denoiser: Denoiser, xg: Tensor, gamma: Tensor, variance: bool, generator: torch.Generator
    ) -> Tensor:
        if self.draws_exactly(denoiser):
            seen = denoiser.posterior(xg, gamma, variance=variance, draw=True, generator=generator)
            if seen.draws is not None and seen.given is not None:
                r = torch.stack([denoiser.encoder.sample(x0, generator) for x0 in seen.draws])
                return _of_several(seen, seen.given(r, variance))
            x0 = seen.draw
            assert x0 is not None
        else:
            variance = variance and denoiser.knows_variance
            seen = denoiser.posterior(xg, gamma, variance=variance)
            x0 = reverse_diffusion(denoiser, xg, gamma, self.steps, generator)
        r = denoiser.encoder.sample(x0, generator)
        given = denoiser.posterior(xg, gamma, r, variance=variance)
        square = gain_squared(seen, given)
        if seen.variance is not None or seen.again is None or denoiser.control is None:
            return square
        # All responses have one law, so that those of which D is not computed leave the mean as it is.
        others = [denoiser.encoder.sample(seen.again(), generator) for _ in range(_CONTROLS - 1)]
        linear = denoiser.control.gain(seen.mean, gamma, torch.stack([r, *others])) ** 2
        return square - linear[0] + linear.mean(0)


def _of_several(seen: Posterior, given: Posterior) -> Tensor:
    """The mean over several responses to each noisy stimulus, (M, B, d) to (B, d).

    D^2 and the difference of variances have the same mean. Where a response tells little D^2 scatters less, and where
    it tells much the other does; for a set of images their mean scatters less than either, at most levels.
    """
    square = (given.mean - seen.mean) ** 2
    if seen.variance is not None and given.variance is not None:
        square = (square + seen.variance - given.variance) / 2
    return square.mean(0)


def reverse_diffusion(
    denoiser: Denoiser,
    xg: Tensor,
    gamma: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    r: Tensor | None = None,
) -> Tensor:
    """Samples of X | xg (or X | xg, r), (B, d), by ancestral steps, which need xhat alone.

    From level a to b, X_b given x_a has the mean ``b/a x_a + (1 - b/a) xhat`` and the covariance ``b (a - b) / a +
    (1 - b/a)^2 Cov(X | x_a)``. DDPM's ``fixed_small`` variance leaves out the second part and draws too narrowly. Its
    mean over features is ``a tr(dxhat/dx) / d`` (Tweedie), from a second pass at x_a + e z with signs z at random
    (Hutchinson). Few steps leave a bias that no standard error shows; see the table of samplers in reports/published.

    Parameters
    ----------
    xg, gamma : (B, d) and (B,)
    steps : at least 2, of two passes each but for the last one; the levels fall from gamma to 0.4% of the smallest
        scale in equal ratios
    r : (B, k) responses, if the samples are to be given them
    """
    low = denoiser.scales(denoiser.some_stimuli(generator)).low.min()
    floor = torch.minimum(gamma * 0.1, low * 0.004)
    share = (floor / gamma) ** (1 / (steps - 1))
    x, level = xg, gamma
    for _ in range(steps - 1):
        clean = denoiser.xhat(x, level, r)
        a, b = column(level, x), column(level * share, x)
        signs = torch.sign(normal(x.shape, x, generator))
        nearby = denoiser.xhat(x + _NEAR * a.sqrt() * signs, level, r)
        spread = (a.sqrt() / _NEAR * (signs * (nearby - clean)).mean(1, keepdim=True)).clamp_min(0)
        deviation = (b * (a - b) / a + (1 - b / a) ** 2 * spread).sqrt()
        x = b / a * x + (1 - b / a) * clean + deviation * normal(x.shape, x, generator)
        level = level * share
    return denoiser.xhat(x, level, r)


SAMPLER = PosteriorSampler
