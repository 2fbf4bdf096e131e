"""`stiminfo table`: the published measures against the axioms, beside what the paper claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from ..errors import OptionError
from .audit_options import AuditOptions, CaseTimeout
from .options import with_fields
from .shared import INTERRUPTED, console_here, say
from .verdicts import (
    check_backend,
    check_files,
    ending_of,
    exit_code,
    finished,
    journal_of,
    plan_of,
    verdicts_here,
    write_files,
)

ENDING = ending_of(
    "stiminfo table --jobs 2 --html table.html",
    "stiminfo table --axiom locality --axiom additivity",
    "stiminfo table --with i_nce:2 --with i_nce:64",
    "stiminfo table --journal night   (if stopped, the same command continues)",
)


@dataclass(frozen=True, kw_only=True)
class Options(AuditOptions):
    """The options of `stiminfo table`."""

    case_timeout: CaseTimeout = 60.0
    beside: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="MEASURE",
            help="Add a measure to the published ones, e.g. i_nce:64 (InfoNCE with 64 candidates); repeatable.",
        ),
    ] = None


@with_fields(Options)
def table(options: Options) -> int:
    """Audit the published measures against the ten axioms, beside what the paper claims.

    What comes out: a table of axioms by measures. Where a verdict differs from the paper, the table and a line below it
    say so, with the finding. With all axioms it takes two minutes or so on one core.
    """
    from ..axioms.registry import axioms_named

    chosen = axioms_named(options.axiom)
    check_backend(options)

    from ..axioms.auditing.audit import Auditing, candidate_named, published_candidates
    from ..axioms.auditing.verdict import SCHEMA
    from ..reports.paper.claimed import PAPER
    from ..reports.terminal import notes, print_table, table_markdown

    check_files(options)
    plan = plan_of(options)
    candidates = {one.name: one for one in published_candidates()}
    added = []
    for name in options.beside or ():
        more = candidate_named(name)
        if more.name in candidates:
            raise OptionError(f"--with {name} has no effect: {more.name} is in the table already")
        candidates[more.name] = more
        added.append(more.name)
    journal = journal_of(options, {"name": "table"} | ({"with": added} if added else {}), chosen)
    with verdicts_here(len(chosen) * len(candidates)) as progress:
        audits = finished(Auditing([*candidates.values()], chosen, plan, journal, progress, begun=progress.case))
    # Files first: whatever reads the printed output may close it early.
    write_files(
        options,
        audits,
        data={"measures": {name: one.to_json() for name, one in audits.items()}, "schema": SCHEMA},
        markdown=table_markdown(audits, PAPER),
        command=f"stiminfo table{options.repeated}" + "".join(f" --with {name}" for name in added),
        paper=PAPER,
    )
    console = console_here()
    print_table(audits, PAPER, console)
    for note in notes(audits):
        console.print(note, highlight=False, markup=False)
    code = exit_code(audits, options.strict)
    if code == INTERRUPTED:
        say("stiminfo: interrupted; a dash stands where no verdict was reached")
    return code
