"""`Claim`: a statement of the paper in our words, its place in the paper, and its check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CONFIRMED, REFUTED, CORRECTED = "confirmed", "refuted", "holds only as corrected"


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes
    ----------
    printed : whether the statement holds as it is printed
    evidence : the numbers that show it, in words
    corrected : whether the correction holds; None without a correction
    witness : JSON data of a small model that refutes the statement, or of a witness that `stiminfo replay` reads
    """

    printed: bool
    evidence: str
    corrected: bool | None = None
    witness: dict[str, Any] | None = None

    @property
    def outcome(self) -> str:
        """CONFIRMED, CORRECTED or REFUTED."""
        if self.printed:
            return CONFIRMED
        return CORRECTED if self.corrected else REFUTED


@dataclass(frozen=True)
class Claim:
    """A statement of the paper.

    Attributes
    ----------
    id : short name for the command line
    place : where the paper makes the statement
    statement : the statement in our words
    expected : the outcome on record; a check with another outcome fails in CI
    check : computes the outcome
    correction : what holds instead, or why the statement fails
    """

    id: str
    place: str
    statement: str
    expected: str
    check: Callable[[], Result]
    correction: str = ""


def claim(
    id: str, place: str, statement: str, expected: str, correction: str = ""
) -> Callable[[Callable[[], Result]], Claim]:
    """Decorator that turns a check into a `Claim`; the arguments are those of `Claim`."""
    return lambda check: Claim(id, place, statement, expected, check, correction)
