"""`Groups`: how a latent vector is divided into groups, and which factor each supervised group learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import MALFORMED, ModelError, OptionError, UnknownName, nearest
from .world import World

#: Latents per group, as in the paper.
RANK = 6
#: Most latents of all groups together: far beyond any population that is recorded, and within memory.
MOST = 4096
#: Digits of a rank that are read; more are too many in any case.
_DIGITS = 18
#: What stands for all groups together, and for all groups without a label.
WHOLE, FREE = "whole", "free"


@dataclass(frozen=True)
class Groups:
    """Groups of latents.

    Attributes
    ----------
    names : one per group
    ranks : latents in each group
    supervised : the factor that a group's label is, by group; a group that is not in it is free
    dimensions : of the whole latent; by default the sum of the ranks

    Raises
    ------
    ModelError
        The ranks do not add up; a name is used twice or reserved; an unknown group is supervised.
    """

    names: tuple[str, ...]
    ranks: tuple[int, ...]
    supervised: dict[str, str] = field(default_factory=dict)
    dimensions: int = 0

    def __post_init__(self) -> None:
        names, ranks = tuple(self.names), tuple(self.ranks)
        if not names or len(names) != len(ranks):
            raise ModelError(f"{len(names)} groups have {len(ranks)} ranks; expected one rank per group")
        for name, rank in zip(names, ranks):
            if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
                raise ModelError(f"group {name} has rank {rank!r}; expected a whole number, at least 1")
            if not isinstance(name, str) or name in (WHOLE, FREE, "") or names.count(name) > 1 or "," in name:
                raise ModelError(
                    f"a group is named {name!r}; expected names that differ, without commas, and none that is {WHOLE} "
                    f"or {FREE}"
                )
        if sum(ranks) > MOST:
            raise ModelError(f"the groups have too many latents; expected at most {MOST}")
        if self.dimensions not in (0, sum(ranks)):
            shown = " + ".join(map(str, ranks))
            raise ModelError(f"the ranks add up to {shown} = {sum(ranks)}; the latent has {self.dimensions} dimensions")
        for group in self.supervised:
            if group not in names:
                raise UnknownName(f"unknown group {group!r}{nearest(group, names)}")
        values = {"names": names, "ranks": ranks, "dimensions": sum(ranks), "supervised": dict(self.supervised)}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_texts(cls, texts: Sequence[str], dimensions: int | None = None) -> Groups:
        """Groups from NAME[:RANK][=FACTOR]; those without a rank share what is left of the latents, or have 6 each.

        Raises
        ------
        OptionError
            A text has another form.
        """
        names, ranks = [], []
        supervised: dict[str, str] = {}
        for text in texts:
            head, equals, factor = text.partition("=")
            name, colon, rank = head.partition(":")
            if not name or (equals and not factor) or (colon and not (rank.isdecimal() and rank.strip("0"))):
                raise OptionError(
                    f"--group {text}: expected NAME, NAME:RANK or NAME:RANK=FACTOR, such as pose:6=rotation"
                )
            names.append(name)
            ranks.append(int(rank[:_DIGITS]) if colon else 0)
            supervised |= {name: factor} if equals else {}
        left = ranks.count(0)
        share = RANK if dimensions is None or not left else max(1, (dimensions - sum(ranks)) // left)
        return cls(tuple(names), tuple(rank or share for rank in ranks), supervised, dimensions or 0)

    @property
    def slices(self) -> tuple[slice, ...]:
        """The latents of each group."""
        ends = [sum(self.ranks[: g + 1]) for g in range(len(self.ranks))]
        return tuple(slice(end - rank, end) for end, rank in zip(ends, self.ranks))

    @property
    def free(self) -> tuple[str, ...]:
        """The groups without a label."""
        return tuple(name for name in self.names if name not in self.supervised)

    @property
    def rows(self) -> tuple[str, ...]:
        """What is scored: each group, all free ones together if there are several and others, and the whole."""
        together = len(self.free) > 1 and bool(self.supervised)
        return (*self.names, *((FREE,) if together else ()), WHOLE)

    def latents(self, of: str | Sequence[str] = WHOLE) -> list[int]:
        """Indices of the latents of a group, of several groups, of all free ones ("free"), or of all ("whole").

        Raises
        ------
        UnknownName
            No group has this name; the message gives the nearest one.
        """
        wanted: Sequence[str] = [of] if isinstance(of, str) else of
        found: set[int] = set()
        for name in wanted:
            if name == WHOLE:
                chosen: Sequence[str] = self.names
            elif name == FREE and self.free:
                chosen = self.free
            elif name in self.names:
                chosen = (name,)
            else:
                raise UnknownName(f"unknown group {name!r}{nearest(name, (*self.names, FREE, WHOLE))}")
            for one in chosen:
                place = self.slices[self.names.index(one)]
                found |= set(range(place.start, place.stop))
        return sorted(found)

    def of_factor(self, name: str, factors: Sequence[str]) -> None:
        """Raise `UnknownName`, naming the group that is there for a factor, where a factor's name is no group's."""
        group = next((group for group, factor in self.supervised.items() if factor == name), None)
        if name in factors and name not in (*self.names, FREE, WHOLE):
            there = f"the group of this factor is {group!r}" if group else "no group is supervised by this factor"
            raise UnknownName(f"unknown group {name!r}, which is a factor; {there}")

    def check(self, world: World) -> None:
        """Raise `ModelError` where the world lacks the label of a supervised group."""
        for group, factor in self.supervised.items():
            if factor not in world.names:
                raise UnknownName(
                    f"group {group} is supervised by {factor!r}, which is no factor of this world"
                    f"{nearest(factor, world.names)}"
                )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"names": list(self.names), "ranks": list(self.ranks), "supervised": self.supervised}

    @classmethod
    def from_json(cls, data: Any) -> Groups:
        """Read what `to_json` wrote; raises `ModelError` for anything else."""
        try:
            return cls(tuple(data["names"]), tuple(data["ranks"]), dict(data["supervised"]))
        except MALFORMED as error:
            raise ModelError(f"this does not describe groups of latents ({error})") from None


def usual_groups(world: World) -> Groups:
    """One group per label and per circular factor, and two free groups.

    A group that learns the rotation is called pose, as in the paper; any other has its factor's name. Where no factor
    is a label or circular, the first one is supervised. A column that names each image is no label.
    """
    told = [n for n, values in zip(world.names, world.values) if len(values) < len(world)] or [world.names[0]]
    learned = [n for n in told if world.kinds[world.column(n)] != "line"] or told[:1]
    learned.sort(key=lambda n: world.kinds[world.column(n)] != "circle")
    supervised = {"pose" if name == "rotation" else name: name for name in learned}
    names = (*supervised, "free-1", "free-2")
    return Groups(names, (RANK,) * len(names), supervised)
