"""How small a break a "holds" would not have missed: the same search, asked of measures that break an axiom on purpose.

The table comes from ``python -m stiminfo.reports.studies.publish strength``, which plants the breaks.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

#: What is said of the first size.
_FOUND = " of I(x) on all models is found"


class Break(Struct, frozen=True, forbid_unknown_fields=True):
    """Breaks of one size.

    Attributes
    ----------
    size : relative to I(x)
    found : in how many searches, each with a seed of its own, the axiom was refuted
    drawn : in how many of them drawn cases alone refuted it, without those that every audit asks
    seeds : how many searches there were
    known : whether a case that every audit asks refutes it: then it is found whatever the seed
    """

    size: float
    found: int
    drawn: int
    seeds: int
    known: bool = False


class Strength(Struct, frozen=True, forbid_unknown_fields=True):
    """What the search of one axiom finds.

    Attributes
    ----------
    planted : the break in words, e its size
    examples : generated cases per family in each search
    breaks : by size, largest first
    families : by name the families of drawn cases, and how often cases of one alone refuted the axiom
    """

    planted: str
    examples: int
    breaks: tuple[Break, ...]
    families: dict[str, tuple[Break, ...]] = {}

    def __str__(self) -> str:
        found, drawn = ([getattr(one, which) for one in self.breaks] for which in ("found", "drawn"))
        said = f"a break of {self._counts(found)}"
        return said if found == drawn else f"{said}; by drawn cases alone, one of {self._counts(drawn)}"

    def _counts(self, found: list[int]) -> str:
        """From the smallest size that every search found, downwards."""
        always = [n for n, (count, one) in enumerate(zip(found, self.breaks)) if count == one.seeds]
        start = max(always, default=0)
        parts = [
            f"{size_text(one.size)}{_FOUND * (n == 0)} in {count} of {one.seeds}{' seeds' * (n == 0)}"
            for n, (count, one) in enumerate(zip(found[start:], self.breaks[start:]))
        ]
        return ", of ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def size_text(size: float) -> str:
    """A relative size in percent.

    >>> size_text(0.1), size_text(1e-4)
    ('10%', '0.01%')
    """
    return f"{100 * size:g}%"


@cache
def strengths() -> dict[str, Strength]:
    """The table that comes with the package, by axiom."""
    text = (files(__package__) / "strength.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Strength])


def strength_of(axiom: str, examples: int) -> Strength | None:
    """What a search of this axiom with so many examples finds at least; None where that was not measured."""
    found = strengths().get(axiom)
    return found if found is not None and examples >= found.examples else None
