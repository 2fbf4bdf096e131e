"""`measure`: every published measure of a recording, with intervals, an estimate of the bias, and warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import ModelError, NotApplicable, OptionError, UnknownName, nearest
from ..estimators import PUBLISHED
from ..estimators.chosen_prior import INFORMATION, bias_with_prior, information_with_prior, with_prior
from ..estimators.exact import PublishedMeasure
from ..estimators.measure import Measure
from ..estimators.sampling_bias import (
    BootstrapIntervals,
    bootstrap_intervals,
    model_of,
    panzeri_treves_bias,
    relevant_responses,
    stimulus_warnings,
    table_warnings,
)
from ..models.arrays import Array, as_distribution
from ..models.counts import CountTable
from ..models.recordings import Recording
from ..models.recordings.options import period_of
from ..models.recordings.sheet import listed
from .measured import InformationResult, Measured, MeasureResult

Progress = Callable[[int, int], object]

#: Largest table, stimuli times responses, on which integrals over noise are resampled: minutes. Ten times as many take
#: hours.
_MOST_ENTRIES = 50_000
#: Priors that have a name; any other is given in numbers.
PRIORS = ("trials", "uniform")


def measure(
    recording: Recording,
    measures: Sequence[str] | None = None,
    *,
    resamples: int | None = None,
    level: float = 0.95,
    prior: Any = "trials",
    seed: int = 0,
    progress: Progress | None = None,
) -> Measured:
    """Compute the published measures of a recording, with a bias estimate, bootstrap intervals and warnings.

    Parameters
    ----------
    recording : Recording
        As `read_recording` returns it.
    measures : names of published measures; by default all
    resamples : int, optional
        Bootstrap resamples; by default as many as take about a minute, at most 1000.
    level : float
        Level of the intervals.
    prior : "trials", "uniform", (J,) probabilities, or a mapping of labels to probabilities
        p(x): the share of the trials, or another.
    seed : int
        The same seed gives the same result, whatever the order of stimuli and responses.
    progress : callable, optional
        Called as ``progress(done, total)`` after each resample.

    Raises
    ------
    ModelError
        The prior does not match the stimuli.
    UnknownName
        No measure has this name.

    Examples
    --------
    >>> import stiminfo as si
    >>> found = si.measure(si.Recording.from_counts([[18, 2], [5, 15]], [0, 1]), resamples=200)
    >>> round(found.information.plug_in, 4), round(found.information.bias, 4)
    (0.2381, 0.0125)
    >>> found.measures["i_surp"].value.round(3).tolist()
    [0.259, 0.218]
    """
    options = {"resamples": resamples, "level": level, "seed": seed, "progress": progress}
    rows, columns = _canonical(recording)
    probabilities, name = _prior(recording, prior)
    by_trials = name == PRIORS[0]
    results = {key: MeasureResult(key, one.title, one.units, reason=_unfit(one, recording))
               for key, one in _chosen(measures).items()}  # fmt: skip
    fit = {key: PUBLISHED[key] for key, one in results.items() if one.reason is None}
    placed = rows[recording.placed[rows]]
    left_out = {key: one for key, one in fit.items() if "distances" in one.needs and len(placed) < len(rows)}
    whole: BootstrapIntervals | None = None
    for group, members in (({key: one for key, one in fit.items() if key not in left_out}, rows), (left_out, placed)):
        if whole is not None and not group:
            continue
        shares = None if by_trials else probabilities[members] / probabilities[members].sum()
        found, intervals = _computed(_table(recording, members, columns), group, shares, options)
        whole = whole or intervals
        for key, arrays in found.items():
            results[key] = replace(results[key], **_everywhere(arrays, members, recording))
    assert whole is not None
    return Measured(
        recording=recording,
        prior=probabilities,
        prior_name=name,
        information=_information(recording, (rows, columns), None if by_trials else probabilities[rows], whole),
        measures=results,
        relevant_responses=tuple(int(n) for n in relevant_responses(recording.counts)),
        resamples=whole.resamples,
        level=level,
        seed=seed,
        warnings=table_warnings(recording.counts, whole.information) if by_trials else table_warnings(recording.counts),
        stimulus_warnings=stimulus_warnings(recording.counts, recording.labels),
    )


def _chosen(measures: Sequence[str] | None) -> dict[str, PublishedMeasure]:
    for name in measures or ():
        if name not in PUBLISHED:
            raise UnknownName(f"unknown measure {name!r}{nearest(name, PUBLISHED)}")
    return {name: one for name, one in PUBLISHED.items() if measures is None or name in measures}


def _unfit(measure: PublishedMeasure, recording: Recording) -> str | None:
    """Why a measure cannot be computed on this recording; None if it can."""
    entries = recording.counts.size
    if measure.slow and entries > _MOST_ENTRIES:
        return (
            f"{len(recording.labels)} stimuli by {recording.counts.shape[1]} responses are too many for its "
            f"integrals (at most {_MOST_ENTRIES} in all); measure fewer neurons (--response-column), or coarser bins "
            "(--bins)"
        )
    if "distances" not in measure.needs:
        return None
    if recording.stimuli is None:
        return "the stimuli are nominal, and this measure needs distances between them"
    if period_of(recording.geometry) is not None:
        return f"the stimuli lie on a circle ({recording.geometry}), and this measure needs noise on a line or a plane"
    return None


def _canonical(recording: Recording) -> tuple[Array, Array]:
    """An order of stimuli and one of responses that do not depend on the order in which they were given."""
    labels = np.unique(recording.labels, return_inverse=True)[1]
    keys = [labels] if recording.stimuli is None else [labels, *recording.stimuli.T[::-1]]
    names = np.unique(recording.response_labels, return_inverse=True)[1]
    values = [names] if recording.response_values is None else [names, *recording.response_values.T[::-1]]
    return np.lexsort(keys), np.lexsort(values)


def _table(recording: Recording, rows: Array, columns: Array) -> CountTable:
    """The counts of some stimuli; those without positions get stand-ins."""
    has = recording.stimuli is not None and recording.placed[rows].all()
    points = recording.stimuli[rows] if has and recording.stimuli is not None else np.arange(float(len(rows)))[:, None]
    labels = tuple(recording.labels[j] for j in rows)
    return CountTable(recording.counts[np.ix_(rows, columns)], points, labels, recording.response_labels)


def _computed(
    table: CountTable, group: Mapping[str, PublishedMeasure], prior: Array | None, options: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], BootstrapIntervals]:
    """The fields of each measure's result, (J,) each or the reason why there is none; and the intervals of I(R;X)."""
    model = model_of(table) if prior is None else table.model().replace(prior=prior)
    found: dict[str, dict[str, Any]] = {}
    for name, one in group.items():
        try:
            value, error = one.with_error(model)
            found[name] = {"value": value, "numerical_error": error}
        except NotApplicable as refusal:
            found[name] = {"reason": str(refusal)}
    fit: dict[str, Measure] = {name: one for name, one in group.items() if "value" in found[name]}
    if prior is not None:
        fit = {name: with_prior(group[name], prior) for name in fit}
        fit |= {INFORMATION: information_with_prior(prior)}
    intervals = bootstrap_intervals(table, fit, **options)
    for name in group:
        if name in intervals.measures:
            low, high = intervals.measures[name].T
            found[name] |= {"low": low, "high": high}
    return found, intervals


def _everywhere(fields: dict[str, Any], rows: Array, recording: Recording) -> dict[str, Any]:
    """The fields of a result in the order of the recording; NaN at stimuli that were left out."""
    placed: dict[str, Any] = dict(fields)
    for name, values in fields.items():
        if isinstance(values, np.ndarray):
            full = np.full(len(recording.labels), np.nan)
            full[rows] = values
            placed[name] = full
    if len(rows) < len(recording.labels) and "value" in fields:
        without = ", ".join(label for label, has in zip(recording.labels, recording.placed) if not has)
        placed["note"] = f"{without} left out, without position: the values average to I(R;X) of the other stimuli"
    return placed


def _information(
    recording: Recording, order: tuple[Array, Array], prior: Array | None, whole: BootstrapIntervals
) -> InformationResult:
    """I(R;X) of the whole table, in one order of stimuli and responses, so that no digit depends on theirs."""
    table = _table(recording, *order)
    model = table.model() if prior is None else table.model().replace(prior=prior)
    plug_in = model.mutual_information()
    if prior is None:
        bias, (low, high) = panzeri_treves_bias(table.counts), whole.information
    else:
        bias = bias_with_prior(table.counts, prior)
        low, high = (float(end) for end in whole.measures[INFORMATION][0])
    spikes = _spikes(recording)
    mean = 0.0 if spikes is None else float(model.prior @ spikes[order[0]])
    return InformationResult(plug_in, plug_in - bias, low, high, per_spike=plug_in / mean if mean > 0 else None)


def _spikes(recording: Recording) -> Array | None:
    """The mean number of spikes per trial at each stimulus, (J,); None if the responses are no whole numbers."""
    means, values = recording.mean_responses, recording.response_values
    if means is None or values is None or (values < 0).any() or (values != np.floor(values)).any():
        return None
    return np.asarray(means.sum(axis=1))


def _prior(recording: Recording, given: Any) -> tuple[Array, str]:
    """p(x) of each stimulus, and what it is called."""
    count = len(recording.labels)
    if isinstance(given, str):
        if given not in PRIORS:
            raise OptionError(f"unknown prior {given!r}{nearest(given, PRIORS)}")
        shares = recording.trials / recording.trials.sum()
        return (shares if given == PRIORS[0] else np.full(count, 1 / count)), given
    if isinstance(given, Mapping):
        named = {str(label): value for label, value in given.items()}
        if set(named) != set(recording.labels):
            odd = sorted(set(named) ^ set(recording.labels))
            raise ModelError(f"the prior does not match the stimuli: {listed(odd)} in only one of them")
        given = [named[label] for label in recording.labels]
    prior = as_distribution(given, "prior", count)
    if (prior == 0).any():
        raise ModelError(f"the prior of stimulus {recording.labels[int(np.argmin(prior))]!r} is 0; leave its row out")
    return prior, "given"
