"""Report drift: the published table, made anew and compared with the one that is committed.

Compared are verdicts, claims and, of refutations by a known case, case and margin; the number of cases and the
residuals of axioms that hold may differ between versions of numpy and Hypothesis and are not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

#: Margins of refutations may differ by this much, in nats or, relative to their size, this share.
TOLERANCE = 1e-6
PUBLISHED_TABLE = Path(__file__).parent / "published" / "table.json"
EXAMPLES = 40


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


def main() -> None:
    """Make the table anew, with fewer cases, and exit 1 if it drifted."""
    from ..axioms import audit_published

    committed = json.loads(PUBLISHED_TABLE.read_text(encoding="utf-8"))
    audits = audit_published(examples=EXAMPLES, jobs=min(2, os.cpu_count() or 1))
    found = differences(committed, {"measures": {name: audit.to_json() for name, audit in audits.items()}})
    for line in found:
        print(line, file=sys.stderr)
    print(f"{PUBLISHED_TABLE.name}: {'drifted' if found else 'as committed'} ({EXAMPLES} cases a cell)")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
