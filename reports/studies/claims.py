"""The paper's statements and the outcomes of their checks, as `stiminfo claims` writes them."""

from __future__ import annotations

from ..paper import claims_page
from ..paper.claims import CLAIMS, SKIPPED
from .study import Data, Run, Study


def make(run: Run) -> Data:
    """Check every statement."""
    found = []
    for claim, result in claims_page.outcomes(CLAIMS.values()):
        found.append((claim, result))
        run.say(f"{claim.id}: {result.outcome}")
    return claims_page.to_json(found)


def differences(committed: Data, fresh: Data) -> list[str]:
    """The differences between two checks of the statements, one line each; what cannot be checked here is none."""
    before, after = committed["claims"], fresh["claims"]
    lines = [f"claims: {name} is in one of them only" for name in sorted(before.keys() ^ after.keys())]
    for name in before.keys() & after.keys():
        for key in ("outcome", "place", "statement", "ours", "correction"):
            if before[name][key] != after[name][key] and after[name][key] != SKIPPED:
                lines.append(f"claim {name}: {key} {before[name][key]!r} committed, {after[name][key]!r} now")
    return lines


def check(committed: Data) -> list[str]:
    """The differences when every statement is checked again."""
    return differences(committed, claims_page.to_json(claims_page.outcomes(CLAIMS.values())))


STUDY = Study(
    name="claims",
    cost="about 5 minutes; two statements need MNIST, where STIMINFO_MNIST names its files",
    make=make,
    outputs=("claims.json", "claims.md"),
    page=claims_page.markdown,
    check=check,
    checked=f"{len(CLAIMS)} statements, checked anew",
)
