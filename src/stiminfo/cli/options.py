"""Options that several commands have: flag, metavar and limits are declared once, here.

Where the same option does another thing in each command, a function takes the sentence that `--help` shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def seed(sentence: str) -> Any:
    """``--seed N``, with what repeats when the seed does."""
    return typer.Option("--seed", min=0, metavar="N", help=sentence)


def json_file(sentence: str) -> Any:
    """``--json FILE``, with what is written there."""
    return typer.Option("--json", metavar="FILE", help=sentence)


def markdown_file(sentence: str) -> Any:
    """``--markdown FILE``, with what is written there."""
    return typer.Option("--markdown", metavar="FILE", help=sentence)


def html_file(sentence: str) -> Any:
    """``--html FILE``, with what is written there."""
    return typer.Option("--html", metavar="FILE", help=sentence)


def case_timeout(sentence: str) -> Any:
    """``--case-timeout SECONDS``, with what happens then."""
    return typer.Option("--case-timeout", min=0.001, metavar="SECONDS", help=sentence)


Seed = Annotated[int, seed("The same seed gives the same numbers.")]
JsonFile = Annotated[Path | None, json_file("Write the results as JSON.")]
MarkdownFile = Annotated[Path | None, markdown_file("Write the results as a Markdown page.")]

# Of audit and table.
Axioms = Annotated[
    list[str] | None,
    typer.Option(
        "--axiom", metavar="ID", show_default="all ten", help="Only this axiom, say `locality`; may be repeated."
    ),
]
Examples = Annotated[
    int,
    typer.Option(
        "--examples",
        min=1,
        metavar="N",
        help="Generated cases per axiom and family of models (at most a fifth of them for continuous and 2-D models, "
        "and for locality).",
    ),
]
VerdictSeed = Annotated[int, seed("Seed of the generated cases; the same seed gives the same verdicts.")]
VerdictJson = Annotated[
    Path | None, json_file("Write every verdict as JSON, with its witness (the case that refutes the axiom).")
]
VerdictHtml = Annotated[Path | None, html_file("Write one self-contained HTML page, with the witnesses drawn.")]
VerdictMarkdown = Annotated[Path | None, markdown_file("Write the table of verdicts in Markdown.")]
Witnesses = Annotated[
    Path | None,
    typer.Option(
        "--witnesses", metavar="DIR", help="Write one JSON file per refuted axiom, for `stiminfo replay`, into DIR."
    ),
]
Jobs = Annotated[
    int,
    typer.Option("--jobs", min=1, metavar="N", help="Attacks that run at the same time, each in a process of its own."),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Keep each verdict in FILE as soon as it is reached; the same command again goes on from there.",
    ),
]
Database = Annotated[
    Path | None,
    typer.Option("--database", metavar="DIR", help="Keep the failing cases in DIR, and try them first the next time."),
]
Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="processes|dask",
        help="Where the axioms are attacked: in processes of this machine, or on a Dask cluster (needs stiminfo[dask] "
        "and --scheduler).",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Address of the Dask cluster, with --backend dask; its machines must see your files.",
    ),
]
Timeout = Annotated[
    float,
    case_timeout("Stop a measure that gives no answer on one case for so many seconds; the verdict is then `error`."),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Exit 1 unless every verdict is `holds` or `not_applicable`, whatever is claimed."),
]

# Of the commands about images.
MnistFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", show_default="the environment variable STIMINFO_MNIST", help="Folder of the MNIST files."
    ),
]
Fields = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.npy", help="Receptive fields of your own: .npy or .npz, of shape (neurons, height, width)."
    ),
]
Amplitude = Annotated[
    float, typer.Option(min=1e-9, max=1e6, metavar="COUNT", help="Largest mean spike count of a Poisson neuron.")
]
Noise = Annotated[
    float,
    typer.Option(
        min=1e-9,
        max=1e6,
        metavar="RATIO",
        help="Noise of a linear neuron, relative to the median standard deviation of the neurons' inputs.",
    ),
]
