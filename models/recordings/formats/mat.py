"""MATLAB files of versions 5 to 7, read by scipy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ....errors import RecordingError
from ..options import Options
from ..recording import Recording
from .arrays import recording_of_arrays
from .format import MOST_BYTES, Format, Source


def read(source: Source, options: Options) -> Recording:
    """The recording in the numeric arrays, cell arrays of texts and structs of a MATLAB file; the rest is left out.

    Structs are opened only if the arrays beside them cannot be a recording.
    """
    from scipy.io import loadmat, whosmat

    path = str(source.path)
    if source.head.startswith(b"MATLAB 7.3"):
        raise RecordingError(f"{path}: a MATLAB file of version 7.3; save it with save(..., '-v7')")
    try:
        size = sum(8 * math.prod(shape) for _, shape, _ in whosmat(path))
        if size > MOST_BYTES:
            raise RecordingError(
                f"{path}: its variables are {size / 1024**3:.1f} GiB; expected at most {MOST_BYTES / 1024**3:g}"
            )
        loaded = loadmat(path, appendmat=False, chars_as_strings=True)
    except RecordingError:
        raise
    except Exception as error:  # scipy raises many kinds on damaged files, zlib's among them
        raise RecordingError(f"{path}: not a readable MATLAB file ({error})") from None
    arrays, left = {}, []
    variables = {name: value for name, value in loaded.items() if not name.startswith("__")}
    if sum(_plain(value) is not None for value in variables.values()) < 2:
        variables = dict(_fields(variables))
    for name, value in variables.items():
        array = _plain(value)
        if array is None:
            left.append(name)
        else:
            arrays[name] = array
    told = ("MATLAB file", *((f"left out: {', '.join(left)} (no arrays of numbers or texts)",) if left else ()))
    return recording_of_arrays(path, arrays, options, told)


def _fields(variables: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The variables by name; of a struct its fields, of an array of structs a vector of each field of single cells."""
    for name, value in variables.items():
        if not isinstance(value, np.ndarray) or value.dtype.names is None:
            yield name, value
            continue
        for field in value.dtype.names:
            parts = [np.asarray(part) for part in value[field].ravel()]
            if len(parts) == 1:
                yield field, parts[0]
            elif all(part.size == 1 for part in parts):
                yield field, np.array([part.item() for part in parts])
            else:
                yield f"{name}.{field}", None


def _plain(value: Any) -> Any:
    """The array of numbers or texts that a MATLAB variable is, vectors as vectors; None if it is something else."""
    array = np.asarray(value)
    if array.dtype.kind == "O":
        texts = [one.item() if isinstance(one, np.ndarray) and one.size == 1 else one for one in array.ravel()]
        if not all(isinstance(one, str) for one in texts):
            return None
        return np.array(texts)
    if array.dtype.kind not in "buifU":
        return None
    return array.ravel() if array.ndim == 2 and 1 in array.shape else array


FORMAT = Format("MATLAB file", lambda source: source.head.startswith(b"MATLAB "), read)
