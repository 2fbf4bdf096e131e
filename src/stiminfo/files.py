"""Files written whole or not at all, found to be unwritable before the work and not after; and JSON."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from .errors import OutputError


def ensure_writable(path: Path) -> None:
    """Raise `OutputError` unless a file could be written there now; leaves nothing behind."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; expected a file to write")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: no such folder {folder}")
    try:
        handle, name = tempfile.mkstemp(prefix=".stiminfo-", dir=folder)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    os.unlink(name)
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path}: cannot be written (it is read-only)")


def ensure_folder(path: Path) -> None:
    """Raise `OutputError` unless files could be written in that folder, present or not; makes nothing."""
    present = path
    while not present.exists() and present != present.parent:
        present = present.parent
    if not present.is_dir():
        raise OutputError(f"{path}: cannot be made ({present} is no folder)")
    ensure_writable(present / "any.json")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file through a temporary one in the same folder, which is made if need be.

    The file is complete or not there: a machine that stops in the middle leaves the older one. Its permissions are
    those that an ordinary new file gets.

    Raises
    ------
    OutputError
        The file cannot be written; the older one is as it was.
    """
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _fresh(path.parent)
        with temporary.open("wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
        raise


def _fresh(folder: Path) -> Path:
    """A new, empty file with the permissions of any new file (those of `tempfile` are the owner's alone)."""
    while True:
        path = folder / f".stiminfo-{os.urandom(8).hex()}"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            continue
        return path


def json_text(data: Any) -> str:
    """JSON for people to read and machines to compare."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """What a JSON file of our own holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def file_name(name: str, most: int = 80) -> str:
    """A name as part of a file's: letters, digits, - and _, at most so many."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name[:most])
