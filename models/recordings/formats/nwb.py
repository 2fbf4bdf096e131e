"""NWB files: the units' spike times, counted in a window after each row of a table of stimuli."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import MissingExtra, RecordingError
from ...arrays import Array
from .. import words
from ..building import Names, recording_of_trials
from ..options import Options
from ..recording import Recording
from ..shapes.shape import grouped
from ..sheet import Column, listed, others
from ..windows import spike_counts, windows
from .format import Format, Source

#: The signature of HDF5 files, which NWB files are.
_HDF5 = b"\x89HDF\r\n\x1a\n"
#: Columns of an NWB table of intervals that describe the interval, not the stimulus.
_OWN = frozenset({"start_time", "stop_time", "tags", "timeseries", "id"})


def read(source: Source, options: Options) -> Recording:
    """The recording in an NWB file.

    Raises
    ------
    MissingExtra
        pynwb is not installed.
    RecordingError
        The file is no NWB file; it has no units, no such table or no such column; or several tables may be meant.
    """
    where = str(source.path)
    try:
        from pynwb import NWBHDF5IO
    except ImportError as error:
        raise MissingExtra(f"{where}: NWB files need pynwb: pip install 'stiminfo[recordings]'") from error
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cached namespaces and old versions; they do not concern the spikes
            stream = NWBHDF5IO(where, "r")
            file = stream.read()
    except Exception as error:  # hdmf raises many kinds on files that are not NWB
        raise RecordingError(f"{where}: not a readable NWB file ({error})") from None
    with stream:
        return _recording(where, file, options)


def _recording(where: str, file: Any, options: Options) -> Recording:
    table = _table(where, file, options)
    if file.units is None or "spike_times" not in file.units.colnames:
        raise RecordingError(f"{where}: has no units with spike times")
    onsets, ends = (np.asarray(table[name][:], dtype=np.float64) for name in ("start_time", "stop_time"))
    columns = _columns(where, table, options)
    trains = [np.asarray(file.units["spike_times"][i], dtype=np.float64) for i in range(len(file.units))]
    for column in columns:
        numbers = column.numbers
        gone = np.flatnonzero(np.isnan(numbers)) if numbers is not None else np.empty(0)
        if len(gone):
            raise RecordingError(
                f"{where}, trial {gone[0]}, column {column.name!r}: the stimulus is missing; leave the trial out"
                f"{others([f'trial {i}' for i in gone])}"
            )
    start, stop, said = windows(where, onsets, ends, options, _covered(file, trains, ends))
    index, cells = grouped(tuple(columns), len(onsets))
    units = "1 unit" if len(trains) == 1 else f"{len(trains)} units"
    told = (f"NWB file, table {table.name!r} of {len(onsets)} rows, {units}", said)
    names = Names(tuple(c.name for c in columns), tuple(f"unit {key}" for key in file.units.id[:]))
    lines = [f"trial {i}" for i in range(len(onsets))]
    return recording_of_trials(index, cells, spike_counts(trains, start, stop), names, (where, lines, told), options)


def _table(where: str, file: Any, options: Options) -> Any:
    """The table that the user names, or the only one that has a column of stimuli, or the named columns."""
    known = dict(file.intervals or {})
    known |= {table.name: table for table in (file.trials, file.epochs) if table is not None}
    if not known:
        raise RecordingError(f"{where}: has no table of stimuli: neither trials nor intervals")
    if options.table is not None and options.table not in known:
        raise RecordingError(
            f"{where}: no table of stimuli {options.table!r}; it has {listed(list(known))} (name one with --table)"
        )
    if options.table is not None:
        return known[options.table]
    named = set(options.stimulus_columns)
    fit = [name for name, table in known.items() if named <= set(table.colnames) and (named or _stimuli(table))]
    if len(fit) > 1:
        raise RecordingError(f"{where}: each of the tables {listed(fit)} may hold the stimuli; name one with --table")
    return known[fit[0]] if fit else next(iter(known.values()))


def _stimuli(table: Any) -> list[str]:
    """The columns that may hold stimuli."""
    return [name for name in table.colnames if name not in _OWN and not words.says(words.TRIAL, name)]


def _columns(where: str, table: Any, options: Options) -> list[Column]:
    named = [name for name in table.colnames if name not in _OWN]
    chosen = list(options.stimulus_columns)
    for name in chosen:
        if name not in named:
            raise RecordingError(f"{where}: table {table.name!r} has no column {name!r}; it has {listed(named)}")
    chosen = chosen or _stimuli(table)
    if len(chosen) != 1 and not options.stimulus_columns:
        raise RecordingError(
            f"{where}: table {table.name!r} has the columns {listed(named)}; name the stimulus with --stimulus-column"
        )
    return [Column(name, _cells(table[name][:])) for name in chosen]


def _cells(values: Any) -> Any:
    array = np.asarray(values)
    return array if array.dtype.kind in "buif" else [str(one) for one in array]


def _covered(file: Any, trains: list[Array], ends: Array) -> Array:
    """Times in which the recording ran: as all units say, or from 0 to the last spike or the end of the last trial."""
    if "obs_intervals" in file.units.colnames:
        return np.asarray(file.units["obs_intervals"][0], dtype=np.float64).reshape(-1, 2)
    last = max([float(train.max()) for train in trains if len(train)] + [float(ends.max(initial=0.0))])
    return np.array([[min(0.0, last), last]])


FORMAT = Format("NWB file", lambda source: source.head.startswith(_HDF5), read, timed=True)
