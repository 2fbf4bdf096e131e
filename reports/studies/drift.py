"""Report drift: the published tables, made anew and compared with those that are committed.

Compared are verdicts, claims and, of refutations by a known case, case and margin; the number of cases and the
residuals of axioms that hold may differ between versions of numpy and Hypothesis and are not. Of the estimators the
exact values must be the same and the estimates within their errors; the networks that ship are judged anew. The
paper's statements must have the outcomes on record.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ...files import read_json

#: Margins of refutations may differ by this much, in nats or, relative to their size, this share.
TOLERANCE = 1e-6
ESTIMATORS = Path(__file__).parents[1] / "published" / "estimators.json"
LEARNED = Path(__file__).parents[1] / "published" / "learned.json"
#: Totals and correlations of the shipped networks may differ by this much between machines.
LEARNED_TOLERANCE = 0.01
CLAIMS_FILE = Path(__file__).parents[1] / "published" / "claims.json"
PUBLISHED_TABLE = Path(__file__).parents[1] / "published" / "table.json"
EXAMPLES = 40
#: No estimate may lie so many of its errors from the exact value.
LARGEST_Z = 5.0


def differences(committed: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """What differs, one line each; nothing where all that is compared agrees."""
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
            lines += [f"{name}, {axiom}: {text}" for text in _cell(was, new[axiom])]
    return lines


def _cell(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    lines = [
        f"{key} {was[key]!r} committed, {now[key]!r} now"
        for key in ("verdict", "claimed", "agrees")
        if was[key] != now[key]
    ]
    if not lines and was["verdict"] == "refuted":
        if was["witness"]["case"] != now["witness"]["case"]:
            lines.append("another witness")
        elif abs(was["margin"] - now["margin"]) > TOLERANCE * (1 + abs(was["margin"])):
            lines.append(f"margin {was['margin']:.9g} committed, {now['margin']:.9g} now")
    return lines


def estimator_differences(committed: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[str]:
    """What differs between two tables of estimators, one line each."""
    lines = []
    keys = [[(row["case"], row["measure"], "exact" in row) for row in rows] for rows in (committed, fresh)]
    if keys[0] != keys[1]:
        return ["estimators: other cases or measures than committed"]
    for was, now in zip(committed, fresh):
        if "exact" not in was:
            continue
        where = f"{was['case']}, {was['measure']}"
        if abs(was["exact"] - now["exact"]) > TOLERANCE * (1 + abs(was["exact"])):
            lines.append(f"{where}: exact {was['exact']:.9g} committed, {now['exact']:.9g} now")
        if abs(was["estimate"] - now["estimate"]) > was["stderr"] or abs(now["z"]) > LARGEST_Z:
            lines.append(f"{where}: estimate {was['estimate']:.6g} committed, {now['estimate']:.6g} now")
    return lines


def learned_differences(committed: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """What differs between two judgements of the shipped networks, one line each."""
    names = ("truth", "total", "plug_in", "correlation", "map_error")
    return [
        f"shipped networks: {name} {committed[name]:.4f} committed, {fresh[name]:.4f} now"
        for name in names
        if abs(committed[name] - fresh[name]) > LEARNED_TOLERANCE
    ]


def claims_differences(committed: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """What differs between two checks of the paper's statements, one line each."""
    before, after = committed["claims"], fresh["claims"]
    lines = [f"claims: {name} is in one of them only" for name in sorted(before.keys() ^ after.keys())]
    for name in before.keys() & after.keys():
        for key in ("outcome", "statement", "correction"):
            if before[name][key] != after[name][key]:
                lines.append(f"claim {name}: {key} {before[name][key]!r} committed, {after[name][key]!r} now")
    return lines


def main() -> None:
    """Make the tables anew, with fewer cases, and exit 1 if they drifted."""
    from ...axioms import audit_published

    committed = json.loads(PUBLISHED_TABLE.read_text(encoding="utf-8"))
    audits = audit_published(examples=EXAMPLES, jobs=min(2, os.cpu_count() or 1))
    found = differences(committed, {"measures": {name: audit.to_json() for name, audit in audits.items()}})
    print(f"{PUBLISHED_TABLE.name}: {'drifted' if found else 'as committed'} ({EXAMPLES} cases a cell)")
    from .estimator_tables import estimator_table

    others = estimator_differences(json.loads(ESTIMATORS.read_text(encoding="utf-8"))["estimators"], estimator_table())
    print(f"{ESTIMATORS.name}: {'drifted' if others else 'as committed'}")
    from .learned_tables import judged_shipped

    rows = json.loads(LEARNED.read_text(encoding="utf-8"))["accuracy"]
    learned = learned_differences(rows[-1], judged_shipped())
    print(f"{LEARNED.name}: {'drifted' if learned else 'as committed'} (the shipped networks)")
    from ..paper.claims import CLAIMS
    from ..paper.claims_page import outcomes, to_json

    said = claims_differences(read_json(CLAIMS_FILE), to_json(outcomes(CLAIMS.values())))
    print(f"{CLAIMS_FILE.name}: {'drifted' if said else 'as committed'} ({len(CLAIMS)} statements)")
    for line in found + others + learned + said:
        print(line, file=sys.stderr)
    sys.exit(1 if found or others or learned or said else 0)


if __name__ == "__main__":
    main()
