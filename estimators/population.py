"""Estimates of the measures for a population: replicates of drawn responses, until the passes are spent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtra, NotApplicable, OutOfReach
from ..models.arrays import Array
from ..models.draws import standard_error
from ..models.population import Population
from .drawn import QUADRATURE, Drawn
from .estimate import Estimate

if TYPE_CHECKING:
    from .exact import PublishedMeasure

#: Draws per stimulus by default: for finite sums, and for integrals over noise, which take longer and scatter less.
PASSES, SLOW_PASSES = 256, 32
#: Fewest draws per stimulus that are averaged together, and draws that are: with so many, tables fit caches.
FEWEST, _TOGETHER = 8, 4096
#: Passes beyond which a relative error that is not reached is no longer waited for.
MOST_PASSES = 4096

Progress = Callable[[int, float], None]


def estimate(
    measure: PublishedMeasure,
    population: Population,
    *,
    passes: int | None = None,
    rtol: float | None = None,
    seed: int = 0,
    neuron: int | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """A measure at all stimuli of a population, exact in x and Monte Carlo in r.

    Measures that integrate over noise do so by quadrature for stimuli on a circle, a line or a plane. Where that is out
    of reach, denoisers of the finite set of stimuli take its place (needs ``stiminfo[diffusion]``); the estimate's
    `sampler` names which it was.

    Parameters
    ----------
    measure, population
    passes : int
        Responses to draw for each stimulus, at least 8; each serves all stimuli. By default 256, or 32 for measures
        that integrate over noise, or what the measure declares. With `rtol`, the most to draw (4096 by default).
    rtol : float
        Draw until every value has at most this relative standard error.
    seed : int
        The same seed gives the same numbers.
    neuron : int, optional
        Gives the conditional information of this neuron, given the responses of all others.
    progress : callable
        Called with the passes spent and the relative error reached.

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
    usual = measure.passes or (SLOW_PASSES if measure.slow else PASSES)
    usual = MOST_PASSES if rtol is not None else usual
    most = usual if passes is None else passes
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < FEWEST:
        raise ValueError(f"passes is {most!r}; expected a whole number, at least {FEWEST}")
    rng, spent, parts = np.random.default_rng(seed), 0, []
    # How many draws count for each stimulus: all where responses tell nothing, only its own where they tell it apart.
    first, second = np.zeros(len(population.prior)), np.zeros(len(population.prior))
    size = max(FEWEST, _TOGETHER // len(population.prior))
    while spent < most:
        count = size if most - spent >= 2 * size else int(most) - spent
        drawn = Drawn(population, population.draws(count, rng, neuron), neuron)
        try:
            parts.append(measure.drawn(drawn))
        except OutOfReach as reason:
            if neuron is not None or not population.geometry.vectors:
                raise
            return _from_denoisers(measure, population, reason, passes=passes, rtol=rtol, seed=seed, progress=progress)
        spent += count
        first, second = first + drawn.weights.sum(axis=0), second + (drawn.weights**2).sum(axis=0)
        seen = first**2 / second
        found = _summarised(measure, population, np.concatenate(parts), seen, spent, int(seed))
        relative = float((found.stderr / np.maximum(np.abs(found.value), np.finfo(float).tiny)).max())
        if progress is not None:
            progress(spent, relative)
        if rtol is not None and relative <= rtol:
            break
    return found if rtol is None else replace(found, reached=found.stderr <= rtol * np.abs(found.value))


def _from_denoisers(measure: PublishedMeasure, population: Population, reason: OutOfReach, **options: Any) -> Estimate:
    """The estimate from the denoiser of the finite set of stimuli, which serves any dimension."""
    try:
        from ..diffusion.encoders.of_population import PopulationEncoder
        from ..diffusion.finite_set import FiniteSetDenoiser
    except ImportError as error:
        raise MissingExtra(f"{reason}; for them, pip install 'stiminfo[diffusion]'") from error
    denoiser = FiniteSetDenoiser(population.stimuli, PopulationEncoder(population), population.prior)
    return measure.estimate(denoiser, population.stimuli, **options)


def _summarised(
    measure: PublishedMeasure, population: Population, replicates: Array, seen: Array, passes: int, seed: int
) -> Estimate:
    """The mean and the standard error of replicates (S, J) or (S, J, d)."""
    featured = replicates.ndim == 3
    total = replicates.sum(axis=2) if featured else replicates
    drawn = len(replicates) == passes  # nothing is drawn for Fisher information

    def error(values: Array) -> Array:
        if not drawn:
            return np.zeros(values.shape[1:])
        found = standard_error(population.prior, values, seen.reshape(-1, *(1,) * (values.ndim - 2)))
        return np.asarray(np.hypot(found, QUADRATURE if measure.slow else 0.0))

    stderr = error(total)
    return Estimate(
        value=total.mean(axis=0),
        stderr=stderr,
        featurewise=replicates.mean(axis=0) if featured else None,
        featurewise_stderr=error(replicates) if featured else None,
        passes=passes,
        cutoff=np.zeros(total.shape[1]),
        systematic=np.zeros(total.shape[1]),
        bound=stderr,  # all stimuli share their draws, so that errors do not average out over stimuli
        reached=None,
        replicates=len(total),
        gamma_range=(0.0, math.inf),
        measure=measure.name,
        sampler="responses",
        seed=seed,
    )
