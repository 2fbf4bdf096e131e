"""The claims' outcomes as JSON and as a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..templating import render
from .claims import CONFIRMED, CORRECTED, REFUTED, Claim, Result

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


def markdown(data: dict[str, Any]) -> str:
    """The page of the claims' JSON data: outcomes counted, then a table for each part."""
    claims = data["claims"]
    parts: dict[str, dict[str, Any]] = {title: {} for title in _PARTS}
    for id_, claim in claims.items():
        parts[_part(id_)][id_] = claim
    count = {
        outcome: sum(claim["outcome"] == outcome for claim in claims.values())
        for outcome in (CONFIRMED, CORRECTED, REFUTED)
    }
    return render("claims.md", claims=claims, count=count, parts=parts)


def _part(id_: str) -> str:
    found = (title for title, starts in _PARTS.items() if starts and id_.startswith(starts))
    return next(found, "Axioms, remarks, properties")
