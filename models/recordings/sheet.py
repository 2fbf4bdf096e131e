"""`Sheet`: a table of named columns, from a text file or a data frame, before it is known what the columns mean."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import RecordingError
from ..arrays import Array

#: What people write into a cell that holds nothing.
MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "#na", "null", "nat", "<na>", "--", "."})


@dataclass(frozen=True, eq=False)
class Column:
    """One column: texts, or numbers."""

    name: str
    cells: Sequence[str] | Array

    @cached_property
    def numbers(self) -> Array | None:
        """The cells as float64, NaN where they are missing; None if some cell is no number."""
        if isinstance(self.cells, np.ndarray) and self.cells.dtype.kind in "buif":
            return self.cells.astype(np.float64)
        try:
            return np.array([math.nan if is_missing(text) else number(text) for text in self.cells])
        except ValueError:
            return None

    def text(self, row: int) -> str:
        """A cell as it was written; of a column of numbers, the shortest text that is this number."""
        cell: Any = self.cells[row]
        if isinstance(cell, str):
            return cell
        return str(int(cell)) if float(cell).is_integer() else repr(float(cell))

    def taken(self, rows: Any) -> Column:
        """The column with these rows only."""
        cells = self.cells[rows] if isinstance(self.cells, np.ndarray) else [self.cells[int(i)] for i in rows]
        return Column(self.name, cells)


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table of columns of one length.

    Attributes
    ----------
    where : the file, or what else was given
    columns : at least one
    lines : for each row, where it stands, such as "line 3"
    told : how the sheet was read, in sentences without full stops
    """

    where: str
    columns: tuple[Column, ...]
    lines: Sequence[str]
    told: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> Column:
        """The column of this name, or `RecordingError`."""
        found = [column for column in self.columns if column.name == name]
        if len(found) != 1:
            what = "has no column" if not found else f"has {len(found)} columns named"
            raise RecordingError(f"{self.where}: {what} {name!r}; its columns are {listed(self.names)}")
        return found[0]

    def at(self, row: int, column: Column | None = None) -> str:
        """Where a cell or a row stands, as the start of a message."""
        beside = "" if column is None else f", column {column.name!r}"
        return f"{self.where}, {self.lines[row]}{beside}"

    def places(self, cells: Sequence[tuple[int, Column]]) -> list[str]:
        """Where cells (row, column) stand, in short: the column is named where they are in several."""
        several = len({id(column) for _, column in cells}) > 1
        return [self.lines[i] + (f", column {column.name!r}" if several else "") for i, column in cells]

    def telling(self, *lines: str) -> Sheet:
        """The same sheet, with more to tell."""
        return replace(self, told=(*self.told, *lines))

    def without(self, *names: str) -> Sheet:
        """The sheet without these columns."""
        return replace(self, columns=tuple(column for column in self.columns if column.name not in names))


def number(text: str) -> float:
    """A number; unlike float(), refuses 1_0, which people do not write for 10."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        return math.isfinite(number(text))
    except ValueError:
        return False


def is_missing(text: str) -> bool:
    """Whether a cell holds nothing."""
    return text.strip().lower() in MISSING


def not_a_number(text: str) -> str:
    """Why a text is not a number, after its repr."""
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", text.strip()):
        return "is not a number (if its comma separates thousands, write it without)"
    return "is not a number"


def others(places: Sequence[str], most: int = 3) -> str:
    """The end of a message on the first of several faults: how many there are, and where the next ones stand."""
    if len(places) < 2:
        return ""
    shown = ", ".join(places[1 : most + 1])
    more = f" and {len(places) - most - 1} more" if len(places) > most + 1 else ""
    return f" ({len(places)} in all: also {shown}{more})"


def listed(names: Sequence[str], most: int = 6) -> str:
    """The first names, in quotes."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
