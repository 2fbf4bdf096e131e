"""The claims' outcomes as JSON and as a page in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .claims import CONFIRMED, CORRECTED, REFUTED, Claim, Result

#: With each check that is done.
Progress = Callable[[Claim, Result], None]
SCHEMA = 1
#: What each part of the page holds, by the beginning of a claim's id.
_PARTS = {
    "Table 1": ("table-1",),
    "Axioms, remarks, properties": (),
    "Equations": ("eq-", "discussion-"),
    "Figures": ("fig-",),
    "The estimator": ("section-5-4", "c-3", "appendix-b"),
}


def outcomes(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Result]]:
    """Each claim with what its check finds."""
    for claim in claims:
        yield claim, claim.check()


def to_json(found: Iterable[tuple[Claim, Result]]) -> dict[str, Any]:
    """``{"claims": {id: {...}}, "schema": 1}``."""
    return {
        "claims": {
            claim.id: {
                "place": claim.place,
                "statement": claim.statement,
                "outcome": result.outcome,
                "expected": claim.expected,
                "correction": claim.correction,
                "evidence": result.evidence,
                "witness": result.witness,
            }
            for claim, result in found
        },
        "schema": SCHEMA,
    }


def markdown(found: Iterable[tuple[Claim, Result]]) -> str:
    """The page: outcomes counted, then a table for each part."""
    rows = list(found)
    count = {
        outcome: sum(result.outcome == outcome for _, result in rows) for outcome in (CONFIRMED, CORRECTED, REFUTED)
    }
    lines = [
        "# The paper's statements, checked",
        "",
        f"Of {len(rows)} statements about Laquitaine, Azeglio, Paris, Ferrari and Chalk (arXiv:2505.11309) "
        f"{count[CONFIRMED]} are confirmed, {count[CORRECTED]} hold only as corrected, {count[REFUTED]} are "
        "refuted. Each "
        "is a check that anyone can run (`stiminfo claims`). Statements are restated in our words; those marked "
        "*ours* are "
        "not the paper's. Equations 5 to 7, 19 and 21 are the steps of the derivation that carry these numbers in our "
        "notes.",
        "",
        "*Confirmed* means that no check broke the statement, on the models named, not that it is proved.",
        "",
    ]
    for title in _PARTS:
        mine = [row for row in rows if _part(row[0]) == title]
        if not mine:
            continue
        lines += [f"## {title}", "", "| where | the paper says | outcome | evidence |", "|---|---|---|---|"]
        for claim, result in mine:
            said = result.outcome if result.outcome == CONFIRMED else f"**{result.outcome}**"
            if claim.correction and result.outcome != CONFIRMED:
                said += f": {claim.correction}"
            cells = (claim.place, f"{claim.statement}<br>`{claim.id}`", said, result.evidence)
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _part(claim: Claim) -> str:
    for title, starts in _PARTS.items():
        if starts and claim.id.startswith(starts):
            return title
    return "Axioms, remarks, properties"
