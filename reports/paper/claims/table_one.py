"""The 24 cells of Table 1: six measures against four axioms, each checked by a search for a witness."""

from __future__ import annotations

from functools import cache, partial

from ....axioms.auditing.audit import audit
from ....axioms.auditing.verdict import Verdict
from ....estimators import PUBLISHED
from ..claimed import PAPER
from .claim import CONFIRMED, CORRECTED, REFUTED, Claim, Result

#: Generated cases per family; `stiminfo table` tries more.
EXAMPLES = 25
#: Axiom id -> column of Table 1. The paper states locality for every prior.
COLUMNS = {
    "completeness": "completeness",
    "locality_any_prior": "locality",
    "positivity": "positivity",
    "additivity": "additivity",
}
_EXPECTED = {
    ("i_local", "locality_any_prior"): CORRECTED,
    ("i_cissi", "additivity"): REFUTED,
}
_WHY = {
    ("i_local", "locality_any_prior"): "for priors with exponential or lighter tails",
    ("i_cissi", "additivity"): (
        "not with the canonical conditional; nor with any that is never negative, since I_CiSSI is positive and breaks "
        "data processing, which additivity and positivity would imply (Remark 1)"
    ),
}


@cache
def verdict_of(measure: str, axiom: str) -> Verdict:
    """The verdict of a short search."""
    return audit(PUBLISHED[measure], axioms=[axiom], examples=EXAMPLES, isolate=False).verdicts[axiom]


def cell(measure: str, axiom: str) -> Result:
    """Check one tick or cross of Table 1."""
    ticked = PAPER[measure][axiom]
    verdict = verdict_of(measure, axiom)
    stands = verdict.verdict == ("holds" if ticked else "refuted")
    corrected = None
    evidence = f"{verdict.verdict}: {verdict.message}"
    if not stands and axiom == "locality_any_prior":
        light = verdict_of(measure, "locality")
        corrected = light.verdict == "holds"
        evidence += f"; with light tails {light.verdict}: {light.message}"
    return Result(stands, evidence, corrected, verdict.witness)


CLAIMS = tuple(
    Claim(
        f"table-1-{measure}-{column}",
        "Table 1",
        f"{measure} {'has' if PAPER[measure][axiom] else 'lacks'} {column}.",
        _EXPECTED.get((measure, axiom), CONFIRMED),
        partial(cell, measure, axiom),
        _WHY.get((measure, axiom), ""),
    )
    for measure, said in PAPER.items()
    if COLUMNS.keys() <= said.keys()  # the table has no row for Kong's measures
    for axiom, column in COLUMNS.items()
)
