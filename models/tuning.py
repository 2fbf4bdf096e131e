"""Tuning curves for a 1-D stimulus, each with its derivative."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..errors import ModelError
from .arrays import Array
from .part import Part, finite, positive


class Tuning(Protocol):
    """A smooth function of the stimulus: the mean response, a rate, a probability or a logit."""

    def __call__(self, x: Array) -> Array:
        """f(x), same shape as x."""
        ...

    def derivative(self, x: Array) -> Array:
        """f'(x), same shape as x."""
        ...


def _logistic(t: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(t / 2)))


class _Local(Part, frozen=True):
    """The parameters of a curve that varies around `centre` over a `width`."""

    centre: float = 0.0
    width: float = 1.0
    height: float = 1.0
    baseline: float = 0.0

    def __post_init__(self) -> None:
        positive(width=self.width)
        finite(centre=self.centre, height=self.height, baseline=self.baseline)


class Bump(_Local, frozen=True):
    """A Gaussian bump, ``baseline + height exp(-(x - centre)^2 / 2 width^2)``."""

    def __call__(self, x: Array) -> Array:
        return self.baseline + self.height * np.exp(-0.5 * ((x - self.centre) / self.width) ** 2)

    def derivative(self, x: Array) -> Array:
        return -(x - self.centre) / self.width**2 * (self(x) - self.baseline)


class Bumps(Part, frozen=True):
    """A sum of bumps, or of any other tuning curves."""

    parts: tuple[AnyTuning, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ModelError("a sum of tuning curves needs at least one")

    def __call__(self, x: Array) -> Array:
        return np.asarray(sum(part(x) for part in self.parts))

    def derivative(self, x: Array) -> Array:
        return np.asarray(sum(part.derivative(x) for part in self.parts))


class Sigmoid(_Local, frozen=True):
    """A logistic curve, ``baseline + height / (1 + exp(-(x - centre) / width))``."""

    def __call__(self, x: Array) -> Array:
        return self.baseline + self.height * _logistic((x - self.centre) / self.width)

    def derivative(self, x: Array) -> Array:
        s = _logistic((x - self.centre) / self.width)
        return np.asarray(self.height / self.width * s * (1 - s))


class Linear(Part, frozen=True):
    """A straight line, ``intercept + slope x``."""

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        finite(slope=self.slope, intercept=self.intercept)

    def __call__(self, x: Array) -> Array:
        return self.intercept + self.slope * x

    def derivative(self, x: Array) -> Array:
        return np.full_like(x, self.slope)


class Periodic(Part, frozen=True):
    """A cosine, ``baseline + height (1 + cos(2 pi (x - centre) / period)) / 2``."""

    period: float = 1.0
    centre: float = 0.0
    height: float = 1.0
    baseline: float = 0.0

    def __post_init__(self) -> None:
        positive(period=self.period)
        finite(centre=self.centre, height=self.height, baseline=self.baseline)

    def __call__(self, x: Array) -> Array:
        return self.baseline + self.height * 0.5 * (1 + np.cos(2 * math.pi * (x - self.centre) / self.period))

    def derivative(self, x: Array) -> Array:
        turn = 2 * math.pi / self.period
        return -0.5 * self.height * turn * np.sin(turn * (x - self.centre))


class VonMisesBump(Part, frozen=True):
    """A bump on a circle, ``baseline + height exp(concentration (cos(2 pi (x - centre) / period) - 1))``."""

    centre: float = 0.0
    concentration: float = 1.0
    height: float = 1.0
    baseline: float = 0.0
    period: float = 360.0

    def __post_init__(self) -> None:
        positive(period=self.period, concentration=self.concentration)
        finite(centre=self.centre, height=self.height, baseline=self.baseline)

    def __call__(self, x: Array) -> Array:
        turn = 2 * math.pi * (x - self.centre) / self.period
        return self.baseline + self.height * np.exp(self.concentration * (np.cos(turn) - 1))

    def derivative(self, x: Array) -> Array:
        turn = 2 * math.pi / self.period
        return -self.concentration * turn * np.sin(turn * (x - self.centre)) * (self(x) - self.baseline)


class PiecewiseSmooth(Part, frozen=True, dict=True):
    """A monotonicity-preserving cubic (PCHIP) through `values` at `knots`, constant outside the knots."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.knots) != len(self.values) or len(self.knots) < 2:
            raise ModelError("knots and values must have one length, at least 2")
        if any(not math.isfinite(v) for v in (*self.knots, *self.values)):
            raise ModelError("knots and values must be finite")
        if any(b <= a for a, b in zip(self.knots, self.knots[1:])):
            raise ModelError("knots must increase")

    @cached_property
    def _curve(self) -> Any:
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(self.knots, self.values)

    def __call__(self, x: Array) -> Array:
        return np.asarray(self._curve(np.clip(x, self.knots[0], self.knots[-1])))

    def derivative(self, x: Array) -> Array:
        inside = (x >= self.knots[0]) & (x <= self.knots[-1])
        return np.where(inside, self._curve.derivative()(np.clip(x, self.knots[0], self.knots[-1])), 0.0)


#: Any tuning curve of the library, for JSON.
AnyTuning = Bump | Bumps | Sigmoid | Linear | Periodic | PiecewiseSmooth | VonMisesBump
