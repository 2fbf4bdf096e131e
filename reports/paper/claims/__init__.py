"""The paper's statements, and ours beside them, each with a check and an outcome."""

from __future__ import annotations

from collections.abc import Iterable

from . import (
    appendix_a,
    axioms,
    derivation,
    estimator,
    figure_1,
    figure_2,
    figures_3_5,
    fisher,
    kong,
    kong2,
    measures,
    population,
    table_one,
)
from .claim import (
    CONFIRMED,
    CORRECTED,
    OUTCOMES,
    REFUTED,
    SKIPPED,
    SLIP,
    Claim,
    Paper,
    Result,
    by_id,
    counted,
    of_modules,
)

__all__ = [
    "CLAIMS",
    "CONFIRMED",
    "CORRECTED",
    "OUTCOMES",
    "PAPER",
    "PARTS",
    "REFUTED",
    "SKIPPED",
    "SLIP",
    "Claim",
    "Result",
    "claims_named",
    "counted",
]


#: The parts of the page, in its order, with their claims. Table 1 lists its own.
PARTS: dict[str, tuple[Claim, ...]] = {
    "Table 1": table_one.CLAIMS,
    "Axioms and remarks": of_modules(axioms, measures),
    "Sections 3 to 4.2, and the Discussion": of_modules(derivation, fisher),
    "Appendix A": of_modules(appendix_a),
    "Appendix B": of_modules(kong, kong2),
    "Figures 1 to 3 and 5": of_modules(figure_1, figure_2, figures_3_5),
    "Images: sections 5.4 and 5.5, appendix C": of_modules(estimator, population),
}
#: By id.
CLAIMS: dict[str, Claim] = by_id(PARTS)
PAPER = Paper(
    key="laquitaine",
    title="The paper's statements, checked",
    about=(
        "The paper is that of Laquitaine, Azeglio, Paris, Ferrari and Chalk (arXiv:2505.11309). Its statements are "
        "restated in our words, with the place where it makes them and its own equation numbers; what it does not say "
        "is marked *ours*. `stiminfo claims` checks them all again."
    ),
    remarks=(
        "*Confirmed* means that the statement held on every model tried, not that it is proved. *Slip in print* means "
        "that what is printed cannot be meant, or can be read in two ways, and that no result depends on it. Training "
        "times and the minute for each image (C.3, C.4), which depend on the machines, are not checked."
    ),
    parts=PARTS,
    claims=CLAIMS,
)


def claims_named(names: Iterable[str] | None) -> tuple[Claim, ...]:
    """The claims with these ids, or all claims for None or no ids; raises `UnknownName`."""
    return PAPER.named(names)
