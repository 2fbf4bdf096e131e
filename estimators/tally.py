"""Running mean and spread of replicates, and the estimate that they make."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .estimate import Estimate


class _Moments:
    """Running mean and sum of squared deviations, by Chan's update, which does not subtract large squares."""

    mean: Tensor
    square: Tensor

    def __init__(self) -> None:
        self.count = 0

    def add(self, values: Tensor) -> None:
        size, mean = len(values), values.mean(0)
        square = ((values - mean) ** 2).sum(0)
        if self.count == 0:
            self.mean, self.square = mean, square
        else:
            gap, count = mean - self.mean, self.count + size
            self.mean = self.mean + gap * size / count
            self.square = self.square + square + gap**2 * self.count * size / count
        self.count += size

    def variance(self) -> Tensor:
        """Of the mean."""
        return self.square / (self.count * (self.count - 1))


class Tally:
    """Running mean and spread of replicates: their values, totals over features, and tails beyond the levels."""

    def __init__(self) -> None:
        self.values, self.total, self.tails = _Moments(), _Moments(), _Moments()
        self.low, self.high = math.inf, 0.0

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.total.count

    def add(self, values: Tensor, tails: Tensor, gamma: Tensor) -> None:
        """Add replicates: values (size, n) or (size, n, d), tails (size, n, 2) and their noise levels."""
        self.values.add(values)
        self.total.add(values if values.ndim == 2 else values.sum(2))
        self.tails.add(tails)
        self.low, self.high = min(self.low, float(gamma.min())), max(self.high, float(gamma.max()))

    def relative_error(self) -> float:
        """The largest ratio of a total's standard error to the total; infinite for fewer than two replicates."""
        if self.count < 2:
            return math.inf
        return float((self.total.variance().sqrt() / self.total.mean.abs().clamp_min(1e-300)).max())

    def estimate(self, measure: str, sampler: str, passes: int, doubt: float, unseen: float, seed: int) -> Estimate:
        """The mean with its errors.

        Parameters
        ----------
        doubt : the share of the cut-off that may be wrong
        unseen : the information in events too rare to have been drawn, in nats
        """
        mean, total = self.values.mean, self.total.mean
        cutoff = self.tails.mean.abs().sum(1)
        rounding = 64 * torch.finfo(total.dtype).eps * (1 + total.abs())
        unsure = torch.stack([doubt * cutoff, torch.full_like(cutoff, unseen), rounding]).norm(dim=0)
        stderr = (self.total.variance() + unsure**2).sqrt()
        features = stderr_features = None
        if mean.ndim == 2:
            # The uncertainty of the total is shared among the features, with a minimum share for small ones.
            share = (mean.abs() / mean.abs().sum(1, keepdim=True).clamp_min(1e-300)).clamp_min(1 / mean.shape[1])
            features = _numpy(mean)
            stderr_features = _numpy((self.values.variance() + (share * unsure[:, None]) ** 2).sqrt())
        levels = (self.low, self.high)
        found = (_numpy(total), _numpy(stderr), features, stderr_features)
        return Estimate(*found, passes, _numpy(cutoff), self.count, levels, measure, sampler, seed)


def _numpy(value: Tensor) -> Array:
    return np.asarray(value.detach().cpu().double().numpy())
