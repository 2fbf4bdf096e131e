"""`stiminfo table`: the published measures against the axioms, beside what the paper claims."""

from __future__ import annotations

import typer

from .options import (
    Axioms,
    Backend,
    Database,
    Examples,
    Jobs,
    JournalFile,
    Scheduler,
    Strict,
    Timeout,
    VerdictHtml,
    VerdictJson,
    VerdictMarkdown,
    VerdictSeed,
    Witnesses,
)
from .shared import INTERRUPTED, console_here, say
from .verdicts import (
    Outputs,
    ending_of,
    exit_code,
    finished,
    folder_of,
    journal_here,
    refuse_idle_backend,
    verdicts_here,
)

ENDING = ending_of(
    "stiminfo table --jobs 2 --html table.html",
    "stiminfo table --axiom locality --axiom additivity",
    "stiminfo table --journal table.jsonl      (stopped, it goes on from there)",
)


def table(
    context: typer.Context,
    axiom: Axioms = None,
    examples: Examples = 200,
    seed: VerdictSeed = 0,
    json_file: VerdictJson = None,
    html_file: VerdictHtml = None,
    markdown: VerdictMarkdown = None,
    witnesses: Witnesses = None,
    jobs: Jobs = 1,
    journal: JournalFile = None,
    database: Database = None,
    backend: Backend = "processes",
    scheduler: Scheduler = None,
    case_timeout: Timeout = 60.0,
    strict: Strict = False,
) -> int:
    """Audit the eight published measures against the ten axioms, beside what the paper claims.

    What comes out: a table of axioms by measures. Where a verdict differs from the paper, the table and a line below it
    say so, with the finding. With all axioms it takes several minutes.
    """
    from ..axioms.registry import axioms_named

    chosen = axioms_named(axiom)
    refuse_idle_backend(context, backend)
    outputs = Outputs(json_file, html_file, markdown, witnesses)

    from ..axioms.auditing.audit import Auditing, published_candidates
    from ..axioms.auditing.cells import Plan
    from ..axioms.auditing.journal import identity_of
    from ..axioms.auditing.verdict import SCHEMA
    from ..reports.paper.claimed import PAPER
    from ..reports.terminal import notes, print_table, table_markdown

    outputs.check()
    plan = Plan(examples, seed, None, case_timeout, folder_of(database), jobs, backend, scheduler)
    kept = journal_here(journal, identity_of({"name": "table"}, [one.id for one in chosen], examples, seed))
    candidates = published_candidates()
    with verdicts_here(len(chosen) * len(candidates)) as progress:
        audits = finished(Auditing(candidates, chosen, plan, kept, progress))
    # Files first: what reads our output may close it early.
    outputs.write(
        audits,
        data={"measures": {name: one.to_json() for name, one in audits.items()}, "schema": SCHEMA},
        markdown=table_markdown(audits, PAPER),
        command=f"stiminfo table --examples {examples} --seed {seed}",
        paper=PAPER,
    )
    console = console_here()
    print_table(audits, PAPER, console)
    for note in notes(audits):
        console.print(note, highlight=False, markup=False)
    code = exit_code(audits, strict)
    if code == INTERRUPTED:
        say("stiminfo: interrupted; a dash stands where no verdict was reached")
    return code
