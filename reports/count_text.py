"""The report on a count table in words and tables, for a terminal of any width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from .counts import CountReport, MeasureReport

#: Sentences about single stimuli that are printed before the rest is only counted; the JSON has them all.
_SAID = 8
#: Longer labels of stimuli are cut.
_NAME_WIDTH = 18


def print_count_report(report: CountReport, console: Console) -> None:
    """The report in words and tables, one row per stimulus; measures that do not fit side by side follow below."""
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
    _print_warnings(report, console)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cells(measure: MeasureReport) -> list[str]:
    triples = zip(measure.values or (), measure.low or (), measure.high or (), strict=True)
    return [f"{_short(value)} [{_short(low)}, {_short(high)}]" for value, low, high in triples]


def _short(value: float) -> str:
    """Three decimals, and no minus before a zero that rounding made."""
    return f"{round(value, 3) + 0.0:.3f}"


def _names(report: CountReport) -> list[str]:
    """Labels no wider than a column may be; the JSON has them whole."""
    return [name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 3] + "..." for name in report.stimulus_names]


def _parts(report: CountReport, width: int) -> list[list[MeasureReport]]:
    """The measures that apply, in as few tables as fit `width` columns, in order; the first also has the trials."""
    gap = 3  # two blanks and a rule between columns
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


def _print_warnings(report: CountReport, console: Console) -> None:
    for sentence in (*report.warnings, *report.stimulus_warnings[:_SAID]):
        console.print(f"[yellow]Warning:[/] {escape(sentence)}", highlight=False)
    more = len(report.stimulus_warnings) - _SAID
    if more > 0:
        console.print(
            f"[yellow]Warning:[/] {more} more {'stimulus has' if more == 1 else 'stimuli have'} too few trials "
            "(the JSON output names them).",
            highlight=False,
        )
