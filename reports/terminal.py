"""Audits and witnesses on a terminal and in Markdown: in words, with colour as an extra."""

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
from .verdicts import WORDS, Claims, cell_text, claim_words, differs, margin


def plain_console(width: int = 100) -> Console:
    """A console that writes plain text into a string buffer."""
    # In a notebook rich would display the text and leave the buffer empty.
    return Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
    )


def text_of(console: Console) -> str:
    """What a `plain_console` was told, without trailing blanks."""
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def audit_text(audit: Audit, width: int | None = None) -> str:
    """An audit as plain text."""
    console = plain_console(width or int(os.environ.get("COLUMNS", 0) or 100))
    print_audit(audit, console)
    return text_of(console).rstrip("\n")


text = audit_text


def coloured(verdict: Verdict, said: str = "") -> str:
    """The verdict's word, or what else is said of it, in its colour."""
    _, word, colour = WORDS[verdict.verdict]
    return f"[{colour}]{escape(said or word)}[/]"


def print_audit(audit: Audit, console: Console) -> None:
    """One row per axiom, then the reason for each verdict that is not "holds"."""
    table = Table(title=f"Audit of {escape(audit.measure)} (seed {audit.seed})", title_justify="left")
    for name, options in (
        ("axiom", {"no_wrap": True}),
        ("verdict", {"no_wrap": True}),
        ("claimed", {}),
        ("cases", {"justify": "right"}),
        ("margin", {"justify": "right", "no_wrap": True}),
    ):
        table.add_column(name, **options)
    for axiom, verdict in audit.verdicts.items():
        claim = claim_words(verdict)
        claim = f"[bold]{claim}[/]" if verdict.agrees is False else claim
        table.add_row(axiom, coloured(verdict), claim, str(verdict.examples), margin(verdict))
    console.print(table)
    for axiom, verdict in audit.verdicts.items():
        if verdict.verdict in ("refuted", "inconclusive", "error"):
            console.print(f"[bold]{axiom}[/]: {coloured(verdict)}: {escape(verdict.message)}", highlight=False)
    if not audit.complete:
        console.print("[bold]interrupted[/]: axioms that are not listed were not finished")
    console.print(verdict_line(audit), highlight=False)


def verdict_line(audit: Audit) -> str:
    """Whether the measure keeps what it claims, in one line."""
    disagree = [axiom for axiom, verdict in audit.verdicts.items() if verdict.agrees is False]
    errors = [axiom for axiom, verdict in audit.verdicts.items() if verdict.verdict == "error"]
    parts = []
    if disagree:
        parts.append(f"claims that disagree: {', '.join(disagree)}")
    if errors:
        parts.append(f"errors: {', '.join(errors)}")
    claims = sum(verdict.claimed is not None for verdict in audit.verdicts.values())
    if not audit.verdicts:
        return "nothing was judged"
    return "; ".join(parts) if parts else f"every claim agrees ({claims} made)" if claims else "no claims made"


def print_table(audits: Mapping[str, Audit], paper: Claims, console: Console) -> None:
    """Axioms by measures; cells where the paper claims otherwise say so."""
    measures = list(audits)
    per = max(1, (console.width - 34) // 14)
    for start in range(0, len(measures), per):
        part = measures[start : start + per]
        table = Table(title="Published measures against the axioms" if start == 0 else None, title_justify="left")
        table.add_column("axiom", no_wrap=True)
        for name in part:
            table.add_column(name)
        for axiom in AXIOMS:
            if not any(axiom in audits[name].verdicts for name in measures):
                continue
            cells = []
            for name in part:
                verdict = audits[name].verdicts.get(axiom)
                said = cell_text(verdict, paper.get(name, {}).get(axiom))
                cells.append(coloured(verdict, said) if verdict else said)
            table.add_row(axiom, *cells)
        console.print(table)
    for line in paper_lines(audits, paper):
        console.print(escape(line), highlight=False)


def paper_lines(audits: Mapping[str, Audit], paper: Claims) -> list[str]:
    """The cells where the audit and the paper differ, one line each, with the finding."""
    lines = []
    for name, audit in audits.items():
        for axiom, verdict in audit.verdicts.items():
            claim = paper.get(name, {}).get(axiom)
            if differs(verdict, claim):
                said = "holds" if claim else "does not hold"
                lines.append(f"{name}, {axiom}: the paper says it {said}; {verdict.message}")
    return lines


def notes(audits: Mapping[str, Audit]) -> list[str]:
    """What the measures themselves add to verdicts that were reached, one line each."""
    return [
        f"{name}, {axiom}: {text}"
        for name, audit in audits.items()
        if name in PUBLISHED
        for axiom, text in PUBLISHED[name].notes.items()
        if axiom in audit.verdicts
    ]


def table_markdown(audits: Mapping[str, Audit], paper: Claims) -> str:
    """The table in Markdown, bold where the paper claims otherwise."""
    rows = [
        (
            axiom,
            [cell_text(audit.verdicts.get(axiom), paper.get(name, {}).get(axiom)) for name, audit in audits.items()],
        )
        for axiom in AXIOMS
    ]
    return render("table.md", measures=list(audits), rows=rows)


def audit_markdown(audit: Audit) -> str:
    """One audit in Markdown."""
    return render("audit.md", verdicts=audit.verdicts.values(), words=WORDS, claim_words=claim_words)


def print_replay(data: dict[str, Any], finding: Any, console: Console) -> None:
    """A witness: the axiom, the model, the numbers, and why they refute it (or no longer do)."""
    axiom = EVERY[data["axiom"]]
    console.print(f"[bold]{axiom.title}[/] ({axiom.id}), measure {escape(data['measure'])}", highlight=False)
    console.print(f"  {escape(axiom.statement)}", highlight=False)
    _print_case(data["case"], console)
    sides = finding.sides
    longest = max((len(values) for values in sides.values()), default=0)
    if longest > 12:
        console.print(f"  I(x) at {longest} stimuli, before and after; `--json` lists them", highlight=False)
    else:
        table = Table(title="values in nats", title_justify="left")
        table.add_column("")
        for j in range(longest):
            table.add_column(f"x{j}", justify="right")
        for label, values in sides.items():
            table.add_row(escape(label), *[f"{value:.6g}" for value in values])
        console.print(table)
    console.print(f"  {escape(finding.says)}", highlight=False)
    console.print(
        f"  violation {finding.violation:.6g}, numerical error {finding.error:.1g}, allowed {finding.tolerance:.1g}",
        highlight=False,
    )
    if finding.broken:
        console.print("[red]refuted[/]: the violation stands.", highlight=False)
    else:
        console.print("[yellow]stale[/]: the case no longer refutes the axiom.", highlight=False)


def _print_case(case: dict[str, Any], console: Console) -> None:
    model = case.get("model") or case.get("pair")
    if isinstance(model, dict) and "responses" in model and len(model["prior"]) <= 12:
        table = Table(title="the model, in weights", title_justify="left")
        for name in ("stimulus", "prior", "responses"):
            table.add_column(name)
        for stimulus, weight, row in zip(model["stimuli"], model["prior"], model["responses"]):
            table.add_row(str(stimulus), f"{weight:g}", str(row))
        console.print(table)
        rest = {key: value for key, value in case.items() if key not in ("kind", "model", "pair")}
        rest |= {key: model[key] for key in ("response_volumes", "stimulus_volumes", "gradient") if key in model}
    else:
        rest = {key: value for key, value in case.items() if key != "kind"}
    for key, value in rest.items():
        said = str(value)
        console.print(f"  {key}: {escape(said if len(said) < 400 else said[:400] + ' ...')}", highlight=False)
