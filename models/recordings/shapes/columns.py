"""Trials by stimuli: one column per stimulus, one row per trial, and in each cell the response."""

from __future__ import annotations

from .. import words
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet
from . import wide
from .shape import Shape


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording of the table turned round; a first column of trial numbers is left out."""
    numbered = words.says(words.TRIAL, sheet.names[0])
    stimuli = sheet.columns[1:] if numbered else sheet.columns
    rows = tuple(Column(sheet.lines[i], [column.text(i) for column in stimuli]) for i in range(len(sheet)))
    told = "turned round: the rows are trials, the columns stimuli"
    names = [column.name for column in stimuli]
    turned = Sheet(
        sheet.where, (Column("stimulus", names), *rows), [f"column {name!r}" for name in names], (*sheet.told, told)
    )
    return wide.read(turned, options)


def evidence(sheet: Sheet) -> int:
    """A first column of trial numbers, and numbers as names of the others; or angles with their unit as all names."""
    first, *rest = sheet.names
    angles = len(rest) > 1 and all(map(words.with_unit, rest))
    if angles and words.with_unit(first):
        return 3
    return 3 if len(rest) > 1 and words.says(words.TRIAL, first) and (words.are_numbers(tuple(rest)) or angles) else 0


SHAPE = Shape("columns", "one row per trial, one column per stimulus", evidence, read)
