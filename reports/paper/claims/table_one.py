"""The 24 cells of Table 1: six measures against four axioms, each checked by a search for a witness."""

from __future__ import annotations

import os
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np

from ....axioms.auditing.audit import audit
from ....axioms.auditing.verdict import Verdict
from ....estimators import PUBLISHED, i_cissi, i_surp
from ....models import EncodingModel
from ....models.transforms import coarse_and_fine, merge_responses, merging_matrix
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
    ("i_local", "locality_any_prior"): "for priors with exponential or lighter tails (proved, see the page of axioms)",
    ("i_cissi", "additivity"): (
        "not with the conditional of Appendix B (Eqs. 21 and 22: the same functional of p(r'|r, x)); nor with any that "
        "is never negative, since I_CiSSI is positive and breaks data processing, which additivity and positivity "
        "would imply (Remark 1). Axiom 4 does not define the conditional: with I_{R,R'} - I_R every complete measure "
        "is additive"
    ),
}


@cache
def verdict_of(measure: str, axiom: str) -> Verdict:
    """The verdict of a short search."""
    # Hypothesis would otherwise write a folder where the user works.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "stiminfo-hypothesis"))
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
    if (measure, axiom) == ("i_cissi", "additivity"):
        rise, needed, surprise = no_conditional()
        stands = stands or needed >= -1e-9
        evidence += (
            f". Merging responses 0 and 1 (prior 1/4, 3/4) raises I_CiSSI at the second stimulus from {rise[0]:.5f} to "
            f"{rise[1]:.5f} nats, so a conditional that makes it additive would be {needed:.5f} there (I_surp changes "
            f"by {surprise[0]:+.3f} and {surprise[1]:+.3f})"
        )
    return Result(stands, evidence, corrected, verdict.witness)


def no_conditional() -> tuple[tuple[float, float], float, tuple[float, float]]:
    """Why no conditional that is never negative makes I_CiSSI additive.

    Returns its values at the second stimulus before and after a merge of two responses; the least value of the only
    conditional that would make it additive, for the merged response first and the response itself second; and the
    changes of I_surp; all in nats.
    """
    model = EncodingModel([0.0, 1.0], [0.25, 0.75], [[0.25, 0.25], [0.75, 0.0], [0.0, 0.75]])
    merged = merge_responses(model, [0, 0, 1])
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    before, after = i_cissi(model), i_cissi(merged)
    first, second = i_surp(merged) - i_surp(model)
    needed = i_cissi(pair.both) - after
    return (float(before[1]), float(after[1])), float(np.min(needed)), (float(first), float(second))


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
