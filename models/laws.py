"""How each neuron of a population responds: Poisson, Bernoulli, Gaussian or negative binomial, given its tuning.

Each is an exponential family in the response: ``log p(r|x) = r natural(x) - partition(x) + f(r)``, so that the log
likelihood of a whole population is one product of matrices. The term f(r) cancels in every posterior and is left out.
Tuning values are (N, J), N neurons at J stimuli.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, Self, cast

import numpy as np

from ..errors import ModelError, OutOfReach, nearest, spelt
from .arrays import Array, as_real_array, refuse
from .noise import GaussianNoise

#: Mass of counts beyond the largest in a table of one neuron's counts: what rounding of the sum may look like.
_BEYOND = 1e-12
#: Largest count that a table of one neuron's counts may need.
MOST_COUNTS = 100_000


@dataclass(frozen=True)
class Law(ABC):
    """The responses of N neurons to J stimuli.

    Attributes
    ----------
    rates : (N, J) the mean response of each neuron
    """

    rates: Array

    @abstractmethod
    def natural(self) -> tuple[Array, Array]:
        """The natural parameter and the log partition function, both (N, J); -inf where only the response 0 occurs."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Array:
        """One response to each stimulus, (J, N)."""

    @abstractmethod
    def information(self) -> Array:
        """Fisher information about the mean response, (N, J)."""

    @abstractmethod
    def entropy(self) -> Array:
        """H(R|x) of each neuron, (N, J), nats; differential for continuous responses."""

    @abstractmethod
    def table(self, neuron: int) -> tuple[Array, Array, Array]:
        """p(r|x) of one neuron (K, J), the volumes (K,) and the values (K,) of its responses."""

    def chosen(self, neurons: Any) -> Self:
        """The law of some of the neurons."""
        return replace(self, **{field.name: getattr(self, field.name)[neurons] for field in fields(self)})

    def at(self, stimuli: Any) -> Self:
        """The law at some of the stimuli."""
        return replace(self, rates=self.rates[:, stimuli])


@dataclass(frozen=True)
class _Counts(Law):
    """Laws of counts, by their probabilities."""

    @abstractmethod
    def log_probability(self, counts: Array, neuron: int) -> Array:
        """``log p(r|x)`` of counts (K, 1), shape (K, J); where the rate is 0, anything finite."""

    def entropy(self) -> Array:
        from scipy.special import entr

        return np.stack([entr(self.table(n)[0]).sum(axis=0) for n in range(len(self.rates))])

    def table(self, neuron: int) -> tuple[Array, Array, Array]:
        rate = self.rates[neuron]
        top = float(rate.max())
        largest = top + 9 * math.sqrt(top) + 18
        while True:
            if largest > MOST_COUNTS:
                raise OutOfReach(f"neuron {neuron} has {top:.3g} spikes on average; a table would hold too many counts")
            counts = np.arange(math.ceil(largest) + 1.0)
            table = np.exp(self.log_probability(counts[:, None], neuron))
            table[:, rate == 0] = (counts == 0)[:, None]
            total = table.sum(axis=0)
            if (total > 1 - _BEYOND).all() or largest >= 64 * top + 1e4:
                return table / total, np.ones(len(counts)), counts
            largest *= 2


@dataclass(frozen=True)
class Poisson(_Counts):
    """Poisson counts; a rate of 0 means no spike, ever."""

    def natural(self) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            return np.log(self.rates), self.rates

    def draw(self, rng: np.random.Generator) -> Array:
        return rng.poisson(self.rates.T).astype(float)

    def information(self) -> Array:
        return _inverse(self.rates)

    def log_probability(self, counts: Array, neuron: int) -> Array:
        from scipy.special import gammaln

        rate = np.maximum(self.rates[neuron], 1e-300)
        return np.asarray(counts * np.log(rate) - rate - gammaln(counts + 1))


@dataclass(frozen=True)
class NegativeBinomial(_Counts):
    """Counts of mean `rates` and variance ``rates + dispersion rates^2``.

    Attributes
    ----------
    dispersion : (N,)
    """

    dispersion: Array

    @property
    def _size(self) -> Array:
        return 1 / self.dispersion[:, None]

    def natural(self) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            return np.log(self.rates / (self.rates + self._size)), self._size * np.log1p(self.rates / self._size)

    def draw(self, rng: np.random.Generator) -> Array:
        # A Poisson count whose rate is gamma distributed.
        size = self._size.T
        return rng.poisson(rng.gamma(np.broadcast_to(size, self.rates.T.shape), self.rates.T / size)).astype(float)

    def information(self) -> Array:
        return _inverse(self.rates + self.dispersion[:, None] * self.rates**2)

    def log_probability(self, counts: Array, neuron: int) -> Array:
        from scipy.special import gammaln

        size, rate = 1 / self.dispersion[neuron], np.maximum(self.rates[neuron], 1e-300)
        start = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
        return np.asarray(start + counts * np.log(rate / (rate + size)) - size * np.log1p(rate / size))


@dataclass(frozen=True)
class Bernoulli(Law):
    """One spike with probability `rates`, else none."""

    def natural(self) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            return np.log(self.rates) - np.log1p(-self.rates), -np.log1p(-self.rates)

    def draw(self, rng: np.random.Generator) -> Array:
        return (rng.random(self.rates.T.shape) < self.rates.T).astype(float)

    def information(self) -> Array:
        return _inverse(self.rates * (1 - self.rates))

    def entropy(self) -> Array:
        from scipy.special import entr

        return np.asarray(entr(self.rates) + entr(1 - self.rates))

    def table(self, neuron: int) -> tuple[Array, Array, Array]:
        return np.stack([1 - self.rates[neuron], self.rates[neuron]]), np.ones(2), np.array([0.0, 1.0])


@dataclass(frozen=True)
class Gaussian(Law):
    """Responses of mean `rates`, any real number, and standard deviation `sd` (N,)."""

    sd: Array

    def natural(self) -> tuple[Array, Array]:
        precision = 1 / self.sd[:, None] ** 2
        return self.rates * precision, 0.5 * self.rates**2 * precision

    def draw(self, rng: np.random.Generator) -> Array:
        return self.rates.T + self.sd * rng.standard_normal(self.rates.T.shape)

    def information(self) -> Array:
        return np.broadcast_to(1 / self.sd[:, None] ** 2, self.rates.shape)

    def entropy(self) -> Array:
        return np.broadcast_to(0.5 * np.log(2 * np.pi * math.e * self.sd[:, None] ** 2), self.rates.shape)

    def table(self, neuron: int) -> tuple[Array, Array, Array]:
        channel = GaussianNoise(float(self.sd[neuron])).channel(self.rates[neuron][None])
        return channel.likelihood, channel.volumes, channel.responses


def _inverse(variance: Array) -> Array:
    """1 / variance; 0 where it is 0, at the edge of what a rate may be: there its gradient has to be 0, too."""
    return np.divide(1, variance, out=np.zeros_like(variance), where=variance > 0)


def law_of(noise: str, rates: Any, sd: Any = None, dispersion: Any = None) -> Law:
    """The law that a user named, after checks of what it needs.

    Raises
    ------
    ModelError
        The noise is unknown; rates (N, J) do not suit it; `sd` or `dispersion` is missing, or has no effect.
    """
    noise = spelt(noise, _LAWS)
    if noise not in _LAWS:
        raise ModelError(f"unknown noise {noise!r}{nearest(str(noise), _LAWS)}")
    make, needs, low, high = _LAWS[noise]
    table = as_real_array(rates, "rates", (None, None), "(N, J), neurons by stimuli")
    if 0 in table.shape:
        raise ModelError(f"rates have shape {table.shape}; expected at least one neuron and one stimulus")
    refuse((table < low) | (table > high), table, "rates", f"; {noise} noise needs numbers from {low:g} to {high:g}")
    given = {"sd": sd, "dispersion": dispersion}
    for name, value in given.items():
        if value is not None and name != needs:
            raise ModelError(f"{name} has no effect on {noise} noise; leave it out")
    if needs is None:
        return cast(Law, make(table))
    if given[needs] is None:
        raise ModelError(f"{noise} noise needs {needs}: one positive number, or one per neuron")
    spread = (
        np.broadcast_to(as_real_array(given[needs], needs), len(table)) if np.ndim(given[needs]) == 0 else given[needs]
    )
    spread = as_real_array(spread, needs, (len(table),), "(N,), one per neuron")
    refuse(spread <= 0, spread, needs, "; expected a positive number")
    return cast(Law, make(table, spread))


#: By name: the law, the parameter that it needs beside rates, and the range of rates.
_LAWS: dict[str, tuple[Any, str | None, float, float]] = {
    "poisson": (Poisson, None, 0.0, math.inf),
    "bernoulli": (Bernoulli, None, 0.0, 1.0),
    "gaussian": (Gaussian, "sd", -math.inf, math.inf),
    "negative_binomial": (NegativeBinomial, "dispersion", 0.0, math.inf),
}
#: The names of the laws.
NOISES = tuple(_LAWS)
