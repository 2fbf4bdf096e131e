"""Corrections of the bias of few trials by other methods than the chosen one, each with a standard error.

A correction is a function that estimates how much the values of a count table exceed the true ones; `CORRECTIONS` lists
them. The standard error of a corrected value is its scatter over experiments that are simulated from the posterior of
p(r|x) (see `shrinkage`), in which the true value is known; that of the jackknife is Tukey's, and the chosen
correction has the larger one of both. It holds no bias that is
left: how much that is, study `sampling` shows.

References
----------
Strong SP, Koberle R, de Ruyter van Steveninck RR, Bialek W (1998) Entropy and information in neural spike trains.
    Physical Review Letters 80, 197-200 (quadratic extrapolation).
Panzeri S, Senatore R, Montemurro MA, Petersen RS (2007) Correcting for the sampling bias problem in spike train
    information measures. Journal of Neurophysiology 98, 1064-1072 (shuffled responses, and a comparison).
Tukey JW (1958) Bias and confidence in not-quite large samples. Annals of Mathematical Statistics 29, 614.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.stats import random_table

from ...errors import NotApplicable
from ...models.arrays import Array
from .bias import panzeri_treves_bias, relevant_responses
from .records import Corrected
from .shrinkage import posterior_draws, simulated_tables
from .simulation import AT_ONCE, WHOLE, Progress, Simulation, Values

#: Tables that are drawn for a mean: of one size in the extrapolation, or shuffled. What so few add to the error of a
#: corrected value is part of it.
DRAWN = 10
#: Simulated experiments in which other corrections are tried. They show to about a tenth by how much more the corrected
#: values scatter than those of the plug-in, whose scatter all resamples of the simulation show.
_EXPERIMENTS = 20
#: Trials of a stimulus from which all, half and a quarter are three numbers.
_LEAST = 3


def mean_values(simulation: Simulation, tables: Array) -> Values:
    """Means over tables (B, J, K) of I(R;X), (1,), and of each measure, (J,)."""
    size = max(1, AT_ONCE // tables.shape[2])
    parts = [simulation.values(tables[start : start + size]) for start in range(0, len(tables), size)]
    return {name: np.concatenate([part[name] for part in parts]).mean(axis=0) for name in parts[0]}


def shuffled(simulation: Simulation, table: Array, rng: np.random.Generator, drawn: int = DRAWN) -> Values:
    """Mean values where responses are dealt anew to the trials: what a response that tells nothing seems to tell."""
    if 1 in table.shape:
        return mean_values(simulation, table[None])  # dealt anew, it is the same
    margins = (table.sum(axis=axis).astype(np.int64) for axis in (1, 0))
    return mean_values(simulation, random_table(*margins, seed=rng).rvs(drawn))


def extrapolated(simulation: Simulation, table: Array, rng: np.random.Generator, drawn: int = DRAWN) -> Values:
    """What values exceed those of infinitely many trials by, according to all, half and a quarter of the trials.

    A value of n trials is taken to be ``a + b / n + c / n^2``, through its means at the three sizes. Smaller tables
    have some of each stimulus's trials, drawn without replacement.

    Raises
    ------
    NotApplicable
        A stimulus has too few trials to be divided.
    """
    trials = table.sum(axis=1).astype(np.int64)
    if trials.min() < _LEAST:
        raise NotApplicable(f"it needs {_LEAST} trials of each stimulus or more")
    sizes = [trials, np.maximum(trials // 2, 2), np.maximum(trials // 4, 1)]
    means: list[Values] = [{name: value[0] for name, value in simulation.values(table[None]).items()}]
    for size in sizes[1:]:
        each = zip(table.astype(np.int64), size)
        part = np.stack([rng.multivariate_hypergeometric(row, few, size=drawn) for row, few in each], axis=1)
        means.append(mean_values(simulation, part))
    inverse = 1 / np.array([size.mean() for size in sizes])
    weights = np.linalg.inv(np.vander(inverse, 3, increasing=True))[0]
    return {name: value - weights @ np.stack([mean[name] for mean in means]) for name, value in means[0].items()}


def panzeri_treves(simulation: Simulation, table: Array, rng: np.random.Generator) -> Values:
    """The formula of Panzeri and Treves for I(R;X), and for measures that are H(R) - H(R|x).

    At x such a measure exceeds the truth by ``(R_x - 1) / (2 N_x) - (R - 1) / (2 N)``, the biases of the two entropies
    in the formula, whose mean over trials is the bias of I(R;X).

    Raises
    ------
    NotApplicable
        The prior is not the share of the trials, which the formula supposes.
    """
    trials = table.sum(axis=1)
    if not np.allclose(simulation.model.prior, trials / trials.sum(), rtol=1e-6):
        raise NotApplicable("its formula supposes that the prior is the share of the trials")
    responses = (table.any(axis=0).sum() - 1) / (2 * trials.sum())
    at_x = (relevant_responses(table) - 1) / (2 * trials) - responses
    entropies = {name: at_x for name, one in simulation.measures.items() if getattr(one, "of_entropies", False)}
    return {WHOLE: np.array([panzeri_treves_bias(table)])} | entropies


class Correction(NamedTuple):
    """A way to estimate the bias.

    Attributes
    ----------
    title : in words
    bias : ``bias(simulation, table, rng)`` are the biases of the values that it serves, (J,), or (1,) of I(R;X); it
        raises `NotApplicable` where it serves none
    """

    title: str
    bias: Callable[[Simulation, Array, np.random.Generator], Values]


#: Corrections beside the plug-in value, the chosen correction and the jackknife, which `Simulation` itself computes.
CORRECTIONS = {
    "quadratic_extrapolation": Correction("quadratic extrapolation", extrapolated),
    "shuffle": Correction("shuffled responses", shuffled),
    "panzeri_treves": Correction("Panzeri-Treves", panzeri_treves),
}
#: All that `corrections` gives, in words.
TITLES = {
    "none": "none (plug-in)",
    "chosen": "the chosen one",
    "jackknife": "jackknife",
    **{name: one.title for name, one in CORRECTIONS.items()},
}
_NO_FORM = "it is not known at single stimuli for this measure"


def _experiments(simulation: Simulation, rng: np.random.Generator) -> tuple[Array, Values]:
    """Tables (B, J, K) simulated from the posterior; and by measure, (B, J), what values exceed the true ones by."""
    draws = posterior_draws(simulation.table, _EXPERIMENTS, rng)
    tables = simulated_tables(draws, simulation.trials, rng)
    # One by one, because a large table fills the memory.
    pairs = [(simulation.values(true[None]), simulation.values(one[None])) for true, one in zip(draws, tables)]
    off = {name: np.concatenate([again[name] - true[name] for true, again in pairs]) for name in pairs[0][0]}
    return tables.astype(float), off


def corrections(
    simulation: Simulation,
    plug_in: Values,
    chosen: Values,
    effect: float,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> dict[str, dict[str, Corrected]]:
    """Values by each correction: by measure (`WHOLE` is I(R;X)), then by the names in `TITLES`.

    Parameters
    ----------
    simulation : that has run
    plug_in, chosen : values (J,), or (1,) of I(R;X), without a correction and with the chosen one
    effect : the design effect, by which biases and variances are larger where trials depend on one another
    progress : callable, optional
        ``progress(done, total)``, in simulated experiments.
    """
    root = np.sqrt(effect)
    found: dict[str, dict[str, Corrected]] = {}
    for name, value in plug_in.items():
        spread, (bias, error) = simulation.off[name].std(axis=0), simulation.jackknife[name]
        found[name] = {
            "none": Corrected(value, root * spread),
            "chosen": Corrected(chosen[name], root * np.maximum(spread, error)),
            "jackknife": Corrected(value - effect * bias, root * error),
        }
    biases, why = _biases(simulation, rng)
    left: dict[str, list[Values]] = {key: [] for key in biases}
    tables, off = _experiments(simulation, rng)
    for done, table in enumerate(tables):
        for key in biases:
            again = CORRECTIONS[key].bias(simulation, table, rng)
            left[key].append({name: off[name][done] - bias for name, bias in again.items()})
        if progress is not None:
            progress(done + 1, _EXPERIMENTS)
    for name, value in plug_in.items():
        for key in CORRECTIONS:
            if key in why or name not in biases[key]:
                found[name][key] = Corrected(reason=why.get(key, _NO_FORM))
                continue
            # How much more they scatter than plug-in values do, whose scatter is known from more experiments.
            error, plain = np.std([one[name] for one in left[key]], axis=0), off[name].std(axis=0)
            more = np.divide(simulation.off[name].std(axis=0), plain, out=np.ones_like(plain), where=plain > 0)
            found[name][key] = Corrected(value - effect * biases[key][name], root * error * more)
    return found


def _biases(simulation: Simulation, rng: np.random.Generator) -> tuple[dict[str, Values], dict[str, str]]:
    """Biases by correction, and why others have none."""
    biases: dict[str, Values] = {}
    why = {}
    for key, one in CORRECTIONS.items():
        try:
            biases[key] = one.bias(simulation, simulation.table, rng)
        except NotApplicable as reason:
            why[key] = str(reason)
    return biases, why
