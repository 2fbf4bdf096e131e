"""Trial tables: one row per trial, with columns of the stimulus and of the responses."""

from __future__ import annotations

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from .. import words
from ..building import Names, recording_of_trials
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet, is_missing, is_number, listed, not_a_number, others
from .shape import Shape, chosen_columns, grouped, refuse_groups, repeats, unique_names

#: A table with so many rows per stimulus holds trials: nobody writes a stimulus of a count table into three rows.
ROWS = 3


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording."""
    stimulus, response, left = _columns(sheet, options)
    names = Names(unique_names(sheet, stimulus), unique_names(sheet, response))
    trial_stimulus, cells = grouped(stimulus, len(sheet))
    how = list(sheet.told)
    many = f"{len(response)} responses" if len(response) > 1 else f"a response ({names.response[0]})"
    how.append(f"shape: trial table, one row per trial, with the stimulus ({', '.join(names.stimulus)}) and {many}")
    if left:
        how.append(f"left out: {'columns' if len(left) > 1 else 'column'} {listed([c.name for c in left])}")
    responses = response_table(sheet, response)
    lines = list(sheet.lines)
    return recording_of_trials(trial_stimulus, cells, responses, names, (sheet.where, lines, tuple(how)), options)


def response_table(sheet: Sheet, columns: tuple[Column, ...]) -> Array:
    """The responses (n, N): numbers, or texts if all columns hold texts; the message names the cell."""
    numeric = [column.numbers for column in columns]
    if all(numbers is None for numbers in numeric):
        texts = [[column.text(i).strip() for i in range(len(sheet))] for column in columns]
        for column, cells in zip(columns, texts):
            _refuse_mixture(sheet, column, cells)
        return np.array(texts).T
    bad: list[tuple[int, Column]] = []
    for column, numbers in zip(columns, numeric):
        if numbers is None:
            _refuse_mixture(sheet, column, [column.text(i).strip() for i in range(len(sheet))])
            raise RecordingError(
                f"{sheet.where}: column {column.name!r} holds labels, and {columns[0].name!r} does not; name the "
                "responses with --response-column"
            )
        bad += [(int(i), column) for i in np.flatnonzero(~np.isfinite(numbers))]
    if bad:
        i, column = bad[0]
        text = column.text(i).strip()
        said = "the response is missing" if is_missing(text) else f"the response is {text}"
        also = others(sheet.places(bad))
        raise RecordingError(f"{sheet.at(i, column)}: {said}; write a number, or leave the row out{also}")
    # Numbers such as 0110 are words.
    if len(columns) == 1 and _are_words(columns[0], len(sheet)):
        return np.array([[columns[0].text(i).strip()] for i in range(len(sheet))])
    return np.stack([numbers for numbers in numeric if numbers is not None], axis=1)


def _are_words(column: Column, rows: int) -> bool:
    if not rows or not isinstance(column.cells, list):
        return False
    texts = {column.text(i).strip() for i in range(rows)}
    sizes = {len(text) for text in texts}
    return len(sizes) == 1 and sizes.pop() > 1 and all(set(text) <= {"0", "1"} for text in texts)


def _refuse_mixture(sheet: Sheet, column: Column, cells: list[str]) -> None:
    numbers = [is_number(text) for text in cells]
    if gone := [(i, column) for i, text in enumerate(cells) if is_missing(text)]:
        also = others(sheet.places(gone))
        raise RecordingError(f"{sheet.at(*gone[0])}: the response is missing; write it, or leave the row out{also}")
    if any(numbers):
        odd = [(k, column) for k, known in enumerate(numbers) if not known]
        i = odd[0][0]
        raise RecordingError(
            f"{sheet.at(i, column)}: {cells[i]!r} {not_a_number(cells[i])}, but {sum(numbers)} of {len(cells)} "
            f"responses are; write numbers or labels in all rows{others(sheet.places(odd))}"
        )


def _columns(sheet: Sheet, options: Options) -> tuple[tuple[Column, ...], tuple[Column, ...], tuple[Column, ...]]:
    """The stimulus columns, the response columns, and those that are neither."""
    stimulus = chosen_columns(sheet, options.stimulus_columns)
    response = chosen_columns(sheet, options.response_columns)
    rest = [c for c in sheet.columns if all(c is not one for one in (*stimulus, *response))]
    left = tuple(column for column in rest if words.says(words.TRIAL, column.name))
    rest = [column for column in rest if column not in left]
    if not response:
        response = tuple(column for column in rest if words.is_response(column.name)) or _series(rest, bool(stimulus))
        if not response and stimulus:
            response = tuple(rest)
        elif not response and len(rest) == 2:  # of two columns one name tells the other
            told = [words.says(words.STIMULUS, column.name) for column in rest]
            response = tuple(column for column, known in zip(rest, told) if not known) if any(told) else ()
        rest = [column for column in rest if column not in response]
    elif stimulus:
        return stimulus, response, (*left, *rest)
    else:  # other responses than those that the user named are not stimuli
        series = [column for column in rest if any(words.is_series((column.name, one.name)) for one in response)]
        left += tuple(column for column in rest if column in series or words.is_response(column.name))
        rest = [column for column in rest if column not in left]
    if not stimulus:
        stimulus, rest = tuple(rest), []
    unnamed = not options.stimulus_columns and any(is_number(column.name) for column in stimulus)
    if not stimulus or not response or rest or unnamed:
        telling = any(words.says(words.STIMULUS, name) or words.is_telling(name) for name in sheet.names)
        raise RecordingError(
            f"{sheet.where}: it is not clear which of the columns {listed(sheet.names)} are the stimulus and which the "
            "responses; name them with --stimulus-column and --response-column"
            + ("" if telling else ", or write --as columns if each column is a stimulus")
        )
    refuse_groups(sheet, stimulus, options)
    if not options.stimulus_columns:
        _refuse_doubtful(sheet, stimulus, response)
    return stimulus, response, left


def _refuse_doubtful(sheet: Sheet, stimulus: tuple[Column, ...], response: tuple[Column, ...]) -> None:
    """Refuse stimuli on both sides of the responses."""
    places = [sheet.columns.index(column) for column in stimulus]
    if min(places) < sheet.columns.index(response[0]) < max(places):
        raise RecordingError(
            f"{sheet.where}: column {sheet.columns[max(places)].name!r} may be a stimulus or a response; name the "
            "stimulus with --stimulus-column and the responses with --response-column"
        )


def _series(rest: list[Column], stimulus_known: bool) -> tuple[Column, ...]:
    """Columns at the end whose names are numbers, or differ in a number only."""
    for start in range(0 if stimulus_known else 1, len(rest) - 1):
        names = tuple(column.name for column in rest[start:])
        if words.is_series(names) or words.are_numbers(names):
            return tuple(rest[start:])
    return ()


def evidence(sheet: Sheet) -> int:
    """Names of responses or of trial numbers say it, and so do many rows per stimulus.

    A table of two columns is probably none of counts, which would be those of a single response.
    """
    names = sheet.names
    if len(names) < 2 or (words.is_response(names[0]) and words.are_numbers(tuple(names[1:]))):
        return 0
    told = any(words.is_response(name) for name in names) or words.says(words.TRIAL, names[0])
    if told or repeats(sheet) >= ROWS:
        return 2
    return 1 if len(names) == 2 and not is_number(names[1]) else 0


SHAPE = Shape("trials", "one row per trial", evidence, read)
