"""Replicates of responses drawn from a population: weights, posteriors, information and its standard error.

A replicate draws one response to each of the J stimuli (strata). By the balance heuristic every draw serves every
stimulus: with q(r) = sum_i p(r|x_i) / J, the mean over a replicate of ``u_j f`` with ``u_j = p(r|x_j) / q(r)``, at most
J, is an unbiased estimate of E[f(R) | x_j]. Replicates are independent, so their spread is the standard error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import Array


class Information(float):
    """I(R;X) in nats, a number with a standard error.

    Attributes
    ----------
    value, stderr : float
    """

    stderr: float

    def __new__(cls, value: float, stderr: float) -> Information:
        found = super().__new__(cls, value)
        found.stderr = stderr
        return found

    @property
    def value(self) -> float:
        return float(self)

    def __repr__(self) -> str:
        return f"{float(self):.5g} ± {self.stderr:.2g}"


class Draws(NamedTuple):
    """S replicates of responses to J stimuli, n = S J draws in the order (replicate, stimulus).

    Attributes
    ----------
    log : (n, J) log p(r|x), up to a constant for each draw
    before : (n, J) the same for the other neurons alone, where the information of one given the others is asked for
    """

    log: Array
    before: Array | None = None


def weights_of(log: Array) -> Array:
    """Balance-heuristic weights ``u_j = J p(r|x_j) / sum_i p(r|x_i)`` of draws, (n, J).

    Each draw came from one of the stimuli, so that the sum is not empty; a stimulus that forbids it has the weight 0.
    """
    weight = np.exp(log - log.max(axis=1, keepdims=True))
    return np.asarray(weight * (weight.shape[1] / weight.sum(axis=1, keepdims=True)))


def log_posterior_of(prior: Array, log: Array) -> Array:
    """Log p(x|r) of draws, (n, J); -inf where a stimulus forbids the response."""
    joint = log + np.log(prior)
    joint = joint - joint.max(axis=1, keepdims=True)
    return np.asarray(joint - np.log(np.exp(joint).sum(axis=1, keepdims=True)))


def log_ratio(after: Array, before: Array) -> Array:
    """The difference of log posteriors (n, J); 0 where a stimulus is excluded: it has no weight in any average."""
    return np.subtract(after, before, out=np.zeros_like(after), where=np.isfinite(after))


def divergence(after: Array, before: Array) -> Array:
    """KL(after || before) of log posteriors (n, J), (n,), nats."""
    return np.asarray((np.exp(after) * log_ratio(after, before)).sum(axis=1))


def standard_error(prior: Array, replicates: Array, seen: float | Array) -> Array:
    """Standard errors of the means of replicates (S, ...), at least what an event may tell that is too rare to be seen.

    Where responses tell stimuli apart, the loss of information is in rare confusions. One as rare as one in all `seen`
    draws may not have been drawn. With two stimuli of probabilities p and q it would take log(1 + q / p) from one.
    """
    spread = replicates.std(axis=0, ddof=1) / np.sqrt(len(replicates))
    return np.asarray(np.maximum(spread, np.log(1 + prior.max() / prior.min()) / seen))


def information_of(prior: Array, log: Array) -> Array:
    """I(R;X) in each replicate of draws, log p(r|x) (S J, J), shape (S,), nats."""
    found = divergence(log_posterior_of(prior, log), np.log(prior)[None])
    return np.asarray((found * (weights_of(log) @ prior)).reshape(-1, len(prior)).mean(axis=1))
