"""Estimates of the measures for a population: replicates of drawn responses, until the passes are spent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotApplicable
from ..models.arrays import Array
from ..models.population import PASSES, Population
from .drawn import FEWEST, Drawn
from .estimate import Estimate

if TYPE_CHECKING:
    from .exact import PublishedMeasure

#: Entries of the table of draws by stimuli, 160 MB, beyond which the passes by default are fewer.
_MOST = 20_000_000
#: Passes beyond which a relative error that is not reached is no longer waited for.
MOST_PASSES = 4096
#: Error of the quadrature over noise that all replicates share, nats; that of finite sums is far smaller.
_SHARED = 2e-4


def estimate(
    measure: PublishedMeasure,
    population: Population,
    *,
    passes: int | None = None,
    rtol: float | None = None,
    seed: int = 0,
    neuron: int | None = None,
) -> Estimate:
    """A measure at all stimuli of a population, exact in x and Monte Carlo in r.

    Parameters
    ----------
    measure, population
    passes : int
        Responses to draw for each stimulus, at least 8; each serves all stimuli. By default 64, or fewer for more than
        500 stimuli. With `rtol`, the most to draw (4096 by default).
    rtol : float
        Draw until every value has at most this relative standard error.
    seed : int
        The same seed gives the same numbers.
    neuron : int, optional
        Gives the conditional information of this neuron, given the responses of all others.

    Returns
    -------
    Estimate
        value, stderr (J,) and, where the measure has features, featurewise, featurewise_stderr (J, d); nats.

    Raises
    ------
    NotApplicable
        The measure needs what the population lacks (distances, the gradient of the rates), or has no such estimate.
    ValueError
        An option is out of its range.
    """
    measure.check_geometry(population)
    if measure.drawn is None:
        raise NotApplicable(f"{measure.name} has no estimate for populations")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; expected a whole number, not negative")
    if rtol is not None and not 0 < rtol < 1:
        raise ValueError(f"rtol is {rtol!r}; expected a number between 0 and 1")
    most = _default(population, rtol) if passes is None else passes
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < FEWEST:
        raise ValueError(f"passes is {most!r}; expected a whole number, at least {FEWEST}")
    count = int(most) if rtol is None else min(int(most), 2 * FEWEST)
    while True:
        draws = population.draws(count, np.random.default_rng(seed), neuron)
        found = _summarised(measure, measure.drawn(Drawn(population, draws, neuron)), count, int(seed))
        if rtol is None or count >= most or (found.stderr <= rtol * np.abs(found.value)).all():
            return found
        count = min(2 * count, int(most))


def _default(population: Population, rtol: float | None) -> int:
    if rtol is not None:
        return MOST_PASSES
    return int(min(PASSES, max(FEWEST, _MOST // len(population.prior) ** 2)))


def _summarised(measure: PublishedMeasure, replicates: Array, passes: int, seed: int) -> Estimate:
    """The mean and the standard error of replicates (S, J) or (S, J, d)."""
    featured = replicates.ndim == 3
    total = replicates.sum(axis=2) if featured else replicates
    found: dict[str, Any] = {"featurewise": None, "featurewise_stderr": None}
    if featured:
        found = {"featurewise": replicates.mean(axis=0), "featurewise_stderr": _error(replicates)}
    return Estimate(
        value=total.mean(axis=0),
        stderr=_error(total),
        **found,
        passes=passes,
        cutoff=np.zeros(total.shape[1]),
        replicates=len(total),
        gamma_range=(0.0, math.inf),
        measure=measure.name,
        sampler="responses",
        seed=seed,
    )


def _error(replicates: Array) -> Array:
    return np.asarray(replicates.std(axis=0, ddof=1) / math.sqrt(len(replicates)))
