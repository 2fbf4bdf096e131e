"""Populations fitted to few trials: how often intervals cover the truth, and which bias is left.

Experiments are simulated from known populations with a fixed number of trials per stimulus. The truth is computed from
the population itself, by many drawn responses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...estimators import PUBLISHED
from ...estimators.sampling import PopulationTrials, Settings, population_sampling
from ...models.arrays import Array
from ...models.population import Population
from .sampling import added
from .study import Data, Run, Study, page

#: Neurons, and trials per stimulus.
NEURONS, TRIALS = (5, 50), (10, 20, 50)
#: Experiments of each population, and how many of them share a seed and are kept at once.
EXPERIMENTS, BATCH = 10, 2
#: Simulated experiments behind each interval (the package's default is 60), and permutations.
RESAMPLES, PERMUTATIONS = 30, 99
LEVEL = 0.95
#: Draws per stimulus behind the truth: its error is a tenth of an interval's width, or less.
PASSES = 2048
#: Stimuli, which lie on a circle.
STIMULI = np.arange(8.0)[:, None]
GEOMETRY = "circle:8"
PRIOR = np.full(8, 1 / 8)
#: Three finite sums, and one of the integrals over noise, which take ten times as long.
MEASURES = {name: PUBLISHED[name] for name in ("i_sp", "i_ssi", "i_surp", "i_local")}
#: How strongly neurons are tuned, by the law of their responses: 50 of them tell between 1 and 2 nats.
LAWS: dict[str, dict[str, Any]] = {
    "poisson": {"low": 0.5, "high": 2.5},
    "bernoulli": {"low": 0.1, "high": 0.5},
    "gaussian": {"low": 0.0, "high": 1.0, "sd": 1.0},
    "negative_binomial": {"low": 0.5, "high": 3.0, "dispersion": 0.5},
}
#: Poisson neurons of this number that do not answer the stimulus: I(R;X) and every measure are 0.
SILENT = "poisson, no tuning"


def population(law: str, neurons: int) -> Population:
    """Neurons with a bump of tuning each, evenly spread round the circle; every third is not tuned."""
    given = dict(LAWS["poisson" if law == SILENT else law])
    low, high = given.pop("low"), given.pop("high")
    preferred = np.arange(neurons) * len(STIMULI) / neurons
    bump = np.exp(2 * (np.cos(2 * np.pi * (STIMULI[:, 0] - preferred[:, None]) / len(STIMULI)) - 1))
    bump[:: 3 if law != SILENT else 1] = 0.3
    noise = "poisson" if law == SILENT else law
    return Population(STIMULI, low + (high - low) * bump, noise, PRIOR, geometry=GEOMETRY, **given)


def truth(known: Population) -> dict[str, Array]:
    """I(R;X), (1,), and every measure, (J,)."""
    values = {
        name: one.estimate(known, passes=PASSES // (8 if one.slow else 1)).value for name, one in MEASURES.items()
    }
    return {"I": np.array([known.mutual_information(PASSES).value])} | values


def experiment(known: Population, true: dict[str, Array], trials: int, rng: np.random.Generator) -> Data:
    """Tallies of one simulated experiment: coverage, width, bias before and after correction, by measure."""
    responses = np.concatenate([known.law.draw(rng) for _ in range(trials)]).astype(float)
    stimulus = np.tile(np.arange(len(STIMULI)), trials)
    recorded = PopulationTrials(responses, stimulus, STIMULI, GEOMETRY, known.noise)
    settings = Settings(PRIOR, RESAMPLES, PERMUTATIONS, LEVEL, int(rng.integers(2**31)))
    found = population_sampling(recorded, MEASURES, settings)
    tallies: Data = {"experiments": 1, "measures": {}}
    sampled: dict[str, Any] = {"I": found.information, **found.measures}
    for name, one in sampled.items():
        low, high, fair, fit = (
            np.atleast_1d(np.asarray(end)) for end in (one.low, one.high, one.corrected, one.plug_in)
        )
        inside = (low <= true[name]) & (true[name] <= high)
        off = (inside, high - low, fit - true[name], fair - true[name])
        tallies["measures"][name] = [float(value.mean()) for value in off]
    return tallies


def make(run: Run) -> Data:
    """Tallies, sums over experiments, of each population with each number of trials.

    Each batch has a seed; a study that was interrupted goes on with the next.
    """
    settings = {"resamples": RESAMPLES, "permutations": PERMUTATIONS, "level": LEVEL, "batch": BATCH, "passes": PASSES}
    before = run.before if run.before.get("settings") == settings else {}
    parts, information = before.get("parts", {}), before.get("information", {})
    cases = [(law, neurons) for law in (*LAWS, SILENT) for neurons in NEURONS]
    known = [population(law, neurons) for law, neurons in cases]
    truths: dict[int, dict[str, Array]] = {}
    for batch in range(-(-(run["simulated"] or EXPERIMENTS) // BATCH)):
        for number, (law, neurons) in enumerate(cases):
            for trials in TRIALS:
                name = f"{law}; {neurons} neurons; {trials} trials"
                if name in parts and parts[name]["experiments"] > batch * BATCH:
                    continue
                if number not in truths:
                    truths[number] = truth(known[number])
                    information[f"{law}; {neurons} neurons"] = round(float(truths[number]["I"][0]), 4)
                rng = np.random.default_rng([batch, number, trials])
                for _ in range(BATCH):
                    one = experiment(known[number], truths[number], trials, rng)
                    parts[name] = added(parts[name], one) if name in parts else one
                run.keep({"settings": settings, "information": information, "parts": parts})
                run.say(f"{name}: {parts[name]['experiments']} experiments")
    return {"settings": settings, "information": information, "parts": parts}


def markdown(data: Data) -> str:
    """The page."""
    laws = [law for law in (*LAWS, SILENT) if f"{law}; {NEURONS[0]} neurons; {TRIALS[0]} trials" in data["parts"]]
    together = {}
    for neurons in NEURONS:
        for trials in TRIALS:
            parts = [data["parts"][f"{law}; {neurons} neurons; {trials} trials"] for law in laws]
            for name in ("I", *MEASURES):
                hits = sum(part["measures"][name][0] for part in parts)
                together[f"{neurons};{trials};{name}"] = hits / sum(part["experiments"] for part in parts)
    return page(
        "populations.md",
        together=together,
        **data,
        names=["I", *MEASURES],
        laws=laws,
        neurons=NEURONS,
        trials=TRIALS,
        columns=[f"{trials} trials" for trials in TRIALS],
        experiments=min(part["experiments"] for part in data["parts"].values()),
        most=max(part["experiments"] for part in data["parts"].values()),
    )


STUDY = Study(
    name="populations",
    cost="about 12 minutes on one free core; goes on where it was interrupted",
    make=make,
    outputs=("populations.json", "populations.md"),
    page=markdown,
    options=(("--simulated", {"type": int, "help": "experiments per population and number of trials"}),),
    only_named=True,
)
