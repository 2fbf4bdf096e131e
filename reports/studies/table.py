"""The eight published measures against the ten axioms, as `stiminfo table` writes them."""

from __future__ import annotations

import os
from typing import Any

from ...axioms import audit_published
from ...axioms.auditing.verdict import SCHEMA, Audit, Verdict
from ...axioms.auditing.witness import parse_witness
from ...axioms.finding import Premise
from ...files import json_text
from ..page import audit_page
from ..paper.claimed import PAPER
from ..terminal import table_markdown
from .study import Data, Files, Run, Study

#: Generated cases per family: for the table, and when the table is only checked.
EXAMPLES, CHECKED = 200, 40
#: Margins of refutations may differ by this much between machines: in nats, or relative to their size.
TOLERANCE = 1e-6


def make(run: Run) -> Data:
    """The audits as JSON data."""
    return made(run["table_examples"] or EXAMPLES)


def made(examples: int) -> Data:
    """The audits as JSON data, with `examples` cases per family."""
    audits = audit_published(examples=examples, jobs=min(2, os.cpu_count() or 1))
    return {"measures": {name: one.to_json() for name, one in audits.items()}, "schema": SCHEMA}


def audits_of(data: Data, examples: int = EXAMPLES) -> dict[str, Audit]:
    """The audits in JSON data."""
    return {
        name: Audit(
            name, {id_: _verdict(name, id_, cell) for id_, cell in one["axioms"].items()}, one["seed"], examples
        )
        for name, one in data["measures"].items()
    }


def _verdict(measure: str, axiom: str, cell: Data) -> Verdict:
    """The verdict in a cell of the JSON data."""
    witness = parse_witness(cell["witness"]) if cell["witness"] else None
    return Verdict(
        measure=measure,
        axiom=axiom,
        verdict=cell["verdict"],
        claimed=cell["claimed"],
        cases=cell["examples"],
        violation=cell["margin"],
        error=cell["numerical_error"],
        says=cell["message"],
        case=witness.case if witness else None,
        finding=witness.finding if witness else None,
        proof=cell.get("proof", ""),
        premise=Premise.from_json(cell.get("premise")),
    )


def markdown(data: Data) -> str:
    """The table in Markdown."""
    return table_markdown(audits_of(data), PAPER)


def others(data: Data) -> Files:
    """The page in HTML, and a file for each witness."""
    audits = audits_of(data)
    found: Files = {"table.html": audit_page(audits, PAPER, f"stiminfo table --cases {EXAMPLES} --seed 0")}
    for name, audit in audits.items():
        for verdict in audit.verdicts.values():
            if verdict.witness:
                found[f"witnesses/{name}-{verdict.axiom}.json"] = json_text(verdict.witness)
    return found


def differences(committed: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """The differences between two tables, one line each."""
    lines = []
    before, after = committed["measures"], fresh["measures"]
    if list(before) != list(after):
        return [f"measures: {list(before)} committed, {list(after)} now"]
    for name in before:
        old, new = before[name]["axioms"], after[name]["axioms"]
        if list(old) != list(new):
            lines.append(f"{name}: axioms {list(old)} committed, {list(new)} now")
            continue
        for axiom, was in old.items():
            lines += [f"{name}, {axiom}: {text}" for text in cell_differences(was, new[axiom])]
    return lines


def cell_differences(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The differences between two verdicts on one axiom; witness and margin count only if both refute it."""
    lines = [
        f"{key} {was[key]!r} committed, {now[key]!r} now"
        for key in ("verdict", "claimed", "agrees")
        if was.get(key) != now.get(key)
    ]
    if not lines and was["verdict"] == "refuted":
        if was["witness"]["case"] != now["witness"]["case"]:
            lines.append("another witness")
        elif abs(was["margin"] - now["margin"]) > TOLERANCE * (1 + abs(was["margin"])):
            lines.append(f"margin {was['margin']:.9g} committed, {now['margin']:.9g} now")
    return lines


def check(committed: Data) -> list[str]:
    """The differences from a table made again with fewer cases.

    Verdicts, claims, and the cases and margins of refutations are compared. The number of cases and the residuals of
    axioms that hold are not: they may differ between versions of numpy and Hypothesis.
    """
    return differences(committed, made(CHECKED))


STUDY = Study(
    name="table",
    cost="about 10 minutes of two cores",
    make=make,
    outputs=("table.json", "table.md", "table.html", "witnesses/*.json"),
    page=markdown,
    others=others,
    options=(("--table-examples", {"type": int, "help": "cases of each family of cases (default: 200)"}),),
    check=check,
    checked=f"made anew with {CHECKED} cases of each family",
)
