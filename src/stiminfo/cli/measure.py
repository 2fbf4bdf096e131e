"""`stiminfo measure`: every published measure of a recording."""

from __future__ import annotations

import io
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import json_option, seed_option, with_fields
from .reading import ReadingOptions
from .shared import bar_here, check_outputs, console_here, ending, warn_if_quiet

if TYPE_CHECKING:
    from ..models.recordings import Recording
    from ..reports.measured import Measured

#: Dots per inch of the figure if it is written as pixels.
_DPI = 300
#: Kinds of files that a figure is written as.
_FIGURES = (".svg", ".pdf", ".png")

ENDING = ending(
    "stiminfo measure recording.csv",
    "stiminfo measure recording.csv --stimulus circle:360 --figure measures.svg",
    "stiminfo measure session.nwb --stimulus-column orientation --window 0,0.5",
    exits={0: "the recording was read, and its measures are printed"},
)


@dataclass(frozen=True, kw_only=True)
class Options(ReadingOptions):
    """The options of `stiminfo measure`."""

    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A text table, .npz, .mat (to version 7) or NWB file; see above."),
    ]
    neuron: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Measure what this neuron of a population adds to all others."),
    ] = None
    prior: Annotated[
        str,
        typer.Option(
            metavar="trials|uniform|FILE",
            help="p(x): the share of the trials, every stimulus alike, or a table of stimulus and probability.",
        ),
    ] = "trials"
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Measure to compute (default: all); repeatable."),
    ] = None
    resamples: Annotated[
        int | None,
        typer.Option(
            min=10,
            max=100_000,
            metavar="N",
            show_default="200, fewer for a large table; 60 for a population",
            help="Simulated experiments behind the corrected values and the 95% intervals.",
        ),
    ] = None
    seed: Annotated[int, seed_option("Seed of the simulated tables; the same seed gives the same intervals.")] = 0
    corrections: Annotated[
        bool,
        typer.Option(
            "--corrections",
            help="Also correct values by jackknife, quadratic extrapolation, shuffled responses and Panzeri-Treves, "
            "each with a standard error. Takes up to five times as long.",
        ),
    ] = False
    bits: Annotated[bool, typer.Option("--bits", help="Show and write information in bits, not nats.")] = False
    json_file: Annotated[Path | None, json_option("Write all numbers and warnings as JSON.")] = None
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write one row per stimulus as CSV.")
    ] = None
    neurons_file: Annotated[
        Path | None, typer.Option("--neurons", metavar="FILE", help="Write one row per neuron of a population as CSV.")
    ] = None
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with the numbers and the figure.")
    ] = None
    figure_file: Annotated[
        Path | None, typer.Option("--figure", metavar="FILE", help="Draw responses and measures: .svg, .pdf or .png.")
    ] = None


@with_fields(Options)
def measure(options: Options) -> int:
    """Print every published measure of a recording, per stimulus, with 95% intervals.

    What goes in: a table of trials (one row per trial: stimulus, response), of counts (stimuli in rows, responses in
    columns), of stimuli by trials, or of stimulus, response and number of trials; .npz and .mat files of such arrays;
    or an NWB file. Delimiters, encodings and shapes are recognised, and what was read is printed first. If a file can
    be read in two ways, it is refused, with the option that settles it.

    What comes out: I(R;X) and each measure per stimulus, as plug-in values and corrected for few trials (which make
    plug-in information too large), with 95% intervals; a permutation test; and warnings where trials are too few.

    Several neurons whose joint responses are too many to be counted are taken as a population: the tuning of each is
    fitted, and they are assumed to be independent of one another given the stimulus.
    """
    from ..errors import OptionError
    from ..reports.measured_terminal import print_measured, warnings_of
    from ..reports.measuring import measure as measured

    _check_outputs(options)
    recording = options.read(options.file)
    if options.neurons_file is not None and recording.law is None:
        raise OptionError("--neurons writes the neurons of a population, but this recording's responses are counted")
    prior = _prior(options, recording)
    with bar_here() as bar:
        task = bar.add_task("simulated experiments" if recording.law else "simulated tables", total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        found = measured(
            recording,
            options.measures,
            resamples=options.resamples,
            prior=prior,
            seed=options.seed,
            neuron=options.neuron,
            corrections=options.corrections,
            progress=advance,
        )
    found = found.in_bits() if options.bits else found
    _write(found, options)
    print_measured(found, console_here())
    warn_if_quiet(warnings_of(found))
    return 0


def _check_outputs(options: Options) -> None:
    from ..errors import OptionError

    check_outputs(options.json_file, options.csv_file, options.neurons_file, options.html_file, options.figure_file)
    figure = options.figure_file
    if figure is not None and figure.suffix.lower() not in _FIGURES:
        raise OptionError(f"--figure {figure}: expected a name that ends in {', '.join(_FIGURES)}")


def _prior(options: Options, recording: Recording) -> Any:
    """The name of a prior, or the probabilities in a file."""
    from ..errors import OptionError, nearest
    from ..models.recordings.prior_file import read_prior
    from ..reports.measuring_prior import PRIORS

    path = Path(options.prior)
    if options.prior in PRIORS:
        return options.prior
    if not path.suffix and not path.exists():  # a name, not a file
        raise OptionError(f"--prior {options.prior}: no such prior or file{nearest(options.prior, PRIORS)}")
    return read_prior(path, recording)


def _write(found: Measured, options: Options) -> None:
    from ..files import json_text, write_whole
    from ..reports.measured import as_csv

    if options.json_file:
        write_whole(options.json_file, json_text(found.to_json()))
    if options.csv_file:
        write_whole(options.csv_file, found.to_csv())
    if options.neurons_file and found.neurons is not None:
        write_whole(options.neurons_file, as_csv(found.neurons.columns(), found.units))
    if options.html_file:
        from ..reports.measured_page import measured_page

        command = shlex.join(["stiminfo", *sys.argv[1:]])
        write_whole(options.html_file, measured_page(found, options.file.name, command))
    if options.figure_file:
        stream = io.BytesIO()
        kind = options.figure_file.suffix.lower().lstrip(".")
        found.plot().savefig(stream, format=kind, dpi=_DPI)
        write_whole(options.figure_file, stream.getvalue())
