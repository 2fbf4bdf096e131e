"""`Claim`: a statement of the paper in our words, its place in the paper, and its check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ....errors import UnknownName, nearest

CONFIRMED, CORRECTED, SLIP, REFUTED = "confirmed", "holds only as corrected", "slip in print", "refuted"
SKIPPED = "not checked"
#: Every outcome, in the order in which pages count them.
OUTCOMES = (CONFIRMED, CORRECTED, SLIP, REFUTED, SKIPPED)


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes
    ----------
    printed : whether the statement holds as it is printed
    evidence : the numbers that show it, in words
    corrected : whether the correction holds; None without a correction
    witness : JSON data of a small model that refutes the statement, or of a witness that `stiminfo replay` reads
    slip : whether what is printed is only a slip of the pen or ambiguous, so that no result depends on it
    skipped : whether the check needs data or packages that are not here; `evidence` says which
    """

    printed: bool
    evidence: str
    corrected: bool | None = None
    witness: dict[str, Any] | None = None
    slip: bool = False
    skipped: bool = False

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`."""
        if self.skipped:
            return SKIPPED
        if self.printed:
            return CONFIRMED
        if not self.corrected:
            return REFUTED
        return SLIP if self.slip else CORRECTED


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, or one of ours about the same matter.

    Attributes
    ----------
    id : short name for the command line
    place : where the paper makes the statement, by its own numbers; of a statement of ours, what it belongs to
    statement : the statement in our words
    expected : the outcome on record; a check with another outcome fails in CI
    check : computes the outcome
    correction : what holds instead, or why the statement fails
    ours : whether the statement is ours and not the paper's
    """

    id: str
    place: str
    statement: str
    expected: str
    check: Callable[[], Result]
    correction: str = ""
    ours: bool = False

    def is_news(self, outcome: str) -> bool:
        """Whether an outcome differs from the one on record; a check that could not be made is no news."""
        return outcome not in (self.expected, SKIPPED)


@dataclass(frozen=True)
class Paper:
    """A paper whose statements are checked.

    Attributes
    ----------
    key : its name on the command line
    title : heading of the page
    about : which paper it is, and what is said of its statements, in Markdown
    remarks : what the outcomes mean here, and what is not checked, in Markdown
    parts : the parts of the page, in its order, with their claims
    claims : by id
    """

    key: str
    title: str
    about: str
    remarks: str
    parts: Mapping[str, tuple[Claim, ...]]
    claims: Mapping[str, Claim]

    def named(self, names: Iterable[str] | None) -> tuple[Claim, ...]:
        """The claims with these ids, or all claims for None or no ids; raises `UnknownName`."""
        wanted = list(names or self.claims)
        for name in wanted:
            if name not in self.claims:
                raise UnknownName(f"unknown claim {name!r}{nearest(name, self.claims)}")
        return tuple(self.claims[name] for name in dict.fromkeys(wanted))


def of_modules(*modules: object) -> tuple[Claim, ...]:
    """The claims in modules that hold one function per claim."""
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Claim))


def by_id(parts: Mapping[str, tuple[Claim, ...]]) -> dict[str, Claim]:
    """The claims of all parts by id."""
    return {claim.id: claim for part in parts.values() for claim in part}


def claim(
    id: str, place: str, statement: str, expected: str, correction: str = "", *, ours: bool = False
) -> Callable[[Callable[[], Result]], Claim]:
    """Decorator that turns a check into a `Claim`; the arguments are those of `Claim`."""
    return lambda check: Claim(id, place, statement, expected, check, correction, ours)


def counted(outcomes: Iterable[str]) -> dict[str, int]:
    """How many there are of each outcome, in the order of `OUTCOMES`; those that do not occur are left out."""
    found = list(outcomes)
    return {outcome: found.count(outcome) for outcome in OUTCOMES if outcome in found}
