"""The options of the commands that audit measures."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from .options import Given, count_option, json_option, markdown_option, seed_option, timeout_option

CaseTimeout = Annotated[
    float,
    timeout_option("Stop a measure that gives no answer on one case in this time; the verdict is then `error`."),
]


@dataclass(frozen=True, kw_only=True)
class AuditOptions(Given):
    """The options of `stiminfo audit` and `stiminfo table`."""

    axiom: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", show_default="all ten", help="Test only this axiom; repeatable."),
    ] = None
    examples: Annotated[
        int,
        typer.Option(
            "--cases",
            "--examples",
            min=1,
            metavar="N",
            help="Generated cases per axiom and family of models (at most a fifth of them for continuous and 2-D "
            "models, and for locality).",
        ),
    ] = 200
    seed: Annotated[int, seed_option("Seed of the generated cases; the same seed gives the same verdicts.")] = 0
    json_file: Annotated[
        Path | None, json_option("Write every verdict as JSON, with its witness (the case that refutes the axiom).")
    ] = None
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one self-contained HTML page, with the witnesses drawn."),
    ] = None
    markdown: Annotated[Path | None, markdown_option("Write the table of verdicts in Markdown.")] = None
    witnesses: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write one JSON file per refuted axiom into DIR; `stiminfo replay` reads them."
        ),
    ] = None
    jobs: Annotated[
        int,
        count_option("Number of axioms to attack at the same time, each in its own process."),
    ] = 1
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep each verdict in DIR as soon as it is reached. If the audit is stopped, the same command "
            "continues from there.",
        ),
    ] = None
    database: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep Hypothesis's failing cases in DIR, and try them first the next time."),
    ] = None
    backend: Annotated[
        str,
        typer.Option(
            metavar="processes|dask",
            help="Attack the axioms in processes on this machine, or on a Dask cluster (needs stiminfo[dask] and "
            "--scheduler).",
        ),
    ] = "processes"
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="tcp://HOST:PORT",
            help="Address of the Dask cluster, with --backend dask; its machines must see your files.",
        ),
    ] = None
    case_timeout: CaseTimeout = 10.0
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit 1 unless every verdict is `holds` or `not_applicable`, whatever is claimed."
        ),
    ] = False

    @property
    def repeated(self) -> str:
        """What of the command decides the verdicts, as it is typed after the command's name."""
        axioms = "".join(f" --axiom {shlex.quote(axiom)}" for axiom in self.axiom or ())
        return f"{axioms} --cases {self.examples} --seed {self.seed}"
