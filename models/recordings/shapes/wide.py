"""Stimuli by trials: one row per stimulus, one column per trial, and in each cell the response."""

from __future__ import annotations

import numpy as np

from ....errors import RecordingError
from .. import words
from ..building import Names, recording_of_trials
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet, is_missing, others
from .shape import Shape, cells_of, chosen_columns, refuse_groups
from .trials import response_table


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording; empty cells are trials that were not made."""
    named = tuple(c for c in sheet.columns if not words.says(words.ONE_TRIAL, c.name))
    stimulus = chosen_columns(sheet, options.stimulus_columns) or (named if len(named) < len(sheet.columns) else ())
    stimulus = stimulus or sheet.columns[:1]
    refuse_groups(sheet, stimulus, options)
    columns = chosen_columns(sheet, options.response_columns)
    columns = columns or tuple(c for c in sheet.columns if all(c is not one for one in stimulus))
    if not columns:
        raise RecordingError(f"{sheet.where}: no column of trials beside the stimulus")
    cells, lines, rows = [], [], []
    for i in range(len(sheet)):
        for column in columns:
            text = column.text(i)
            if not is_missing(text):
                cells.append(text)
                lines.append(f"{sheet.lines[i]}, trial {column.name!r}")
                rows.append(i)
    missing = len(sheet) * len(columns) - len(cells)
    how = [*sheet.told, f"shape: stimuli in rows, {len(columns)} trials in columns"]
    if missing:
        how.append(f"{missing} empty {'cell is a trial' if missing == 1 else 'cells are trials'} not made")
    present = np.unique(rows)
    if empty := sorted(set(range(len(sheet))) - set(present.tolist())):
        also = others([sheet.lines[i] for i in empty])
        raise RecordingError(f"{sheet.at(empty[0])}: the stimulus has no trial; leave its row out{also}")
    flat = Sheet(sheet.where, (Column("response", cells),), lines)
    names = Names(tuple(column.name or "stimulus" for column in stimulus), ("response",))
    responses = response_table(flat, flat.columns)
    source = (sheet.where, lines, tuple(how))
    return recording_of_trials(np.array(rows), cells_of(stimulus, len(sheet)), responses, names, source, options)


def evidence(sheet: Sheet) -> int:
    """At least two columns named as single trials: trial_1, trial_2."""
    return 2 if sum(words.says(words.ONE_TRIAL, name) for name in sheet.names) > 1 else 0


SHAPE = Shape("wide", "stimuli by trials", evidence, read)
