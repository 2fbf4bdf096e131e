"""Noise levels for ``int dg / (2 g^2) f(g)``: a lattice in a stretched log g, with a random offset.

With a uniformly random offset, a lattice is unbiased for the integral over its range. Because the integrand is analytic
in log g, its error falls exponentially with the number of levels. ``log g = middle + a sinh(v)`` stretches both ends,
where f / g falls as g and as 1 / g. The parts beyond the range are extrapolated from the outermost levels by these
laws. Where a pilot has shown how draws scatter from level to level, levels lie as densely as they scatter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..diffusion.denoiser import Scales
from ..diffusion.finite_joint import Guide

#: Spacing in log g, in the middle of the range, at which the lattice's error is 1e-3 to 1e-5 of the integral.
SPACING = 1.8
#: Levels of a lattice that follows a profile.
PROFILED = 8
#: The share of levels that stays even, whatever a pilot finds: where it saw too little, errors grow by 1.7 at most.
_EVEN = 0.35
#: The variance of integrals over the sum of those of their parts: about 1 where parts scatter by noise, and 1e-4
#: or less where all of it is a shift of the lattice.
_SMOOTH = 0.1
#: A sum of spreads, in nats, below which levels are not told apart.
_NOTHING = 1e-200


@dataclass(frozen=True)
class LevelPlan:
    """The lattices of n stimuli.

    Attributes
    ----------
    middle, stretch, bottom, top : (n,) of ``log g = middle + stretch sinh(v)`` for v from bottom to top; an infinite
        stretch means ``log g = middle + v``
    doubt : the share of the extrapolated parts that may be wrong; they are added to the value if it is below 1
    profile : ends of intervals of log g (n, G + 1), and the shares (n, G) of the levels in each; replaces the other
        numbers, and then nothing is left beyond the ends
    spread : the shares (n, G) of the levels in G equal parts of v; equal shares if it is None
    """

    middle: Tensor
    stretch: Tensor
    bottom: Tensor
    top: Tensor
    doubt: float
    profile: tuple[Tensor, Tensor] | None = None
    spread: Tensor | None = None

    @classmethod
    def guided(cls, guide: Guide) -> LevelPlan:
        """Levels where a guide finds that they matter."""
        u, none = guide.u, torch.zeros_like(guide.u[:, 0])
        half = (u[:, 1:2] - u[:, :1]) / 2
        return cls(none, none, none, none, 0.0, (torch.cat([u - half, u[:, -1:] + half], dim=1), guide.share))

    @classmethod
    def between(cls, scales: Scales) -> LevelPlan:
        """Levels that reach well beyond a denoiser's scales on both sides."""
        half = (scales.high / scales.low).log().clamp_min(0) / 2
        stretch = 2 + half / 2
        bottom = -torch.asinh((half + scales.below) / stretch)
        top = torch.asinh((half + scales.above) / stretch)
        doubt = math.exp(-min(scales.below, scales.above) / 2)
        return cls((scales.low * scales.high).log() / 2, stretch, bottom, top, doubt)

    @classmethod
    def within(cls, low: float, high: float, like: Tensor) -> LevelPlan:
        """Levels from `low` to `high` and not beyond, for as many stimuli as `like` (n, ...) has."""
        ones = torch.ones(len(like), dtype=like.dtype, device=like.device)
        half = ones * math.log(high / low) / 2
        middle = (math.log(low) + math.log(high)) / 2
        return cls(ones * middle, ones * torch.inf, -half, half, 1.0)

    def following(self, draws: Tensor) -> LevelPlan:
        """The plan with levels in proportion to the spread of draws (R, n, G, features) at the G levels of a lattice.

        The draws are parts of the integral. Both the spread of their sums over features and that of the features count,
        in one stimulus as in all, which steadies the few draws of each. Where integrals scatter much less than their
        parts, the parts differ as the lattice is moved and not by noise; then an even lattice is the most accurate one.
        """
        draws = draws.double()
        apart = draws.sum(-1).var(0)  # (n, G)
        if float(draws.sum((2, 3)).var(0).sum()) <= _SMOOTH * float(apart.sum()):
            return self
        own = _shares(apart.sqrt()) + _shares(draws.var(0).sum(-1).sqrt())
        shared = own + own.mean(0)
        wide = torch.nn.functional.pad(shared[:, None], (1, 1), mode="replicate")[:, 0]
        smooth = _shares((wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / 4)
        return replace(self, spread=(1 - _EVEN) * smooth + _EVEN / smooth.shape[1])

    def wanted(self) -> int:
        """The number of levels of a lattice with the spacing `SPACING`."""
        if self.profile is not None:
            return PROFILED
        width = torch.where(torch.isfinite(self.stretch), self.stretch, 1.0) * (self.top - self.bottom)
        return max(6, math.ceil(float(width.max()) / SPACING))

    def lattice(self, count: int, offset: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Levels, weights of ``int dg / (2 g^2)``, and the distances in log g from the outermost levels to the ends.

        Parameters
        ----------
        offset : (R, n) in [0, 1)

        Returns
        -------
        gamma, weight : (R, n, count)
        beyond : (R, n, 2), from the lowest level down to the lower end and from the highest up to the upper end
        """
        index = torch.arange(count, dtype=offset.dtype, device=offset.device)
        if self.profile is not None:
            return self._profiled((index + offset[..., None]) / count, *self.profile)
        place = (index + offset[..., None]) / count
        density = torch.ones_like(place)
        if self.spread is not None:
            place, density = _placed(place, self.spread)
        width = (self.top - self.bottom)[:, None]
        v = place * width + self.bottom[:, None]
        straight = ~torch.isfinite(self.stretch)[:, None]
        a = torch.where(straight, 1.0, self.stretch[:, None])
        s = torch.where(straight, v, a * torch.sinh(v))
        slope = torch.where(straight, torch.ones_like(v), a * torch.cosh(v))
        gamma = (self.middle[:, None] + s).exp()
        ends = torch.stack([self.bottom, self.top], dim=1)
        ends = torch.where(straight, ends, a * torch.sinh(ends))
        beyond = torch.stack([s[..., 0] - ends[:, 0], ends[:, 1] - s[..., -1]], dim=-1)
        return gamma, width / count / density * slope / (2 * gamma), beyond

    def _profiled(self, place: Tensor, ends: Tensor, share: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Levels at these places (R, n, count) of the profile's cumulative shares, as `lattice` returns them."""
        size, n, count = place.shape
        where, density = _placed(place, share)
        width = ends[:, -1:] - ends[:, :1]
        gamma = (ends[:, :1] + where * width).exp()
        weight = width / density / (2 * gamma * count)
        return gamma, weight, torch.full((size, n, 2), torch.inf, dtype=gamma.dtype, device=gamma.device)


def _shares(parts: Tensor) -> Tensor:
    """Parts (n, G) over the sum of their row; even where all of them are about 0, as draws are without information."""
    whole = parts.sum(1, keepdim=True)
    return torch.where(whole > _NOTHING, parts / whole.clamp_min(_NOTHING), 1 / parts.shape[1])


def _placed(place: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Where in [0, 1] cumulative shares (n, G) of equal parts reach `place` (R, n, count), and the density there."""
    share = share.to(place.dtype)
    reached = torch.cat([torch.zeros_like(share[:, :1]), share.cumsum(1)], dim=1)
    size, n, count = place.shape
    parts = share.shape[1]
    flat = place.transpose(0, 1).reshape(n, size * count)
    part = (torch.searchsorted(reached, flat) - 1).clamp(0, parts - 1)
    of_part = share.gather(1, part)
    where = (part + (flat - reached.gather(1, part)) / of_part) / parts
    where, density = (one.reshape(n, size, count).transpose(0, 1) for one in (where, of_part * parts))
    return where, density
