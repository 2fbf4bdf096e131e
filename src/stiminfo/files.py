"""Files that are written whole or not at all, checks before the work that they can be written, and JSON."""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

from .errors import OutputError


def ensure_writable(path: Path) -> None:
    """Raise `OutputError` unless a file could be written at this path now; leaves nothing behind."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; expected a file to write")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: no such folder {path.parent}")
    temporary = _temporary(path)
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path}: cannot be written (it is read-only)")


def ensure_folder(path: Path) -> None:
    """Raise `OutputError` unless files could be written in this folder, which need not exist; creates nothing."""
    present = path
    while not present.exists() and present != present.parent:
        present = present.parent
    if not present.is_dir():
        raise OutputError(f"{path}: cannot be made ({present} is no folder)")
    ensure_writable(present / "any.json")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file by way of a temporary one in the same folder, which is created if necessary.

    If the machine stops in the middle, an older file of this name stays as it was. The permissions are those of any new
    file.

    Raises
    ------
    OutputError
        The file cannot be written; an older one stays as it was.
    """
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    temporary = _temporary(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        if path.parent.is_dir():
            temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """A file of a new name in the same folder; opening it gives it the permissions of any new file."""
    return path.with_name(f".stiminfo-{os.urandom(8).hex()}")


def no_such_file(path: Path | str) -> str:
    """The message that there is no such file, with the nearest name in the same folder."""
    wanted = Path(path)
    try:
        there = [each.name for each in wanted.parent.iterdir()]
    except OSError:
        there = []
    close = difflib.get_close_matches(wanted.name, there, 1, 0.75)  # endings alone are alike in more than half
    return f"{path}: no such file" + (f"; did you mean {wanted.with_name(close[0])}?" if close else "")


def json_text(data: Any) -> str:
    """Indented JSON; NaN and infinity are errors."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """The content of a JSON file that stiminfo wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def file_name(name: str) -> str:
    """A name as part of a file's name: its first 80 characters, letters, digits, - and _; others become _."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name[:80])
