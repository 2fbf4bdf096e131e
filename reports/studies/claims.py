"""A paper's statements and the outcomes of their checks, as `stiminfo claims` writes them."""

from __future__ import annotations

from ..paper import claims_page
from ..paper.claims import PAPER, SKIPPED
from ..paper.claims.claim import Paper
from .study import Data, Run, Study


def differences(committed: Data, fresh: Data) -> list[str]:
    """The differences between two checks of the statements, one line each; what cannot be checked here is none."""
    before, after = committed["claims"], fresh["claims"]
    lines = [f"claims: {name} is in one of them only" for name in sorted(before.keys() ^ after.keys())]
    for name in before.keys() & after.keys():
        for key in ("outcome", "place", "statement", "ours", "correction"):
            if before[name][key] != after[name][key] and after[name][key] != SKIPPED:
                lines.append(f"claim {name}: {key} {before[name][key]!r} committed, {after[name][key]!r} now")
    return lines


def of_paper(paper: Paper, name: str, cost: str) -> Study:
    """The study that checks every statement of a paper."""

    def make(run: Run) -> Data:
        found = []
        for claim, result in claims_page.outcomes(paper.claims.values()):
            found.append((claim, result))
            run.say(f"{claim.id}: {result.outcome}")
        return claims_page.to_json(found, paper.key)

    def check(committed: Data) -> list[str]:
        return differences(committed, claims_page.to_json(claims_page.outcomes(paper.claims.values()), paper.key))

    return Study(
        name=name,
        cost=cost,
        make=make,
        outputs=(f"{name}.json", f"{name}.md"),
        page=claims_page.markdown,
        check=check,
        checked=f"{len(paper.claims)} statements, checked anew",
    )


STUDY = of_paper(PAPER, "claims", "about 5 minutes; two statements need MNIST, where STIMINFO_MNIST names its files")
