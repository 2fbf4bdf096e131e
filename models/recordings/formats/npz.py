"""NumPy archives (.npz), in which no pickle is read, and whose sizes are looked at before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ....errors import RecordingError
from ...arrays import Array
from ..options import Options
from ..recording import Recording
from .arrays import recording_of_arrays
from .format import MOST_BYTES, Format, Source


def read(source: Source, options: Options) -> Recording:
    """The recording in an archive of arrays."""
    assert source.path is not None
    told = ("NumPy archive (.npz)",)
    return recording_of_arrays(str(source.path), load_arrays(source.path), options, told)


def load_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an archive, by name.

    Raises
    ------
    RecordingError
        The archive is damaged, holds something else than arrays of numbers or texts, or would fill the memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if "xl/workbook.xml" in archive.namelist():
                raise RecordingError(f"{path}: an Excel workbook; save the sheet as CSV")
            for one in members:
                plain = one.filename.endswith(".npy") and not {"/", "\\", ":"} & set(one.filename)
                if not plain:
                    raise RecordingError(
                        f"{path}: holds {one.filename!r}; expected arrays (.npy) only, as np.savez writes"
                    )
            total = sum(one.file_size for one in members)
            if total > MOST_BYTES:
                raise RecordingError(
                    f"{path}: its arrays are {total / 1024**3:.1f} GiB unpacked; expected at most "
                    f"{MOST_BYTES / 1024**3:g}"
                )
        with np.load(path, allow_pickle=False) as opened:
            return {name: opened[name] for name in opened.files}
    except RecordingError:
        raise
    except MemoryError as error:
        # The header of an array promises more than the archive holds.
        raise RecordingError(f"{path}: one of its arrays does not fit into the memory ({error})") from None
    except Exception as error:  # damaged archives make numpy, zipfile and zlib raise many kinds
        said = "it holds Python objects, which are not loaded" if "allow_pickle" in str(error) else str(error)
        raise RecordingError(f"{path}: not an archive of arrays ({said})") from None


FORMAT = Format("NumPy archive", lambda source: source.head.startswith(b"PK\x03\x04"), read)
