"""Priors of a continuous stimulus, each with its log density and the nodes on which it is discretised."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from ..errors import ModelError
from .arrays import Array
from .geometry import circle
from .part import Part, finite, positive

#: Nodes reach this many standard deviations to each side of a Gaussian's mean; the mass beyond is below 1e-14.
GAUSSIAN_REACH = 7.8
#: A von Mises density of this concentration is exp(-600) at the far side, near the smallest that float64 holds.
MOST_CONCENTRATED = 300.0


class Prior(Protocol):
    """What `encoding_model` needs of a prior of a 1-D stimulus.

    A prior on a circle also has the attribute `geometry`, such as "circle:360".
    """

    def log_density(self, x: Array) -> Array:
        """The natural logarithm of p(x), in the shape of x."""
        ...

    def nodes(self, count: int) -> tuple[Array, Array]:
        """Nodes ``(count,)`` and their cell widths ``(count,)``."""
        ...

    @property
    def scale(self) -> float:
        """The smallest length over which the density varies, in the stimulus's unit."""
        ...


def _uniform_nodes(low: float, high: float, count: int) -> tuple[Array, Array]:
    width = (high - low) / count
    return low + width * (np.arange(count) + 0.5), np.full(count, width)


def _stretched_nodes(centre: float, scale: float, reach: float, count: int) -> tuple[Array, Array]:
    """Nodes that are even near the centre and exponentially spaced in the tails (x = centre + scale sinh t)."""
    t, width = _uniform_nodes(-math.asinh(reach / scale), math.asinh(reach / scale), count)
    return centre + scale * np.sinh(t), scale * np.cosh(t) * width


class Gaussian(Part, frozen=True):
    """A Gaussian prior, N(mean, sd^2)."""

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        positive(sd=self.sd)

    def log_density(self, x: Array) -> Array:
        return -0.5 * ((x - self.mean) / self.sd) ** 2 - math.log(self.sd * math.sqrt(2 * math.pi))

    def nodes(self, count: int) -> tuple[Array, Array]:
        return _uniform_nodes(self.mean - GAUSSIAN_REACH * self.sd, self.mean + GAUSSIAN_REACH * self.sd, count)

    @property
    def scale(self) -> float:
        return self.sd


class Mixture(Part, frozen=True):
    """A mixture of Gaussians; as many weights, which sum to 1, as means and sds."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    sds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.means) == len(self.sds) > 0:
            raise ModelError("weights, means and sds of a mixture must have one length, at least 1")
        for weight, sd in zip(self.weights, self.sds):
            positive(weight=weight, sd=sd)
        if abs(sum(self.weights) - 1) > 1e-9:
            raise ModelError(f"weights of a mixture sum to {sum(self.weights):g}; expected 1")

    def log_density(self, x: Array) -> Array:
        parts = [math.log(w) + Gaussian(m, s).log_density(x) for w, m, s in zip(self.weights, self.means, self.sds)]
        return np.asarray(np.logaddexp.reduce(np.stack(parts), axis=0))

    def nodes(self, count: int) -> tuple[Array, Array]:
        low = min(m - GAUSSIAN_REACH * s for m, s in zip(self.means, self.sds))
        high = max(m + GAUSSIAN_REACH * s for m, s in zip(self.means, self.sds))
        return _uniform_nodes(low, high, count)

    @property
    def scale(self) -> float:
        return min(self.sds)


class Uniform(Part, frozen=True):
    """A uniform prior on [low, high]."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ModelError(f"uniform prior on [{self.low}, {self.high}]; expected low < high")

    def log_density(self, x: Array) -> Array:
        inside = (x >= self.low) & (x <= self.high)
        return np.where(inside, -math.log(self.high - self.low), -np.inf)

    def nodes(self, count: int) -> tuple[Array, Array]:
        return _uniform_nodes(self.low, self.high, count)

    @property
    def scale(self) -> float:
        return (self.high - self.low) / 4


class Laplace(Part, frozen=True):
    """A Laplace prior, of density ``exp(-|x - mean| / spread) / (2 spread)``."""

    mean: float = 0.0
    spread: float = 1.0

    def __post_init__(self) -> None:
        positive(spread=self.spread)

    def log_density(self, x: Array) -> Array:
        return -np.abs(x - self.mean) / self.spread - math.log(2 * self.spread)

    def nodes(self, count: int) -> tuple[Array, Array]:
        return _uniform_nodes(self.mean - 30 * self.spread, self.mean + 30 * self.spread, count)

    @property
    def scale(self) -> float:
        return self.spread


class StudentT(Part, frozen=True):
    """Student's t with `df` degrees of freedom (df = 1: Cauchy); its nodes are exponentially spaced in the tails."""

    df: float = 1.0
    mean: float = 0.0
    spread: float = 1.0

    def __post_init__(self) -> None:
        positive(df=self.df, spread=self.spread)

    def log_density(self, x: Array) -> Array:
        t = (x - self.mean) / self.spread
        constant = math.lgamma((self.df + 1) / 2) - math.lgamma(self.df / 2) - 0.5 * math.log(self.df * math.pi)
        return np.asarray(constant - math.log(self.spread) - (self.df + 1) / 2 * np.log1p(t * t / self.df))

    def nodes(self, count: int) -> tuple[Array, Array]:
        # So far that the mass outside is about 1e-9, but at most 1e9 spreads.
        reach = self.spread * min(1e9, 10 ** (9 / self.df) * math.sqrt(self.df))
        return _stretched_nodes(self.mean, self.spread, reach, count)

    @property
    def scale(self) -> float:
        return self.spread


class VonMises(Part, frozen=True):
    """A von Mises prior on a circle, of density proportional to ``exp(concentration cos(2 pi (x - mean) / period))``.

    A concentration of 0 is the uniform prior on the circle.
    """

    mean: float = 0.0
    concentration: float = 0.0
    period: float = 360.0

    def __post_init__(self) -> None:
        positive(period=self.period)
        finite(mean=self.mean)
        if not 0 <= self.concentration <= MOST_CONCENTRATED:
            raise ModelError(f"concentration is {self.concentration}; expected a number from 0 to {MOST_CONCENTRATED}")

    @property
    def geometry(self) -> str:
        """The geometry of the stimulus."""
        return str(circle(self.period))

    def log_density(self, x: Array) -> Array:
        from scipy.special import i0e

        k, turn = self.concentration, 2 * math.pi * (x - self.mean) / self.period
        return np.asarray(k * (np.cos(turn) - 1) - math.log(self.period * float(i0e(k))))

    def nodes(self, count: int) -> tuple[Array, Array]:
        return _uniform_nodes(self.mean - self.period / 2, self.mean + self.period / 2, count)

    @property
    def scale(self) -> float:
        return self.period / (2 * math.pi * math.sqrt(1 + self.concentration))


#: Any prior of the library, for JSON.
AnyPrior = Gaussian | Mixture | Uniform | Laplace | StudentT | VonMises
