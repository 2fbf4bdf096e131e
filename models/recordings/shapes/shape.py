"""`Shape`: one way in which a table holds an experiment; and what the shapes have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from ...counting import MOST, no_counts
from .. import words
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet, is_number, not_a_number, number, others


@dataclass(frozen=True)
class Shape:
    """One way in which a table holds an experiment.

    Attributes
    ----------
    name : as the user writes it after ``--as``
    title : in words
    evidence : how sure the names and cells are that a table has this shape: 0 for not at all; a shape of a higher
        number wins; two of the same number are a reason to refuse
    read : the recording
    """

    name: str
    title: str
    evidence: Callable[[Sheet], int]
    read: Callable[[Sheet, Options], Recording]


def chosen_columns(sheet: Sheet, names: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns that the user named."""
    return tuple(sheet.column(name) for name in names)


def leading(sheet: Sheet) -> tuple[Column, ...]:
    """The stimulus columns of a table whose other columns have numbers as names; else the first column alone."""
    rest = [column for column in sheet.columns if not words.says(words.MARGIN, column.name)]
    split = next((i for i, column in enumerate(rest) if is_number(column.name)), 0)
    if split and words.are_numbers(tuple(column.name for column in rest[split:])):
        return tuple(rest[:split])
    return tuple(rest[:1])


def cells_of(columns: tuple[Column, ...], rows: int) -> list[tuple[str, ...]]:
    """What stands in these columns, row by row."""
    return [tuple(column.text(i) for column in columns) for i in range(rows)]


def grouped(columns: tuple[Column, ...], rows: int) -> tuple[Array, list[tuple[str, ...]]]:
    """For each row the index of its stimulus, and what stands in the columns of each distinct one."""
    seen: dict[tuple[str, ...], int] = {}
    index = np.array([seen.setdefault(cell, len(seen)) for cell in cells_of(columns, rows)], dtype=np.int64)
    return index, list(seen)


def repeats(sheet: Sheet) -> float:
    """Rows per distinct entry of the leading columns."""
    return len(sheet) / max(1, len(grouped(leading(sheet), len(sheet))[1]))


def whole_numbers(sheet: Sheet, columns: tuple[Column, ...], what: str) -> Array:
    """The cells of columns as whole numbers, not negative, (rows, columns); the message names the cell."""
    table = np.empty((len(sheet), len(columns)))
    wrong: list[tuple[int, Column]] = []
    for k, column in enumerate(columns):
        numbers = column.numbers
        if numbers is None or no_counts(numbers).any():
            wrong += [(i, column) for i in range(len(sheet)) if _fault(column.text(i), what)]
        else:
            table[:, k] = numbers
    if wrong:
        i, column = wrong[0]
        raise RecordingError(f"{sheet.at(i, column)}: {_fault(column.text(i), what)}{others(sheet.places(wrong))}")
    return table


def _fault(text: str, what: str) -> str:
    """Why a cell is no whole number, not negative; "" if it is one."""
    if not text.strip():
        return "the cell is empty; write 0 if the response never occurred"
    try:
        value = number(text)
    except ValueError:
        return f"{text.strip()!r} {not_a_number(text)}; expected a whole number of {what}"
    if value > MOST and np.isfinite(value):
        return f"{text.strip()} {what}; expected at most 2^53"
    if not np.isfinite(value) or value < 0 or value != int(value):
        return f"{text.strip()}; expected a whole number of {what}, 0 or more"
    return ""


def unique_names(sheet: Sheet, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The names of columns, no two alike."""
    names = tuple(column.name for column in columns)
    for k, name in enumerate(names):
        if names.index(name) < k:
            raise RecordingError(
                f"{sheet.where}: two columns are named {name!r}; add their counts into one, or give them two names"
            )
    return names


def refuse_groups(sheet: Sheet, stimulus: tuple[Column, ...], options: Options) -> None:
    """Refuse stimuli that tell several recordings apart, such as neurons or sessions, unless the user names them."""
    for column in stimulus:
        if words.says(words.GROUP, column.name) and not options.stimulus_columns:
            raise RecordingError(
                f"{sheet.where}: column {column.name!r} tells rows of several recordings apart; measure them one by "
                "one, or name the stimulus with --stimulus-column to pool them; for a population, write one column per "
                "neuron"
            )
