"""Intervals and bias corrections of few trials: how often they cover the truth, how wide they are, and what errs less.

Experiments are simulated from eight known joint distributions with a fixed number of trials per stimulus. Methods that
the package does not use are here only.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.stats import norm, poisson

from ...estimators import PUBLISHED
from ...estimators.registry import never_negative
from ...estimators.sampling.bias import deletions, panzeri_treves_bias
from ...estimators.sampling.corrections import extrapolated, shuffled
from ...estimators.sampling.permutation import information_of, permutation_test
from ...estimators.sampling.simulation import WHOLE, Simulation
from ...models import EncodingModel
from ...models.arrays import Array
from .study import Data, Run, Study, page

TRIALS = (5, 20, 50, 200)
#: Experiments per simulation and number of trials, and how many of them share a seed and are kept at once.
EXPERIMENTS, BATCH = 200, 10
#: Resamples of each method in an experiment (the package's default, 200, makes intervals a little less noisy), and
#: partial or permuted tables of the corrections that need them.
RESAMPLES, PARTIAL = 100, 10
#: Permuted tables of the test.
PERMUTATIONS = 200
LEVEL = 0.95
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
#: Stimuli, which lie on a line.
STIMULI = np.arange(8.0)[:, None]
PRIOR = np.full(8, 1 / 8)
#: The measures that are defined on a finite table.
MEASURES = {name: measure for name, measure in PUBLISHED.items() if "gradient" not in measure.needs}
CHOSEN = "chosen"
Values = Mapping[str, Array]


def _spikes(rates: Array) -> Array:
    """p(r|x) of spike counts, (J, K)."""
    counts = np.arange(poisson.isf(1e-9, rates.max()) + 1)
    table = np.asarray(poisson.pmf(counts, rates[:, None]))
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def _bump(width: float) -> Array:
    return np.exp(-0.5 * ((STIMULI[:, 0] - 3.5) / width) ** 2)


def _seldom(spiking: Array) -> Array:
    """p(r|x) of one spike or none, (J, 2)."""
    return np.stack([1 - spiking, spiking], axis=1)


SIMULATIONS = {
    "Poisson counts, a bump of 1 to 10 spikes": _spikes(1 + 9 * _bump(1.2)),
    "Poisson counts, 8 spikes at one stimulus, 2 at seven": _spikes(np.where(STIMULI[:, 0] == 3, 8.0, 2.0)),
    "one spike or none, a bump of 0.1 to 0.8": _seldom(0.1 + 0.7 * _bump(1.2)),
    "Poisson counts, 3 spikes at every stimulus": _spikes(np.full(8, 3.0)),
    "Poisson counts, 0.3 spikes at one stimulus, none at seven": _spikes(np.where(STIMULI[:, 0] == 3, 0.3, 0.0)),
    "Poisson counts, 2 spikes at one stimulus, 0.05 at seven": _spikes(np.where(STIMULI[:, 0] == 3, 2.0, 0.05)),
    "one spike or none, 0.2 at one stimulus, 0.02 at seven": _seldom(np.where(STIMULI[:, 0] == 3, 0.2, 0.02)),
    "one spike or none, 0.95 at two stimuli, 0.05 at six": _seldom(np.where(STIMULI[:, 0] % 4 == 2, 0.95, 0.05)),
}


def truth(likelihood: Array) -> dict[str, Array]:
    """I(R;X), (1,), and every measure, (J,), of the joint distribution itself."""
    model = EncodingModel(STIMULI, PRIOR, likelihood.T)
    return {WHOLE: information_of(likelihood, PRIOR)[None]} | {name: one(model) for name, one in MEASURES.items()}


def biases(simulation: Simulation, resampled: Values, rng: np.random.Generator) -> dict[str, Values]:
    """The estimates of the bias, by method."""
    table = simulation.table
    whole = {name: value[0] for name, value in simulation.values(table[None]).items()}
    shuffle = shuffled(simulation, table, rng, PARTIAL)
    jackknife = {name: found[0] for name, found in simulation.jackknife.items()}
    simulated = {name: off.mean(axis=0) for name, off in simulation.off.items()}
    return {
        "none (plug-in)": {name: np.zeros_like(value) for name, value in whole.items()},
        "bootstrap": {name: resampled[name].mean(axis=0) - value for name, value in whole.items()},
        "jackknife": jackknife,
        "simulated tables": simulated,
        CHOSEN: {name: (jackknife[name] + simulated[name]) / 2 for name in whole},
        "quadratic extrapolation": extrapolated(simulation, table, rng, PARTIAL),
        "shuffle": shuffle,
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


def experiment(likelihood: Array, true: Values, trials: int, rng: np.random.Generator) -> Data:
    """Tallies of one simulated experiment, see `make`."""
    table = rng.multinomial(trials, likelihood).astype(float)
    seen = table[:, table.any(axis=0)]
    simulation = Simulation(seen, EncodingModel(STIMULI, PRIOR, (seen / trials).T), MEASURES)
    simulation.run(RESAMPLES, rng, None)
    shares = simulation.table / trials
    resampled = simulation.values(rng.multinomial(trials, shares, size=(RESAMPLES, len(shares))))
    left = simulation.values(next(deletions(simulation.table, rng)))
    found = biases(simulation, resampled, rng)
    value = simulation.values(simulation.table[None])
    unsure = permutation_test(seen, PRIOR, PERMUTATIONS, rng).p_value > 1 - LEVEL
    tallies: Data = {"experiments": 1, "intervals": {}, "corrections": {}, "by_stimulus": {}}
    for method, by_measure in intervals(simulation, resampled, found, left).items():
        for name, (low, high) in by_measure.items():
            if method == CHOSEN and unsure:  # as `limited_sampling` does
                low, high = np.minimum(low, 0), np.maximum(high, 0)
            # The truth is computed to about 1e-9 nats where it is 0.
            inside = (low <= true[name] + 1e-9) & (true[name] - 1e-9 <= high)
            tallies["intervals"].setdefault(method, {})[name or "I"] = [inside.mean(), (high - low).mean()]
            if method == CHOSEN:
                tallies["by_stimulus"][name or "I"] = inside.astype(float).tolist()
    for method, estimates in found.items():
        for name, bias in estimates.items():
            off = value[name][0] - bias - true[name]
            tallies["corrections"].setdefault(method, {})[name or "I"] = [off.mean(), np.square(off).mean()]
    return tallies


def added(one: Any, other: Any) -> Any:
    """The sums of two tallies of the same form."""
    if isinstance(one, dict):
        return {name: added(value, other[name]) for name, value in one.items()}
    if isinstance(one, list):
        return [added(*both) for both in zip(one, other)]
    return one + other if isinstance(one, int) else round(float(one + other), 6)


def make(run: Run) -> Data:
    """Tallies, sums over experiments, of each simulation with each number of trials.

    They are coverage and width, of intervals, bias and its square, of corrected values, averaged over stimuli, and for
    the chosen interval coverage by stimulus. Each batch has a seed; a study that was interrupted goes on with the next.
    """
    settings = {
        "resamples": RESAMPLES,
        "permutations": PERMUTATIONS,
        "partial": PARTIAL,
        "level": LEVEL,
        "batch": BATCH,
    }
    parts: Data = run.before.get("parts", {}) if run.before.get("settings") == settings else {}
    truths = [truth(likelihood) for likelihood in SIMULATIONS.values()]
    for batch in range((run["experiments"] or EXPERIMENTS) // BATCH):
        for number, (simulation, likelihood) in enumerate(SIMULATIONS.items()):
            for trials in TRIALS:
                name = f"{simulation}; {trials} trials"
                if name in parts and parts[name]["experiments"] > batch * BATCH:
                    continue
                rng = np.random.default_rng([batch, number, trials])
                for _ in range(BATCH):
                    one = experiment(likelihood, truths[number], trials, rng)
                    parts[name] = added(parts[name], one) if name in parts else one
                run.keep({"settings": settings, "parts": parts})
                run.say(f"{name}: {parts[name]['experiments']} experiments")
    return {"settings": settings, "parts": parts}


def markdown(data: Data) -> str:
    """The page."""
    names = ["I", *MEASURES]
    by_trials: dict[int, list[Data]] = {
        trials: [data["parts"][f"{simulation}; {trials} trials"] for simulation in SIMULATIONS] for trials in TRIALS
    }
    first = by_trials[TRIALS[0]][0]

    def of(method: str, parts: list[Data]) -> tuple[float, float]:
        """Lowest coverage over simulations and measures, and mean width in units of the chosen interval's."""
        covered = min(part["intervals"][method][name][0] / part["experiments"] for part in parts for name in names)
        ratios = [part["intervals"][method][n][1] / part["intervals"][CHOSEN][n][1] for part in parts for n in names]
        return covered, float(np.mean(ratios))

    def error(method: str, parts: list[Data], only: list[str]) -> tuple[float, float]:
        """Root mean squares, over simulations and measures, of the bias that is left and of the error."""
        sums = [(part["corrections"][method][name], part["experiments"]) for part in parts for name in only]
        left = np.mean([(bias / count) ** 2 for (bias, _), count in sums])
        return float(np.sqrt(left)), float(np.sqrt(np.mean([square / count for (_, square), count in sums])))

    return page(
        "sampling.md",
        **data,
        names=names,
        simulations=list(SIMULATIONS),
        trials=TRIALS,
        columns=[f"{trials} trials" for trials in TRIALS],
        experiments=min(part["experiments"] for parts in by_trials.values() for part in parts),
        methods={method: [of(method, parts) for parts in by_trials.values()] for method in first["intervals"]},
        corrections={
            which: {
                method: [error(method, parts, only) for parts in by_trials.values()]
                for method, found in first["corrections"].items()
                if set(only) <= found.keys()
            }
            for which, only in (("I(R;X)", ["I"]), ("the measures at each stimulus", list(MEASURES)))
        },
    )


STUDY = Study(
    name="sampling",
    cost="about 15 minutes on one free core; goes on where it was interrupted",
    make=make,
    outputs=("sampling.json", "sampling.md"),
    page=markdown,
    options=(("--experiments", {"type": int, "help": "experiments per simulation and number of trials"}),),
    only_named=True,
)
