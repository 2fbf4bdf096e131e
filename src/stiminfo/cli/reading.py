"""The options of the command line that say how to read a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Given

if TYPE_CHECKING:
    from ..models.recordings import Recording


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(Given):
    """What `read_recording` is told."""

    stimulus: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="What the stimulus is: line, plane, space, nominal, or circle:360 with the period of the circle.",
            show_default="numbers are points, labels are nominal",
        ),
    ] = None
    shape: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="SHAPE",
            help="How a table holds the recording: counts, trials (one row per trial), wide (stimuli by trials), long "
            "(stimulus, response, n), transposed (responses in rows) or columns (stimuli in columns).",
            show_default="as header and cells show",
        ),
    ] = None
    header: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Names of the columns of a table without a header: orientation,spikes."),
    ] = None
    stimulus_columns: Annotated[
        list[str] | None,
        typer.Option("--stimulus-column", metavar="NAME", help="Column or array of the stimulus; repeatable."),
    ] = None
    response_columns: Annotated[
        list[str] | None,
        typer.Option("--response-column", metavar="NAME", help="Column or array of a response; repeatable."),
    ] = None
    responses: Annotated[
        str | None,
        typer.Option(
            metavar="words|population",
            help="Count joint responses of several neurons as words, or fit the tuning of each neuron.",
            show_default="words if their table has no more entries than there are trials",
        ),
    ] = None
    law: Annotated[
        str | None,
        typer.Option(
            metavar="LAW",
            help="How each neuron of a population responds, given the stimulus: poisson, bernoulli (0 or 1), gaussian "
            "(continuous responses) or negative-binomial (overdispersed counts).",
            show_default="poisson for counts, bernoulli if all are 0 or 1",
        ),
    ] = None
    bins: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Count continuous responses in N bins of equal mass."),
    ] = None
    edges: Annotated[
        str | None,
        typer.Option(metavar="E1,E2,...", help="Count continuous responses in bins with these boundaries."),
    ] = None
    window: Annotated[
        str | None,
        typer.Option(metavar="START,STOP", help="Count spikes from START to STOP seconds after each stimulus."),
    ] = None
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Table of stimuli in an NWB file.", show_default="the one that has stimuli"),
    ] = None

    def read(self, path: Path) -> Recording:
        """The recording in this file."""
        from ..models.recordings import read_recording

        return read_recording(
            path,
            stimulus=self.stimulus,
            shape=self.shape,
            header=[] if self.header is None else [name.strip() for name in self.header.split(",")],
            stimulus_columns=self.stimulus_columns or (),
            response_columns=self.response_columns or (),
            responses=self.responses,
            law=self.law,
            bins=self.bins,
            edges=() if self.edges is None else _numbers("--edges", self.edges),
            window=None if self.window is None else _numbers("--window", self.window),
            table=self.table,
        )


def _numbers(flag: str, text: str) -> tuple[float, ...]:
    from ..errors import OptionError

    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"{flag} {text}: expected numbers separated by commas, such as 0,0.5") from None
