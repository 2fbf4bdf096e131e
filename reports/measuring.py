"""`measure`: every published measure of a recording, corrected for few trials, with intervals and warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..errors import ModelError, NotApplicable, OptionError, OutOfReach, UnknownName, nearest, spelt
from ..estimators import PUBLISHED
from ..estimators.exact import PublishedMeasure
from ..estimators.measure import Measure
from ..estimators.memory import remembering
from ..estimators.sampling import (
    WHOLE,
    SamplingResult,
    Settings,
    TrialOrder,
    limited_sampling,
    relevant_responses,
    resample_warnings,
    stimulus_warnings,
    table_warnings,
)
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.counting import joint_of_counts
from ..models.recordings import Recording, read_recording
from .measured import Measured
from .measured_values import InformationResult, MeasureResult
from .measuring_beyond import estimated
from .measuring_population import everywhere, mean_spikes, measured_population, sorted_by
from .measuring_prior import prior_of_recording

Progress = Callable[[int, int], object]

#: Largest table, stimuli times responses, on which integrals over noise are resampled: minutes. Ten times as many take
#: hours.
_MOST_ENTRIES = 50_000
#: Memory per entry of the table while it is resampled, in bytes (40 tables at once), and the most that is asked for.
_BYTES, _MOST_BYTES = 2_500, 4 * 2**30
#: The fewest simulated experiments: the spread of fewer is not known to a quarter, so that no interval has its level.
_FEWEST = 10


def measure(
    recording: Any,
    measures: Sequence[str] | None = None,
    *,
    resamples: int | None = None,
    level: float = 0.95,
    prior: Any = "trials",
    seed: int = 0,
    neuron: str | None = None,
    corrections: bool = False,
    progress: Progress | None = None,
) -> Measured:
    """Compute the published measures of a recording, corrected for few trials, with intervals, a test and warnings.

    Responses are counted, or, if the recording is of a population, each neuron's tuning is fitted; then neurons are
    taken to be conditionally independent given the stimulus.

    Parameters
    ----------
    recording : Recording
        As `read_recording` returns it, or anything that it reads without options.
    measures : names of published measures, or one; by default all
    resamples : int, optional
        Simulated tables behind corrected values and intervals, 10 or more; by default 200, or fewer (at least 60) for
        large tables. A warning says where they are few for the level.
    level : float
        Level of the intervals.
    prior : "trials", "uniform", (J,) probabilities, or a mapping of labels to probabilities
        p(x): the share of the trials, or another.
    seed : int
        The same seed gives the same result, whatever the order of stimuli and responses.
    neuron : str, optional
        A neuron of a population, by the name of its response: I(R';X|R) and the measures of this neuron, given all
        others.
    corrections : bool
        Whether to correct values by other methods, too, each with a standard error: jackknife, quadratic extrapolation,
        shuffled responses and Panzeri-Treves. Takes up to five times as long; not for a population.
    progress : callable, optional
        Called as ``progress(done, total)`` after each resample.

    Raises
    ------
    ModelError
        The prior does not match the stimuli.
    UnknownName
        No measure or neuron has this name.
    OptionError
        An option has no effect on this recording, or is out of its range.
    OutOfReach
        The table of stimuli by responses is too large for the memory.

    Examples
    --------
    >>> import stiminfo as si
    >>> found = si.measure(si.Recording.from_counts([[18, 2], [5, 15]], [0, 1]), resamples=200)
    >>> round(found.information.plug_in, 4), round(found.information.bias, 4)
    (0.2381, 0.0169)
    >>> found.measures["i_surp"].value.round(3).tolist()
    [0.259, 0.218]
    """
    if not isinstance(recording, Recording):
        recording = read_recording(recording)
    measures = [measures] if isinstance(measures, str) else measures
    settings = replace(_settings(resamples, level, seed), corrections=corrections)
    chosen, (probabilities, name) = _chosen(measures), prior_of_recording(recording, prior)
    if recording.law is not None and corrections:
        raise OptionError(
            "corrections are of counted responses; the tuning of a population is fitted (--responses words, or "
            "responses='words' in Python, counts its responses)"
        )
    if recording.law is not None:
        settings = replace(settings, prior=probabilities)
        return measured_population(recording, chosen, settings, name, neuron, progress)
    if neuron is not None:
        raise OptionError(
            "neuron has an effect on a population only; this recording's responses are counted (to fit each neuron, "
            "read it as a population: --responses population, or responses='population' in Python)"
        )
    _refuse_large(recording)
    rows, columns = _canonical(recording)
    results = {key: MeasureResult(key, one.title, one.units, reason=_unfit(one, recording))
               for key, one in chosen.items()}  # fmt: skip
    fit = {key: PUBLISHED[key] for key, one in results.items() if one.reason is None}
    placed = rows[recording.placed[rows]]
    left_out = {key: one for key, one in fit.items() if "distances" in one.needs and len(placed) < len(rows)}
    whole: SamplingResult | None = None
    for group, members in (({key: one for key, one in fit.items() if key not in left_out}, rows), (left_out, placed)):
        if whole is not None and not group:
            continue
        shares = probabilities[members] / probabilities[members].sum()
        part = _Part(recording, members, columns, replace(settings, prior=shares))
        with remembering():  # exact values are those from which limited sampling starts
            found, sampled = part.computed(group, progress)
        whole = whole or sampled
        for key, arrays in found.items():
            results[key] = replace(results[key], **everywhere(arrays, members, recording))
    assert whole is not None
    about = whole.information
    bias = None if about.corrected is None else about.plug_in - about.corrected
    mean = mean_spikes(recording, probabilities, rows)
    return Measured(
        recording=recording,
        prior=probabilities,
        prior_name=name,
        information=InformationResult(
            about.plug_in,
            about.corrected,
            about.low,
            about.high,
            about.p_value,
            about.null_mean,
            about.plug_in / mean if mean > 0 else None,
            about.correction_error,
            whole.corrections.get(WHOLE, {}),
        ),
        measures=results,
        relevant_responses=tuple(int(n) for n in relevant_responses(recording.counts)),
        resamples=whole.resamples,
        level=level,
        seed=seed,
        warnings=(
            *whole.warnings,
            *table_warnings(recording.counts, bias, probabilities),
            *resample_warnings(whole.resamples, level),
        ),
        stimulus_warnings=stimulus_warnings(recording.counts, recording.labels),
        silent=whole.silent,
    )


def _settings(resamples: Any, level: Any, seed: Any) -> Settings:
    """Checked settings."""
    for name, given, least in (("resamples", resamples, _FEWEST), ("seed", seed, 0)):
        whole = isinstance(given, Integral) and not isinstance(given, bool)
        if not (whole and given >= least) and not (name == "resamples" and given is None):
            raise OptionError(f"{name} is {given!r}; expected a whole number, {least} or more")
    if not isinstance(level, Real) or not 0 < float(level) < 1:
        raise OptionError(f"level is {level!r}; expected a share between 0 and 1, such as 0.95")
    return Settings(resamples=resamples, level=float(level), seed=seed)


def _chosen(measures: Sequence[str] | None) -> dict[str, PublishedMeasure]:
    wanted = [spelt(name, PUBLISHED) for name in (PUBLISHED if measures is None else measures)]
    for name in wanted:
        if name not in PUBLISHED:
            raise UnknownName(f"unknown measure {name!r}{nearest(str(name), PUBLISHED)}")
    return {name: one for name, one in PUBLISHED.items() if name in wanted}


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
    return None


def _refuse_large(recording: Recording) -> None:
    stimuli, responses = recording.counts.shape
    needs = stimuli * responses * _BYTES
    if needs > _MOST_BYTES:
        raise OutOfReach(
            f"a table of {stimuli} stimuli by {responses} responses would take {needs / 2**30:.0f} GiB to resample, at "
            f"most {_MOST_BYTES / 2**30:.0f} GiB are taken; read the neurons as a population (--responses population), "
            "name fewer of them (--response-column), or count them in coarser bins (--bins)"
        )


def _canonical(recording: Recording) -> tuple[Array, Array]:
    """An order of stimuli and one of responses that do not depend on the order in which they were given."""
    rows = sorted_by(recording.labels, recording.stimuli)
    return rows, sorted_by(recording.response_labels, recording.response_values)


@dataclass(frozen=True)
class _Part:
    """Some stimuli of a recording, all or those with a position, in one order of stimuli and responses.

    Attributes
    ----------
    members, columns : indices of the stimuli and of the responses
    settings : with the prior of these stimuli
    """

    recording: Recording
    members: Array
    columns: Array
    settings: Settings

    @property
    def place(self) -> tuple[Array, str]:
        """Positions and their geometry; stimuli without positions are labels, 0, 1, ..."""
        read = self.recording
        if read.stimuli is not None and read.placed[self.members].all():
            return read.stimuli[self.members], read.geometry
        return np.arange(float(len(self.members)))[:, None], "nominal"

    @property
    def order(self) -> TrialOrder | None:
        """The trials in their order, or None where only counts are known."""
        read = self.recording
        if read.trial_stimulus is None or read.trial_response is None:
            return None
        row = np.full(len(read.labels), -1)
        row[self.members] = np.arange(len(self.members))
        column = np.argsort(self.columns)
        mine = row[read.trial_stimulus] >= 0
        return TrialOrder(row[read.trial_stimulus][mine], column[read.trial_response][mine])

    def computed(
        self, group: Mapping[str, PublishedMeasure], progress: Progress | None
    ) -> tuple[dict[str, dict[str, Any]], SamplingResult]:
        """The fields of each measure's result, (J,) each or the reason why there is none; and what sampling says."""
        table, (points, geometry) = self.recording.counts[np.ix_(self.members, self.columns)], self.place
        x, _, likelihood = joint_of_counts(table, points)
        model = EncodingModel(x, self.settings.prior, likelihood, geometry=geometry)
        if len(model.stimuli) != len(table):
            raise ModelError("a stimulus stands in two rows of the table; add their counts into one")
        found: dict[str, dict[str, Any]] = {}
        fit: dict[str, Measure] = {}
        for name, one in group.items():
            try:
                value, error = one.with_error(model)
                found[name], fit[name] = {"value": value, "numerical_error": error}, one
            except NotApplicable as refusal:
                found[name] = estimated(one, model, refusal, self.settings.seed)
        sampled = limited_sampling(table, points, fit, self.settings, self.order, progress, geometry=geometry)
        for name, few in sampled.measures.items():
            found[name] |= {key: getattr(few, key) for key in ("corrected", "correction_error", "low", "high")}
            found[name]["corrections"] = sampled.corrections.get(name, {})
        return found, sampled
