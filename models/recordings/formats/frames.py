"""pandas data frames and series, whose index may hold the stimulus."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import RecordingError
from .. import words
from ..options import Options
from ..recording import Recording
from ..shapes import read_sheet
from ..sheet import Column, Sheet
from .format import Format, Source


def read(source: Source, options: Options) -> Recording:
    """The recording in a DataFrame or a Series."""
    return read_sheet(sheet_of_frame(source.thing), options)


def sheet_of_frame(thing: Any) -> Sheet:
    """The table of a DataFrame or a Series, the levels of its index as columns.

    A Series is counts by stimulus and response, as ``value_counts`` and ``groupby(...).size()`` give them, or, if a
    level of its index numbers trials, a response per trial.
    """
    kind = type(thing).__name__
    levels = [str(name) if name is not None else "" for name in thing.index.names]
    plain = len(levels) == 1 and levels[0] == ""
    if kind == "Series":
        name = "" if thing.name is None else str(thing.name)
        if any(words.says(words.TRIAL, level) for level in levels):
            name = name or "response"
        elif len(levels) > 1 and (not name or words.says(words.COUNT, name)):
            name = "n"
        frame = thing.to_frame(name or "response")
    else:
        frame = thing
    if not len(frame.columns):
        raise RecordingError(f"{kind}: has no columns; expected a stimulus and responses")
    names = [", ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in frame.columns]
    columns = [Column(name, _cells(kind, name, frame.iloc[:, i])) for i, name in enumerate(names)]
    told = f"pandas {kind} {tuple(thing.shape)}"
    # Columns 0, 1, ... are those of an array: its rows are the stimuli, or trials that have no stimulus.
    if plain and _is_range(frame.index) and not words.are_numbers(tuple(names)):
        return Sheet(kind, tuple(columns), [f"row {i}" for i in range(len(frame))], (told,))
    index = [
        Column(level, _cells(kind, level or "the index", frame.index.get_level_values(i).to_series()))
        for i, level in enumerate(levels)
    ]
    if len(levels) > 1 and "" in levels:
        raise RecordingError(f"{kind}: level {levels.index('')} of the index has no name; name it with rename_axis")
    told += f", with its index ({', '.join(level or 'without a name' for level in levels)}) as the first columns"
    return Sheet(kind, (*index, *columns), [f"row {i}" for i in range(len(frame))], (told,))


def _is_range(index: Any) -> bool:
    values = np.asarray(index)
    return values.dtype.kind in "iu" and bool((values == np.arange(len(values))).all())


def _cells(kind: str, name: str, series: Any) -> Any:
    """Numbers as an array, anything else as texts; a missing entry is NaN or an empty text."""
    if series.dtype.kind in "Mmc":
        raise RecordingError(f"{kind}: column {name!r} holds {series.dtype} values; expected numbers or texts")
    if series.dtype.kind in "buif":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    missing, values = series.isna().to_numpy(), series.to_numpy(dtype=object)
    plain: Any = object.__repr__
    for i, value in enumerate(values):
        if isinstance(value, list | dict | set | np.ndarray) or type(value).__repr__ is plain:
            raise RecordingError(
                f"{kind}, row {i}, column {name!r}: holds a {type(value).__name__}; expected a number or a text"
            )
    return ["" if gone else _text(value) for gone, value in zip(missing, values)]


def _text(value: Any) -> str:
    """A cell as text; an interval of `pandas.cut` and a tuple as people write them."""
    if isinstance(value, tuple):
        return f"({', '.join(map(str, value))})"
    return str(value)


FORMAT = Format("pandas object", lambda source: source.is_of("pandas", "DataFrame", "Series"), read)
