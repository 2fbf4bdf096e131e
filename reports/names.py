"""Long names, cut where there is little room: names that differ stay different."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

#: Letters that stay of a common beginning and of a common end, at the least.
_KEPT = 3


def cut_names(names: Sequence[str], letters: int, most: int | None = None) -> list[str]:
    """Names of at most `letters` letters or, where names would become equal, of as many more as keep them different.

    Longer names lose their middle, since they often differ at their end; if this makes names equal, then what all begin
    and end with is left out; and if this is no help either, names keep more letters.

    Parameters
    ----------
    letters : that are wanted
    most : letters that are taken where `letters` make names equal; by default no more
    """
    different, most = len(set(names)), letters if most is None else most
    bare = _without_common(names, letters)
    tries = [(names, letters), (names, most), *((bare, room) for room in range(letters, max(map(len, bare))))]
    for words, room in tries:
        found = [_cut(word, room) for word in words]
        if len(set(found)) == different:
            return found
    return bare


def _cut(name: str, letters: int) -> str:
    if len(name) <= letters:
        return name
    end = letters // 2
    return f"{name[: letters - end - 1]}…{name[-end:]}"


def _without_common(names: Sequence[str], letters: int) -> list[str]:
    """What the names have beyond a common beginning and end, of which as much is kept as there is room for."""
    shared = sorted(set(names))
    start = _alike(shared)
    rest = [name[start:] for name in shared]
    end = _alike([name[::-1] for name in rest])
    around = max(_KEPT, (letters - max(map(len, rest)) + end - 2) // 2)
    start, end = (0 if size <= around + 1 else size - around for size in (start, end))
    head, tail = "…" * (start > 0), "…" * (end > 0)
    return [f"{head}{name[start : len(name) - end]}{tail}" for name in names]


def _alike(names: Sequence[str]) -> int:
    """How many letters all begin with."""
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names)))
