"""What spreadsheets write around a table: title rows above it, a row of units below its names, notes at its end."""

from __future__ import annotations

import re

from ..sheet import is_missing, is_number

#: A unit in brackets.
_BRACKETED = re.compile(r"[(\[].*[)\]]")

Rows = list[list[str]]


def trimmed(rows: Rows, lines: list[int]) -> tuple[Rows, list[int], list[str]]:
    """The rows of the table with the numbers of their lines, and sentences about what was left out or joined."""
    told: list[str] = []
    sizes = [_filled(row) for row in rows]
    usual = max(sizes, key=sizes.count, default=0)
    if usual > 1 and len(rows) > 2:
        rows, lines = _without_titles(rows, lines, told)
        rows, lines = _without_notes(rows, lines, told)
        rows, lines = _one_header(rows, lines, told)
    return rows, lines, told


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _without_titles(rows: Rows, lines: list[int], told: list[str]) -> tuple[Rows, list[int]]:
    """Leave out rows at the top with one cell, a text, where the next row has more."""
    titles = 0
    while titles < len(rows) - 2 and _filled(rows[titles]) == 1 and not is_number(_only(rows[titles])):
        titles += 1
    # A header row of one name and blanks, followed by rows of cells, is no title: its other names are missing.
    if titles and _filled(rows[titles]) > 1 and not all(is_number(cell) for cell in rows[titles] if cell.strip()):
        told.append(f"left out above the table: {', '.join(repr(_only(row)) for row in rows[:titles][:3])}")
        return rows[titles:], lines[titles:]
    return rows, lines


def _only(row: list[str]) -> str:
    return next((cell.strip() for cell in row if cell.strip()), "")


def _without_notes(rows: Rows, lines: list[int], told: list[str]) -> tuple[Rows, list[int]]:
    """Leave out rows at the end of one cell that is a text, as no row of the table has one cell."""
    last = len(rows)
    while last > 2 and len(rows[last - 1]) == 1 and not is_number(rows[last - 1][0]):
        last -= 1
    if last < len(rows):
        told.append(f"left out below the table: {', '.join(repr(row[0].strip()[:40]) for row in rows[last:][:3])}")
    return rows[:last], lines[:last]


def _one_header(rows: Rows, lines: list[int], told: list[str]) -> tuple[Rows, list[int]]:
    """Leave out a row of units below the names, or take it as the names where the first row lacks some.

    It holds no number, and every column is of numbers below it; or all that stands in it is in brackets.
    """
    header, second, *body = rows
    if len(second) != len(header) or len(body) < 2 or any(is_number(cell) for cell in second) or not _filled(second):
        return rows, lines
    bracketed = all(_BRACKETED.fullmatch(cell.strip()) for cell in second if cell.strip())
    numbers = all(len(row) == len(header) and all(is_number(c) or is_missing(c) for c in row) for row in body)
    names = [cell.strip() for cell in header]
    if any(is_missing(cell) for cell in second if cell.strip()) or not (bracketed or (numbers and len(header) > 1)):
        return rows, lines
    if "" in names or len(set(names)) < len(names):
        if bracketed or "" in (cell.strip() for cell in second):
            return rows, lines
        told.append(f"names of the columns from line {lines[1]}, below {', '.join(repr(n) for n in names if n)}")
        return [second, *body], lines[1:]
    told.append(f"left out: line {lines[1]}, units or a second header ({', '.join(c.strip() for c in second)})")
    return [header, *body], [lines[0], *lines[2:]]
