"""Long counts: one row per stimulus and response, with how often they came together."""

from __future__ import annotations

import numpy as np

from ....errors import RecordingError
from .. import words
from ..building import Names, recording_of_counts
from ..options import Options
from ..recording import Recording
from ..sheet import Sheet
from .shape import Shape, chosen_columns, grouped, refuse_groups, whole_numbers


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording."""
    if len(sheet.columns) < 3:
        raise RecordingError(
            f"{sheet.where}: {len(sheet.columns)} columns; expected stimulus, response, number of trials"
        )
    *before, frequency = sheet.columns
    response = chosen_columns(sheet, options.response_columns) or (before[-1],)
    others = tuple(c for c in before if all(c is not one for one in response))
    stimulus = chosen_columns(sheet, options.stimulus_columns) or others
    refuse_groups(sheet, stimulus, options)
    numbers = whole_numbers(sheet, (frequency,), "trials")[:, 0]
    rows, cells = grouped(stimulus, len(sheet))
    columns, labels = grouped(response, len(sheet))
    pairs = set()
    for i, pair in enumerate(zip(rows.tolist(), columns.tolist())):
        if pair in pairs:
            raise RecordingError(
                f"{sheet.at(i)}: stimulus and response stand together in an earlier row too; add their numbers of "
                "trials"
            )
        pairs.add(pair)
    counts = np.zeros((len(cells), len(labels)))
    counts[rows, columns] = numbers
    first = np.unique(rows, return_index=True)[1]
    names = Names(tuple(c.name for c in stimulus), tuple(c.name for c in response))
    how = (*sheet.told, f"shape: long counts, one row per stimulus and response, {frequency.name!r} trials each")
    return recording_of_counts(
        cells, counts, tuple(", ".join(label) for label in labels), names,
        (sheet.where, lambda j: sheet.at(int(first[j])), how), options,
    )  # fmt: skip


def evidence(sheet: Sheet) -> int:
    """A last column named as a frequency, and a response before it or no pair of stimulus and response twice."""
    if len(sheet.columns) < 3:
        return 0
    *before, last = (column.name.strip() for column in sheet.columns)
    frequency, count = words.says(words.FREQUENCY, last), words.says(words.COUNT, last)
    response = words.says(words.RESPONSE, before[-1])
    if not (frequency or count) or words.says(words.TRIAL, before[0]):
        return 0
    if not (frequency and response) and len(grouped(sheet.columns[:-1], len(sheet))[1]) < len(sheet):
        return 0
    # A last column called count may also hold a number of spikes.
    return 3 if frequency or response else 2


SHAPE = Shape("long", "stimulus, response, number of trials", evidence, read)
