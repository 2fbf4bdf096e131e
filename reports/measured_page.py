"""The result of `measure` as one self-contained HTML page."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from .. import __version__
from .draw.measured import plot_measured
from .draw.witness import svg
from .measured import Measured
from .measured_terminal import (
    cells,
    information_rows,
    information_title,
    interval_note,
    neuron_rows,
    summary_line,
    values_title,
)
from .symbols import in_html, symbol
from .templating import render


class _Row(NamedTuple):
    """One stimulus in the table."""

    label: str
    trials: int
    values: list[str]


def measured_page(found: Measured, title: str = "A recording", command: str = "") -> str:
    """One HTML page that loads nothing and runs no script: how it was read, numbers, the figure and warnings.

    Parameters
    ----------
    found : Measured
    title : what was measured, such as the file's name
    command : the command that made the page
    """
    shown = [one for one in found.measures.values() if one.value is not None]
    read = found.recording
    said = [f"{one.name} does not apply: {one.reason}." for one in found.measures.values() if one.reason]
    said += [f"{one.name}: {one.note}." for one in found.measures.values() if one.note]
    table = zip(read.labels, read.trials, *map(cells, shown), strict=True)
    return render(
        "measured.html",
        title=title,
        version=__version__,
        command=command,
        summary=summary_line(found),
        how=read.how,
        units=found.units,
        information_title=information_title(found),
        neurons=neuron_rows(found),
        information=information_rows(found),
        # svg() escapes the label.
        drawing=Markup(svg(plot_measured(found), "measured", f"I(x) of {title} against the stimulus, per measure")),
        caption=values_title(found, f"{100 * found.level:g} %"),
        measures=[{"symbol": symbol(one.name).html} for one in shown],
        rows=[_Row(label, int(trials), values) for label, trials, *values in table],
        remarks=[*said, interval_note(found)],
        silent=found.silent,
        warnings=[*read.doubts, *found.warnings, *found.stimulus_warnings],
        maths=in_html,
    )
