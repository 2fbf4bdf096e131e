"""`stiminfo replay`: one witness, shown and judged anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import LoadError, OptionError
from .options import case_timeout as case_timeout_option
from .options import json_file as json_option
from .shared import check_outputs, console_here, ending

if TYPE_CHECKING:
    from ..axioms.auditing.witness import Witness

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
        Path | None, json_option("Write as JSON whether the witness still refutes, with the values on both sides.")
    ] = None,
    case_timeout: Annotated[
        float, case_timeout_option("Stop a measure that gives no answer for so many seconds; that is an error.")
    ] = 60.0,
) -> int:
    """Show one witness (the model, the numbers, why they refute the axiom), judged anew.

    What goes in: a witness, that is one case on which a measure breaks an axiom. It is data and never names code to
    run: if it is about a measure of your own, give that measure with --measure.
    """
    from ..axioms.auditing.witness import read_witness
    from ..axioms.finding import Finding
    from ..files import json_text, write_whole
    from ..reports.terminal import print_replay

    witness = read_witness(file)
    check_outputs(json_file)
    answer = _judged_anew(file, witness, _origin_of(file, witness, measure), case_timeout)
    finding = Finding(**answer["finding"])
    shown = witness.data if measure is None else witness.data | {"measure": measure}
    print_replay(shown, finding, console_here())
    if json_file:
        write_whole(json_file, json_text({"stands": finding.broken, "finding": answer["finding"]}))
    return 0 if finding.broken else 1


def _origin_of(file: Path, witness: Witness, measure: str | None) -> tuple[str, Any]:
    """Where a worker process finds the measure to judge."""
    from ..axioms.auditing.measure_file import split_target
    from ..estimators import PUBLISHED

    if measure is not None and measure not in PUBLISHED:
        path, name = split_target(measure)
        return "file", (str(path.resolve()), name)
    if (measure or witness.measure) in PUBLISHED:
        return "published", measure or witness.measure
    raise OptionError(f"{file}: is about {witness.measure!r}, a user's measure; give it with --measure FILE:NAME")


def _judged_anew(file: Path, witness: Witness, origin: tuple[str, Any], case_timeout: float) -> dict[str, Any]:
    """The worker process's answer about this witness."""
    from ..axioms.auditing.process import Hung, Supervisor, WorkerFailed

    worker = Supervisor(case_timeout)
    try:
        return worker.run({"task": "replay", "measure": origin, "witness": witness.data})
    except WorkerFailed as failure:
        raise LoadError(str(failure), failure.details if failure.usage else "") from None
    except Hung as hung:
        raise OptionError(f"{file}: {hung}") from None
    finally:
        worker.close()
