"""Intervals and bias corrections of few trials: how often they cover the truth, how wide they are, and what errs less.

Experiments are simulated from four known joint distributions with a fixed number of trials per stimulus. Methods that
the package does not use are here only.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.stats import norm, poisson, random_table

from ...estimators import PUBLISHED
from ...estimators.registry import never_negative
from ...estimators.sampling.bias import deletions, panzeri_treves_bias
from ...estimators.sampling.permutation import information_of
from ...estimators.sampling.simulation import WHOLE, Simulation
from ...models import EncodingModel
from ...models.arrays import Array
from .study import Data, Run, Study, page

TRIALS = (5, 20, 50, 200)
SEEDS = (0, 1, 2)
#: Experiments per simulation, number of trials and seed; in all 201.
EXPERIMENTS = 67
#: Resamples of each method in an experiment (the package's default, 200, makes intervals a little less noisy), and
#: partial or permuted tables of the corrections that need them.
RESAMPLES, PARTIAL = 100, 20
LEVEL = 0.95
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
#: Stimuli, which lie on a line.
STIMULI = np.arange(8.0)[:, None]
PRIOR = np.full(8, 1 / 8)
#: The measures that are defined on a finite table.
MEASURES = {name: measure for name, measure in PUBLISHED.items() if not measure.needs}
CHOSEN = "chosen"
Values = Mapping[str, Array]


def _spikes(rates: Array) -> Array:
    """p(r|x) of spike counts, (J, K)."""
    counts = np.arange(poisson.isf(1e-9, rates.max()) + 1)
    table = np.asarray(poisson.pmf(counts, rates[:, None]))
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _bump(width: float) -> Array:
    return np.exp(-0.5 * ((STIMULI[:, 0] - 3.5) / width) ** 2)


_SPIKING = 0.1 + 0.7 * _bump(1.2)
SIMULATIONS = {
    "Poisson counts, a bump of 1 to 10 spikes": _spikes(1 + 9 * _bump(1.2)),
    "Poisson counts, 8 spikes at one stimulus, 2 at seven": _spikes(np.where(STIMULI[:, 0] == 3, 8.0, 2.0)),
    "one spike or none, a bump of 0.1 to 0.8": np.stack([1 - _SPIKING, _SPIKING], axis=1),
    "Poisson counts, 3 spikes at every stimulus": _spikes(np.full(8, 3.0)),
}


def truth(likelihood: Array) -> dict[str, Array]:
    """I(R;X), (1,), and every measure, (J,), of the joint distribution itself."""
    model = EncodingModel(STIMULI, PRIOR, likelihood.T)
    return {WHOLE: information_of(likelihood, PRIOR)[None]} | {name: one(model) for name, one in MEASURES.items()}


def _partial(simulation: Simulation, trials: int, rng: np.random.Generator) -> Values:
    """Mean values of tables with some of each stimulus's trials, drawn without replacement."""
    rows = simulation.table.astype(np.int64)
    drawn = np.stack([rng.multivariate_hypergeometric(row, trials, size=PARTIAL) for row in rows], axis=1)
    return {name: value.mean(axis=0) for name, value in simulation.values(drawn).items()}


def biases(simulation: Simulation, resampled: Values, rng: np.random.Generator) -> dict[str, Values]:
    """The estimates of the bias, by method."""
    table, trials = simulation.table, int(simulation.trials[0])
    whole = {name: value[0] for name, value in simulation.values(table[None]).items()}
    permuted = random_table(*(table.sum(axis=axis).astype(np.int64) for axis in (1, 0)), seed=rng).rvs(PARTIAL)
    sizes = [trials, max(trials // 2, 2), max(trials // 4, 1)]
    half, quarter = (_partial(simulation, size, rng) for size in sizes[1:])
    # value(n) = a + b / n + c / n^2 through three sizes; a is the value of infinitely many trials.
    weights = np.linalg.inv(np.vander(1 / np.array(sizes), 3, increasing=True))[0]
    jackknife = {name: found[0] for name, found in simulation.jackknife.items()}
    simulated = {name: off.mean(axis=0) for name, off in simulation.off.items()}
    return {
        "none (plug-in)": {name: np.zeros_like(value) for name, value in whole.items()},
        "bootstrap": {name: resampled[name].mean(axis=0) - value for name, value in whole.items()},
        "jackknife": jackknife,
        "simulated tables": simulated,
        CHOSEN: {name: (jackknife[name] + simulated[name]) / 2 for name in whole},
        "quadratic extrapolation": {
            name: value - weights @ np.stack([value, half[name], quarter[name]]) for name, value in whole.items()
        },
        "shuffle": {name: value.mean(axis=0) for name, value in simulation.values(permuted).items()},
        "Panzeri-Treves": {WHOLE: np.array([panzeri_treves_bias(table)])},
    }


def _bca(value: Array, resampled: Array, left: Array) -> tuple[Array, Array]:
    """Efron's bias-corrected and accelerated interval (1987), from resamples and tables that lack a group of trials."""
    below = ((resampled < value).mean(axis=0) + (resampled <= value).mean(axis=0)) / 2
    shift = norm.ppf(np.clip(below, 1 / len(resampled), 1 - 1 / len(resampled)))
    off = left.mean(axis=0) - left
    cubes, squares = (off**3).sum(axis=0), (off**2).sum(axis=0)
    speed = np.divide(cubes, 6 * squares**1.5, out=np.zeros_like(cubes), where=squares > 1e-20)
    ends = []
    for z in (-NORMAL, NORMAL):
        share = norm.cdf(shift + (shift + z) / np.maximum(1 - speed * (shift + z), 0.1))
        ends.append(np.array([np.quantile(column, one) for column, one in zip(resampled.T, share)]))
    return ends[0], ends[1]


def intervals(
    simulation: Simulation, resampled: Values, found: Mapping[str, Values], left: Values
) -> dict[str, dict[str, tuple[Array, Array]]]:
    """The intervals by method and measure."""
    z, tails = NORMAL, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    made: dict[str, dict[str, tuple[Array, Array]]] = {}
    for name, value in simulation.values(simulation.table[None]).items():
        value = value[0]
        positive = name == WHOLE or never_negative(MEASURES[name])
        low, high = np.quantile(resampled[name], tails, axis=0)
        spread, off = resampled[name].std(axis=0), simulation.off[name].std(axis=0)
        around = {method: value - found[method][name] for method in ("bootstrap", "jackknife", "simulated tables")}
        error = simulation.jackknife[name][1]
        for method, (a, b) in {
            "percentile": (low, high),
            "reflected": (2 * value - high, 2 * value - low),
            "bootstrap, normal": (around["bootstrap"] - z * spread, around["bootstrap"] + z * spread),
            "BCa": _bca(value, resampled[name], left[name]),
            "jackknife, normal": (around["jackknife"] - z * error, around["jackknife"] + z * error),
            "posterior": tuple(np.quantile(simulation.drawn[name], tails, axis=0)),
            "simulated tables, normal": (around["simulated tables"] - z * off, around["simulated tables"] + z * off),
            CHOSEN: simulation.summary(name, value, LEVEL, 1.0, positive)[2:],
        }.items():
            made.setdefault(method, {})[name] = (np.maximum(a, 0), np.maximum(b, 0)) if positive else (a, b)
    return made


def experiment(likelihood: Array, trials: int, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """The intervals, and the corrected values, of one simulated experiment, by method and measure."""
    table = rng.multinomial(trials, likelihood).astype(float)
    simulation = Simulation(table[:, table.any(axis=0)], STIMULI, PRIOR, MEASURES)
    simulation.run(RESAMPLES, rng, None)
    shares = simulation.table / trials
    resampled = simulation.values(rng.multinomial(trials, shares, size=(RESAMPLES, len(shares))))
    left = simulation.values(next(deletions(simulation.table, rng)))
    found = biases(simulation, resampled, rng)
    value = {name: one[0] for name, one in simulation.values(simulation.table[None]).items()}
    corrected = {method: {name: value[name] - bias for name, bias in one.items()} for method, one in found.items()}
    return intervals(simulation, resampled, found, left), corrected


def part(number: int, likelihood: Array, trials: int, experiments: int) -> dict[str, Any]:
    """Coverage, width, bias and error of one simulation with one number of trials."""
    true = truth(likelihood)
    covered: dict[tuple[str, str], list[Array]] = {}
    widths: dict[tuple[str, str], list[float]] = {}
    off: dict[tuple[str, str], list[Array]] = {}
    for seed in SEEDS:
        for one in range(experiments):
            made, corrected = experiment(likelihood, trials, np.random.default_rng([seed, number, trials, one]))
            for method, by_measure in made.items():
                for name, (low, high) in by_measure.items():
                    # The truth is known, and a value is computed, to about 1e-4 nats (0 to far less).
                    inside = (low <= true[name] + 1e-9) & (true[name] - 1e-9 <= high)
                    covered.setdefault((method, name), []).append(inside)
                    widths.setdefault((method, name), []).append(float((high - low).mean()))
            for method, values in corrected.items():
                for name, value in values.items():
                    off.setdefault((method, name), []).append(value - true[name])
    found: dict[str, Any] = {"experiments": experiments * len(SEEDS), "intervals": {}, "corrections": {}}
    for (method, name), hits in covered.items():
        by_stimulus = np.mean(hits, axis=0)
        by_seed = np.array_split(np.mean(hits, axis=1), len(SEEDS))
        found["intervals"].setdefault(method, {})[name or "I"] = {
            "coverage": round(float(by_stimulus.mean()), 4),
            "lowest_stimulus": round(float(by_stimulus.min()), 4),
            "lowest_seed": round(min(float(hits.mean()) for hits in by_seed), 4),
            "width": round(float(np.mean(widths[method, name])), 5),
        }
    for (method, name), errors in off.items():
        found["corrections"].setdefault(method, {})[name or "I"] = {
            "bias": round(float(np.mean(errors)), 5),
            "largest_bias": round(float(np.abs(np.mean(errors, axis=0)).max()), 5),
            "error": round(float(np.sqrt(np.mean(np.square(errors)))), 5),
        }
    return found


def make(run: Run) -> Data:
    """Simulate all experiments; goes on where an interrupted study with the same number of experiments stopped."""
    experiments = run["experiments"] or EXPERIMENTS
    settings = {"experiments": experiments * len(SEEDS), "resamples": RESAMPLES, "level": LEVEL, "seeds": len(SEEDS)}
    parts = run.before.get("parts", {}) if run.before.get("settings") == settings else {}
    for number, (simulation, likelihood) in enumerate(SIMULATIONS.items()):
        for trials in TRIALS:
            name = f"{simulation}; {trials} trials"
            if name not in parts:
                parts[name] = part(number, likelihood, trials, experiments) | {
                    "simulation": simulation,
                    "trials": trials,
                }
                run.keep({"settings": settings, "parts": parts})
            run.say(name)
    return {"settings": settings, "parts": parts}


def markdown(data: Data) -> str:
    """The page."""
    parts = list(data["parts"].values())
    names, methods = ["I", *MEASURES], list(parts[0]["intervals"])

    def of(method: str, trials: int) -> tuple[float, float]:
        """Lowest coverage over simulations and measures, and mean width in units of the chosen interval's."""
        chosen = [(one["intervals"][CHOSEN], one["intervals"][method]) for one in parts if one["trials"] == trials]
        ratios = [its[name]["width"] / best[name]["width"] for best, its in chosen for name in names]
        return min(its[name]["coverage"] for _, its in chosen for name in names), float(np.mean(ratios))

    def error(method: str, trials: int) -> tuple[float, float]:
        """Root mean square over simulations and measures of the bias that is left, and of the error."""
        found = [one["corrections"][method] for one in parts if one["trials"] == trials]
        both = [(its[name]["bias"], its[name]["error"]) for its in found for name in names if name in its]
        left, off = np.sqrt(np.mean(np.square(both), axis=0))
        return float(left), float(off)

    summary = {method: [of(method, n) for n in TRIALS] for method in methods}
    corrections = {method: [error(method, n) for n in TRIALS] for method in parts[0]["corrections"]}
    return page("sampling.md", **data, rows=parts, names=names, summary=summary, corrections=corrections, trials=TRIALS)


STUDY = Study(
    name="sampling",
    cost="about 20 minutes on one core; goes on where it was interrupted",
    make=make,
    outputs=("sampling.json", "sampling.md"),
    page=markdown,
    options=(("--experiments", {"type": int, "help": "experiments per simulation, number of trials and seed"}),),
    only_named=True,
)
