"""Populations of conditionally independent neurons: too many responses for a table, so they are drawn.

Everything is exact in x and Monte Carlo in r, see `draws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..errors import ModelError, OutOfReach, spelt
from . import arrays as check
from .arrays import Array
from .draws import Draws, Information, information_of, standard_error
from .encoding_model import EncodingModel
from .geometry import Geometry, geometry_of
from .glm import regressed
from .laws import NOISES, Law, law_of

#: Entries (responses by stimuli) of the largest table of all responses: quadrature over noise takes minutes with it.
MOST_ENTRIES = 5_000_000
#: Draws per stimulus by default.
PASSES = 64
#: Noises with a logarithmic link.
COUNTS = ("poisson", "negative_binomial")
#: Dispersion of negative binomial counts that scatter no more than Poisson counts: too small to see.
LEAST_DISPERSED = 1e-6


class Population:
    """N neurons that respond independently of one another, given the stimulus.

    Stimuli of prior 0 are dropped. The measures are estimated with ``si.i_local.estimate(population, passes=64)``.

    Parameters
    ----------
    stimuli : array_like, shape (J, d) or (J,)
        At least two, no two equal.
    rates : array_like, shape (N, J)
        The tuning: the mean response of each neuron to each stimulus.
    noise : {"poisson", "bernoulli", "gaussian", "negative_binomial"}
        How responses scatter. Rates of Bernoulli neurons are probabilities of a spike.
    prior : array_like, shape (J,), optional
        p(x_j); uniform by default.
    sd : float or array_like, shape (N,)
        The standard deviation of Gaussian responses.
    dispersion : float or array_like, shape (N,)
        Of negative binomial counts, whose variance is ``rate + dispersion rate^2``.
    rate_gradient : array_like, shape (N, J, d), optional
        Derivatives of the rates by the stimulus, for the Fisher information.
    stimulus_volumes : array_like, shape (J,), optional
        Cell volumes of a discretised continuous stimulus, for the entropies of I_SSI.
    geometry : str or Geometry, optional
        As for `EncodingModel`.

    Raises
    ------
    ModelError
        (a ValueError) An array is not as described above; the message names the entry.

    Examples
    --------
    >>> import numpy as np, stiminfo as si
    >>> x = np.arange(0, 360, 45)
    >>> rates = 5 * np.exp(np.cos(np.radians(x - x[:, None])))
    >>> pop = si.Population(x, rates, geometry="circle:360")
    >>> pop.mutual_information(passes=64).stderr < 0.02
    True
    """

    def __init__(
        self,
        stimuli: Any,
        rates: Any,
        noise: str = "poisson",
        prior: Any = None,
        *,
        sd: Any = None,
        dispersion: Any = None,
        rate_gradient: Any = None,
        stimulus_volumes: Any = None,
        geometry: Geometry | str | None = None,
    ) -> None:
        x = check.as_stimuli(stimuli)
        p = np.full(len(x), 1 / len(x)) if prior is None else check.as_distribution(prior, "prior", len(x))
        noise = spelt(noise, NOISES)
        law = law_of(noise, rates, sd, dispersion)
        if law.rates.shape[1] != len(x):
            raise ModelError(f"rates are for {law.rates.shape[1]} stimuli; {len(x)} stimuli were given")
        shape = (*law.rates.shape, x.shape[1])
        slopes = None if rate_gradient is None else check.as_real_array(rate_gradient, "rate_gradient", shape)
        keep = p > 0
        self.geometry = geometry_of(geometry, x.shape[1])
        same = self.geometry.identity(x[keep])
        if len(np.unique(same, axis=0)) < max(2, len(same)):
            raise ModelError("expected at least two stimuli, and no two that are equal; merge them")
        self.noise = noise
        self.law: Law = law.at(keep)
        self.stimuli, self.prior = check.frozen(x[keep]), check.frozen(p[keep])
        volumes = check.as_volumes(stimulus_volumes, "stimulus_volumes", (len(x),))
        self.stimulus_volumes = check.frozen(volumes[keep])
        self.rate_gradient = None if slopes is None else check.frozen(slopes[:, keep])

    @property
    def dimensions(self) -> int:
        """d, the number of stimulus features."""
        return int(self.stimuli.shape[1])

    @property
    def rates(self) -> Array:
        """The mean response of each neuron to each stimulus, (N, J)."""
        return self.law.rates

    @property
    def likelihood(self) -> Array:
        """Not available: a population has no table of all responses; raises `OutOfReach`, which says what to do."""
        raise OutOfReach(
            "a population has no table of all responses: use si.i_local.estimate(population), or make "
            "the table of a small one, population.model()"
        )

    @classmethod
    def from_trials(
        cls,
        trials: Any,
        responses: Any,
        noise: str = "poisson",
        prior: Any = None,
        *,
        geometry: Geometry | str | None = None,
        terms: int | None = None,
    ) -> Self:
        """The population whose tuning is the mean response to each stimulus, or a smooth curve through the counts.

        The standard deviation of a Gaussian neuron is that around its tuning, pooled over stimuli. The dispersion of a
        negative binomial one is found from its moments, pooled in the same way, and at least `LEAST_DISPERSED`.

        Parameters
        ----------
        trials : array_like, shape (T,) or (T, d)
            The stimulus of each trial.
        responses : array_like, shape (T, N)
            The response of each neuron in each trial.
        noise, geometry : as for `Population`
        prior : array_like, shape (J,), optional
            Of the stimuli in the order of `stimuli`, which is sorted; by default their shares of the trials.
        terms : int, optional
            Fit a Poisson regression (a generalised linear model with a logarithmic link) instead of taking means: on
            this many harmonics of a circle, or cubic splines with this many knots per feature. For counts only; needs
            scikit-learn.

        Raises
        ------
        ModelError
            The arrays do not fit each other or the noise, or Gaussian noise would have no spread.
        MissingExtra
            `terms` is given, and scikit-learn is not installed.
        """
        noise = spelt(noise, NOISES)
        shown = check.as_stimuli(trials)
        table = check.as_real_array(responses, "responses", (len(shown), None), "(T, N), trials by neurons")
        x, index = np.unique(shown, axis=0, return_inverse=True)
        member = np.eye(len(x))[index.ravel()]
        count = member.sum(axis=0)
        means = (table.T @ member) / count
        if terms is not None:
            if noise not in COUNTS:
                raise ModelError(f"Poisson regression is for counts; leave terms out for {noise} noise")
            means = regressed(x, means, count, geometry_of(geometry, x.shape[1]), terms)
        square = (table - means.T[index.ravel()]) ** 2
        p = count / count.sum() if prior is None else prior
        if noise == "gaussian":
            sd = np.sqrt(square.sum(axis=0) / max(1, len(table) - len(x)))
            return cls(x, means, noise, p, sd=sd, geometry=geometry)
        if noise == "negative_binomial":
            excess = square.sum(axis=0) * len(table) / max(1, len(table) - len(x)) - table.sum(axis=0)
            power = np.maximum((means**2 * count).sum(axis=1), np.finfo(float).tiny)
            return cls(x, means, noise, p, dispersion=np.maximum(excess / power, LEAST_DISPERSED), geometry=geometry)
        return cls(x, means, noise, p, geometry=geometry)

    def subset(self, neurons: Sequence[int] | Array) -> Population:
        """The population of some neurons, ``subset([0, 3])``; raises `ModelError` for one that does not exist."""
        index = np.array([self._existing(one) for one in np.atleast_1d(neurons)], dtype=np.int64)
        some = object.__new__(Population)
        some.__dict__ |= {name: value for name, value in self.__dict__.items() if name not in ("_table", "entropy")}
        some.law = self.law.chosen(index)
        some.rate_gradient = None if self.rate_gradient is None else self.rate_gradient[index]
        return some

    @cached_property
    def entropy(self) -> Array:
        """H(R|x), the sum over neurons, (J,), nats; differential for continuous responses."""
        return check.frozen(self.law.entropy().sum(axis=0))

    @cached_property
    def _table(self) -> tuple[Array, Array, Array, Array]:
        """What log likelihoods need: natural parameters, log partitions, and which stimuli forbid r > 0 or r = 0."""
        natural, partition = self.law.natural()
        never, always = np.isneginf(natural), np.isposinf(natural)
        fixed = never | always
        return np.where(fixed, 0.0, natural), np.where(fixed, 0.0, partition), never, always

    def log_likelihood(self, responses: Array) -> Array:
        """Log p(r|x) of responses (n, N) at each stimulus, (n, J), up to a constant for each response."""
        natural, partition, never, always = self._table
        log = responses @ natural - partition.sum(axis=0)
        if never.any() or always.any():
            log[(responses > 0) @ never.astype(float) + (responses == 0) @ always.astype(float) > 0] = -np.inf
        return np.asarray(log)

    def draws(self, replicates: int, rng: np.random.Generator, neuron: int | None = None) -> Draws:
        """Replicates of responses to every stimulus; with a `neuron`, also what the others alone tell."""
        rest = None if neuron is None else np.delete(np.arange(len(self.rates)), self._existing(neuron))
        others = None if rest is None else self.subset(rest)
        logs, before = [], []
        for _ in range(replicates):
            responses = self.law.draw(rng)
            logs.append(self.log_likelihood(responses))
            if others is not None:
                before.append(others.log_likelihood(responses[:, rest]))
        return Draws(np.concatenate(logs), np.concatenate(before) if before else None)

    def _existing(self, neuron: int) -> int:
        count = len(self.rates)
        if isinstance(neuron, bool) or not isinstance(neuron, int | np.integer) or not 0 <= neuron < count:
            raise ModelError(f"neuron is {neuron}; expected a whole number from 0 to {count - 1}")
        return int(neuron)

    def mutual_information(self, passes: int = PASSES, seed: int = 0) -> Information:
        """I(R;X) in nats with its standard error, from `passes` draws for each stimulus (at least 2)."""
        if isinstance(passes, bool) or not isinstance(passes, int | np.integer) or passes < 2:
            raise ModelError(f"passes is {passes!r}; expected a whole number, at least 2")
        found = information_of(self.prior, self.draws(passes, np.random.default_rng(seed)).log)
        return Information(float(found.mean()), float(standard_error(self.prior, found, passes * len(self.prior))))

    def model(self) -> EncodingModel:
        """The same as a table of all joint responses, for few neurons with few responses each.

        Raises
        ------
        OutOfReach
            The table would be too large for the exact measures.
        """
        tables = [self.law.table(n) for n in range(len(self.rates))]
        entries = float(np.prod([float(len(table)) for table, _, _ in tables])) * len(self.prior)
        if entries > MOST_ENTRIES:
            raise OutOfReach(
                f"a table of all responses would have {entries:.1e} entries, {entries * 8 / 2**30:.1e} GiB; estimate "
                "the measures from the population instead: si.i_local.estimate(population, passes=64)"
            )
        joint, volumes = tables[0][:2]
        for table, sizes, _ in tables[1:]:
            joint = (joint[:, None] * table[None]).reshape(-1, len(self.prior))
            volumes = np.outer(volumes, sizes).ravel()
        return EncodingModel(
            self.stimuli,
            self.prior,
            joint,
            stimulus_volumes=self.stimulus_volumes,
            response_volumes=volumes,
            geometry=self.geometry,
        )

    def __repr__(self) -> str:
        count = len(self.rates)
        return (
            f"Population({count} {self.noise} {'neuron' if count == 1 else 'neurons'}, {len(self.stimuli)} stimuli, "
            f"{self.geometry if not self.geometry.vectors else f'R^{self.dimensions}'})"
        )
