"""Running mean and spread of replicates, and the estimate that they make."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .estimate import Estimate


class Tally:
    """Running mean and spread of replicates."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Tensor | None = None
        self.square: Tensor | None = None
        self.total_mean: Tensor | None = None
        self.total_square: Tensor | None = None
        self.tails: Tensor | None = None
        self.low, self.high = math.inf, 0.0

    def add(self, values: Tensor, tails: Tensor, gamma: Tensor) -> None:
        """Fold in replicates (size, n[, d]); Chan's update, so that nothing cancels."""
        total = values if values.ndim == 2 else values.sum(2)
        size = len(values)
        self.mean, self.square = _merge(self.mean, self.square, self.count, values)
        self.total_mean, self.total_square = _merge(self.total_mean, self.total_square, self.count, total)
        mean_tails = tails.mean(0)
        self.tails = (
            mean_tails if self.tails is None else self.tails + (mean_tails - self.tails) * size / (self.count + size)
        )
        self.count += size
        self.low, self.high = min(self.low, float(gamma.min())), max(self.high, float(gamma.max()))

    def relative_error(self) -> float:
        """Largest standard error over the value it belongs to, among the totals."""
        if self.count < 2 or self.total_mean is None or self.total_square is None:
            return math.inf
        stderr = (self.total_square / (self.count * (self.count - 1))).sqrt()
        return float((stderr / self.total_mean.abs().clamp_min(1e-300)).max())

    def estimate(self, measure: str, sampler: str, passes: int, doubt: float, unseen: float, seed: int) -> Estimate:
        """The average with its errors: `doubt` is the share of the cut-off that may be wrong, `unseen` in nats."""
        mean, square, total, spread, tails = self.mean, self.square, self.total_mean, self.total_square, self.tails
        assert mean is not None
        assert square is not None
        assert total is not None
        assert spread is not None
        assert tails is not None
        cutoff = tails.abs().sum(1)
        rounding = 64 * torch.finfo(total.dtype).eps * (1 + total.abs())
        unsure = torch.stack([doubt * cutoff, torch.full_like(cutoff, unseen), rounding]).norm(dim=0)
        scale = self.count * (self.count - 1)
        stderr = (spread / scale + unsure**2).sqrt()
        features = stderr_features = None
        if mean.ndim == 2:
            # What is unsure of the total is so of the features too, those that seem small included.
            share = (mean.abs() / mean.abs().sum(1, keepdim=True).clamp_min(1e-300)).clamp_min(1 / mean.shape[1])
            features = _numpy(mean)
            stderr_features = _numpy((square / scale + (share * unsure[:, None]) ** 2).sqrt())
        return Estimate(
            _numpy(total),
            _numpy(stderr),
            features,
            stderr_features,
            passes,
            _numpy(cutoff),
            self.count,
            (self.low, self.high),
            measure,
            sampler,
            seed,
        )


def _merge(mean: Tensor | None, square: Tensor | None, count: int, values: Tensor) -> tuple[Tensor, Tensor]:
    size, new = len(values), values.mean(0)
    spread = ((values - new) ** 2).sum(0)
    if mean is None or square is None:
        return new, spread
    gap = new - mean
    return mean + gap * size / (count + size), square + spread + gap**2 * count * size / (count + size)


def _numpy(value: Tensor) -> Array:
    return np.asarray(value.detach().cpu().double().numpy())
