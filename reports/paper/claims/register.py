"""All claims, in the paper's order as far as they have one."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import UnknownName, nearest
from . import axioms, derivation, estimator, figures_1_2, figures_3_5, kong, measures, table_one
from .claim import Claim

#: In each module, every claim that is made there; Table 1 makes its claims from its cells.
_PARTS = (axioms, measures, derivation, kong, figures_1_2, figures_3_5, estimator)
CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        *table_one.CLAIMS,
        *(value for part in _PARTS for value in vars(part).values() if isinstance(value, Claim)),
    )
}


def claims_named(names: Iterable[str] | None) -> tuple[Claim, ...]:
    """The claims with these ids, all for None or none; raises `UnknownName`."""
    wanted = list(names or CLAIMS)
    for name in wanted:
        if name not in CLAIMS:
            raise UnknownName(f"unknown claim {name!r}{nearest(name, CLAIMS)}")
    return tuple(CLAIMS[name] for name in dict.fromkeys(wanted))
