"""A first column without a name, or an index: row numbers, which are left out, or the stimulus."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from ...counting import no_counts
from .. import words
from ..options import Options
from ..sheet import Column, Sheet, is_number
from .counts import LONG
from .shape import repeats
from .trials import ROWS

#: Names that pandas gives to an index without a name.
_NAMELESS = re.compile(r"(Unnamed: \d+(\.\d+)?|level_0)?")


def without_row_numbers(sheet: Sheet, options: Options) -> Sheet:
    """Drop a first column without a name that numbers the rows of a table, also of one that was sorted or selected.

    It does if the other columns are a table of trials or of counts by themselves. It is the stimulus if they can only
    be responses.

    Raises
    ------
    RecordingError
        Both are plausible.
    """
    first, *rest = sheet.columns
    numbers = first.numbers
    if not _NAMELESS.fullmatch(first.name) or len(rest) < 2 or numbers is None or no_counts(numbers).any():
        return sheet
    if first.name in (*options.stimulus_columns, *options.response_columns):
        return sheet
    kept = replace(sheet, columns=tuple(rest)).telling("row numbers left out: the first column, which has no name")
    counting = bool((np.sort(numbers) - np.arange(len(numbers)) == numbers.min(initial=2)).all() and numbers.min() < 2)
    distinct = len(set(numbers.tolist())) == len(numbers)
    if options.stimulus_columns or options.shape == "columns":
        return without_row_numbers(kept, options)
    if _are_responses(rest) or is_number(rest[0].name):
        told = any(words.is_telling(column.name) for column in rest)
        if (counting and told) or (distinct and options.shape == "trials"):
            return without_row_numbers(kept, options)  # and no stimulus is left, as the message will say
        if is_number(rest[0].name) and options.shape is None and len(sheet) >= LONG and not _evenly_spaced(numbers):
            raise _unclear(sheet)
        return sheet
    numbered = counting and (
        words.are_numbers(tuple(column.name for column in rest[1:])) or words.says(words.TRIAL, rest[0].name)
    )
    if numbered or _have_a_stimulus(rest):
        if not _far_apart(numbers):
            return without_row_numbers(kept, options)
        if options.shape != "counts":
            raise _unclear(sheet)
    ordered = len(set(np.sign(np.diff(numbers)).tolist())) < 2 and distinct
    if options.shape is None and (len(sheet) >= LONG or repeats(kept) >= ROWS or not ordered):
        raise _unclear(sheet)
    return sheet.telling(
        f"the first column has no name; it is read as the stimulus, and {rest[0].name!r} as a response"
    )


def _are_responses(columns: list[Column]) -> bool:
    """Whether columns are responses, or numbers of trials, each by its name or all as a series n0, n1."""
    names = tuple(column.name for column in columns)
    known = [words.is_telling(name) for name in names]
    known[-1] |= words.says(words.FREQUENCY, names[-1])
    return all(known) or words.is_series(names)


def _have_a_stimulus(columns: list[Column]) -> bool:
    """Whether some of the columns, not all of which are responses, have names as in tables of trials, or no counts.

    A name of trial numbers, such as "no", may be a response, as in "yes" and "no".
    """
    names = [column.name for column in columns]
    if any(words.says(words.STIMULUS, n) or words.is_response(n) or words.says(words.ONE_TRIAL, n) for n in names):
        return True
    return any(column.numbers is None or no_counts(column.numbers).any() for column in columns)


def _far_apart(numbers: Array) -> bool:
    """Whether there are few values with gaps, each in many rows, as row numbers of tables put together are not."""
    values = np.unique(numbers)
    return len(numbers) >= ROWS * len(values) and 2 * len(values) <= values[-1] + 1


def _evenly_spaced(numbers: Array) -> bool:
    steps = np.unique(np.diff(numbers))
    return len(steps) == 1 and abs(float(steps[0])) > 1


def _unclear(sheet: Sheet) -> RecordingError:
    return RecordingError(
        f"{sheet.where}: the first column has no name: are its numbers row numbers, or the stimulus? Name the stimulus "
        "with --stimulus-column, drop row numbers with reset_index(drop=True), or write --as counts if they are the "
        "stimuli of counts"
    )
