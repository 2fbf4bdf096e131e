"""The command line: audit a measure, print the published table, replay a witness, measure an experiment's counts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, OptionError
from .claims import claims
from .decompose import decompose
from .figures import figures
from .options import (
    Axioms,
    Backend,
    Database,
    Examples,
    Folder,
    HtmlFile,
    Jobs,
    JournalFile,
    JsonFile,
    MarkdownFile,
    Scheduler,
    Seed,
    Strict,
    Timeout,
)
from .shared import bar_here, check_outputs, console_here, fail, say
from .train import train

if TYPE_CHECKING:
    from ..axioms.auditing.audit import Auditing, Progress
    from ..axioms.auditing.cells import Cell
    from ..axioms.auditing.journal import Journal
    from ..axioms.auditing.verdict import Audit, Verdict

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "Is this stimulus-specific information measure one I may interpret?\n\n"
        "Attack a measure with generated encoding models until each axiom holds or falls to a small witness:\n\n"
        "  stiminfo audit my_measure.py:MEASURE\n\n"
        "Exit codes: 0 every claim agrees, 1 a claim disagrees or a verdict is an error, 2 bad input, 130 interrupted."
    ),
)

#: Networks that come with the package.
_PRETRAINED = Path(__file__).parents[1] / "diffusion" / "pretrained"


#: Of the command line itself: an unknown option, a missing argument, a value of another type.
_CommandLineError = typer.BadParameter.__mro__[1]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; the only place that turns errors into exit codes."""
    # A batch system ends a job with SIGTERM: like Ctrl-C, what is finished is written first.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        say("stiminfo: interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`stiminfo table | head`); files were written before.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except InputError as error:
        if error.details:
            say(error.details.rstrip())
        fail(str(error))
    except FileNotFoundError as error:
        fail(f"{error.filename}: no such file")
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except _CommandLineError as error:
        fail(error.format_message())
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _progress(cells: int) -> Iterator[Progress | None]:
    """Tells the bar of each finished cell."""
    with bar_here() as bar:
        if bar is None:
            yield None
            return
        task = bar.add_task("starting", total=cells)

        def advance(cell: Cell, verdict: Verdict) -> None:
            bar.update(task, advance=1, description=f"{cell.measure}, {cell.axiom.id}: {verdict.verdict}")

        yield advance


def _journal(path: Path | None, identity: dict[str, Any]) -> Journal | None:
    if path is None:
        return None
    from ..axioms.auditing.journal import Journal

    journal = Journal(path, identity)
    if journal.finished:
        say(f"stiminfo: {path} holds {len(journal.finished)} finished cells; going on from there")
    return journal


def _finished(auditing: Auditing) -> dict[str, Audit]:
    """The audits; of an interrupted run, what is finished."""
    try:
        return auditing.run()
    except KeyboardInterrupt:
        return auditing.audits


def _folder_of(database: Path | None) -> str | None:
    if database is None:
        return None
    from ..files import ensure_folder

    ensure_folder(database)
    return str(database.resolve())


@app.command()
def audit(
    target: Annotated[
        str, typer.Argument(metavar="FILE:NAME", help="A Python file and the stiminfo.Measure in it; or a checkpoint.")
    ],
    axiom: Axioms = None,
    examples: Examples = 200,
    seed: Seed = 0,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    markdown: MarkdownFile = None,
    witnesses: Folder = None,
    jobs: Jobs = 1,
    journal: JournalFile = None,
    database: Database = None,
    backend: Backend = "processes",
    scheduler: Scheduler = None,
    case_timeout: Timeout = 10.0,
    strict: Strict = False,
) -> int:
    """Attack the measure in a Python file; print a verdict for each axiom.

    The file makes a stiminfo.Measure, say MEASURE = si.Measure("mine", my_function, claims={"positivity": True}), where
    my_function(model) returns I(x) in nats at model.stimuli. It runs in a worker process. The name of a published
    measure (i_local, i_surp, ...) may stand in place of FILE:NAME. Of a checkpoint of `stiminfo train`, the axioms are
    asked that one population and one set of images can answer.

    With --journal an audit that was ended goes on where it was: the same command again.
    """
    from ..axioms.auditing.audit import Auditing, Candidate, described
    from ..axioms.auditing.cells import Plan
    from ..axioms.auditing.journal import identity_of
    from ..axioms.auditing.measure_file import split_target
    from ..axioms.auditing.messages import InFile, Named
    from ..axioms.auditing.process import Process
    from ..axioms.registry import axioms_named
    from ..estimators.relatives import PUBLISHED, RELATIVES

    chosen = axioms_named(axiom)
    ids = [one.id for one in chosen]
    if (Path(target) / "checkpoint.json").is_file() or (_PRETRAINED / target / "checkpoint.json").is_file():
        if html_file or markdown or witnesses or journal or database or scheduler:
            raise OptionError(f"{target}: trained networks have no page, witness or journal; --json has all there is")
        return _audit_checkpoint(Path(target), ids, seed, json_file, strict)
    file = None
    origin: Named | InFile = Named(target)
    if target not in PUBLISHED and target not in RELATIVES:
        file, name = split_target(target)
        origin = InFile.at(file, name)
    check_outputs(json_file, html_file, markdown, folder=witnesses)
    plan = Plan(examples, seed, None, case_timeout, _folder_of(database), jobs, backend, scheduler)
    worker = Process(case_timeout)
    try:
        about = described(worker, origin)
        candidate = Candidate(about.name, about.claims, origin, about.slow)
        told = {"name": about.name, "claims": about.claims, "units": about.units, "source": about.source}
        kept = _journal(journal, identity_of(told | {"modules": about.modules}, ids, examples, seed, file))
        with _progress(len(chosen)) as progress:
            audits = _finished(Auditing([candidate], chosen, plan, kept, progress, [worker]))
    finally:
        worker.close()
    result = audits[about.name]
    from ..reports.terminal import audit_markdown, print_audit

    command = f"stiminfo audit {Path(target).name} --examples {examples} --seed {seed}"
    _write_outputs(audits, result.to_json(), audit_markdown(result), command, json_file, html_file, markdown, witnesses)
    # Files first: what reads our output may close it early.
    print_audit(result, console_here())
    return _exit_code(audits, strict)


def _audit_checkpoint(folder: Path, chosen: list[str], seed: int, json_file: Path | None, strict: bool) -> int:
    """Audit trained networks; those axioms of `chosen` that can be asked of them."""
    from ..axioms.auditing.networks import audit_networks
    from ..files import json_text, write_whole
    from ..reports.terminal import print_audit
    from .checkpoint import networks_of

    check_outputs(json_file)
    denoiser, source, _ = networks_of(folder)
    result = audit_networks(denoiser, source, axioms=chosen, seed=seed)
    if json_file:
        write_whole(json_file, json_text(result.to_json()))
    print_audit(result, console_here())
    return _exit_code({result.measure: result}, strict)


@app.command()
def table(
    axiom: Axioms = None,
    examples: Examples = 200,
    seed: Seed = 0,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    markdown: MarkdownFile = None,
    witnesses: Folder = None,
    jobs: Jobs = 1,
    journal: JournalFile = None,
    database: Database = None,
    backend: Backend = "processes",
    scheduler: Scheduler = None,
    case_timeout: Timeout = 60.0,
    strict: Strict = False,
) -> int:
    """Audit the eight published measures against the ten axioms, beside what the paper claims."""
    from ..axioms.auditing.audit import Auditing, published_candidates
    from ..axioms.auditing.cells import Plan
    from ..axioms.auditing.journal import identity_of
    from ..axioms.auditing.verdict import SCHEMA
    from ..axioms.registry import axioms_named
    from ..reports.paper.claimed import PAPER

    chosen = axioms_named(axiom)
    ids = [one.id for one in chosen]
    check_outputs(json_file, html_file, markdown, folder=witnesses)
    plan = Plan(examples, seed, None, case_timeout, _folder_of(database), jobs, backend, scheduler)
    kept = _journal(journal, identity_of({"name": "table"}, ids, examples, seed))
    candidates = published_candidates()
    with _progress(len(chosen) * len(candidates)) as progress:
        audits = _finished(Auditing(candidates, chosen, plan, kept, progress))
    from ..reports.terminal import KONG2_NOTE, print_table, table_markdown

    data = {"measures": {name: one.to_json() for name, one in audits.items()}, "schema": SCHEMA}
    command = f"stiminfo table --examples {examples} --seed {seed}"
    _write_outputs(
        audits, data, table_markdown(audits, PAPER), command, json_file, html_file, markdown, witnesses, PAPER
    )
    console = console_here()
    print_table(audits, PAPER, console)
    if "locality" in ids:
        console.print(KONG2_NOTE, highlight=False, markup=False)
    return _exit_code(audits, strict)


def _write_outputs(
    audits: dict[str, Audit],
    data: Any,
    markdown_text: str,
    command: str,
    json_file: Path | None,
    html_file: Path | None,
    markdown: Path | None,
    folder: Path | None,
    paper: dict[str, dict[str, bool]] | None = None,
) -> None:
    from ..files import json_text, write_whole

    if json_file:
        write_whole(json_file, json_text(data))
    if markdown:
        write_whole(markdown, markdown_text)
    if html_file:
        from ..reports.page import audit_page

        write_whole(html_file, audit_page(audits, paper, command))
    if folder:
        for name, one in audits.items():
            for verdict in one.verdicts.values():
                if verdict.witness:
                    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name[:80])
                    write_whole(folder / f"{safe}-{verdict.axiom}.json", json_text(verdict.witness))


def _exit_code(audits: dict[str, Audit], strict: bool) -> int:
    if not all(one.complete for one in audits.values()):
        return 130
    if strict:
        fine = {"holds", "not_applicable"}
        return int(any(verdict.verdict not in fine for one in audits.values() for verdict in one.verdicts.values()))
    return int(not all(one.agrees for one in audits.values()))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="WITNESS.json", help="A witness, as --witnesses writes them.")],
    measure: Annotated[
        str | None,
        typer.Option("--measure", metavar="FILE:NAME", help="The user's measure that the witness is about."),
    ] = None,
    json_file: JsonFile = None,
    case_timeout: Timeout = 60.0,
) -> int:
    """Show one witness: the model, the numbers, and why they refute the axiom; judged anew.

    Exit 0 if it still refutes, 1 if it is stale. A witness never names code: give --measure for a measure of your own.
    """
    from msgspec import to_builtins

    from ..axioms.auditing.measure_file import split_target
    from ..axioms.auditing.messages import InFile, Judge, Judged, Named
    from ..axioms.auditing.process import Process
    from ..axioms.auditing.witness import read_witness
    from ..errors import WorkerEnded
    from ..estimators.relatives import PUBLISHED, RELATIVES
    from ..files import json_text, write_whole
    from ..reports.terminal import print_replay

    witness = read_witness(file)
    check_outputs(json_file)
    name = measure or witness.measure
    if name in PUBLISHED or name in RELATIVES:
        origin: Named | InFile = Named(name)
    elif measure is not None:
        path, name = split_target(measure)
        origin = InFile.at(path, name)
    else:
        raise OptionError(f"{file}: is about {witness.measure!r}, a user's measure; give it with --measure FILE:NAME")
    worker = Process(case_timeout)
    try:
        finding = worker.ask(Judge(origin, witness), Judged).finding
    except WorkerEnded as ended:
        raise OptionError(f"{file}: {ended}") from None
    finally:
        worker.close()
    shown = witness.to_json() if measure is None else witness.to_json() | {"measure": measure}
    print_replay(shown, finding, console_here())
    if json_file:
        write_whole(json_file, json_text({"stands": finding.broken, "finding": to_builtins(finding)}))
    return 0 if finding.broken else 1


@app.command()
def measure(
    file: Annotated[Path, typer.Argument(metavar="COUNTS.csv", help="Stimuli by responses; whole numbers of trials.")],
    resamples: Annotated[
        int | None,
        typer.Option(
            min=10, max=100_000, help="Bootstrap resamples for the 95% intervals (default: 200 to 1000, by cost)."
        ),
    ] = None,
    seed: Seed = 0,
    json_file: JsonFile = None,
) -> int:
    """Print every measure for an experiment's count table, per stimulus, with bias estimate and bootstrap intervals.

    The first row names the responses, the first column the stimuli; each other cell counts the trials in which that
    response followed that stimulus.
    """
    from ..models import read_counts

    check_outputs(json_file)
    counts = read_counts(file)
    from ..files import json_text, write_whole
    from ..reports.counts import count_report, print_count_report

    with bar_here() as bar:
        task = bar.add_task("bootstrap") if bar else None

        def advance(done: int, total: int) -> None:
            if bar and task is not None:
                bar.update(task, completed=done, total=total)

        report = count_report(counts, resamples=resamples, seed=seed, progress=advance)
    print_count_report(report, console_here())
    if json_file:
        write_whole(json_file, json_text(report.to_json()))
    return 0


for command in (train, decompose, figures, claims):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if context.invoked_subcommand is None and not version:
        say(context.get_help())
        raise typer.Exit(2)
    if version:
        from .. import __version__

        print(f"stiminfo {__version__}")
        raise typer.Exit()
