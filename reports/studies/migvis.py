"""The statements of the MIG-Vis paper, checked, as `stiminfo claims --paper mig-vis` writes them."""

from __future__ import annotations

from ..paper import claims_page
from ..paper.migvis import PAPER
from .claims import differences
from .study import Data, Run, Study


def make(run: Run) -> Data:
    """Check every statement."""
    found = []
    for claim, result in claims_page.outcomes(PAPER.claims.values()):
        found.append((claim, result))
        run.say(f"{claim.id}: {result.outcome}")
    return claims_page.to_json(found, PAPER.key)


def check(committed: Data) -> list[str]:
    """The differences when every statement is checked again."""
    return differences(committed, claims_page.to_json(claims_page.outcomes(PAPER.claims.values()), PAPER.key))


STUDY = Study(
    name="mig-vis",
    cost="about 2 minutes",
    make=make,
    outputs=("mig-vis.json", "mig-vis.md"),
    page=claims_page.markdown,
    check=check,
    checked=f"{len(PAPER.claims)} statements, checked anew",
)
