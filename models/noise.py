"""Response noise: turns the values of tuning curves into p(r|x) on response cells, with its gradient."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np

from ..errors import ModelError
from .arrays import Array
from .part import Part, positive


class Channel(NamedTuple):
    """The likelihood on response cells.

    `likelihood` p(r|x) is (K, J); `slope` (N, K, J) is its derivative by each of the N tuning values; `volumes` and
    `responses`, the cells' sizes and values, are (K,).
    """

    likelihood: Array
    slope: Array
    volumes: Array
    responses: Array


class Noise(Protocol):
    """What `encoding_model` needs of a noise model."""

    def channel(self, values: Array) -> Channel:
        """The channel for tuning values of shape (N, J): N curves at J stimuli."""
        ...


def _one_curve(values: Array, name: str) -> Array:
    if len(values) != 1:
        raise ModelError(f"{name} noise takes one tuning curve; {len(values)} were given")
    return np.asarray(values[0])


def _normalised(table: Array, slope: Array) -> tuple[Array, Array]:
    """Divide each column by its sum, since the range of responses is truncated; the slope changes with it."""
    total = table.sum(axis=0)
    table, slope = table / total, slope / total
    slope = np.where(table > 0, slope - table * slope.sum(axis=0), 0.0)
    return table, slope


class GaussianNoise(Part, frozen=True):
    """r = f(x) + N(0, sd^2), on response cells of width ``sd / cells_per_sd``."""

    sd: float = 1.0
    cells_per_sd: int = 4

    def __post_init__(self) -> None:
        if not (math.isfinite(self.sd) and self.sd > 0):
            raise ModelError(
                f"Gaussian noise of sd {self.sd}; expected a positive number (a noise-free continuous channel carries "
                "infinite information and has no measure)"
            )
        if self.cells_per_sd < 1:
            raise ModelError(f"cells_per_sd is {self.cells_per_sd}; expected at least 1")

    def channel(self, values: Array) -> Channel:
        mean = _one_curve(values, "Gaussian")
        width = self.sd / self.cells_per_sd
        # 0 is an edge of two cells, so that r and -r lie in cells that mirror each other.
        low = width * math.floor((mean.min() - 8 * self.sd) / width)
        count = math.ceil((mean.max() + 8 * self.sd - low) / width)
        if count > 200_000:
            raise ModelError(
                f"the tuning curve spans {count} response cells of noise sd / {self.cells_per_sd}; too many"
            )
        r = low + width * (np.arange(count) + 0.5)
        t = (r[:, None] - mean) / self.sd
        table = np.exp(-0.5 * t * t)
        table, slope = _normalised(table, table * t / self.sd)
        return Channel(table, slope[None], np.full(count, width), r)


class PoissonNoise(Part, frozen=True):
    """Poisson spike counts of mean f(x) `duration`; the rate f must not be negative."""

    duration: float = 1.0

    def __post_init__(self) -> None:
        positive(duration=self.duration)

    def channel(self, values: Array) -> Channel:
        rate = _one_curve(values, "Poisson") * self.duration
        if (rate < 0).any():
            raise ModelError(f"the tuning curve falls to {rate.min():g}; a Poisson rate must not be negative")
        from scipy.special import gammaln

        top = float(rate.max())
        counts = np.arange(math.ceil(top + 9 * math.sqrt(top) + 18))
        safe = np.maximum(rate, 1e-300)
        table = np.exp(counts[:, None] * np.log(safe) - safe - gammaln(counts[:, None] + 1))
        table, slope = _normalised(table, table * (counts[:, None] / safe - 1) * self.duration)
        return Channel(table, slope[None], np.ones(len(counts)), counts.astype(float))


class BernoulliNoise(Part, frozen=True):
    """One spike with probability f(x) in [0, 1], else none."""

    def channel(self, values: Array) -> Channel:
        p = _one_curve(values, "Bernoulli")
        if (p < 0).any() or (p > 1).any():
            raise ModelError(f"the tuning curve runs from {p.min():g} to {p.max():g}; a probability lies in [0, 1]")
        inside = (p > 0) & (p < 1)
        slope = np.where(inside, 1.0, 0.0)
        return Channel(np.stack([1 - p, p]), np.stack([-slope, slope])[None], np.ones(2), np.array([0.0, 1.0]))


class CategoricalNoise(Part, frozen=True):
    """One of N categories; the N tuning curves give the logits (the probabilities are their softmax)."""

    def channel(self, values: Array) -> Channel:
        table = np.exp(values - values.max(axis=0))
        table /= table.sum(axis=0)
        slope = table[None] * (np.eye(len(table))[:, :, None] - table[:, None, :])
        slope = np.where(table[None] > 0, slope, 0.0)
        return Channel(table, slope, np.ones(len(table)), np.arange(len(table), dtype=float))


#: Any noise of the library, for JSON.
AnyNoise = GaussianNoise | PoissonNoise | BernoulliNoise | CategoricalNoise
