"""`stiminfo audit`: one measure, or trained networks, against the axioms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import OptionError
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
from .shared import bar_here, check_outputs, console_here, given, refuse_without_effect
from .shipped import checkpoint_folder
from .verdicts import (
    Outputs,
    ending_of,
    exit_code,
    finished,
    folder_of,
    journal_here,
    origin_of,
    refuse_idle_backend,
    verdicts_here,
)

if TYPE_CHECKING:
    from ..axioms.axiom import Axiom

#: The parameters that have an effect on the audit of trained networks.
OF_NETWORKS = {"target", "axiom", "seed", "json_file", "strict"}

ENDING = ending_of(
    "stiminfo audit my_measure.py:MEASURE",
    "stiminfo audit my_measure.py:MEASURE --axiom locality --witnesses found",
    "stiminfo audit i_surp --json verdicts.json --html verdicts.html",
    "stiminfo audit digits                     (networks that come with stiminfo)",
)


def audit(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE:NAME",
            help="A Python file and the name of the stiminfo.Measure in it; or a published measure (i_local, i_surp, "
            "...); or the folder of a checkpoint that `stiminfo train` wrote.",
        ),
    ],
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
    case_timeout: Timeout = 10.0,
    strict: Strict = False,
) -> int:
    """Attack a measure with generated encoding models until each axiom holds or is refuted.

    What goes in: a Python file that makes a stiminfo.Measure, for example
    MEASURE = stiminfo.Measure("mine", my_function, claims={"positivity": True}). my_function(model) returns I(x) in
    nats, one number per stimulus in model.stimuli. It runs in a process of its own.

    What comes out: one verdict per axiom, beside what the measure claims. A refuted axiom comes with a witness, the
    smallest case found that breaks it, which `stiminfo replay` shows.

    Trained networks serve one population and one set of images; they are asked only the axioms that those can answer.
    """
    from ..axioms.registry import axioms_named

    chosen = axioms_named(axiom)
    if checkpoint_folder(Path(target)) is not None:
        idle = [name for name in given(context) if name not in OF_NETWORKS]
        refuse_without_effect(
            context, idle, f"{target} is a checkpoint; its audit takes --axiom, --seed, --json and --strict"
        )
        return _audit_networks(Path(target), chosen, axiom is not None, seed, json_file, strict)
    refuse_idle_backend(context, backend)
    outputs = Outputs(json_file, html_file, markdown, witnesses)

    from ..axioms.auditing.audit import Auditing, Candidate, described
    from ..axioms.auditing.cells import Plan
    from ..axioms.auditing.journal import identity_of
    from ..axioms.auditing.messages import InFile
    from ..axioms.auditing.process import Process
    from ..reports.terminal import audit_markdown, print_audit

    origin = origin_of(target)
    file = origin.file if isinstance(origin, InFile) else None
    outputs.check()
    ids = [one.id for one in chosen]
    plan = Plan(examples, seed, None, case_timeout, folder_of(database), jobs, backend, scheduler)
    worker = Process(case_timeout)
    try:
        about = described(worker, origin)
        candidate = Candidate(about.name, about.claims, origin, about.slow)
        told = {"name": about.name, "claims": about.claims, "units": about.units, "source": about.source}
        kept = journal_here(journal, identity_of(told | {"modules": about.modules}, ids, examples, seed, file))
        order = [(about.name, id_) for id_ in ids] if backend == "processes" else []
        with verdicts_here(len(chosen), order, jobs) as progress:
            audits = finished(Auditing([candidate], chosen, plan, kept, progress, [worker]))
    finally:
        worker.close()
    result = audits[about.name]
    # Files first: what reads our output may close it early.
    outputs.write(
        audits,
        data=result.to_json(),
        markdown=audit_markdown(result),
        command=f"stiminfo audit {Path(target).name} --examples {examples} --seed {seed}",
    )
    print_audit(result, console_here())
    return exit_code(audits, strict)


def _audit_networks(
    folder: Path, chosen: Sequence[Axiom], asked: bool, seed: int, json_file: Path | None, strict: bool
) -> int:
    """Audit trained networks, against those axioms of `chosen` that they can answer."""
    from ..axioms.auditing.networks import QUESTIONS, audit_networks
    from ..files import json_text, write_whole
    from ..reports.terminal import print_audit
    from .checkpoint import networks_of

    unfit = [one.id for one in chosen if one.id not in QUESTIONS]
    if asked and unfit:
        raise OptionError(
            f"--axiom {unfit[0]} has no effect: networks serve one prior and one population, and the axiom compares "
            f"several; of networks one can ask {', '.join(QUESTIONS)}"
        )
    check_outputs(json_file)
    denoiser, source, _ = networks_of(folder)
    with bar_here() as bar:
        if bar:
            bar.add_task("estimating with the networks", total=None)
        result = audit_networks(denoiser, source, axioms=[one.id for one in chosen if one.id in QUESTIONS], seed=seed)
    if json_file:
        write_whole(json_file, json_text(result.to_json()))
    print_audit(result, console_here())
    return exit_code({result.measure: result}, strict)
