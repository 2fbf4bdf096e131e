"""The result of `measure` on a terminal: how the recording was read, I(R;X), and every measure per stimulus."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..models.arrays import Array
from ..models.recordings import Recording
from ..models.recordings.populations import KINDS
from .measured import Measured
from .measured_corrections import NOTE, rows_of
from .measured_values import MeasureResult, NeuronsResult
from .names import cut_names
from .terminal import plain_console, text_of

#: Warnings about single stimuli beyond this number are only counted; the JSON has all of them.
_SAID = 8
#: Neurons that are printed.
_NEURONS = 10
#: Longer labels of stimuli are cut.
_NAME_WIDTH = 18
#: Decimals of an ordinary value; smaller ones get more, up to `_MOST`, so that `_DIGITS` digits of the largest show.
_DECIMALS, _DIGITS, _MOST = 3, 3, 12


def measured_text(found: Measured) -> str:
    """The result as plain text, as wide as the environment variable COLUMNS says (100 without it)."""
    console = plain_console(int(os.environ.get("COLUMNS", 0) or 100))
    print_measured(found, console)
    return text_of(console).rstrip("\n")


def print_measured(found: Measured, console: Console) -> None:
    """Print the result with one row per stimulus; measures that do not fit side by side go into further tables."""
    print_reading(found.recording, console)
    if found.silent is not None:
        # Plug-in values would be as large as they can be, and mean nothing.
        console.print(summary_line(found), highlight=False)
        console.print(f"[yellow]No values:[/] {escape(found.silent)}", highlight=False)
        return
    _print_information(found, console)
    percent = f"{100 * found.level:g} %"
    for number, part in enumerate(_parts(found, console.width)):
        console.print(_values_table(found, part, percent, first=number == 0), highlight=False)
    _print_neurons(found, console, percent)
    for one in found.measures.values():
        if one.reason is not None:
            console.print(f"{one.name} does not apply: {escape(one.reason)}.", highlight=False)
        elif one.note is not None:
            console.print(f"{one.name}: {escape(one.note)}.", highlight=False)
    console.print(interval_note(found), highlight=False)
    for said in _warnings(found):
        console.print(f"[yellow]Warning:[/] {escape(said)}", highlight=False)


def warnings_of(found: Measured) -> list[str]:
    """All warnings that `print_measured` prints, one sentence each; why there are no values is one of them."""
    after = _warnings(found) if found.silent is None else [f"no values: {found.silent}"]
    return [*found.recording.doubts, *after]


def _warnings(found: Measured) -> list[str]:
    """The warnings below the values: on the whole recording, and on the first stimuli."""
    said = [*found.warnings, *found.stimulus_warnings[:_SAID]]
    more = len(found.stimulus_warnings) - _SAID
    if more > 0:
        have = "stimulus has" if more == 1 else "stimuli have"
        said.append(f"{more} more {have} too few trials (the JSON output names them).")
    return said


def print_reading(recording: Recording, console: Console) -> None:
    """Print how a recording was read, one line each."""
    for line in recording.how:
        console.print(f"read: {escape(line)}", highlight=False, style="dim")
    for said in recording.doubts:
        console.print(f"[yellow]Warning:[/] {escape(said)}", highlight=False)
    console.file.flush()  # in a pipe, too, before the work begins


def interval_note(found: Measured) -> str:
    """What the intervals are."""
    if found.neurons is not None:
        return (
            "The tuning of each neuron is fitted and shrunken by what noise adds to it; neurons are taken to be "
            "independent of one another given the stimulus, which is an assumption. Corrected values and intervals: "
            f"{found.resamples} experiments simulated from draws of the tuning, seed {found.seed}; the intervals are "
            "those of the corrected values. They are cut at 0 where a measure cannot be negative, but corrected values "
            "are not."
        )
    return (
        f"Corrected values and intervals: a jackknife and {found.resamples} simulated tables, seed {found.seed}; the "
        "intervals are those of the corrected values. They are cut at 0 where a measure cannot be negative, but "
        "corrected values are not."
    ) + (f" {NOTE}" if found.information.corrections else "")


def summary_line(found: Measured) -> str:
    """Numbers of stimuli, responses and trials, and the prior."""
    read = found.recording
    said = _count(int(read.counts.any(axis=0).sum()), "response", "responses")
    if read.law is not None:
        said = f"{_count(len(read.response_names), 'neuron', 'neurons')} ({KINDS[read.law]})"
    counts = (
        _count(len(read.labels), "stimulus", "stimuli"),
        said,
        _count(int(read.trials.sum()), "trial", "trials"),
    )
    unlike = found.prior_name == "trials" and read.trials.max() >= UNLIKE * read.trials.min()
    hint = ", which differ widely: --prior uniform takes every stimulus alike" if unlike else ""
    return f"{', '.join(counts)}; prior: {PRIOR_WORDS[found.prior_name]}{hint}"


#: So many times the trials of the rarest stimulus are a choice of the experiment more often than of the world.
UNLIKE = 3
#: The priors in words.
PRIOR_WORDS = {
    "trials": "the share of the trials",
    "uniform": "every stimulus alike",
    "given": "as given",
}


def value_name(found: Measured) -> str:
    """What values are called that are not corrected."""
    return "plug-in" if found.neurons is None else "fitted"


def information_title(found: Measured) -> str:
    """What the mutual information is of."""
    one = found.neurons.given_others if found.neurons is not None else None
    what = "I(R;X)" if one is None else f"I(R';X|R) of {one}, given all other neurons"
    return f"Mutual information {what}, {found.units}"


def neuron_rows(found: Measured, most: int | None = None) -> list[tuple[str, str]]:
    """Names and values of I(R_n;X) of each neuron alone, the largest first, or the `most` largest."""
    if found.neurons is None:
        return []
    said = cells(found.neurons)
    order = np.argsort(-found.neurons.value, kind="stable")[:most]
    return [(found.neurons.names[n], said[n]) for n in order]


def information_rows(found: Measured) -> list[tuple[str, str]]:
    """Labels and numbers of I(R;X)."""
    about = found.information
    known = [value for value in (about.plug_in, about.low, about.high) if value is not None]
    places = decimals(known, _DECIMALS + 1)
    name = value_name(found)
    rows = [(name, fixed(about.plug_in, places))]
    if about.corrected is not None and about.bias is not None:
        error = "" if about.correction_error is None else f" ± {fixed(about.correction_error, places)}"
        rows.append(("bias estimate", fixed(about.bias, places) + error))
        rows.append((f"corrected: {name} less bias", fixed(about.corrected, places)))
    if about.low is not None and about.high is not None:
        ends = f"[{fixed(about.low, places)}, {fixed(about.high, places)}]"
        rows.append((f"{100 * found.level:g} % interval", ends))
    if about.null is not None:
        rows.append(("mean with responses shuffled among the trials", fixed(about.null, places)))
    if about.p_value is not None:
        rows.append(("p-value of no information (permutation test)", f"{about.p_value:.2g}"))
    if about.per_spike is not None:
        rows.append((f"{name} {found.units} per spike, if responses count spikes", f"{about.per_spike:.3g}"))
    return rows + rows_of(about.corrections, places)


def _print_information(found: Measured, console: Console) -> None:
    console.print(summary_line(found), highlight=False)
    whole = Table(title=escape(information_title(found)), title_justify="left", show_header=False)
    whole.add_column()
    whole.add_column(justify="right", overflow="fold")
    for label, said in information_rows(found):
        whole.add_row(label, escape(said))
    console.print(whole)


def decimals(values: Iterable[float] | Array, least: int = _DECIMALS) -> int:
    """Decimals with which the largest of the values shows three digits; `least` for ordinary ones."""
    sizes = [abs(float(value)) for value in values if np.isfinite(value) and value != 0]
    if not sizes:
        return least
    return min(_MOST, max(least, _DIGITS - 1 - math.floor(math.log10(max(sizes)))))


def fixed(value: float, places: int) -> str:
    """The value with these decimals; one that rounds to 0 gets no minus sign, and NaN is a dash."""
    if math.isnan(value):
        return "–"
    return f"{round(value, places) + 0.0:.{places}f}"


def cells(one: MeasureResult | NeuronsResult) -> list[str]:
    """Each value with its interval, and its corrected value in parentheses where there is one."""
    if one.value is None:
        return []
    places = decimals(one.value)
    said = [fixed(value, places) for value in one.value]
    if one.corrected is not None:
        said = [f"{text} ({fixed(fair, places)})" for text, fair in zip(said, one.corrected, strict=True)]
    if one.low is not None and one.high is not None:
        ends = zip(said, one.low, one.high, strict=True)
        said = [f"{text} [{fixed(low, places)}, {fixed(high, places)}]" for text, low, high in ends]
    return [text if np.isfinite(value) else fixed(value, places) for text, value in zip(said, one.value)]


def _print_neurons(found: Measured, console: Console, percent: str) -> None:
    rows = neuron_rows(found, _NEURONS)
    if len(rows) < 2:  # one neuron is the population
        return
    more = "" if found.neurons is None or len(rows) == len(found.neurons.names) else (
        f"; the {len(rows)} largest of {len(found.neurons.names)}, all are in the JSON"
    )  # fmt: skip
    title = f"\nI(R;X) of each neuron alone, {found.units}: value (corrected) [{percent} interval]{more}"
    table = Table(title=escape(title), title_justify="left", show_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", overflow="fold")
    for name, said in rows:
        table.add_row(escape(name), escape(said))
    console.print(table, highlight=False)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _names(found: Measured) -> list[str]:
    """Labels cut to the width of their column; the JSON has them whole."""
    labels = found.recording.labels
    heads = [name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 3] + "..." for name in labels]
    return heads if len(set(heads)) == len(labels) else cut_names(labels, _NAME_WIDTH)


def _parts(found: Measured, width: int) -> list[list[MeasureResult]]:
    """The measures that apply, split into tables of at most `width` characters; the first also shows the trials."""
    gap = 3  # two spaces and a line between columns
    fixed_width = max(len("stimulus"), *map(len, _names(found))) + gap
    parts: list[list[MeasureResult]] = []
    room = 0
    for one in found.measures.values():
        if one.value is None:
            continue
        needs = max(map(len, [one.name, *cells(one)])) + gap
        if not parts or needs > room:
            room = width + 1 - fixed_width - (0 if parts else len("trials") + gap)
            parts.append([])
        parts[-1].append(one)
        room -= needs
    return parts


def values_title(found: Measured, percent: str) -> str:
    """What stands in the cells of the table of values."""
    units = ", ".join(dict.fromkeys(one.units for one in found.measures.values() if one.value is not None))
    fair = any(one.corrected is not None for one in found.measures.values())
    ends = any(one.low is not None for one in found.measures.values())
    parts = ["value", *(["(corrected)"] if fair else []), *([f"[{percent} interval]"] if ends else [])]
    name = "Plug-in I(x)" if found.neurons is None else "I(x) of the fitted tuning"
    return f"{name}, {units}: {' '.join(parts)}"


def _values_table(found: Measured, part: list[MeasureResult], percent: str, first: bool) -> Table:
    units = ", ".join(dict.fromkeys(one.units for one in part))
    title = f"\n{values_title(found, percent)}" if first else f"\nI(x), {units}, continued"
    table = Table(title=escape(title), title_justify="left", show_edge=False)
    table.add_column("stimulus", no_wrap=True)
    if first:
        table.add_column("trials", justify="right", no_wrap=True)
    for one in part:
        table.add_column(escape(one.name), justify="right", overflow="fold")
    trials = [[str(n) for n in found.recording.trials]] if first else []
    for row in zip(_names(found), *trials, *map(cells, part), strict=True):
        table.add_row(*map(escape, row))
    return table
