"""`stiminfo replay`: one witness, shown and judged anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OptionError, WorkerEnded
from .options import json_option, timeout_option
from .shared import check_outputs, console_here, ending
from .verdicts import origin_of

ENDING = ending(
    "stiminfo replay found/i_surp-locality.json",
    "stiminfo replay found/mine-locality.json --measure my_measure.py:MEASURE",
    exits={0: "the witness still refutes the axiom", 1: "it is stale: it no longer refutes the axiom"},
)


def replay(
    file: Annotated[
        Path,
        typer.Argument(metavar="WITNESS.json", help="A file that `stiminfo audit --witnesses DIR` wrote into DIR."),
    ],
    measure: Annotated[
        str | None,
        typer.Option(
            "--measure",
            metavar="FILE:NAME",
            show_default="the published measure that the witness names",
            help="The measure to judge: a Python file and the stiminfo.Measure in it, or a published measure.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        json_option("Write as JSON whether the witness still refutes, with the values on both sides and the models."),
    ] = None,
    case_timeout: Annotated[
        float, timeout_option("Stop a measure that gives no answer in this time; that is an error.")
    ] = 60.0,
) -> int:
    """Show one witness (the model, the numbers, why they refute the axiom), judged anew.

    What goes in: a witness, that is one case on which a measure breaks an axiom. It is data and never names code to
    run. If it is about a measure of your own, name that measure with --measure.
    """
    from msgspec import to_builtins
    from msgspec.structs import replace

    from ..axioms.auditing.messages import Judge, Judged
    from ..axioms.auditing.process import Process
    from ..axioms.auditing.witness import read_witness
    from ..estimators.relatives import is_known
    from ..files import json_text, write_whole
    from ..reports.replaying import models_of, print_replay

    witness = read_witness(file)
    check_outputs(json_file)
    if measure is None and not is_known(witness.measure):
        raise OptionError(f"{file}: is about {witness.measure!r}, a user's measure; give it with --measure FILE:NAME")
    origin = origin_of(measure or witness.measure)
    worker = Process(case_timeout)
    try:
        finding = worker.ask(Judge(origin, witness), Judged).finding
    except WorkerEnded as ended:
        raise OptionError(f"{file}: {ended}") from None
    finally:
        worker.close()
    shown = witness if measure is None else replace(witness, measure=measure)
    print_replay(shown, finding, console_here(), "" if measure is None else witness.measure)
    if json_file:
        found = {"stands": finding.broken, "finding": to_builtins(finding), "models": models_of(witness.case)}
        write_whole(json_file, json_text(found))
    return 0 if finding.broken else 1
