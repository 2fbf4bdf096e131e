"""Sums of counts on a scale where they scatter alike, whatever their mean; with the exact mean and variance there.

The variance of a sum of mean m is ``m + m^2 / size``: `size` is infinite for Poisson counts, minus the number of trials
for spikes that occur once or not at all, and the number of trials over the dispersion for negative binomial counts. On
the scale of Anscombe the variance is about 1. It is smaller where few spikes are expected; the exact one is summed.

References
----------
Anscombe FJ (1948) The transformation of Poisson, binomial and negative-binomial data. Biometrika 35, 246-254.
Makitalo M, Foi A (2011) Optimal inversion of the Anscombe transformation in low-count Poisson image denoising. IEEE
    Transactions on Image Processing 20, 99-109 (the exact mean on this scale).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .arrays import Array

#: Anscombe's shift, which makes the variance constant to the highest order.
_SHIFT = 3 / 8
#: Means at which sums are computed, and the largest: beyond it, what the mean on the scale lacks no longer changes.
_MEANS, _LARGEST = 120, 400.0
#: Chance of larger sums, which are left out.
_TAIL = 1e-10


@dataclass(frozen=True)
class Scale:
    """The scale of sums of one `size`.

    Attributes
    ----------
    size : inf, positive or negative, see above
    means, expected, variance : (M,) means of a sum, and the mean and the variance of its value on the scale
    """

    size: float
    means: Array
    expected: Array
    variance: Array

    def value(self, sums: Array) -> Array:
        """Sums on this scale."""
        return _value(np.asarray(sums, dtype=float), self.size)

    def mean_value(self, means: Array) -> Array:
        """The mean value of sums of these means."""
        beyond = self.value(means) + (self.expected[-1] - self.value(self.means[-1:]))
        return np.where(means > self.means[-1], beyond, np.interp(means, self.means, self.expected))

    def scatter(self, means: Array) -> Array:
        """The variance of values of sums of these means."""
        return np.asarray(np.interp(means, self.means, self.variance))

    def mean_of(self, expected: Array) -> Array:
        """The mean of a sum whose mean value is this; the inverse of `mean_value`."""
        beyond = _sum(expected - (self.expected[-1] - self.value(self.means[-1:])), self.size)
        return np.where(expected > self.expected[-1], beyond, np.interp(expected, self.expected, self.means))


def _value(sums: Array, size: float) -> Array:
    if math.isinf(size):
        return np.asarray(2 * np.sqrt(sums + _SHIFT))
    if size > 0:
        return np.asarray(2 * math.sqrt(size) * np.arcsinh(np.sqrt((sums + _SHIFT) / size)))
    return np.asarray(2 * math.sqrt(-size) * np.arcsin(np.sqrt((sums + _SHIFT) / (-size + 2 * _SHIFT))))


def _sum(value: Array, size: float) -> Array:
    if math.isinf(size):
        return np.asarray((value / 2) ** 2 - _SHIFT)
    if size > 0:
        return np.asarray(size * np.sinh(value / (2 * math.sqrt(size))) ** 2 - _SHIFT)
    return np.full_like(value, -size)  # no mean exceeds the number of trials


@lru_cache(maxsize=64)
def scale_of(size: float) -> Scale:
    """The scale of sums of this size."""
    from scipy.stats import binom, nbinom, poisson

    if size < 0:
        means = -size * np.sin(np.linspace(0, np.pi / 2, _MEANS)) ** 2
        counts, chance = np.arange(-size + 1), binom(-size, means[:, None] / -size).pmf
    else:
        means = np.concatenate([[0.0], np.geomspace(0.01, _LARGEST, _MEANS)])
        drawn = poisson(means[:, None]) if math.isinf(size) else nbinom(size, size / (size + means[:, None]))
        counts, chance = np.arange(float(np.max(drawn.isf(_TAIL))) + 2), drawn.pmf
    mass = chance(counts[None])
    mass /= mass.sum(axis=1, keepdims=True)
    value = _value(counts, size)
    expected = mass @ value
    return Scale(size, means, expected, np.asarray((mass * (value - expected[:, None]) ** 2).sum(axis=1)))


def nearby(size: Array) -> Array:
    """Sizes rounded to half powers of two, so that few scales serve many neurons; negative and infinite ones stay."""
    return np.where((size > 0) & np.isfinite(size), 2.0 ** (np.round(2 * np.log2(np.abs(size))) / 2), size)
