"""Files written whole or not at all, and found to be unwritable before the work, not after."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ..models.whole_files import replace_whole


class OutputError(OSError):
    """An output path that cannot be written."""


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
    """Raise `OutputError` unless files could be written in that folder, there or still to be made; makes nothing."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise OutputError(f"{path}: cannot be made ({there} is no folder)")
    ensure_writable(there / "any.json")


def write_whole(path: Path, content: str | bytes) -> None:
    """`replace_whole`, of text or bytes, in a folder that is made if need be; raises `OutputError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(path, content if isinstance(content, bytes) else content.encode("utf-8"))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def json_text(data: Any) -> str:
    """JSON for people to read and machines to compare."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """What a JSON file of our own holds."""
    return json.loads(path.read_text(encoding="utf-8"))
