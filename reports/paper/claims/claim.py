"""`Claim`: a statement of the paper, restated, with its place there and a check of it."""

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
    evidence : the numbers, in words
    corrected : whether the correction holds; None where there is none
    witness : a small model that refutes the statement, or a witness that `stiminfo replay` reads
    """

    printed: bool
    evidence: str
    corrected: bool | None = None
    witness: dict[str, Any] | None = None

    @property
    def outcome(self) -> str:
        """One of the three."""
        if self.printed:
            return CONFIRMED
        return CORRECTED if self.corrected else REFUTED


@dataclass(frozen=True)
class Claim:
    """A statement of the paper.

    Attributes
    ----------
    id : short, for the command line
    place : where the paper says it
    statement : in our words
    expected : the outcome at the time of writing; another one is news, and fails in CI
    check : finds out
    correction : what holds instead, in words, or why the statement fails
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
    """Makes the check below it the claim with this statement; the arguments are those of `Claim`."""
    return lambda check: Claim(id, place, statement, expected, check, correction)
