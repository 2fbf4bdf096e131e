"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_whole(path: Path, raw: bytes) -> None:
    """Write through a temporary file in the same folder, then rename it into place.

    A machine that stops in the middle leaves the older file.

    Raises
    ------
    OSError
        The file cannot be written; the older one is as it was.
    """
    handle, name = tempfile.mkstemp(prefix=".stiminfo-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
