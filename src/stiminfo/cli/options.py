"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Axioms = Annotated[list[str] | None, typer.Option("--axiom", metavar="ID", help="Only this axiom; may be repeated.")]
Examples = Annotated[
    int, typer.Option(min=1, help="Cases a cell; continuous, 2-d and locality cases run a fifth or less.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same verdicts.")]
Jobs = Annotated[int, typer.Option(min=1, help="Worker processes.")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="F", help="Write the verdicts as JSON.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", metavar="F", help="Write one self-contained HTML page.")]
MarkdownFile = Annotated[Path | None, typer.Option("--markdown", metavar="F", help="Write the table in Markdown.")]
Folder = Annotated[Path | None, typer.Option("--witnesses", metavar="DIR", help="Write a JSON file a refutation.")]
Timeout = Annotated[
    float, typer.Option(min=0.001, metavar="S", help="Seconds without an answer after which a measure is ended.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 on any verdict but holds and not_applicable.")]
JournalFile = Annotated[
    Path | None,
    typer.Option("--journal", metavar="F", help="Keep each finished cell there, and go on from what is there."),
]
Database = Annotated[
    Path | None, typer.Option("--database", metavar="DIR", help="Keep Hypothesis's failing cases, and try them first.")
]
Backend = Annotated[str, typer.Option(metavar="processes|dask", help="Where cells run; dask needs stiminfo[dask].")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="The Dask cluster's scheduler; it must see your files.")
]
MnistFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the MNIST files (default: the environment's STIMINFO_MNIST)."),
]
Fields = Annotated[
    Path | None, typer.Option(metavar="F.npy", help="Fields of your own: .npy or .npz, (neurons, height, width).")
]
Amplitude = Annotated[float, typer.Option(min=1e-9, max=1e6, help="Largest mean count of a Poisson neuron.")]
Noise = Annotated[
    float, typer.Option(min=1e-9, max=1e6, help="Noise of linear neurons, in median spreads of their drives.")
]
