"""The claims' outcomes as JSON and as a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..templating import render
from .claims import CONFIRMED, CORRECTED, REFUTED, Claim, Result

SCHEMA = 1
_REST = "Axioms, remarks, properties"
#: The parts of the page, each with the beginnings of its claims' ids; `_REST` takes all other claims.
_PARTS: dict[str, tuple[str, ...]] = {
    "Table 1": ("table-1",),
    _REST: (),
    "Equations": ("eq-", "discussion-"),
    "Figures": ("fig-",),
    "The estimator": ("section-5-4", "c-3", "appendix-b"),
}


def outcomes(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Result]]:
    """Each claim with the result of its check, as soon as there is one."""
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
    """The page of the claims' JSON data: how many have each outcome, then a table for each part."""
    claims = data["claims"]
    parts: dict[str, dict[str, Any]] = {title: {} for title in _PARTS}
    for id_, claim in claims.items():
        part = next((title for title, starts in _PARTS.items() if id_.startswith(starts)), _REST)
        parts[part][id_] = claim
    outcomes = [claim["outcome"] for claim in claims.values()]
    count = {outcome: outcomes.count(outcome) for outcome in (CONFIRMED, CORRECTED, REFUTED)}
    return render("claims.md", claims=claims, count=count, parts=parts)
