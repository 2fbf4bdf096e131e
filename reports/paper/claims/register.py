"""All claims, in the paper's order as far as they have one."""

from __future__ import annotations

from collections.abc import Iterable

from ....axioms.registry import nearest
from ....errors import UnknownName
from . import equations, estimator_claims, figure_claims, remarks, table_one
from .claim import Claim

CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for part in (table_one, remarks, equations, figure_claims, estimator_claims)
    for claim in part.CLAIMS
}


def claims_named(names: Iterable[str] | None) -> tuple[Claim, ...]:
    """The claims with these ids, all for None or none; raises `UnknownName`."""
    wanted = list(names or CLAIMS)
    for name in wanted:
        if name not in CLAIMS:
            raise UnknownName(f"unknown claim {name!r}{nearest(name, CLAIMS)}")
    return tuple(CLAIMS[name] for name in dict.fromkeys(wanted))
