"""What `audit` and `table` share: checks of their options, progress, the journal, the written files, the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .audit_options import AuditOptions
from .shared import INTERRUPTED, bar_here, check_outputs, ending, inform, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..axioms.auditing.audit import Auditing
    from ..axioms.auditing.cells import Cell, Plan
    from ..axioms.auditing.journal import Journal
    from ..axioms.auditing.messages import InFile, Named
    from ..axioms.auditing.verdict import Audit, Verdict
    from ..axioms.axiom import Axiom

#: Verdicts that `--strict` accepts.
SOUND = {"holds", "not_applicable"}
#: So many verdicts take a minute: one measure's ten do not.
MANY = 40
EXITS = {
    0: "every claim agrees with its verdict",
    1: "a claim disagrees, or a verdict is `error` (other rules with --strict)",
}


def ending_of(*examples: str) -> str:
    """The end of the help of a command that audits."""
    return ending(*examples, exits=EXITS)


class Verdicts:
    """Verdicts on a terminal as they are reached, above a bar that counts them and names what is under attack.

    An engine calls it with each finished cell and its verdict.

    Parameters
    ----------
    total : number of verdicts to come
    order : measure and axiom of each, if they are attacked in this order
    jobs : how many of them are attacked at the same time
    """

    def __init__(self, bar: Progress, total: int, order: Sequence[tuple[str, str]] = (), jobs: int = 1) -> None:
        self.bar, self.jobs, self.waiting, self.cases = bar, jobs, list(order), 0
        self.several = not order or len({measure for measure, _ in order}) > 1
        self.task = bar.add_task("verdicts", total=total)
        self._describe()

    def __call__(self, cell: Cell, verdict: Verdict) -> None:
        """A cell is finished: print its verdict in one line, and move the bar on."""
        from rich.markup import escape

        from ..reports.verdicts import word_of

        measure, axiom = cell.measure, cell.axiom.id
        _, word, colour = word_of(verdict)
        cases = f", {verdict.cases} case{'s' * (verdict.cases != 1)}" if verdict.cases else ""
        self.bar.console.print(f"{escape(self._name(measure, axiom))}: [{colour}]{word}[/]{cases}", highlight=False)
        self.waiting = [one for one in self.waiting if one != (measure, axiom)]
        self.bar.update(self.task, advance=1)
        self._describe()

    def _name(self, measure: str, axiom: str) -> str:
        return f"{measure}, {axiom}" if self.several else axiom

    def _describe(self) -> None:
        now = "; ".join(self._name(*one) for one in self.waiting[: self.jobs])
        count = f"{self.cases:,} cases" if self.cases else ""
        self.bar.update(self.task, description=", ".join(filter(None, (f"attacking {now}" if now else "", count))))

    def case(self) -> None:
        """A measure is asked about a case: the bar counts them, since one verdict may take a minute."""
        self.cases += 1
        self._describe()


class Tenths:
    """Where no bar is shown: a line on standard error at each tenth of the verdicts, if they are many."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def __call__(self, cell: Cell, verdict: Verdict) -> None:
        """A cell is finished."""
        self.done += 1
        if self.total >= MANY and self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            inform(f"stiminfo: {self.done} of {self.total} verdicts")

    def case(self) -> None:
        """A measure is asked about a case."""


@contextmanager
def verdicts_here(total: int, order: Sequence[tuple[str, str]] = (), jobs: int = 1) -> Iterator[Verdicts | Tenths]:
    """`Verdicts` on a terminal, `Tenths` in a pipe."""
    # After an interruption the bar stays as it is: it shows how many verdicts were reached.
    with bar_here(complete=False) as bar:
        yield Tenths(total) if bar.disable else Verdicts(bar, total, order, jobs)


def check_backend(options: AuditOptions) -> None:
    """Raise `OptionError` for options that the chosen backend does not use."""
    if options.backend == "dask":
        options.refuse("jobs", ": a Dask cluster attacks as many axioms at once as it has workers")
    elif options.backend == "processes":
        options.refuse("scheduler", " without --backend dask; add it, or leave out --scheduler")


def check_files(options: AuditOptions) -> None:
    """Raise `OutputError` unless every file that the user named could be written now."""
    check_outputs(options.json_file, options.html_file, options.markdown, folder=options.witnesses)


def plan_of(options: AuditOptions) -> Plan:
    """How the axioms are attacked."""
    from ..axioms.auditing.cells import Plan
    from ..files import ensure_folder

    database = None
    if options.database is not None:
        ensure_folder(options.database)
        database = str(options.database.resolve())  # absolute, since worker processes read it
    return Plan(
        options.examples,
        options.seed,
        None,
        options.case_timeout,
        database,
        options.jobs,
        options.backend,
        options.scheduler,
    )


def journal_of(
    options: AuditOptions, about: dict[str, Any], axioms: Sequence[Axiom], file: Path | None = None
) -> Journal | None:
    """The journal of this audit, opened, or None without --journal; says how many verdicts it holds already."""
    if options.journal is None:
        return None
    from ..axioms.auditing.journal import Journal, identity_of

    identity = identity_of(about, [axiom.id for axiom in axioms], options.examples, options.seed, file)
    journal = Journal(options.journal, identity)
    if count := len(journal.finished):
        say(f"stiminfo: {options.journal} holds {count} finished verdict{'s' * (count > 1)}; continuing from there")
    return journal


def origin_of(target: str) -> Named | InFile:
    """Where a worker process finds the measure: one that is known by its name, else FILE:NAME."""
    from ..axioms.auditing.measure_file import split_target
    from ..axioms.auditing.messages import InFile, Named
    from ..estimators.relatives import is_known, named

    if is_known(target):
        named(target)  # a number in its name that does not fit is an error here, not in the worker
        return Named(target)
    return InFile.at(*split_target(target))


def finished(auditing: Auditing) -> dict[str, Audit]:
    """Run the audits; if they are interrupted, what is finished."""
    try:
        return auditing.run()
    except KeyboardInterrupt:
        return auditing.audits


def write_files(
    options: AuditOptions,
    audits: Mapping[str, Audit],
    *,
    data: Any,
    markdown: str,
    command: str,
    paper: dict[str, dict[str, bool]] | None = None,
) -> None:
    """Write the files that the user named.

    Parameters
    ----------
    data, markdown : the content of the JSON file and of the Markdown file
    command : the command line that repeats the audit, for the HTML page
    paper : what the paper claims of each measure, for the HTML page
    """
    from ..files import file_name, json_text, write_whole

    if options.json_file:
        write_whole(options.json_file, json_text(data))
    if options.markdown:
        write_whole(options.markdown, markdown)
    if options.html_file:
        from ..reports.page import audit_page

        write_whole(options.html_file, audit_page(dict(audits), paper, command))
    if options.witnesses:
        for name, one in audits.items():
            for verdict in one.verdicts.values():
                if verdict.witness:
                    file = options.witnesses / f"{file_name(name)}-{verdict.axiom}.json"
                    write_whole(file, json_text(verdict.witness))


def exit_code(audits: Mapping[str, Audit], strict: bool) -> int:
    """The exit code of an audit; see `EXITS`, and 130 for one that was interrupted."""
    if not all(one.complete for one in audits.values()):
        return INTERRUPTED
    if strict:
        return int(any(verdict.verdict not in SOUND for one in audits.values() for verdict in one.verdicts.values()))
    return int(not all(one.agrees for one in audits.values()))
