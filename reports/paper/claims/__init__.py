"""The paper's statements, each with a check and an outcome: confirmed, refuted, or holds only as corrected."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import UnknownName, nearest
from . import axioms, derivation, estimator, figures_1_2, figures_3_5, kong, measures, table_one
from .claim import CONFIRMED, CORRECTED, REFUTED, Claim, Result

__all__ = ["CLAIMS", "CONFIRMED", "CORRECTED", "REFUTED", "Claim", "Result", "claims_named"]

#: By id. Table 1 lists its claims; the other modules hold one function per claim.
CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        *table_one.CLAIMS,
        *(
            value
            for part in (axioms, measures, derivation, kong, figures_1_2, figures_3_5, estimator)
            for value in vars(part).values()
            if isinstance(value, Claim)
        ),
    )
}


def claims_named(names: Iterable[str] | None) -> tuple[Claim, ...]:
    """The claims with these ids, or all claims for None or no ids; raises `UnknownName`."""
    wanted = list(names or CLAIMS)
    for name in wanted:
        if name not in CLAIMS:
            raise UnknownName(f"unknown claim {name!r}{nearest(name, CLAIMS)}")
    return tuple(CLAIMS[name] for name in dict.fromkeys(wanted))
