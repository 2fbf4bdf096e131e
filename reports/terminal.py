"""Audits on a terminal and in Markdown. Words say everything; colours repeat it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..axioms.auditing.verdict import Audit, Verdict
from ..axioms.registry import AXIOMS, EVERY
from ..estimators import PUBLISHED
from .templating import render
from .verdicts import Claims, cell_text, claim_words, differs, margin, word_of


def plain_console(width: int = 100) -> Console:
    """A console that writes plain text into a string buffer, to be read by `text_of`."""
    # In a notebook, without force_jupyter=False, rich would display the text and leave the buffer empty.
    return Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
    )


def text_of(console: Console) -> str:
    """What was printed on a `plain_console`, without blanks at the ends of lines."""
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


#: What the column of margins says.
MARGIN = (
    "margin: the violation that refutes the axiom; beside other verdicts the largest residual of all cases. In the "
    "measure's units, or % where sizes are compared"
)


def text(audit: Audit) -> str:
    """An audit as plain text, as wide as the environment variable COLUMNS says (100 without it)."""
    console = plain_console(int(os.environ.get("COLUMNS", 0) or 100))
    print_audit(audit, console)
    return text_of(console).rstrip("\n")


def coloured(verdict: Verdict, said: str = "") -> str:
    """The verdict's word, or another text, in the verdict's colour."""
    _, word, colour = word_of(verdict)
    return f"[{colour}]{escape(said or word)}[/]"


def print_audit(audit: Audit, console: Console) -> None:
    """Print one row per axiom, the reason for each verdict other than "holds", and whether claims agree."""
    title = f"Audit of {escape(audit.measure)} (seed {audit.seed})"
    judged = any(margin(verdict) for verdict in audit.verdicts.values())
    table = Table(title=title, title_justify="left", caption=MARGIN if judged else None, caption_justify="left")
    # On a narrow terminal words are folded, and numbers are not.
    table.add_column("axiom", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("claimed", overflow="fold")
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("margin", justify="right", no_wrap=True)
    for axiom, verdict in audit.verdicts.items():
        claim = claim_words(verdict)
        claim = f"[bold]{claim}[/]" if verdict.agrees is False else claim
        table.add_row(axiom, coloured(verdict), claim, str(verdict.examples), margin(verdict))
    console.print(table)
    for axiom, verdict in audit.verdicts.items():
        if verdict.verdict != "holds" and verdict.message:
            console.print(f"[bold]{axiom}[/]: {coloured(verdict)}: {escape(verdict.message)}", highlight=False)
    for axiom, strength in audit.strengths.items():
        console.print(f"[bold]{axiom}[/], strength of the search: {escape(str(strength))}", highlight=False)
    if audit.strengths:
        console.print("Such a break is on all models; one on few models may stay hidden.", highlight=False)
    if not audit.complete:
        console.print("[bold]interrupted[/]: axioms that are not listed were not finished")
    _print_faults(audit, console)
    if audit.nearest is not None:
        console.print(f"[bold]is it new?[/] {escape(str(audit.nearest))}", highlight=False)
    console.print(verdict_line(audit), highlight=False)


def _print_faults(audit: Audit, console: Console) -> None:
    """Say which verdicts contradict one another."""
    for fault in audit.contradictions:
        console.print(f"[bold]fault of this audit[/], {escape(audit.measure)}: {escape(fault)}", highlight=False)


def verdict_line(audit: Audit) -> str:
    """Whether the verdicts agree with the measure's claims, in one line."""
    errors = [axiom for axiom, verdict in audit.verdicts.items() if verdict.verdict == "error"]
    against = [axiom for axiom, verdict in audit.verdicts.items() if verdict.agrees is False and axiom not in errors]
    unsettled = [axiom for axiom in against if audit.verdicts[axiom].verdict == "inconclusive"]
    disagree = [axiom for axiom in against if axiom not in unsettled]
    claims = sum(verdict.claimed is not None for verdict in audit.verdicts.values())
    if not audit.verdicts:
        return "nothing was judged"
    parts = {"claims that disagree": disagree, "claims that are not settled": unsettled, "errors": errors}
    said = "; ".join(f"{name}: {', '.join(axioms)}" for name, axioms in parts.items() if axioms)
    return said or (f"every claim agrees ({claims} made)" if claims else "no claims made")


def print_table(audits: Mapping[str, Audit], paper: Claims, console: Console) -> None:
    """Print a table of axioms by measures; a cell adds the paper's claim where the verdict contradicts it."""
    measures = list(audits)
    asked = [axiom for axiom in EVERY if any(axiom in audit.verdicts for audit in audits.values())]
    per = max(1, (console.width - 34) // 14)
    for start in range(0, len(measures), per):
        part = measures[start : start + per]
        table = Table(title="Published measures against the axioms" if start == 0 else None, title_justify="left")
        table.add_column("axiom", no_wrap=True)
        for name in part:
            table.add_column(name)
        for axiom in asked:
            cells = []
            for name in part:
                verdict = audits[name].verdicts.get(axiom)
                said = cell_text(verdict, paper.get(name, {}).get(axiom))
                cells.append(coloured(verdict, said) if verdict else said)
            table.add_row(axiom, *cells)
        console.print(table)
    for name, audit in audits.items():
        for axiom, verdict in audit.verdicts.items():
            claim = paper.get(name, {}).get(axiom)
            if differs(verdict, claim):
                said = "holds" if claim else "does not hold"
                line = f"{name}, {axiom}: the paper says it {said}; {verdict.message}"
                console.print(escape(line), highlight=False)
        for reason, axioms in _declined(audit).items():
            console.print(escape(f"{name}, n/a: {reason} ({', '.join(axioms)})"), highlight=False)
        _print_faults(audit, console)


def _declined(audit: Audit) -> dict[str, list[str]]:
    """The axioms that do not apply to a measure, by the reason."""
    found: dict[str, list[str]] = {}
    for axiom, verdict in audit.verdicts.items():
        if verdict.verdict == "not_applicable":
            found.setdefault(verdict.message, []).append(axiom)
    return found


def notes(audits: Mapping[str, Audit]) -> list[str]:
    """The published measures' notes on the axioms that were judged, one line each."""
    return [
        f"{name}, {axiom}: {text}"
        for name, audit in audits.items()
        if name in PUBLISHED
        for axiom, text in PUBLISHED[name].notes.items()
        if axiom in audit.verdicts
    ]


def table_markdown(audits: Mapping[str, Audit], paper: Claims) -> str:
    """The table in Markdown; verdicts that contradict the paper's claim are bold."""
    rows = [
        (
            axiom,
            [cell_text(audit.verdicts.get(axiom), paper.get(name, {}).get(axiom)) for name, audit in audits.items()],
        )
        for axiom in EVERY
        if axiom in AXIOMS or any(axiom in audit.verdicts for audit in audits.values())
    ]
    return render("table.md", measures=list(audits), rows=rows)


def audit_markdown(audit: Audit) -> str:
    """One audit as a table in Markdown."""
    names: dict[str, Any] = {"word_of": word_of, "claim_words": claim_words, "margin": margin}
    return render("audit.md", verdicts=audit.verdicts.values(), **names)
