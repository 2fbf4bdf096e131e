"""`stiminfo measure`: every published measure of an experiment's count table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import json_option, seed_option
from .shared import bar_here, check_outputs, console_here, ending

ENDING = ending(
    "stiminfo measure counts.csv",
    "stiminfo measure counts.csv --resamples 1000 --json measures.json",
    exits={0: "the table was read, and its measures are printed"},
)


def measure(
    file: Annotated[
        Path,
        typer.Argument(metavar="COUNTS.csv", help="A table of trial counts: stimuli in rows, responses in columns."),
    ],
    resamples: Annotated[
        int | None,
        typer.Option(
            "--resamples",
            min=10,
            max=100_000,
            metavar="N",
            show_default="200 to 1000, fewer for a larger table",
            help="Bootstrap resamples for the 95% intervals.",
        ),
    ] = None,
    seed: Annotated[int, seed_option("Seed of the bootstrap; the same seed gives the same intervals.")] = 0,
    json_file: Annotated[Path | None, json_option("Write all numbers and warnings as JSON.")] = None,
) -> int:
    """Print every published measure of a count table, per stimulus, with 95% intervals.

    What goes in: a CSV file. The first row names the responses, the first column the stimuli; each other cell is the
    number of trials in which that response followed that stimulus.

    What comes out: I(R;X) with an estimate of its bias (few trials make it too large), each measure per stimulus
    with bootstrap intervals, and warnings where there are too few trials to trust them.
    """
    from ..files import json_text, write_whole
    from ..models import read_counts
    from ..reports.counts import count_report, print_count_report

    check_outputs(json_file)
    counts = read_counts(file)
    with bar_here() as bar:
        task = bar.add_task("bootstrap", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        report = count_report(counts, resamples=resamples, seed=seed, progress=advance)
    print_count_report(report, console_here())
    if json_file:
        write_whole(json_file, json_text(report.to_json()))
    return 0
