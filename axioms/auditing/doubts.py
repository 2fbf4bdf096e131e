"""Why cases do not show that an axiom holds, though none refutes it; and what would settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..axiom import Axiom
from ..cases import Case
from ..finding import COARSEST_ERROR, Finding
from .declines import declines

#: The family of each case that was judged; and of each that was declined, with the reason.
Seen = Mapping[Case, str]
Declined = Mapping[Case, tuple[str, str]]


def undecided(axiom: Axiom, worst: Finding) -> str:
    """Of a case that neither breaks nor meets the axiom."""
    if axiom.settles and worst.error <= worst.tolerance:
        settles = f"{axiom.settles} may"
    else:
        enough = worst.violation / 2 if worst.violation > worst.tolerance else COARSEST_ERROR
        settles = f"an error of at most {enough:.1g} {worst.unit.partition(',')[0]} would"
    off = f"that may be off by {2 * worst.error:.2g}{worst.doubt and f': {worst.doubt}'}"
    return f"{worst.says}; {off}; {settles} settle it"


def silent(axiom: Axiom, count: int) -> str:
    """Of so many cases on which the measure did what could break nothing."""
    return (
        f"{axiom.silence} in all {count} cases: none of them could have broken it; models on which it says more would "
        "settle it"
    )


def evasive(name: str, seen: Seen, declined: Declined) -> str:
    """Of a measure that declined so much that the cases which it answered are no evidence; "" of any other.

    To decline a kind of case as a whole (the plane, say) is a limit that a measure may have, and so is a largest number
    of stimuli. To decline most cases of the kinds that it answers is none, nor is to decline most kinds and most cases,
    nor to decline models of the kind and size that it answers elsewhere, see `declines`.
    """
    if not declined:
        return ""
    what = declines(seen, declined)
    mostly = what.never > what.answered and len(declined) > len(seen)
    if not (what.within or mostly or what.alike > (len(seen) + len(declined)) / 2):
        return ""
    rest = f"the other {len(seen)} do not break it; answers to more of them would settle it"
    if not what.within:
        return f"{told_declined(name, declined)}; {rest}"
    reason = _usual([declined[case][1] for case in what.within])
    alike = f"{len(what.within)} of them are no other in kind and size than models that it answers"
    return f"{name} declined {len(declined)} cases; {alike} ({reason}); {rest}"


def too_few(count: int, fewest: int) -> str:
    """Of fewer cases than show anything; "" of enough."""
    return f"only {count} cases could be asked, fewer than {fewest}: too few to say" if count < fewest else ""


def told_declined(name: str, declined: Declined) -> str:
    """How many cases the measure declined, and the reason that it gave most often; "" for none."""
    reasons = [reason for _, reason in declined.values()]
    if not reasons:
        return ""
    return f"{name} declined {len(reasons)} cases ({_usual(reasons)})"


def _usual(reasons: Sequence[str]) -> str:
    """The reason that is given most often, and first."""
    return max(dict.fromkeys(reasons), key=list(reasons).count)
