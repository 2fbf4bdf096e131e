"""Tuning fitted to trials: shrunken as far as trials are noise, by what all neurons have in common.

Means of few trials scatter, and a population whose tuning they are seems to tell stimuli apart that it does not: with N
neurons, J stimuli and n trials in all, I(R;X) is too large by up to N (J - 1) / 2n nats. What noise adds to the matrix
of inner products of the stimuli's mean responses (J, J) is known. So the principal components of the tuning are
shrunken to what is left of their size, and neurons whose tuning is noise are, in addition, as a whole.

- `FittedTuning.value` has components of the size that is left: its distances between stimuli have no bias of first
  order.
- `FittedTuning.drawn` draws from the posterior of the tuning, with these sizes as the variance of the prior.

References
----------
Benaych-Georges F, Nadakuditi RR (2012) The singular values and vectors of low rank perturbations of large rectangular
    random matrices. J. Multivariate Anal. 111, 120-135 (what noise adds to a component).
Diedrichsen J, Kriegeskorte N (2017) Representational models: a common framework for understanding encoding,
    pattern-component, and representational-similarity analysis. PLOS Computational Biology 13, e1005508 (the matrix of
    inner products, and its bias).
Robbins H (1956) An empirical Bayes approach to statistics. Proc. Third Berkeley Symposium 1, 157-163.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .laws import Law
from .trial_means import TrialMeans

#: Sizes of one neuron's tuning relative to the mean one, and how many neurons' worth a prior on them weighs, which is
#: flat. Sizes between these differ too little to matter.
_SIZES, _PRIOR = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0]), 4.0
#: Steps of the weights of the sizes, each of which takes up the evidence of all neurons; 50 bring them within 1e-5.
_STEPS = 50


@dataclass(frozen=True)
class FittedTuning:
    """The tuning of N neurons to J stimuli, and how uncertain it is.

    Attributes
    ----------
    measured : the means of the trials
    level : (N,) deviation that all stimuli share
    noise : (J,) variance of a deviation, the mean over neurons
    axes : (J, q) principal components of the deviations over their standard error, in columns
    components : (N, q) of the neurons
    size : (q,) variance of the components, without what noise adds, in variances of noise
    weights : (N, S) probabilities of `_SIZES`
    """

    measured: TrialMeans
    level: Array
    noise: Array
    axes: Array
    components: Array
    size: Array
    weights: Array

    def _law(self, components: Array) -> Law:
        return self.measured.law(self.level[:, None] + components @ self.axes.T * np.sqrt(self.noise))

    @property
    def _kept(self) -> Array:
        """The share of each component's variance that is no noise, by size of a neuron's tuning, (S, q)."""
        size = _SIZES[:, None] * self.size
        return np.asarray(size / (1 + size))

    def value(self) -> Law:
        """Neurons with tuning of the size that is left when noise is taken away."""
        kept = self.weights @ self._kept
        found = (kept * self.components**2).mean(axis=0)
        rest = np.divide(self.size, found, out=np.zeros_like(found), where=found > 0)
        return self._law(self.components * np.sqrt(kept * rest))

    def drawn(self, rng: np.random.Generator) -> Law:
        """Neurons whose tuning is one draw from its posterior."""
        below = rng.random((len(self.weights), 1)) > self.weights.cumsum(axis=1)[:, :-1]
        chosen = below.sum(axis=1)
        kept = self._kept[chosen]
        return self._law(kept * self.components + np.sqrt(kept) * rng.standard_normal(kept.shape))


def fitted(measured: TrialMeans, effect: float = 1.0) -> FittedTuning:
    """The tuning that trials say, shrunken.

    Parameters
    ----------
    measured : the means of the trials
    effect : by how much dependent trials raise the variance of means over that of independent ones
    """
    deviations, variance = measured.scaled()
    share = measured.trials / measured.trials.sum()
    level, noise = deviations @ share, effect * np.maximum(variance.mean(axis=0), np.finfo(float).tiny)
    standard = (deviations - level[:, None]) / np.sqrt(noise)
    count, free = len(standard), standard.shape[1] - 1  # one direction is the level
    found, axes = np.linalg.eigh(standard.T @ standard / count)
    found, axes = found[::-1][:free], axes[:, ::-1][:, :free]
    size = _sizes(found)
    components = standard @ axes
    return FittedTuning(measured, level, noise, axes, components, size, _weights(components, size))


def _sizes(found: Array) -> Array:
    """Variances of components without noise, (q,), from those with noise of variance 1, which descend.

    Their sum is what all exceed the noise by, where that is positive. Components below the noise get 0, and those above
    pay for them, because noise has put there what is missing: each in proportion to 1 + 1 / its own size, as noise adds
    to the components of a large matrix. So small ones, of neighbouring stimuli, lose more, but large ones pay, too.
    """
    excess = found - 1
    if excess.sum() <= 0:
        return np.zeros(len(found))
    for kept in range(int((excess > 0).sum()), 0, -1):
        part = found[:kept] / excess[:kept]
        size = excess[:kept] + excess[kept:].sum() * part / part.sum()
        if size[-1] > 0:
            break
    return np.append(size, np.zeros(len(found) - kept))


def _weights(components: Array, size: Array) -> Array:
    """Probabilities of the sizes of each neuron's tuning, (N, S), from a prior that all neurons determine."""
    variance = 1 + _SIZES[:, None] * size
    log = -0.5 * (np.log(variance).sum(axis=1) + components**2 @ (1 / variance).T)
    chance = np.exp(log - log.max(axis=1, keepdims=True))
    prior = np.full(len(_SIZES), 1 / len(_SIZES))
    for _ in range(_STEPS):
        posterior = chance * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = (posterior.sum(axis=0) + _PRIOR / len(_SIZES)) / (len(posterior) + _PRIOR)
    return np.asarray(posterior)
