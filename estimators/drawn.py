"""`Drawn`: replicates of a population's responses, and the averages over them that measures are made of.

Each measure's file says how its value follows from them, as it does for a table and for a denoiser. The gains of
I_local and Kong's second are averages over noise; they use the nodes of the exact engine, with the draws as responses
of a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..models.arrays import Array
from ..models.draws import Draws, divergence, log_posterior_of, weights_of
from ..models.population import Population
from .channel import integrate
from .nodes import Contribution, Nodes
from .resolution import Resolution, resolution_for

#: Quadrature to about `QUADRATURE` nats, by dimension: far below the error of the draws.
COARSE = {1: Resolution(5.0, 14.0, 0.48, 3.2, 8.0), 2: Resolution(4.4, 11.5, 0.60, 2.8, 8.0)}
QUADRATURE = 2e-4
#: Rounding error of a variance, relative to its largest term, (x - y)^2: sums of some thousand terms in float64.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Drawn:
    """S replicates, of one response to each of J stimuli.

    Attributes
    ----------
    population : Population
    draws : Draws
        With the log likelihoods of the other neurons too, where the information of one given the others is asked for.
    neuron : int or None
        That one.
    """

    population: Population
    draws: Draws
    neuron: int | None = None

    @cached_property
    def weights(self) -> Array:
        """Weights (S J, J) that turn a mean over a replicate's draws into one given each stimulus."""
        return weights_of(self.draws.log)

    @cached_property
    def after(self) -> Array:
        """Log p(x|r), (S J, J)."""
        return log_posterior_of(self.population.prior, self.draws.log)

    @cached_property
    def before(self) -> Array:
        """Log of what is known without the response: p(x), (1, J), or p(x| the other neurons' responses), (S J, J)."""
        if self.draws.before is None:
            return np.log(self.population.prior)[None]
        return log_posterior_of(self.population.prior, self.draws.before)

    def given_stimulus(self, values: Array) -> Array:
        """E[values | x] by replicate, (S, J), of values (S J,) that do not depend on x, or (S J, J)."""
        count = len(self.population.prior)
        values = values if values.ndim == 2 else values[:, None]
        found, mass = (one.reshape(-1, count, count).mean(axis=1) for one in (self.weights * values, self.weights))
        return normalised(found, mass)

    @cached_property
    def divergence(self) -> Array:
        """KL(p(X|r) || what was known before), (S J,), nats."""
        return divergence(self.after, self.before)

    def on_average(self, values: Array) -> Array:
        """E[values] over stimuli and responses by replicate, (S,)."""
        return np.asarray(self.given_stimulus(values) @ self.population.prior)

    def squared_gain(self, *, of_noisy: bool) -> Array:
        """``int dg / (2 g^2) E_{Xg|x} E_r[gain^2]`` by replicate, (S, J, d); r ~ p(r|xg) if `of_noisy`, else p(r|x).

        The gain of a response is E[X|xg, r] - E[X|xg]; of one neuron given the others, E[X|xg, r, r'] - E[X|xg, r].
        """
        population = self.population
        count, chance = len(population.prior), self.weights / len(population.prior)
        n, alone = len(chance), self.draws.before is None
        # The first row tells nothing: given it, moments are those of the prior.
        table = np.concatenate([np.ones((1, count)), chance])
        if self.draws.before is not None:
            table = np.concatenate([table, weights_of(self.draws.before)])
        own, other = slice(1, n + 1), slice(0, 1) if alone else slice(n + 1, None)

        def by_replicate(values: Array, axis: int) -> Array:
            """Sums over the draws of each replicate, which lie along `axis`."""
            shape, axis = values.shape, axis % values.ndim
            return np.asarray(values.reshape(*shape[:axis], -1, count, *shape[axis + 1 :]).sum(axis=axis + 1))

        def given_noisy(nodes: Nodes) -> Array:
            chance_of, certain = nodes.response_probability[None, :, own], nodes.response_probability[None, :, :1]
            probability = np.divide(chance_of, certain, out=np.zeros_like(chance_of), where=certain > 0)
            square = (nodes.gain[:, :, own] - nodes.gain[:, :, other]) ** 2
            if nodes.variance is not None:
                control = nodes.variance[:, :, own] + square - nodes.variance[:, :, other]
                rounding = _ROUNDING * (nodes.variance + nodes.shift[:, :, None] ** 2).max(axis=2, keepdims=True)
                square = controlled(square, control, probability, rounding)
            found, mass = (by_replicate(one, 2) for one in (probability * square, probability))
            by_feature = normalised(found, mass, axis=2)
            return nodes.average(by_feature.transpose(1, 2, 0, 3).reshape(found.shape[1], -1, found.shape[3]))

        def given_stimulus(nodes: Nodes) -> Array:
            square = (nodes.gain[:, :, own] - nodes.gain[:, :, other]) ** 2
            found = np.stack([nodes.average(one) for one in square]) * chance.T
            by_feature = normalised(by_replicate(found, -1), by_replicate(chance.T, -1), axis=-1)
            return np.moveaxis(by_feature, 0, -1).reshape(*found.shape[1:-1], -1)

        columns = n // count * population.dimensions
        contribution = Contribution(given_noisy if of_noisy else given_stimulus, columns, squares=of_noisy)
        found = integrate(contribution, population, table, resolution_for(population.stimuli, COARSE))
        return found.reshape(count, -1, population.dimensions).swapaxes(0, 1)


def controlled(values: Array, control: Array, weights: Array, rounding: Array) -> Array:
    """Values (..., n, B) less their regression on a control of mean 0, over draws n of these weights.

    A control that scatters by less than `rounding`, the rounding error of its terms, says nothing and is left out.

    The control of a squared gain is E[(X - before)^2 | xg, r] - Var(X | xg, before), by the law of total variance.
    Where responses tell much, it scatters as the squared gain does, and nearly all of the scatter goes.
    """
    total = weights.sum(axis=-2, keepdims=True)
    values_apart, apart = (one - (weights * one).sum(axis=-2, keepdims=True) / total for one in (values, control))
    above, below = ((weights * one * apart).sum(axis=-2, keepdims=True) for one in (values_apart, apart))
    tells = below > total * rounding**2
    return np.asarray(values - control * np.divide(above, below, out=np.zeros_like(above), where=tells))


def normalised(found: Array, mass: Array, axis: int = 0) -> Array:
    """Jackknife replicates, along `axis`, of the ratio of sums of `found` and `mass`, the weights it was found with.

    The mean of `mass` is known, so that the ratio scatters less than `found` does. The mean of the replicates is the
    ratio without its bias of first order, and their spread gives its error (Efron & Tibshirani 1993, ch. 11). Without
    any mass the ratio is 0.
    """
    count = mass.shape[axis]

    def ratio(above: Array, below: Array) -> Array:
        return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)

    total, weight = found.sum(axis=axis, keepdims=True), mass.sum(axis=axis, keepdims=True)
    return np.asarray(count * ratio(total, weight) - (count - 1) * ratio(total - found, weight - mass))
