"""`Ladder`: the noise levels between an image and its noisy version, and one deterministic step between two of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ...errors import OptionError

#: The lowest level of a ladder, in units of a pixel: far below the distance between two images.
LOWEST = 0.1
#: Steps between the lowest level and the highest: DDIM steps by a factor of 1.17 each for a level of 4.
STEPS = 24


@dataclass(frozen=True)
class Ladder:
    """Rising noise levels sigma of Y = X + sigma Z (variance-exploding), from an image up to its noisy version.

    Attributes
    ----------
    sigmas : (n + 1,) standard deviations of the noise, rising, in float64

    Raises
    ------
    OptionError
        The levels are not positive, finite and rising, or are fewer than two.

    Notes
    -----
    A variance-preserving schedule of diffusers has ``sigma^2 = (1 - abar) / abar`` and ``y = x_t / sqrt(abar)``.
    """

    sigmas: Tensor

    def __post_init__(self) -> None:
        levels = torch.as_tensor(self.sigmas, dtype=torch.float64)
        object.__setattr__(self, "sigmas", levels)
        fine = levels.ndim == 1 and len(levels) > 1 and bool(torch.isfinite(levels).all())
        if not fine or not levels[0] > 0 or not (levels.diff() > 0).all():
            raise OptionError(f"noise levels are {levels.tolist()}; expected two or more that rise from above 0")

    @classmethod
    def between(cls, low: float, high: float, steps: int = STEPS) -> Ladder:
        """Levels in equal ratios; raises `OptionError` unless ``0 < low < high`` and there is a step."""
        if not (0 < low < high < math.inf and steps >= 1):
            raise OptionError(
                f"a ladder of {steps} steps from {low:g} to level {high:g}; expected a level above {low:g}"
            )
        return cls(torch.logspace(math.log10(low), math.log10(high), steps + 1, dtype=torch.float64))

    def up(self) -> Iterator[tuple[float, float]]:
        """(lower, higher) levels of each step, from the image to the noise."""
        levels = self.sigmas.tolist()
        return pairwise(levels)

    def down(self) -> Iterator[tuple[float, float]]:
        """(higher, lower) levels of each step, from the noise to the image."""
        levels = self.sigmas.tolist()
        return pairwise(reversed(levels))


def ddim_step(y: Tensor, xhat: Tensor, start: float, end: float) -> Tensor:
    """One deterministic DDIM step (Song et al. 2021, eta = 0) from level `start` to level `end`."""
    return xhat + (end / start) * (y - xhat)
