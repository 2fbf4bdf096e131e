"""A mapping of named arrays: counts and stimuli, or stimuli and responses per trial."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from ...counting import no_counts
from ..building import Names, recording_of_counts, recording_of_trials
from ..options import Options
from ..recording import Recording
from ..sheet import Column, listed, others
from .format import Format, Source

_COUNTS = re.compile(r"counts?|table|count_table", re.IGNORECASE)
_STIMULUS = re.compile(
    r"(stimulus|stimuli|stim|stims|x|labels?|directions?|orientations?|angles?|theta|condition|conditions|contrasts?|"
    r"images?)(_?(values?|ids?|per_trial))?",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"responses?|resp|r|spikes?|spike_?counts?|counts?|rates?|activity|neurons?|dff?|fluorescence", re.IGNORECASE
)


def read(source: Source, options: Options) -> Recording:
    """The recording in a mapping."""
    return recording_of_arrays("the mapping", source.thing, options, ())


def recording_of_arrays(where: str, given: Mapping[str, Any], options: Options, told: tuple[str, ...]) -> Recording:
    """The recording in named arrays, which are found by their names, or by those that the user gives."""
    arrays = {str(name): _flat(where, str(name), value) for name, value in given.items()}
    stimulus = [_named(where, arrays, name) for name in options.stimulus_columns]
    response = [_named(where, arrays, name) for name in options.response_columns]
    stimulus = stimulus or _found(arrays, _STIMULUS, response)
    table = [] if response or options.shape not in (None, "counts") else _found(arrays, _COUNTS, stimulus)
    if len(table) == 1 and len(stimulus) == 1 and _is_table(arrays, stimulus[0], table[0]):
        return _of_counts(where, arrays, stimulus[0], table[0], options, told)
    response = response or _found(arrays, _RESPONSE, stimulus)
    if not stimulus or not response:
        known = listed(list(arrays)) or "(there is none)"
        raise RecordingError(
            f"{where}: it is not clear which of the arrays {known} are the stimulus and which the "
            "responses; name them stimulus and responses, or name yours with --stimulus-column and --response-column"
        )
    if left := [name for name in arrays if name not in (*stimulus, *response)]:
        told = (*told, f"left out: {listed(left)}")
    return _of_trials(where, arrays, (stimulus, response), options, told)


def _found(arrays: Mapping[str, Array], words: re.Pattern[str], taken: list[str]) -> list[str]:
    return [name for name in arrays if words.fullmatch(name) and name not in taken]


def _named(where: str, arrays: Mapping[str, Array], name: str) -> str:
    if name not in arrays:
        raise RecordingError(f"{where}: has no array {name!r}; it has {listed(list(arrays))}")
    return name


def _is_table(arrays: Mapping[str, Array], stimulus: str, table: str) -> bool:
    return (
        arrays[table].ndim == 2 and len(arrays[table]) == len(arrays[stimulus]) and arrays[table].dtype.kind in "buif"
    )


def _flat(where: str, name: str, value: Any) -> Array:
    if np.ma.is_masked(value):
        raise RecordingError(f"{where}: array {name!r} has masked entries, which are missing; leave those trials out")
    value = value.toarray() if hasattr(value, "toarray") else value  # a sparse matrix
    try:
        array = np.asarray(value)
    except ValueError:
        raise RecordingError(f"{where}: the rows of array {name!r} have different lengths (ragged)") from None
    if array.dtype.kind == "O" and all(isinstance(one, str) for one in array.ravel()):
        array = array.astype(str)
    if array.dtype.kind == "O" and all(isinstance(one, Real | Decimal) for one in array.ravel()):
        array = array.astype(np.float64)
    if array.dtype.kind not in "buifU":
        raise RecordingError(f"{where}: array {name!r} holds {array.dtype} values; expected numbers or texts")
    if array.ndim > 2:
        raise RecordingError(
            f"{where}: array {name!r} has {array.ndim} dimensions {array.shape}; expected trials, or trials by "
            "responses: sum over time first, say"
        )
    return array


def _of_counts(
    where: str, arrays: Mapping[str, Array], stimulus: str, table: str, options: Options, told: tuple[str, ...]
) -> Recording:
    counts = arrays[table].astype(np.float64)
    for j, k in np.argwhere(no_counts(counts)):
        raise RecordingError(
            f"{where}: {table}[{j}, {k}] is {counts[j, k]:g}; expected a whole number of trials, 0 to 2^53"
        )
    how = (*told, f"shape: count table {table!r} {counts.shape}, stimuli {stimulus!r} in rows")
    labels = tuple(str(k) for k in range(counts.shape[1]))
    names = _names(stimulus, arrays[stimulus])
    source = (where, lambda j: f"{where}, {stimulus}[{j}]", how)
    return recording_of_counts(_cells(arrays[stimulus]), counts, labels, Names(names, ("response",)), source, options)


def _of_trials(
    where: str,
    arrays: Mapping[str, Array],
    found: tuple[list[str], list[str]],
    options: Options,
    told: tuple[str, ...],
) -> Recording:
    stimulus, response = ([(name, _rows(arrays[name])) for name in names] for names in found)
    n = len(stimulus[0][1])
    for name, rows in (*stimulus, *response):
        if len(rows) != n:
            raise RecordingError(
                f"{where}: {name!r} has {len(rows)} rows, but {stimulus[0][0]!r} has {n}; expected one row per trial "
                "in both"
            )
    if len({rows.dtype.kind == "U" for _, rows in response}) > 1:
        raise RecordingError(f"{where}: some responses are texts and others numbers; name those to read")
    table = np.concatenate([rows for _, rows in response], axis=1)
    if table.shape[1] == 0:
        raise RecordingError(f"{where}: the responses have no column; expected trials by responses")
    table = table if table.dtype.kind == "U" else table.astype(np.float64)
    if table.dtype.kind == "f":
        bad = np.argwhere(~np.isfinite(table)).tolist()
        if bad:
            i, k = bad[0]
            also = others([f"response {m} of trial {j}" for j, m in bad])
            raise RecordingError(f"{where}: response {k} of trial {i} is {table[i, k]}; expected a finite number{also}")
    cells, index = _distinct(list(zip(*(_cells(rows) for _, rows in stimulus))))
    names = Names(
        sum((_names(name, rows) for name, rows in stimulus), ()),
        sum((_names(name, rows) for name, rows in response), ()),
    )
    how = (*told, f"shape: trials, stimulus {listed(found[0])}, responses {listed(found[1])}, {n} rows")
    lines = [f"trial {i}" for i in range(n)]
    return recording_of_trials(index, cells, table, names, (where, lines, how), options)


def _rows(array: Array) -> Array:
    """One row per trial; of a row vector, such as MATLAB's, its columns."""
    if array.ndim == 2 and array.shape[0] == 1 and array.shape[1] > 1:
        array = array.T
    return array.reshape(len(array), math.prod(array.shape[1:])) if array.ndim else array.reshape(1, 1)


def _cells(array: Array) -> list[tuple[str, ...]]:
    rows = _rows(array)
    columns = [Column("", rows[:, i] if rows.dtype.kind != "U" else [str(one) for one in rows[:, i]]) for i in
               range(rows.shape[1])]  # fmt: skip
    return [tuple(column.text(i) if _finite(column, i) else "nan" for column in columns) for i in range(len(rows))]


def _finite(column: Column, i: int) -> bool:
    return isinstance(column.cells[i], str) or bool(np.isfinite(column.cells[i]))


def _distinct(cells: list[tuple[tuple[str, ...], ...]]) -> tuple[list[tuple[str, ...]], Array]:
    seen: dict[tuple[str, ...], int] = {}
    index = [seen.setdefault(sum(cell, ()), len(seen)) for cell in cells]
    return list(seen), np.array(index, dtype=np.int64)


def _names(name: str, array: Array) -> tuple[str, ...]:
    count = _rows(array).shape[1]
    return (name,) if count == 1 else tuple(f"{name}[{i}]" for i in range(count))


FORMAT = Format("mapping of arrays", lambda source: isinstance(source.thing, Mapping), read)
