"""Running mean and spread of replicates, and the estimate that they make."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.special import stdtrit
from scipy.stats import norm
from torch import Tensor

from ..models.arrays import Array
from .estimate import Estimate

#: Quantiles that lie this many standard errors from the mean.
_WIDTHS = np.array([2.0, 5.0])
_QUANTILES = np.array([norm.cdf(2.0), 1 - 0.0005])
#: Two standard errors of a mean of R values of skewness s are wrong by the share 0.75 s / sqrt(R), to first order.
_SKEWED = 0.75
#: An event that was not seen in S samples has in 999 cases of 1,000 a probability below 7 / S: five times this.
_UNSEEN = 1.4
#: Rounding, in units of the precision.
_ROUNDING = 64


class _Moments:
    """Running mean and sums of powers of deviations, by Chan's updates, which do not subtract large powers."""

    mean: Tensor
    square: Tensor
    cube: Tensor

    def __init__(self) -> None:
        self.count = 0

    def add(self, values: Tensor) -> None:
        size, mean = len(values), values.mean(0)
        square, cube = (((values - mean) ** power).sum(0) for power in (2, 3))
        if self.count == 0:
            self.mean, self.square, self.cube = mean, square, cube
        else:
            gap, old, count = mean - self.mean, self.count, self.count + size
            self.mean = self.mean + gap * size / count
            third = (
                gap**3 * old * size * (old - size) / count**2 + 3 * gap * (old * square - size * self.square) / count
            )
            self.cube = self.cube + cube + third
            self.square = self.square + square + gap**2 * old * size / count
        self.count += size

    def variance(self) -> Tensor:
        """Of the mean."""
        return self.square / (self.count * (self.count - 1))

    def stderr(self) -> Tensor:
        """A standard error such that the mean's true value lies within two of them in 95 cases of 100, and within five
        in 999 of 1,000: that of the spread, wider where replicates are few (Student) or skewed (Johnson 1978).
        """
        students = stdtrit(self.count - 1, _QUANTILES) / _WIDTHS
        spread = (self.square / self.count).clamp_min(1e-200)
        skewness = (self.cube / self.count / spread**1.5).abs()
        wider: Tensor = float(students.max()) * (1 + _SKEWED * skewness / self.count**0.5)
        return self.variance().sqrt() * wider


class Tally:
    """Running mean and spread of replicates: their values, totals over features, and tails beyond the levels.

    Parameters
    ----------
    doubt : the share of the tails that may be wrong
    rare : nats in an event that is too rare to be drawn
    size : samples per replicate
    """

    def __init__(self, doubt: float, rare: float, size: int) -> None:
        self.values, self.total, self.tails = _Moments(), _Moments(), _Moments()
        self.doubt, self.rare, self.size = doubt, rare, size
        self.low, self.high, self.rounding = math.inf, 0.0, 0.0

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.total.count

    def add(self, values: Tensor, tails: Tensor, gamma: Tensor) -> None:
        """Add replicates: values (size, n) or (size, n, d), tails (size, n, 2) and their noise levels."""
        values, tails = values.cpu().double(), tails.cpu().double()
        self.values.add(values)
        self.total.add(values if values.ndim == 2 else values.sum(2))
        self.tails.add(tails)
        self.rounding = _ROUNDING * torch.finfo(gamma.dtype).eps
        self.low, self.high = min(self.low, float(gamma.min())), max(self.high, float(gamma.max()))

    def bound(self) -> Tensor:
        """The part of the standard error that is no sampling error: tails, unseen events and rounding, (n,)."""
        total = self.total.mean
        cutoff = self.tails.mean.abs().sum(1)
        unseen = torch.full_like(cutoff, _UNSEEN * self.rare / (self.count * self.size))
        parts = torch.stack([self.doubt * cutoff, unseen, self.rounding * (1 + total.abs())])
        return (parts**2).sum(0).sqrt()

    def relative_errors(self) -> Tensor:
        """Ratios of each total's standard error to the total, (n,); infinite for fewer than two replicates."""
        total = self.total.mean.abs()
        if self.count < 2:
            return torch.full_like(total, torch.inf)
        return torch.hypot(self.total.stderr(), self.bound()) / total

    def estimate(self, measure: str, sampler: str, passes: int, seed: int, goal: float | None) -> Estimate:
        """The mean with its errors; `goal` is the relative error that was asked for."""
        mean, total, bound = self.values.mean, self.total.mean, self.bound()
        features = stderr_features = None
        if mean.ndim == 2:
            # The uncertainty of the total is shared among the features, with a minimum share for small ones.
            share = (mean.abs() / mean.abs().sum(1, keepdim=True).clamp_min(1e-300)).clamp_min(1 / mean.shape[1])
            features = _numpy(mean)
            stderr_features = _numpy(torch.hypot(self.values.stderr(), share * bound[:, None]))
        return Estimate(
            _numpy(total),
            _numpy(torch.hypot(self.total.stderr(), bound)),
            features,
            stderr_features,
            passes,
            _numpy(self.tails.mean.abs().sum(1)),
            np.zeros(len(total)),
            _numpy(bound),
            None if goal is None else np.asarray(self.relative_errors().cpu().numpy() <= goal),
            self.count,
            (self.low, self.high),
            measure,
            sampler,
            seed,
        )


def _numpy(value: Tensor) -> Array:
    return np.asarray(value.detach().cpu().double().numpy())
