"""Noise levels for ``int dg / (2 g^2) f(g)``: a lattice in a stretched log g, with a random offset.

A lattice with a uniformly random offset is unbiased for the integral over its range and, the integrand being analytic
in log g, its error falls exponentially with the number of levels. ``log g = middle + a sinh(v)`` stretches both ends,
where f / g falls as g and as 1 / g. What lies beyond the range is continued from the outermost levels by these laws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.denoiser import Scales

#: Spacing in log g, in the middle, at which the lattice's error is some 1e-3 to 1e-5 of the whole.
SPACING = 1.8


@dataclass(frozen=True)
class LevelPlan:
    """Where the lattice of n stimuli lies.

    Attributes
    ----------
    middle, stretch, bottom, top : (n,) of ``log g = middle + stretch sinh(v)`` for v from bottom to top; a stretch of
        infinity stands for the straight ``log g = middle + v``
    doubt : share of the continuation beyond the range that may be wrong; it is added to the value if this is below 1
    """

    middle: Tensor
    stretch: Tensor
    bottom: Tensor
    top: Tensor
    doubt: float

    @classmethod
    def between(cls, scales: Scales) -> LevelPlan:
        """Levels that reach well beyond a denoiser's scales."""
        half = (scales.high / scales.low).log().clamp_min(0) / 2
        stretch = 2 + half / 2
        bottom = -torch.asinh((half + scales.below) / stretch)
        top = torch.asinh((half + scales.above) / stretch)
        doubt = math.exp(-min(scales.below, scales.above) / 2)
        return cls((scales.low * scales.high).log() / 2, stretch, bottom, top, doubt)

    @classmethod
    def within(cls, low: float, high: float, like: Tensor) -> LevelPlan:
        """Levels in a given range and not beyond, for as many stimuli as `like` (n, ...) has."""
        ones = torch.ones(len(like), dtype=like.dtype, device=like.device)
        half = ones * math.log(high / low) / 2
        middle = (math.log(low) + math.log(high)) / 2
        return cls(ones * middle, ones * torch.inf, -half, half, 1.0)

    def wanted(self) -> int:
        """How many levels make a lattice of `SPACING`."""
        width = torch.where(torch.isfinite(self.stretch), self.stretch, 1.0) * (self.top - self.bottom)
        return max(6, math.ceil(float(width.max()) / SPACING))

    def lattice(self, count: int, offset: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Levels and weights of ``int dg / (2 g^2)``, and log distances of the outermost ones to the ends.

        Parameters
        ----------
        offset : (R,) in [0, 1)

        Returns
        -------
        gamma, weight : (R, n, count)
        beyond : (R, n, 2) from the lowest level down to the lower end, and from the highest up
        """
        cell = (self.top - self.bottom) / count
        index = torch.arange(count, dtype=offset.dtype, device=offset.device)
        v = (index + offset[:, None, None]) * cell[:, None] + self.bottom[:, None]
        straight = ~torch.isfinite(self.stretch)[:, None]
        a = torch.where(straight, 1.0, self.stretch[:, None])
        s = torch.where(straight, v, a * torch.sinh(v))
        slope = torch.where(straight, torch.ones_like(v), a * torch.cosh(v))
        gamma = (self.middle[:, None] + s).exp()
        ends = torch.stack([self.bottom, self.top], dim=1)
        ends = torch.where(straight, ends, a * torch.sinh(ends))
        beyond = torch.stack([s[..., 0] - ends[:, 0], ends[:, 1] - s[..., -1]], dim=-1)
        return gamma, cell[:, None] * slope / (2 * gamma), beyond
