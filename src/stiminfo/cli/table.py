"""`stiminfo table`: the published measures against the axioms, beside what the paper claims."""

from __future__ import annotations

from dataclasses import dataclass

from .options import AuditOptions, CaseTimeout, with_fields
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
    "stiminfo table --journal night   (if stopped, the same command continues)",
)


@dataclass(frozen=True, kw_only=True)
class Options(AuditOptions):
    """The options of `stiminfo table`."""

    case_timeout: CaseTimeout = 60.0


@with_fields(Options)
def table(options: Options) -> int:
    """Audit the published measures against the ten axioms, beside what the paper claims.

    What comes out: a table of axioms by measures. Where a verdict differs from the paper, the table and a line below it
    say so, with the finding. With all axioms it takes two minutes or so on one core.
    """
    from ..axioms.registry import axioms_named

    chosen = axioms_named(options.axiom)
    check_backend(options)

    from ..axioms.auditing.audit import Auditing, published_candidates
    from ..axioms.auditing.verdict import SCHEMA
    from ..reports.paper.claimed import PAPER
    from ..reports.terminal import notes, print_table, table_markdown

    check_files(options)
    plan = plan_of(options)
    journal = journal_of(options, {"name": "table"}, chosen)
    candidates = published_candidates()
    with verdicts_here(len(chosen) * len(candidates)) as progress:
        audits = finished(Auditing(candidates, chosen, plan, journal, progress))
    # Files first: whatever reads the printed output may close it early.
    write_files(
        options,
        audits,
        data={"measures": {name: one.to_json() for name, one in audits.items()}, "schema": SCHEMA},
        markdown=table_markdown(audits, PAPER),
        command=f"stiminfo table --examples {options.examples} --seed {options.seed}",
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
