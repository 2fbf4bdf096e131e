"""The report on an experiment's count table: every published measure per stimulus, with intervals and warnings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .. import __version__
from ..axioms.auditing.verdict import SCHEMA
from ..errors import NotApplicable
from ..estimators import PUBLISHED
from ..estimators.sampling_bias import (
    bootstrap_intervals,
    model_of,
    panzeri_treves_bias,
    relevant_responses,
    stimulus_warnings,
    table_warnings,
)
from ..models.counts import CountTable
from .count_text import print_count_report
from .terminal import plain_console, text_of

__all__ = ["CountReport", "MeasureReport", "count_report", "print_count_report"]

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class MeasureReport:
    """One measure on the table: its values and intervals, or why it has none.

    Attributes
    ----------
    name, title, units : as in `PUBLISHED`
    values, low, high, numerical_error : J numbers each, in `units`; None where the measure does not apply
    reason : why it does not apply; None where it does
    """

    name: str
    title: str
    units: str
    values: Numbers | None = None
    low: Numbers | None = None
    high: Numbers | None = None
    numerical_error: Numbers | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The measure as JSON data."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if name != "name"
        }


@dataclass(frozen=True)
class CountReport:
    """What a count table says, and how far it is to be believed. Information in nats.

    Attributes
    ----------
    stimulus_names : J labels
    stimuli : J points in R^d
    responses : number of responses that occurred
    trials : J, trials of each stimulus
    relevant_responses : J, Bayesian estimate of the number of responses each stimulus can evoke
    information : plug-in I(R;X)
    bias : its Panzeri-Treves bias estimate
    interval : (low, high), bootstrap interval of the plug-in I(R;X), not corrected for bias
    measures : one `MeasureReport` each, in the order of `PUBLISHED`
    resamples, level, seed : of the bootstrap
    warnings, stimulus_warnings : sentences on the whole table and on single stimuli
    """

    stimulus_names: tuple[str, ...]
    stimuli: tuple[Numbers, ...]
    responses: int
    trials: tuple[int, ...]
    relevant_responses: tuple[int, ...]
    information: float
    bias: float
    interval: tuple[float, float]
    measures: tuple[MeasureReport, ...]
    resamples: int
    level: float
    seed: int
    warnings: tuple[str, ...]
    stimulus_warnings: tuple[str, ...]

    @property
    def corrected(self) -> float:
        """I(R;X) less the bias estimate, nats; may be negative."""
        return self.information - self.bias

    def to_json(self) -> dict[str, Any]:
        """The report as JSON data; information in nats."""
        return {
            "stimulus_names": list(self.stimulus_names),
            "stimuli": [list(point) for point in self.stimuli],
            "number_of_stimuli": len(self.trials),
            "number_of_responses": self.responses,
            "total_trials": sum(self.trials),
            "trials": list(self.trials),
            "relevant_responses": list(self.relevant_responses),
            "mutual_information": {
                "plug_in": self.information,
                "bias_estimate": self.bias,
                "corrected": self.corrected,
                "interval": list(self.interval),
                "units": "nats",
            },
            "measures": {measure.name: measure.to_json() for measure in self.measures},
            "bootstrap": {"resamples": self.resamples, "level": self.level},
            "warnings": list(self.warnings),
            "stimulus_warnings": list(self.stimulus_warnings),
            "seed": self.seed,
            "version": __version__,
            "schema": SCHEMA,
        }

    def __str__(self) -> str:
        console = plain_console()
        print_count_report(self, console)
        return text_of(console).rstrip("\n")


def count_report(
    table: CountTable,
    *,
    resamples: int | None = None,
    level: float = 0.95,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> CountReport:
    """Every published measure on a count table, with bias estimate, bootstrap intervals and warnings.

    Parameters
    ----------
    table : CountTable
        As `stiminfo.models.read_counts` returns it.
    resamples : int, optional
        By default as many as take about a minute, at most 1000.
    level : float
        Of the intervals.
    seed : int
        The report is the same for the same seed.
    progress : callable, optional
        ``progress(done, total)`` after each resample.

    Examples
    --------
    >>> import numpy as np
    >>> from stiminfo.models import CountTable
    >>> table = CountTable(np.array([[18.0, 2.0], [5.0, 15.0]]), np.array([[0.0], [1.0]]), ("a", "b"), ("0", "1"))
    >>> report = count_report(table, resamples=200)
    >>> round(report.information, 4), round(report.bias, 4), [m.name for m in report.measures if m.reason]
    (0.2381, 0.0125, ['fisher'])
    """
    model = model_of(table)
    found: dict[str, tuple[Any, Any]] = {}
    reasons: dict[str, str] = {}
    for name, measure in PUBLISHED.items():
        try:
            found[name] = measure.with_error(model)
        except NotApplicable as error:
            reasons[name] = str(error)
    intervals = bootstrap_intervals(
        table,
        {name: PUBLISHED[name] for name in found},
        resamples=resamples,
        level=level,
        seed=seed,
        progress=progress,
    )
    reports = []
    for name, measure in PUBLISHED.items():
        about = (name, measure.title, measure.units)
        if name in reasons:
            reports.append(MeasureReport(*about, reason=reasons[name]))
            continue
        values, errors = found[name]
        low, high = map(_numbers, intervals.measures[name].T)
        reports.append(MeasureReport(*about, _numbers(values), low, high, _numbers(errors)))
    return CountReport(
        stimulus_names=table.stimulus_names,
        stimuli=tuple(_numbers(point) for point in table.stimuli),
        responses=int(table.counts.any(axis=0).sum()),
        trials=tuple(int(n) for n in table.counts.sum(axis=1)),
        relevant_responses=tuple(int(n) for n in relevant_responses(table.counts)),
        information=model.mutual_information(),
        bias=panzeri_treves_bias(table.counts),
        interval=intervals.information,
        measures=tuple(reports),
        resamples=intervals.resamples,
        level=level,
        seed=seed,
        warnings=table_warnings(table.counts, intervals.information),
        stimulus_warnings=stimulus_warnings(table.counts, table.stimulus_names),
    )


def _numbers(values: Any) -> Numbers:
    return tuple(float(value) for value in np.asarray(values))
