"""What the commands that audit have in common: progress, the journal, where verdicts are written, the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .shared import INTERRUPTED, bar_here, check_outputs, ending, refuse_without_effect, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..axioms.auditing.audit import Auditing
    from ..axioms.auditing.cells import Cell
    from ..axioms.auditing.journal import Journal
    from ..axioms.auditing.messages import InFile, Named
    from ..axioms.auditing.verdict import Audit, Verdict

#: Verdicts that `--strict` accepts.
SOUND = {"holds", "not_applicable"}
EXITS = {
    0: "every claim agrees with its verdict",
    1: "a claim disagrees, or a verdict is `error` (other rules with --strict)",
}


def ending_of(*examples: str) -> str:
    """The end of the help of a command that audits."""
    return ending(*examples, exits=EXITS)


class Verdicts:
    """Verdicts on a terminal as they come, above a bar that counts them and names what is under attack.

    An engine calls it with each finished cell and its verdict, and may call `attacking` in between.

    Parameters
    ----------
    total : verdicts to come
    order : measure and axiom of each, where they are attacked in this order
    jobs : how many of them are attacked at the same time
    """

    def __init__(self, bar: Progress, total: int, order: Sequence[tuple[str, str]] = (), jobs: int = 1) -> None:
        self.bar, self.jobs, self.waiting = bar, jobs, list(order)
        self.several = not order or len({measure for measure, _ in order}) > 1
        self.task = bar.add_task("verdicts", total=total)
        self._describe()

    def __call__(self, cell: Cell, verdict: Verdict) -> None:
        """A cell is finished: its verdict in one line, and the bar goes on."""
        from rich.markup import escape

        from ..reports.verdicts import WORDS

        _, word, colour = WORDS[verdict.verdict]
        name = f"{escape(cell.measure)}, " if self.several else ""
        cases = f", {verdict.cases} case{'s' * (verdict.cases != 1)}" if verdict.cases else ""
        self.bar.console.print(f"{name}{cell.axiom.id}: [{colour}]{word}[/]{cases}", highlight=False)
        if (cell.measure, cell.axiom.id) in self.waiting:
            self.waiting.remove((cell.measure, cell.axiom.id))
        self.bar.update(self.task, advance=1)
        self._describe()

    def attacking(self, measure: str, axiom: str, cases: int) -> None:
        """For an engine that tells how far it is: so many cases of this axiom are judged."""
        name = f"{measure}, " if self.several else ""
        self.bar.update(self.task, description=f"{name}{axiom}: {cases} cases so far")

    def _describe(self) -> None:
        now = [f"{measure}, {axiom}" if self.several else axiom for measure, axiom in self.waiting[: self.jobs]]
        self.bar.update(self.task, description=f"attacking {'; '.join(now)}" if now else "verdicts")


@contextmanager
def verdicts_here(total: int, order: Sequence[tuple[str, str]] = (), jobs: int = 1) -> Iterator[Verdicts | None]:
    """`Verdicts` on a terminal, None in a pipe."""
    # An interrupted audit ends here too, with the verdicts that it has: the bar shows how many.
    with bar_here(complete=False) as bar:
        yield None if bar is None else Verdicts(bar, total, order, jobs)


def refuse_idle_backend(context: typer.Context, backend: str) -> None:
    """Raise `OptionError` for options that the chosen backend does not use."""
    if backend == "dask":
        refuse_without_effect(context, ["jobs"], "a Dask cluster attacks as many axioms at once as it has workers")
    elif backend == "processes":
        refuse_without_effect(
            context, ["scheduler"], "nothing runs on a Dask cluster without --backend dask; add it, or drop --scheduler"
        )


def journal_here(path: Path | None, identity: dict[str, Any]) -> Journal | None:
    """The journal of this audit, opened; says how much of the audit it holds already."""
    if path is None:
        return None
    from ..axioms.auditing.journal import Journal

    journal = Journal(path, identity)
    if count := len(journal.finished):
        say(f"stiminfo: {path} holds {count} finished verdict{'s' * (count > 1)}; going on from there")
    return journal


def origin_of(target: str) -> Named | InFile:
    """Where a worker process finds the measure: a published one or a relative by its name, else FILE:NAME."""
    from ..axioms.auditing.measure_file import split_target
    from ..axioms.auditing.messages import InFile, Named
    from ..estimators import PUBLISHED
    from ..estimators.relatives import RELATIVES

    if target in PUBLISHED or target in RELATIVES:
        return Named(target)
    return InFile.at(*split_target(target))


def finished(auditing: Auditing) -> dict[str, Audit]:
    """The audits; of an interrupted run, what is finished."""
    try:
        return auditing.run()
    except KeyboardInterrupt:
        return auditing.audits


def folder_of(database: Path | None) -> str | None:
    """The folder of Hypothesis' examples, made if need be; absolute, since workers read it."""
    if database is None:
        return None
    from ..files import ensure_folder

    ensure_folder(database)
    return str(database.resolve())


@dataclass(frozen=True)
class Outputs:
    """The files that an audit writes, each only if the user named it."""

    json: Path | None
    html: Path | None
    markdown: Path | None
    witnesses: Path | None

    def check(self) -> None:
        """Raise `OutputError` unless all of them could be written now."""
        check_outputs(self.json, self.html, self.markdown, folder=self.witnesses)

    def write(
        self,
        audits: Mapping[str, Audit],
        *,
        data: Any,
        markdown: str,
        command: str,
        paper: dict[str, dict[str, bool]] | None = None,
    ) -> None:
        """Write them.

        Parameters
        ----------
        data : of the JSON file
        markdown : of the Markdown file
        command : the command line that repeats the audit, for the page
        paper : what the paper claims of each measure, for the page
        """
        from ..files import json_text, write_whole

        if self.json:
            write_whole(self.json, json_text(data))
        if self.markdown:
            write_whole(self.markdown, markdown)
        if self.html:
            from ..reports.page import audit_page

            write_whole(self.html, audit_page(dict(audits), paper, command))
        for name, one in audits.items() if self.witnesses else ():
            for verdict in one.verdicts.values():
                if verdict.witness:
                    # As much of the measure's name as every file system takes.
                    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name[:80])
                    assert self.witnesses is not None
                    write_whole(self.witnesses / f"{safe}-{verdict.axiom}.json", json_text(verdict.witness))


def exit_code(audits: Mapping[str, Audit], strict: bool) -> int:
    """The exit code of an audit; see `EXITS`, and 130 for one that was interrupted."""
    if not all(one.complete for one in audits.values()):
        return INTERRUPTED
    if strict:
        return int(any(verdict.verdict not in SOUND for one in audits.values() for verdict in one.verdicts.values()))
    return int(not all(one.agrees for one in audits.values()))
