"""`read_recording`: from a file or an object to a `Recording`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import MALFORMED, InputError, OptionError, RecordingError
from .formats import format_of
from .formats.format import MOST_BYTES, Format, Source
from .options import Options
from .recording import Recording

#: Bytes at the start of a file that tell its format.
_HEAD = 128
#: Formats that are known but not read, and what to do.
_OTHERS = {
    b"PAR1": "a Parquet file; read it with pandas and pass the DataFrame to si.read_recording",
    b"\x93NUMPY": "a single array; save it with its stimuli: np.savez(file, stimulus=..., responses=...)",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
} | {
    b"\x80" + bytes([protocol]): "a pickle, which could run code when it is read; save it as CSV, .npz or NWB"
    for protocol in range(2, 6)
}


def read_recording(source: Any, stimulus: str | None = None, **options: Any) -> Recording:
    """Read trials of an experiment from a file or an object, and say how they were read.

    The format and the shape are chosen by content. Text tables may be count tables (stimuli by responses), one row per
    trial, stimuli by trials, or long counts (stimulus, response, number of trials).

    Parameters
    ----------
    source : path or object
        A text table, .npz, .mat (to version 7), NWB; a pandas DataFrame or Series, an xarray object, a mapping of
        arrays, or a pynapple TsGroup, Ts or Tsd.
    stimulus : str, optional
        What the stimulus is: "line", "plane", "space", "nominal", or "circle:PERIOD" ("circle:360"); by default numbers
        are points in R^d, and labels are nominal.
    **options
        What settles a reading that the data leave open: ``shape`` ("counts", "trials", "wide", "long", "transposed" or
        "columns"), ``header``, ``stimulus_columns`` and ``response_columns`` (names); for continuous responses
        ``edges`` (boundaries of bins) or ``bins`` (a number of bins of equal mass); for spike times ``window`` (start
        and stop in seconds after the stimulus), ``table`` (of an NWB file) and ``events`` (with pynapple).

    Returns
    -------
    Recording
        Its ``how`` are the lines that say how it was read; `print` shows them.

    Raises
    ------
    RecordingError
        The source cannot be read, or can be read in two ways; the message says what to write.
    OptionError
        An option does not exist, or contradicts another.
    FileNotFoundError

    Examples
    --------
    >>> import stiminfo as si
    >>> print(si.read_recording({"stimulus": [0, 0, 90, 90], "responses": [3, 2, 5, 6]}))
    Recording of 4 trials
      shape: trials, stimulus 'stimulus', responses 'responses', 4 rows
      stimulus (stimulus; line, R^1): 2 values: '0', '90'
      response (responses): 4 values occurred
      4 trials, 2 per stimulus
    """
    asked = Options.of(stimulus, options)
    if isinstance(source, str | os.PathLike):
        opened = _opened(Path(source))
        return _format(opened, asked).read(opened, asked)
    opened = Source(thing=source)
    try:
        return _format(opened, asked).read(opened, asked)
    except MALFORMED as error:
        if isinstance(error, InputError):
            raise
        # Objects of other libraries may be anything.
        kind = f"{type(source).__module__}.{type(source).__qualname__}"
        raise RecordingError(f"cannot read a recording from this {kind}: {error}") from error


def _format(source: Source, asked: Options) -> Format:
    """The format of a source; raises `OptionError` for options that change nothing there."""
    found = format_of(source)
    times = [name for name in ("window", "table", "events") if getattr(asked, name) is not None]
    if times and not found.timed:
        raise OptionError(
            f"{' and '.join(times)} {'has' if len(times) == 1 else 'have'} no effect on a {found.title}, only on "
            "times of spikes (NWB, pynapple)"
        )
    return found


def _opened(path: Path) -> Source:
    if path.is_dir():
        raise RecordingError(f"{path}: is a folder; expected a file")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise RecordingError(f"{path}: {size / 1024**3:.1f} GiB; expected at most {MOST_BYTES / 1024**3:g} GiB")
    for magic, said in _OTHERS.items():
        if head.startswith(magic):
            raise RecordingError(f"{path}: {said}")
    return Source(path, head)
