"""The paper's statements, and ours beside them, each with a check and an outcome."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import UnknownName, nearest
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
from .claim import CONFIRMED, CORRECTED, OUTCOMES, REFUTED, SKIPPED, SLIP, Claim, Result, counted

__all__ = [
    "CLAIMS",
    "CONFIRMED",
    "CORRECTED",
    "OUTCOMES",
    "PARTS",
    "REFUTED",
    "SKIPPED",
    "SLIP",
    "Claim",
    "Result",
    "claims_named",
    "counted",
]


def _of(*modules: object) -> tuple[Claim, ...]:
    """The claims in modules that hold one function per claim."""
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Claim))


#: The parts of the page, in its order, with their claims. Table 1 lists its own.
PARTS: dict[str, tuple[Claim, ...]] = {
    "Table 1": table_one.CLAIMS,
    "Axioms and remarks": _of(axioms, measures),
    "Sections 3 to 4.2, and the Discussion": _of(derivation, fisher),
    "Appendix A": _of(appendix_a),
    "Appendix B": _of(kong, kong2),
    "Figures 1 to 3 and 5": _of(figure_1, figure_2, figures_3_5),
    "Images: sections 5.4 and 5.5, appendix C": _of(estimator, population),
}
#: By id.
CLAIMS: dict[str, Claim] = {claim.id: claim for part in PARTS.values() for claim in part}


def claims_named(names: Iterable[str] | None) -> tuple[Claim, ...]:
    """The claims with these ids, or all claims for None or no ids; raises `UnknownName`."""
    wanted = list(names or CLAIMS)
    for name in wanted:
        if name not in CLAIMS:
            raise UnknownName(f"unknown claim {name!r}{nearest(name, CLAIMS)}")
    return tuple(CLAIMS[name] for name in dict.fromkeys(wanted))
