"""`population_sampling`: values of a population whose tuning is fitted, corrected for few trials, with intervals.

A draw of the tuning from its posterior stands for the truth. As many trials as there are, simulated from it and fitted
again, show by how much a fitted value exceeds the true one. The mean excess is the bias; its spread, with half the
distance to the posterior mean, is the error of a normal interval, which is widened to contain the posterior one.
Responses are drawn to compute each value; what that adds to a spread is taken away again. Where a permutation test does
not see that responses depend on the stimulus, all intervals contain 0.

Where successive trials are alike, the means of blocks show by how much more they scatter, and simulated experiments
scatter as much. All of this supposes that neurons are conditionally independent given the stimulus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np

from ...errors import NotApplicable
from ...models.arrays import Array
from ...models.laws import Law
from ...models.population import Population
from ...models.trial_means import trial_means
from ...models.tuning_fit import FittedTuning, fitted
from ..drawn import Drawn
from ..exact import PublishedMeasure
from ..registry import largest, never_negative
from .independence import Dependence, dependence, permutation_of_trials
from .neurons import information_alone
from .population_values import Found, Passes, values_of
from .priors import entropy
from .records import InformationSampling, MeasureSampling, Settings
from .simulation import WHOLE, Progress

#: Simulated experiments, which give the ends of an interval to about a tenth of its width; fewer where there are so
#: many stimuli that each takes more than about two seconds.
_RESAMPLES, _FEWEST, _STIMULI = 60, 30, 64
#: Draws per stimulus for the values, and for a resample; the integrals of a resample have so many draws in all.
_VALUE, _RESAMPLE, _INTEGRALS = Passes(512, 160), 64, 1024
#: The fewest draws per stimulus that have a spread.
_LEAST = 8
#: Simulated experiments scatter less than real ones, because the sizes of the tuning's components are those that were
#: found: intervals wider by this share cover what they should in simulations of 8 stimuli, 10 and 50 neurons and 20
#: trials per stimulus, where those as wide as the scatter of 95% cover 88 to 100%.
_WIDER = 1.15
#: Stands for each neuron alone among measures; no measure can have this name.
_ALONE = "-"
_ONE_TRIAL = "Every stimulus has one trial, which does not show how responses scatter, so these trials say nothing."


@dataclass(frozen=True)
class PopulationTrials:
    """Trials of a population.

    Attributes
    ----------
    responses : (n, N)
    stimulus : (n,) index of each trial's stimulus
    points, geometry : (J, d) positions of the stimuli, and what they mean
    noise : name of the law
    """

    responses: Array
    stimulus: Array
    points: Array
    geometry: str
    noise: str

    def population(self, law: Law, prior: Array) -> Population:
        """The population of this law."""
        given = {one.name: getattr(law, one.name) for one in fields(law)}
        return Population(self.points, noise=self.noise, prior=prior, geometry=self.geometry, **given)

    def fit(self, rng: np.random.Generator) -> tuple[Dependence, FittedTuning]:
        """How trials depend on one another, and the tuning that they say, shrunken with allowance for it."""
        count = len(self.points)
        found = dependence(self.responses, self.stimulus, count, rng)
        return found, fitted(trial_means(self.responses, self.stimulus, count, self.noise), found.effect)


@dataclass(frozen=True)
class PopulationSampling:
    """What trials of a population say.

    Attributes
    ----------
    information : I(R;X), or what one neuron adds to the others
    measures, numerical_error : by measure, values and the standard error of drawing responses, (J,)
    refused : by measure, the error that says why it has no value
    alone : I(R_n;X) of each neuron alone, (N,) arrays
    silent : why the trials say nothing, or None
    resamples : simulated experiments
    warnings : sentences
    block : trials per block; 1 if the trials are taken as independent
    effect : by how much dependence between trials raises the variance of a mean response
    """

    information: InformationSampling
    measures: Mapping[str, MeasureSampling]
    numerical_error: Mapping[str, Array]
    refused: Mapping[str, NotApplicable]
    alone: MeasureSampling
    silent: str | None
    resamples: int
    warnings: tuple[str, ...]
    block: int = 1
    effect: float = 1.0


def population_sampling(
    trials: PopulationTrials,
    measures: Mapping[str, PublishedMeasure],
    settings: Settings,
    neuron: int | None = None,
    progress: Progress | None = None,
) -> PopulationSampling:
    """Fit each neuron's tuning; values of I(R;X), of measures and of neurons alone, corrected, with intervals.

    Parameters
    ----------
    trials : PopulationTrials
    measures : by name; one that does not apply is refused, not raised
    settings : Settings
        With the prior of the stimuli, (J,).
    neuron : int, optional
        Whose information is asked for, given the responses of all others.
    progress : callable, optional
        ``progress(done, total)``, in simulated experiments.
    """
    rng, prior, count = np.random.default_rng(settings.seed), settings.prior, len(trials.points)
    found, fit = trials.fit(rng)
    refused, fit_for = _fitting(measures, trials.population(fit.value(), prior))

    def values(law: Law, passes: Passes) -> dict[str, Found]:
        found = values_of(trials.population(law, prior), fit_for, passes, rng, neuron)
        alone = information_alone(law, prior)
        return found | {_ALONE: Found(alone, np.zeros(len(alone)))}

    value = values(fit.value(), _VALUE)
    test = permutation_of_trials(trials.responses, trials.stimulus, count, settings.permutations, rng, found.block)
    unsure = neuron is None and test.p_value > 1 - settings.level
    number = settings.resamples or int(np.clip(_RESAMPLES * _STIMULI / count, _FEWEST, _RESAMPLES))
    silent = None if (fit.measured.trials > 1).any() else _ONE_TRIAL
    ends: dict[str, tuple[Array | None, ...]] = dict.fromkeys(value, (None,) * 4)
    if silent is None:
        passes = Passes(_RESAMPLE, max(_LEAST, _INTEGRALS // count))
        pairs = []
        for done in range(number):
            law = fit.drawn(rng)
            pairs.append(
                (
                    values(law, passes),
                    values(fitted(fit.measured.simulated(law, rng, found.effect), found.effect).value(), passes),
                )
            )
            if progress is not None:
                progress(done + 1, number)
        for name, one in value.items():
            positive = name in (WHOLE, _ALONE) or never_negative(measures[name])
            both = [(true[name], again[name]) for true, again in pairs]
            *middle, low, high = _summary(one, both, settings.level, positive)
            most = np.array([entropy(prior) if name in (WHOLE, _ALONE) else np.inf])
            if neuron is None and name in measures:
                most = largest(measures[name], prior)
            if unsure and name != _ALONE:  # all is 0, perhaps
                low, high = np.minimum(low, 0), np.maximum(high, 0)
            ends[name] = (*middle, np.minimum(low, most), np.minimum(high, most))
    whole = [None if end is None else float(end[0]) for end in ends[WHOLE]]
    return PopulationSampling(
        information=InformationSampling(float(value[WHOLE].value[0]), whole[0], whole[1], whole[2], whole[3], *test),
        measures={name: MeasureSampling(value[name].value, *ends[name]) for name in fit_for},
        numerical_error={name: np.sqrt(value[name].variance) for name in fit_for},
        refused=refused,
        alone=MeasureSampling(value[_ALONE].value, *ends[_ALONE]),
        silent=silent,
        resamples=number,
        warnings=found.warnings,
        block=found.block,
        effect=found.effect,
    )


def _fitting(
    measures: Mapping[str, PublishedMeasure], population: Population
) -> tuple[dict[str, NotApplicable], dict[str, PublishedMeasure]]:
    """Why measures have no value, and those that have one; a few draws show it."""
    refused: dict[str, NotApplicable] = {}
    fit = {}
    few = Drawn(population, population.draws(2, np.random.default_rng(0)))
    for name, measure in measures.items():
        try:
            measure.check_geometry(population)
            if measure.drawn is None:
                raise NotApplicable(f"{name} has no estimate for populations")
            measure.drawn(few)
            fit[name] = measure
        except NotApplicable as reason:
            refused[name] = reason
    return refused, fit


def _summary(
    value: Found, pairs: list[tuple[Found, Found]], level: float, positive: bool
) -> tuple[Array, Array, Array, Array]:
    """Corrected value, its error, and the ends of the interval."""
    drawn = np.array([true.value for true, _ in pairs])
    off = np.array([again.value - true.value for true, again in pairs])
    noise = np.mean([true.variance for true, _ in pairs], axis=0)
    both = np.mean([true.variance + again.variance for true, again in pairs], axis=0)
    corrected = value.value - off.mean(axis=0)
    doubt = np.abs(corrected - drawn.mean(axis=0)) / 2
    spread = np.sqrt(np.maximum(off.var(axis=0) - both, 0) + value.variance)
    reach = _WIDER * NormalDist().inv_cdf((1 + level) / 2) * np.hypot(spread, doubt)
    middle, *ends = np.quantile(drawn, [0.5, (1 - level) / 2, (1 + level) / 2], axis=0)
    variance = drawn.var(axis=0)
    kept = _WIDER * np.sqrt(np.maximum(1 - np.divide(noise, variance, out=np.ones_like(noise), where=variance > 0), 0))
    low, high = (middle + kept * (end - middle) for end in ends)
    low, high = np.minimum(low, corrected - reach), np.maximum(high, corrected + reach)
    if positive:
        low, high = np.maximum(low, 0), np.maximum(high, 0)
    return corrected, np.hypot(doubt, np.sqrt(off.var(axis=0) / len(off) + value.variance)), low, high
