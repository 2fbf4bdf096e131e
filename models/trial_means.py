"""What trials say of each neuron's tuning: sums of counts, or means and a standard deviation; no single trial."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from ..errors import ModelError, nearest, spelt
from .arrays import Array
from .laws import Bernoulli, Gaussian, Law, NegativeBinomial, Poisson
from .stabilising import nearby, scale_of

#: Dispersion of negative binomial counts that scatter no more than Poisson counts: too small to see.
LEAST_DISPERSED = 1e-6


@dataclass(frozen=True)
class TrialMeans(ABC):
    """Mean responses of N neurons to J stimuli.

    Attributes
    ----------
    trials : (J,) trials of each stimulus
    means : (N, J)
    """

    trials: Array
    means: Array

    @property
    def overall(self) -> Array:
        """The mean response of each neuron in all trials, (N,)."""
        return np.asarray(self.means @ (self.trials / self.trials.sum()))

    @abstractmethod
    def scaled(self) -> tuple[Array, Array]:
        """Means as deviations from those of a neuron without tuning, and their variance, (N, J) both.

        The scale is such that a variance is about one over the number of trials.
        """

    @abstractmethod
    def law(self, deviations: Array) -> Law:
        """The law of neurons whose tuning has these expected deviations (N, J); no response is impossible."""

    @abstractmethod
    def again(self, law: Law, rng: np.random.Generator) -> Self:
        """Means of as many trials, simulated."""

    def simulated(self, law: Law, rng: np.random.Generator, effect: float = 1.0) -> Self:
        """Means of as many trials whose dependence raises variances by `effect`: as those of fewer trials."""
        fewer = replace(self, trials=np.maximum(self.trials / effect, 1.0))
        return replace(fewer.again(law, rng), trials=self.trials)


@dataclass(frozen=True)
class Counts(TrialMeans):
    """Means of counts.

    Attributes
    ----------
    size : (N,) of one trial's count, see `stabilising`
    """

    size: Array

    @cached_property
    def _sizes(self) -> Array:
        return nearby(self.size[:, None] * self.trials)

    def _mapped(self, method: str, values: Array) -> Array:
        """A method of each neuron's and stimulus's scale, of values (N, J)."""
        found = np.empty(values.shape)
        for size in np.unique(self._sizes):
            here = self._sizes == size
            found[here] = getattr(scale_of(float(size)), method)(values[here])
        return found

    @cached_property
    def _untuned(self) -> Array:
        return self._mapped("mean_value", self.overall[:, None] * self.trials)

    def scaled(self) -> tuple[Array, Array]:
        sums, root = self.means * self.trials, np.sqrt(self.trials)
        # The variance is that at a mean half way between the neuron's overall one and the stimulus's own.
        scatter = self._mapped("scatter", (sums + self.overall[:, None] * self.trials) / 2)
        return (self._mapped("value", sums) - self._untuned) / root, scatter / self.trials

    def rates(self, deviations: Array) -> Array:
        """Rates of these expected deviations, at least those that one more trial at the overall rate would leave."""
        rates = self._mapped("mean_of", self._untuned + deviations * np.sqrt(self.trials)) / self.trials
        return np.asarray(np.maximum(rates, self.overall[:, None] / (self.trials + 1)))

    def law(self, deviations: Array) -> Law:
        return Poisson(self.rates(deviations))

    def again(self, law: Law, rng: np.random.Generator) -> Self:
        return replace(self, means=rng.poisson(law.rates * self.trials) / self.trials)


@dataclass(frozen=True)
class Spikes(Counts):
    """Shares of trials with a spike."""

    def law(self, deviations: Array) -> Law:
        silent = (1 - self.overall[:, None]) / (self.trials + 1)
        return Bernoulli(np.minimum(self.rates(deviations), 1 - silent))

    def again(self, law: Law, rng: np.random.Generator) -> Self:
        return replace(self, means=rng.binomial(self.trials.astype(np.int64), law.rates) / self.trials)


@dataclass(frozen=True)
class DispersedCounts(Counts):
    """Means of negative binomial counts, whose dispersion is taken as known."""

    def law(self, deviations: Array) -> Law:
        return NegativeBinomial(self.rates(deviations), 1 / self.size)

    def again(self, law: Law, rng: np.random.Generator) -> Self:
        size = self.size[:, None] * self.trials
        return replace(self, means=rng.poisson(rng.gamma(size, law.rates / self.size[:, None])) / self.trials)


@dataclass(frozen=True)
class Levels(TrialMeans):
    """Means of Gaussian responses.

    Attributes
    ----------
    sd : (N,) standard deviation around the tuning
    """

    sd: Array

    def scaled(self) -> tuple[Array, Array]:
        off = (self.means - self.overall[:, None]) / self.sd[:, None]
        return off, np.broadcast_to(1 / self.trials, self.means.shape)

    def law(self, deviations: Array) -> Law:
        return Gaussian(self.overall[:, None] + self.sd[:, None] * deviations, self.sd)

    def again(self, law: Law, rng: np.random.Generator) -> Self:
        free = max(1.0, self.trials.sum() - len(self.trials))
        means = law.rates + self.sd[:, None] * rng.standard_normal(law.rates.shape) / np.sqrt(self.trials)
        return replace(self, means=means, sd=self.sd * np.sqrt(rng.chisquare(free, len(self.sd)) / free))


def trial_means(responses: Array, stimulus: Array, count: int, noise: str) -> TrialMeans:
    """What trials say of the tuning.

    Parameters
    ----------
    responses : (n, N)
    stimulus : (n,) index of the stimulus of each trial, below `count`
    noise : name of the law

    Raises
    ------
    ModelError
        The law is unknown; or a neuron's responses do not scatter, which the Gaussian law needs.
    """
    noise = spelt(noise, LAWS)
    if noise not in LAWS:
        raise ModelError(f"unknown law {noise!r}{nearest(noise, LAWS)}")
    trials = np.bincount(stimulus, minlength=count).astype(float)
    order = np.argsort(stimulus, kind="stable")
    means = np.add.reduceat(responses[order], np.searchsorted(stimulus[order], np.arange(count)), axis=0).T / trials
    ones = np.ones(len(means))
    if noise == "poisson":
        return Counts(trials, means, np.inf * ones)
    if noise == "bernoulli":
        return Spikes(trials, means, -ones)
    square = np.zeros(len(means))
    for j, part in enumerate(np.split(responses[order], np.cumsum(trials.astype(int))[:-1])):
        square += ((part - means[:, j]) ** 2).sum(axis=0)
    variance = square / max(1.0, trials.sum() - count)
    if noise == "gaussian":
        for n in np.flatnonzero(variance == 0):
            raise ModelError(
                f"response {n} does not differ between trials of the same stimulus, so that a Gaussian law has no "
                "spread; leave it out"
            )
        return Levels(trials, means, np.sqrt(variance))
    share = trials / trials.sum()
    excess = (variance - means @ share) / np.maximum(means**2 @ share, np.finfo(float).tiny)
    return DispersedCounts(trials, means, 1 / np.maximum(excess, LEAST_DISPERSED))


#: The laws of `trial_means`, by name.
LAWS = ("poisson", "bernoulli", "gaussian", "negative_binomial")
