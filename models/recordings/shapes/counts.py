"""Count tables: stimuli in rows, responses in columns, and in each cell a number of trials."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ....errors import RecordingError
from .. import words
from ..building import Names, recording_of_counts
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet, is_number
from .shape import Shape, cells_of, chosen_columns, leading, refuse_groups, unique_names, whole_numbers

#: A count table has fewer stimuli than this if nothing but their number tells them apart.
LONG = 20


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording; margins are checked and left out."""
    if len(sheet.columns) < 2:
        raise RecordingError(f"{sheet.where}: the header has 1 cell; expected a corner cell and one cell per response")
    stimulus = chosen_columns(sheet, options.stimulus_columns) or leading(sheet)
    refuse_groups(sheet, stimulus, options)
    if options.shape is None:
        _refuse_trial_numbers(sheet, stimulus)
        _refuse_numbered_rows(sheet, stimulus)
    sheet = _without_margins(sheet, stimulus)
    stimulus = tuple(sheet.column(column.name) for column in stimulus)
    others = tuple(c for c in sheet.columns if all(c is not one for one in stimulus))
    columns = chosen_columns(sheet, options.response_columns) or others
    names = unique_names(sheet, columns)
    table = whole_numbers(sheet, columns, "trials")
    title = ", ".join(column.name for column in stimulus if column.name) or "stimulus"
    how = (*sheet.told, f"shape: count table, stimuli ({title}) in rows, {len(names)} responses in columns")
    response = Names(tuple(column.name or "stimulus" for column in stimulus), ("response",))
    return recording_of_counts(
        cells_of(stimulus, len(sheet)), table, names, response, (sheet.where, sheet.at, how), options
    )


def _refuse_trial_numbers(sheet: Sheet, stimulus: tuple[Column, ...]) -> None:
    """Columns 1, 2, ... may be trials as well as responses, and n1, n2, ... neurons.

    Not if every row has the same sum, which is then its number of trials.
    """
    rest = [column for column in sheet.columns if all(column is not one for one in stimulus)]
    names = [column.name for column in rest]
    neurons = all(re.fullmatch(r"[nu]\d+", name) for name in names)
    if len(rest) < 2 or not (neurons or names == [str(k) for k in range(1, len(rest) + 1)]):
        return
    numbers = [column.numbers for column in rest]
    if any(one is None for one in numbers):
        return
    sums = np.sum([one for one in numbers if one is not None], axis=0)
    if len(sums) < 2 or len(set(sums.tolist())) > 1:
        if neurons:
            raise RecordingError(
                f"{sheet.where}: columns {names[0]} to {names[-1]} may be responses, with numbers of trials below "
                "them, or neurons, with one trial per row; write --as counts or --as trials"
            )
        raise RecordingError(
            f"{sheet.where}: columns 1 to {len(rest)} may be responses, with numbers of trials below them, or "
            "trials, with responses below them; write --as counts or --as wide"
        )


def _refuse_numbered_rows(sheet: Sheet, stimulus: tuple[Column, ...]) -> None:
    """A first column 1, 2, ... down a long table numbers its trials, unless its name says that it is a stimulus."""
    if len(stimulus) != 1 or len(sheet) < LONG or words.says(words.STIMULUS, stimulus[0].name):
        return
    numbers = stimulus[0].numbers
    if numbers is None or len({*np.diff(numbers)} - {1.0}) or numbers[0] not in (0, 1):
        return
    raise RecordingError(
        f"{sheet.where}: column {stimulus[0].name!r} numbers the rows {numbers[0]:g} to {numbers[-1]:g}: are they "
        "trials, or stimuli? Write --as trials with --stimulus-column NAME, or --as counts"
    )


def _without_margins(sheet: Sheet, stimulus: tuple[Column, ...]) -> Sheet:
    """Leave out a row and a column of sums, if they are named so and are sums."""
    first = stimulus[0]
    last = len(sheet) - 1
    row = last > 0 and words.says(words.MARGIN, first.text(last))
    margin = next((c for c in sheet.columns if words.says(words.MARGIN, c.name) and c is not first), None)
    if margin is not None and len(sheet.columns) > len(stimulus) + 2:
        kept = replace(sheet, columns=tuple(c for c in sheet.columns if c is not margin))
        parts = [c for c in kept.columns if all(c is not one for one in stimulus)]
        sums = whole_numbers(sheet, tuple(parts), "trials").sum(axis=1)
        given = whole_numbers(sheet, (margin,), "trials")[:, 0]
        for i in np.flatnonzero(given != sums):
            raise RecordingError(
                f"{sheet.at(int(i), margin)}: {given[i]:g}, but the row adds up to {sums[i]:g}; correct the sum, or "
                "give the column another name if it is a response"
            )
        sheet = kept.telling(f"left out: column {margin.name!r}, the sums of the rows")
    if row:
        parts = [c for c in sheet.columns if all(c is not one for one in stimulus)]
        table = whole_numbers(sheet, tuple(parts), "trials")
        for k in np.flatnonzero(table[:-1].sum(axis=0) != table[-1]):
            raise RecordingError(
                f"{sheet.at(last, parts[k])}: {table[-1, k]:g}, but the column adds up to {table[:-1, k].sum():g}; "
                "correct the sum, or give the row another name if it is a stimulus"
            )
        rows = range(last)
        label = first.text(last).strip()
        sheet = replace(sheet, columns=tuple(c.taken(rows) for c in sheet.columns), lines=sheet.lines[:last])
        sheet = sheet.telling(f"left out: row {label!r}, the sums of the columns")
    return sheet


def evidence(sheet: Sheet) -> int:
    """A table is a count table if nothing says otherwise; columns named 0, 1, ... and distinct rows say so."""
    return 1 if len(sheet.columns) > 2 and is_number(sheet.columns[-1].name) else 0


SHAPE = Shape("counts", "a count table", evidence, read)
