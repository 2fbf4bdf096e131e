"""`stiminfo audit`: one measure, or trained networks, against the axioms."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import OptionError
from .audit_options import AuditOptions
from .checkpoint import checkpoint_folder, networks_of
from .options import with_fields
from .reading import ReadingOptions
from .shared import bar_here, check_outputs, console_here, warn_if_quiet
from .verdicts import (
    check_backend,
    check_files,
    ending_of,
    exit_code,
    finished,
    journal_of,
    origin_of,
    plan_of,
    verdicts_here,
    write_files,
)

if TYPE_CHECKING:
    from ..axioms.auditing.verdict import Audit
    from ..axioms.axiom import Axiom

#: The options that have an effect on the audit of trained networks.
OF_NETWORKS = {"target", "axiom", "seed", "json_file", "strict"}

ENDING = ending_of(
    "stiminfo audit my_measure.py:MEASURE",
    "stiminfo audit my_measure.py:MEASURE --axiom locality --witnesses found",
    "stiminfo audit i_surp --json verdicts.json --html verdicts.html",
    "stiminfo audit my_measure.py:MEASURE --models recording.csv",
    "stiminfo audit digits                     (networks that come with stiminfo)",
)


@dataclass(frozen=True, kw_only=True)
class Options(ReadingOptions, AuditOptions):
    """The options of `stiminfo audit`."""

    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE:NAME",
            help="A Python file and the name of the stiminfo.Measure in it; or a known measure (i_local, i_surp, ..., "
            "i_nce:64); or the folder of a checkpoint that `stiminfo train` wrote.",
        ),
    ]
    models: Annotated[
        Path | None,
        typer.Option(
            metavar="RECORDING",
            help="Ask the axioms on the model of your own recording, too: any file that `stiminfo measure` reads.",
        ),
    ] = None
    neuron: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Ask about the joint responses of these neurons of its population; repeatable.",
            show_default="all, or one by one those that tell most, where the joint responses are too many",
        ),
    ] = None


@with_fields(Options)
def audit(options: Options) -> int:
    """Test a measure on thousands of small models of neurons, until each axiom holds or is refuted.

    What goes in: a Python file that makes a stiminfo.Measure, for example
    MEASURE = stiminfo.Measure("mine", my_function, claims={"positivity": True}). my_function(model) returns I(x) in
    nats, one number per stimulus in model.stimuli. It runs in a process of its own.

    What comes out: one verdict per axiom, beside what the measure claims. A refuted axiom comes with a witness, the
    smallest case found that breaks it, which `stiminfo replay` shows.

    With --models, a second table says which axioms the measure breaks on the model of your recording (the shares of its
    counts, or some neurons of a population as fitted, with the ways to merge, split and warp it); there, "holds" rests
    on that model alone. The options from --stimulus to --table say how to read it, as for `stiminfo measure`.

    Trained networks serve one population and one set of images; they are asked only the axioms that those can answer.
    """
    from ..axioms.registry import axioms_named

    chosen, path = axioms_named(options.axiom), Path(options.target)
    if checkpoint_folder(path) is not None:
        idle = set(options.given) - OF_NETWORKS
        options.refuse(idle, f": {path} is a checkpoint; its audit takes --axiom, --seed, --json and --strict")
        return _audit_networks(path, chosen, options)
    check_backend(options)
    if options.models is None:
        options.refuse({"neuron", *(one.name for one in fields(ReadingOptions))}, " without --models")
    own = None if options.models is None else _recorded(options)

    from ..axioms.auditing.audit import Auditing, Candidate, described
    from ..axioms.auditing.messages import InFile
    from ..axioms.auditing.process import Process
    from ..reports.terminal import audit_markdown, print_audit

    origin = origin_of(options.target)
    file = origin.file if isinstance(origin, InFile) else None
    check_files(options)
    plan = plan_of(options)
    worker = Process(options.case_timeout)
    try:
        about = described(worker, origin)
        candidate = Candidate(about.name, about.claims, origin, about.slow)
        identity = {"name": about.name, "claims": about.claims, "units": about.units, "source": about.source}
        journal = journal_of(options, identity | {"modules": about.modules}, chosen, file)
        order = [(about.name, axiom.id) for axiom in chosen] if options.backend == "processes" else []
        with verdicts_here(len(chosen), order, options.jobs) as progress:
            audits = finished(Auditing([candidate], chosen, plan, journal, progress, [worker], progress.case))
        if own is not None and audits[about.name].complete:
            with verdicts_here(len(chosen), order, options.jobs) as progress:
                mine = finished(
                    Auditing([candidate], chosen, replace(plan, models=own), progress=progress, begun=progress.case)
                )
            mine = {name: _only_promises(one) for name, one in mine.items()}
        else:
            mine = {}
    finally:
        worker.close()
    result = audits[about.name]
    # Files first: whatever reads the printed output may close it early.
    write_files(
        options,
        audits,
        data=result.to_json() | ({"on_models": mine[about.name].to_json()} if mine else {}),
        markdown=audit_markdown(result),
        command=f"stiminfo audit {shlex.quote(options.target)}{options.repeated}",
    )
    print_audit(result, console_here())
    for one in mine.values():
        console_here().print(f"\nOn the model of {options.models}:", highlight=False)
        print_audit(one, console_here())
    return max(exit_code(audits, options.strict), exit_code(mine, options.strict))


def _only_promises(audit: Audit) -> Audit:
    """The audit without what one model does not tell: that an axiom does not hold, and which measure is nearest."""
    from msgspec.structs import replace as changed

    kept = {a: v if v.claimed else changed(v, claimed=None) for a, v in audit.verdicts.items()}
    return replace(audit, verdicts=kept, nearest=None)


def _recorded(options: Options) -> bytes:
    """The models of a recording, pickled for a worker process."""
    from hypothesis.strategies import sampled_from

    from ..axioms.auditing.measure_file import pickled
    from ..reports.measured_terminal import print_reading
    from ..reports.own_models import own_models

    assert options.models is not None
    recording = options.read(options.models)
    models, said = own_models(recording, options.neuron or ())
    print_reading(recording, console_here())
    warn_if_quiet(recording.doubts)
    for line in said:
        console_here().print(line, highlight=False, markup=False)
    return pickled(models[0] if len(models) == 1 else sampled_from(models))


def _audit_networks(folder: Path, chosen: Sequence[Axiom], options: Options) -> int:
    """Audit trained networks against those of the chosen axioms that they can answer."""
    from ..axioms.auditing.networks import QUESTIONS, audit_networks
    from ..files import json_text, write_whole
    from ..reports.terminal import print_audit

    asked = [axiom.id for axiom in chosen if axiom.id in QUESTIONS]
    if options.axiom is not None and len(asked) < len(chosen):
        unfit = next(axiom.id for axiom in chosen if axiom.id not in QUESTIONS)
        raise OptionError(
            f"--axiom {unfit} has no effect: networks serve one prior and one population, and this axiom compares "
            f"several; networks can be tested for {', '.join(QUESTIONS)}"
        )
    check_outputs(options.json_file)
    denoiser, source, _ = networks_of(folder)
    with bar_here() as bar:
        task = bar.add_task("judging", total=len(asked))

        def judging(axiom: str, done: int) -> None:
            bar.update(task, completed=done, description=f"judging {axiom}")

        result = audit_networks(denoiser, source, axioms=asked, seed=options.seed, progress=judging)
    if options.json_file:
        write_whole(options.json_file, json_text(result.to_json()))
    print_audit(result, console_here())
    return exit_code({result.measure: result}, options.strict)
