"""Measures of a population from drawn responses, with the variance of the drawing: what a resample costs and knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...models.arrays import Array
from ...models.draws import Draws, standard_error
from ...models.population import Population
from ..drawn import Drawn
from ..exact import PublishedMeasure
from .simulation import WHOLE

#: Draws whose tables are held at once: with so many, they fit caches.
_TOGETHER = 4096


class Passes(NamedTuple):
    """Draws per stimulus: of finite sums, and of integrals over noise, which cost more."""

    sums: int
    integrals: int


class Found(NamedTuple):
    """Values (J,), or (1,) of I(R;X), and the variance that they have because responses are drawn."""

    value: Array
    variance: Array


def values_of(
    population: Population,
    measures: Mapping[str, PublishedMeasure],
    passes: Passes,
    rng: np.random.Generator,
    neuron: int | None = None,
) -> dict[str, Found]:
    """I(R;X), as `WHOLE`, and each measure; of one neuron given the others if it is named."""
    count = len(population.prior)
    parts: dict[str, list[Array]] = {name: [] for name in (WHOLE, *measures)}
    size, spent = max(2, _TOGETHER // count), 0
    weight, square = np.zeros(count), np.zeros(count)
    while spent < passes.sums:
        replicates = min(size, passes.sums - spent)
        drawn = Drawn(population, population.draws(replicates, rng, neuron), neuron)
        parts[WHOLE].append(drawn.on_average(drawn.divergence)[:, None])
        left = min(replicates, passes.integrals - spent)
        few = drawn if left == replicates else Drawn(population, _first(drawn.draws, left * count), neuron)
        for name, measure in measures.items():
            if not measure.slow or left > 0:
                assert measure.drawn is not None
                part = measure.drawn(few if measure.slow else drawn)
                parts[name].append(part.sum(axis=2) if part.ndim == 3 else part)
        spent += replicates
        weight, square = weight + drawn.weights.sum(axis=0), square + (drawn.weights**2).sum(axis=0)
    found = {}
    for name, replicates_of in parts.items():
        values = np.concatenate(replicates_of)
        seen = np.asarray(weight**2 / square) if name != WHOLE else np.array([spent * count])
        error = standard_error(population.prior, values, seen * len(values) / spent)
        found[name] = Found(values.mean(axis=0), error**2)
    return found


def _first(draws: Draws, number: int) -> Draws:
    return Draws(draws.log[:number], None if draws.before is None else draws.before[:number])
