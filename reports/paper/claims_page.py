"""The claims' outcomes as JSON, as a page in Markdown, and as a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..templating import render
from .claims import CORRECTED, SLIP, Claim, Result, counted
from .papers import FIRST, paper_named

SCHEMA = 1


def outcomes(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Result]]:
    """Each claim with the result of its check, as soon as there is one."""
    for claim in claims:
        yield claim, claim.check()


def to_json(found: Iterable[tuple[Claim, Result]], paper: str = FIRST) -> dict[str, Any]:
    """``{"claims": {id: {...}}, "counts": {"paper": {outcome: n}, "ours": {...}}, "schema": 1}``.

    With ``"paper": name`` for any but the first paper.
    """
    claims = {
        claim.id: {
            "place": claim.place,
            "statement": claim.statement,
            "ours": claim.ours,
            "outcome": result.outcome,
            "expected": claim.expected,
            "correction": claim.correction,
            "evidence": result.evidence,
            "witness": result.witness,
        }
        for claim, result in found
    }
    data = {"claims": claims, "counts": _counts(claims), "schema": SCHEMA}
    return data if paper == FIRST else data | {"paper": paper}


def _counts(claims: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many statements of the paper, and of ours, have each outcome."""
    return {
        whose: counted(claim["outcome"] for claim in claims.values() if claim["ours"] == (whose == "ours"))
        for whose in ("paper", "ours")
    }


#: Outcomes of several statements, where the words differ from those for one.
_PLURAL = {CORRECTED: "hold only as corrected", SLIP: "slips in print"}


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count} {_PLURAL.get(outcome, outcome) if count > 1 else outcome}" for outcome, count in counts.items()
    )


def summary(data: Mapping[str, Any]) -> str:
    """One line for the claims' JSON data: how many there are, and how many have each outcome."""
    counts = data["counts"]
    total = {whose: sum(found.values()) for whose, found in counts.items()}
    said = [
        f"{total[whose]} {name}: {_in_words(counts[whose])}"
        for whose, name in (("paper", "of the paper"), ("ours", "ours"))
        if total[whose]
    ]
    noun = "statement" if sum(total.values()) == 1 else "statements"
    return f"{sum(total.values())} {noun}; " + "; ".join(said)


def markdown(data: dict[str, Any]) -> str:
    """The page of the claims' JSON data: how many have each outcome, then a table for each part."""
    claims, paper = data["claims"], paper_named(data.get("paper", FIRST))
    parts = {title: {one.id: claims[one.id] for one in part if one.id in claims} for title, part in paper.parts.items()}
    known = {id_ for part in parts.values() for id_ in part}
    others = {id_: claim for id_, claim in claims.items() if id_ not in known}
    return render("claims.md", paper=paper, summary=summary(data), parts=parts | ({"Others": others} if others else {}))
