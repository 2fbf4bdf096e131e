"""`measure` of a population: each neuron's tuning is fitted to the trials, and responses are drawn from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import OptionError, OutOfReach, UnknownName, nearest
from ..estimators.exact import PublishedMeasure
from ..estimators.sampling import (
    PopulationSampling,
    PopulationTrials,
    Settings,
    population_sampling,
    resample_warnings,
)
from ..models.arrays import Array
from ..models.population import Population
from ..models.recordings import Recording
from .measured import Measured
from .measured_values import InformationResult, MeasureResult, NeuronsResult
from .measuring_beyond import estimated

Progress = Callable[[int, int], object]

#: What simulated experiments add to a value.
_ENDS = ("corrected", "correction_error", "low", "high")


def measured_population(
    recording: Recording,
    measures: Mapping[str, PublishedMeasure],
    settings: Settings,
    prior_name: str,
    neuron: str | None,
    progress: Progress | None,
) -> Measured:
    """The measures of a recording with a law.

    Parameters
    ----------
    settings : with the prior of the stimuli, (J,)
    neuron : the name of a response, whose information is asked for, given all others; or None

    Raises
    ------
    UnknownName
        No response has this name.
    """
    names = recording.response_names
    if neuron is not None and not isinstance(neuron, str):
        raise OptionError(f"neuron is {neuron!r}; expected the name of a response, such as {names[0]!r}")
    if neuron is not None and neuron not in names:
        raise UnknownName(f"unknown neuron {neuron!r}{nearest(neuron, names)}")
    rows, columns = canonical(recording)
    results = {key: MeasureResult(key, one.title, one.units) for key, one in measures.items()}
    placed = rows[recording.placed[rows]]
    apart = {key: one for key, one in measures.items() if "distances" in one.needs and 0 < len(placed) < len(rows)}
    groups = [({key: one for key, one in measures.items() if key not in apart}, rows), (apart, placed)]
    whole: PopulationSampling | None = None
    for group, members in groups if apart else groups[:1]:
        found = _sampled(recording, group, members, columns, settings, neuron, progress)
        whole = whole or found
        for key, one in found.measures.items():
            fields = {"value": one.plug_in, "numerical_error": found.numerical_error[key]}
            fields |= {name: getattr(one, name) for name in _ENDS}
            results[key] = replace(results[key], **everywhere(fields, members, recording))
        for key, reason in found.refused.items():
            given: dict[str, Any] = {"reason": str(reason)}
            if neuron is None and isinstance(reason, OutOfReach):
                population = fitted_population(recording, members, columns, settings)
                given = everywhere(estimated(measures[key], population, reason, settings.seed), members, recording)
            results[key] = replace(results[key], **given)
    assert whole is not None
    about, mean = whole.information, mean_spikes(recording, settings.prior, rows)
    information = InformationResult(
        about.plug_in, about.corrected, about.low, about.high,
        about.p_value if neuron is None else None,  # the test is of all neurons
        per_spike=about.plug_in / mean if mean > 0 and neuron is None else None,
        correction_error=about.correction_error,
    )  # fmt: skip
    back = np.argsort(columns)
    ends = {name: None if (one := getattr(whole.alone, name)) is None else one[back] for name in _ENDS}
    return Measured(
        recording=recording,
        prior=settings.prior,
        prior_name=prior_name,
        information=information,
        measures=results,
        relevant_responses=(),
        resamples=whole.resamples,
        level=settings.level,
        seed=settings.seed,
        warnings=(*whole.warnings, *resample_warnings(whole.resamples, settings.level)),
        stimulus_warnings=(),
        silent=whole.silent,
        neurons=NeuronsResult(names, neuron, whole.alone.plug_in[back], **ends),
    )


def canonical(recording: Recording) -> tuple[Array, Array]:
    """An order of stimuli and one of neurons that do not depend on the order in which they were given."""
    return sorted_by(recording.labels, recording.stimuli), np.argsort(recording.response_names, kind="stable")


def sorted_by(labels: Sequence[str], values: Array | None) -> Array:
    """The order of things by their values (J, d), where they have some, and by their labels where these are equal."""
    names = np.unique(labels, return_inverse=True)[1]
    return np.asarray(np.lexsort([names] if values is None else [names, *values.T[::-1]]))


def trials_of(recording: Recording, members: Array, columns: Array) -> PopulationTrials:
    """The trials of some stimuli, responses of neurons in the order of `columns`.

    Stimuli of which not all have a position are labels, 0, 1, ...
    """
    assert recording.trial_stimulus is not None
    assert recording.responses is not None
    assert recording.law is not None
    row = np.full(len(recording.labels), -1)
    row[members] = np.arange(len(members))
    stimulus = row[recording.trial_stimulus]
    mine = stimulus >= 0
    placed = recording.stimuli is not None and recording.placed[members].all()
    return PopulationTrials(
        recording.responses[np.ix_(mine, columns)],
        stimulus[mine],
        recording.stimuli[members]
        if placed and recording.stimuli is not None
        else np.arange(float(len(members)))[:, None],
        recording.geometry if placed else "nominal",
        recording.law,
    )


def fitted_population(recording: Recording, members: Array, columns: Array, settings: Settings) -> Population:
    """The neurons with the tuning that `measure` fits to the trials of some stimuli."""
    trials = trials_of(recording, members, columns)
    _, fit = trials.fit(np.random.default_rng(settings.seed))
    return trials.population(fit.value(), settings.prior[members] / settings.prior[members].sum())


def _sampled(
    recording: Recording,
    measures: Mapping[str, PublishedMeasure],
    members: Array,
    columns: Array,
    settings: Settings,
    neuron: str | None,
    progress: Progress | None,
) -> PopulationSampling:
    """What the trials of some stimuli say."""
    shares = settings.prior[members] / settings.prior[members].sum()
    asked = None if neuron is None else int(np.flatnonzero(columns == recording.response_names.index(neuron))[0])
    return population_sampling(
        trials_of(recording, members, columns), measures, replace(settings, prior=shares), asked, progress
    )


def everywhere(fields: dict[str, Any], rows: Array, recording: Recording) -> dict[str, Any]:
    """The fields of a result in the order of the recording; NaN at stimuli that were left out."""

    def spread(values: Array) -> Array:
        full = np.full(len(recording.labels), np.nan)
        full[rows] = values
        return full

    placed = {name: spread(values) if isinstance(values, np.ndarray) else values for name, values in fields.items()}
    if "corrections" in fields:
        placed["corrections"] = {key: one.each(spread) for key, one in fields["corrections"].items()}
    if len(rows) < len(recording.labels) and "value" in fields:
        without = ", ".join(label for label, has in zip(recording.labels, recording.placed) if not has)
        said = f"{without} left out, without position: the values average to I(R;X) of the other stimuli"
        placed["note"] = f"{fields['note']}; {said}" if "note" in fields else said
    return placed


def mean_spikes(recording: Recording, prior: Array, order: Array) -> float:
    """The mean number of spikes per trial, added in this order; 0 if the responses are no whole numbers."""
    means = recording.mean_responses
    values = recording.response_values if recording.law is None else recording.responses
    if means is None or values is None or (values < 0).any() or (values != np.floor(values)).any():
        return 0.0
    return float(prior[order] @ means.sum(axis=1)[order])
