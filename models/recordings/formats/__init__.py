"""The kinds of files and objects that hold recordings, one file and one line each."""

from __future__ import annotations

from importlib import import_module

from ....errors import RecordingError
from .format import Format, Source

#: In the order in which they are asked: objects of a library before any other mapping, and last the text table, for
#: which any file is taken that no other format opens.
_FILES = ("npz", "mat", "nwb", "frames", "xarrays", "spikes", "arrays", "text")


def format_of(source: Source) -> Format:
    """The format of a source, or `RecordingError`."""
    for file in _FILES:
        found: Format = import_module(f".{file}", __package__).FORMAT
        if found.opens(source):
            return found
    kind = f"{type(source.thing).__module__}.{type(source.thing).__qualname__}"
    raise RecordingError(
        f"cannot read a recording from {kind}; expected a path, a pandas or xarray object, a mapping of arrays, or "
        "pynapple spikes"
    )
