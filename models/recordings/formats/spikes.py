"""pynapple spike trains (Ts, TsGroup) with the stimuli as a Tsd of their values or an IntervalSet with metadata."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from ..building import Names, recording_of_trials
from ..options import Options
from ..recording import Recording
from ..shapes.shape import grouped
from ..sheet import Column, listed
from ..windows import spike_counts, windows
from .format import Format, Source


def read(source: Source, options: Options) -> Recording:
    """The recording of spike trains whose stimuli are given as the option ``events``."""
    thing, where = source.thing, f"pynapple {type(source.thing).__name__}"
    if options.events is None:
        raise RecordingError(
            f"{where}: spikes alone have no stimuli; pass events=, a Tsd of stimulus values or an IntervalSet with a "
            "column of them"
        )
    trains, names = _trains(thing)
    onsets, ends, columns = _stimuli(where, options)
    support = thing.time_support
    start, stop, said = windows(where, onsets, ends, options, np.asarray(support.values, dtype=np.float64))
    table = spike_counts(trains, start, stop)
    lines = [f"trial {i}" for i in range(len(onsets))]
    index, cells = grouped(tuple(columns), len(onsets))
    told = (f"{where}, {len(trains)} spike train{'' if len(trains) == 1 else 's'}, {len(onsets)} stimuli", said)
    stimulus = tuple(column.name for column in columns)
    return recording_of_trials(index, cells, table, Names(stimulus, names), (where, lines, told), options)


def _trains(thing: Any) -> tuple[list[Array], tuple[str, ...]]:
    if type(thing).__name__ == "TsGroup":
        keys = list(thing.index)
        return [np.asarray(thing[key].t) for key in keys], tuple(f"unit {key}" for key in keys)
    return [np.asarray(thing.t)], ("spikes",)


def _stimuli(where: str, options: Options) -> tuple[Array, Array | None, list[Column]]:
    """Onsets, ends or None, and the columns of the stimulus."""
    events = options.events
    source = Source(thing=events)
    if source.is_of("pynapple", "Tsd"):
        return np.asarray(events.t), None, [Column("stimulus", np.asarray(events.values))]
    if not source.is_of("pynapple", "IntervalSet"):
        raise RecordingError(f"{where}: events are a {type(events).__name__}; expected a pynapple Tsd or IntervalSet")
    named = [str(name) for name in events.metadata_columns]
    chosen = list(options.stimulus_columns) or named
    unknown = [name for name in chosen if name not in named]
    if unknown or not chosen:
        raise RecordingError(
            f"{where}: the IntervalSet has no column {listed(unknown) or 'of the stimulus'}; it has {named}"
        )
    if len(chosen) > 1 and not options.stimulus_columns:
        raise RecordingError(
            f"{where}: the IntervalSet has the columns {listed(named)}; name the stimulus with stimulus_columns"
        )
    columns = [Column(name, _cells(events[name])) for name in chosen]
    return np.asarray(events.start), np.asarray(events.end), columns


def _cells(values: Any) -> Any:
    array = np.asarray(values)
    return array if array.dtype.kind in "buif" else [str(one) for one in array]


FORMAT = Format("pynapple spikes", lambda source: source.is_of("pynapple", "TsGroup", "Ts"), read, timed=True)
