"""The report on an experiment's count table: every published measure per stimulus, with intervals and warnings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
from .terminal import plain_console, text_of

Numbers = tuple[float, ...]

#: Warnings about single stimuli beyond this number are only counted; the JSON has all of them.
_SAID = 8
#: Longer labels of stimuli are cut.
_NAME_WIDTH = 18


@dataclass(frozen=True)
class MeasureReport:
    """One measure of the table: its values and intervals, or why it does not apply.

    Attributes
    ----------
    name, title, units : as in `PUBLISHED`
    values, low, high, numerical_error : J numbers each, in `units`; None if the measure does not apply
    reason : why it does not apply; None if it does
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
    """The measures of a count table and how reliable they are. Information is in nats.

    Attributes
    ----------
    stimulus_names : J labels
    stimuli : J points in R^d
    responses : number of responses that occurred
    trials : J, trials of each stimulus
    relevant_responses : J, Bayesian estimate of the number of responses each stimulus can evoke
    information : plug-in I(R;X)
    bias : the Panzeri-Treves estimate of its bias
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
        """I(R;X) minus the estimate of its bias, in nats; may be negative."""
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
    """Compute every published measure of a count table, with a bias estimate, bootstrap intervals and warnings.

    Parameters
    ----------
    table : CountTable
        As `stiminfo.models.read_counts` returns it.
    resamples : int, optional
        Bootstrap resamples; by default as many as take about a minute, at most 1000.
    level : float
        Level of the intervals.
    seed : int
        The same seed gives the same report.
    progress : callable, optional
        Called as ``progress(done, total)`` after each resample.

    Raises
    ------
    ModelError
        Two rows of the table have the same stimulus.

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
    reports: dict[str, MeasureReport] = {}
    for name, measure in PUBLISHED.items():
        about = (name, measure.title, measure.units)
        try:
            values, errors = map(_numbers, measure.with_error(model))
            reports[name] = MeasureReport(*about, values, numerical_error=errors)
        except NotApplicable as error:
            reports[name] = MeasureReport(*about, reason=str(error))
    applicable = {name: PUBLISHED[name] for name, report in reports.items() if report.reason is None}
    intervals = bootstrap_intervals(table, applicable, resamples=resamples, level=level, seed=seed, progress=progress)
    for name in applicable:
        low, high = map(_numbers, intervals.measures[name].T)
        reports[name] = replace(reports[name], low=low, high=high)
    return CountReport(
        stimulus_names=table.stimulus_names,
        stimuli=tuple(_numbers(point) for point in table.stimuli),
        responses=int(table.counts.any(axis=0).sum()),
        trials=tuple(int(n) for n in table.counts.sum(axis=1)),
        relevant_responses=tuple(int(n) for n in relevant_responses(table.counts)),
        information=model.mutual_information(),
        bias=panzeri_treves_bias(table.counts),
        interval=intervals.information,
        measures=tuple(reports.values()),
        resamples=intervals.resamples,
        level=level,
        seed=seed,
        warnings=table_warnings(table.counts, intervals.information),
        stimulus_warnings=stimulus_warnings(table.counts, table.stimulus_names),
    )


def _numbers(values: Any) -> Numbers:
    return tuple(float(value) for value in np.asarray(values))


def print_count_report(report: CountReport, console: Console) -> None:
    """Print the report with one row per stimulus; measures that do not fit side by side go into further tables."""
    percent = f"{100 * report.level:g} %"
    low, high = report.interval
    console.print(
        f"{_count(len(report.trials), 'stimulus', 'stimuli')}, {_count(report.responses, 'response', 'responses')}, "
        f"{_count(sum(report.trials), 'trial', 'trials')}",
        highlight=False,
    )
    whole = Table(title="Mutual information I(R;X), nats", title_justify="left", show_header=False)
    whole.add_column()
    whole.add_column(justify="right")
    for label, said in (
        ("plug-in", f"{report.information:.4f}"),
        ("bias estimate (Panzeri-Treves)", f"{report.bias:.4f}"),
        ("corrected: plug-in less bias", f"{report.corrected:.4f}"),
        (f"{percent} interval of the plug-in value", escape(f"[{low:.4f}, {high:.4f}]")),
    ):
        whole.add_row(label, said)
    console.print(whole)
    for number, part in enumerate(_parts(report, console.width)):
        console.print(_values_table(report, part, percent, first=number == 0), highlight=False)
    for measure in report.measures:
        if measure.reason is not None:
            console.print(f"{measure.name} does not apply: {escape(measure.reason)}.", highlight=False)
    console.print(
        f"Intervals: {report.resamples} bootstrap resamples of the trials within each stimulus, seed {report.seed}. "
        "They show scatter and do not correct bias: with few trials an interval may lie wholly above its own value. "
        "Every value per stimulus is plug-in, not corrected.",
        highlight=False,
    )
    for sentence in (*report.warnings, *report.stimulus_warnings[:_SAID]):
        console.print(f"[yellow]Warning:[/] {escape(sentence)}", highlight=False)
    more = len(report.stimulus_warnings) - _SAID
    if more > 0:
        console.print(
            f"[yellow]Warning:[/] {more} more {'stimulus has' if more == 1 else 'stimuli have'} too few trials "
            "(the JSON output names them).",
            highlight=False,
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cells(measure: MeasureReport) -> list[str]:
    triples = zip(measure.values or (), measure.low or (), measure.high or (), strict=True)
    return [f"{_short(value)} [{_short(low)}, {_short(high)}]" for value, low, high in triples]


def _short(value: float) -> str:
    """The value with three decimals; one that rounds to 0 gets no minus sign."""
    return f"{round(value, 3) + 0.0:.3f}"


def _names(report: CountReport) -> list[str]:
    """Labels cut to the width of their column; the JSON has them whole."""
    return [name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 3] + "..." for name in report.stimulus_names]


def _parts(report: CountReport, width: int) -> list[list[MeasureReport]]:
    """The measures that apply, split into tables of at most `width` characters; the first also shows the trials."""
    gap = 3  # two spaces and a line between columns
    fixed = max(len("stimulus"), *map(len, _names(report))) + gap
    parts: list[list[MeasureReport]] = []
    room = 0
    for measure in report.measures:
        if measure.values is None:
            continue
        needs = max(map(len, [measure.name, *_cells(measure)])) + gap
        if not parts or needs > room:
            room = width + 1 - fixed - (0 if parts else len("trials") + gap)
            parts.append([])
        parts[-1].append(measure)
        room -= needs
    return parts


def _values_table(report: CountReport, part: list[MeasureReport], percent: str, first: bool) -> Table:
    units = ", ".join(dict.fromkeys(measure.units for measure in part))
    title = f"\nPlug-in I(x), {units}: value [{percent} interval]" if first else f"\nI(x), {units}, continued"
    table = Table(title=escape(title), title_justify="left", show_edge=False)
    table.add_column("stimulus", no_wrap=True)
    if first:
        table.add_column("trials", justify="right", no_wrap=True)
    for measure in part:
        table.add_column(escape(measure.name), justify="right")
    columns = [_names(report), *([[str(n) for n in report.trials]] if first else []), *map(_cells, part)]
    for row in zip(*columns, strict=True):
        table.add_row(*map(escape, row))
    return table
