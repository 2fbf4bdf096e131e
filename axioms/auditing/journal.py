"""The journal of an audit: a folder with one file per finished cell, from which an interrupted audit continues.

A cell is one measure against one axiom. Each file is written whole or not at all, also on a cluster's shared disk.
``audit.json`` says what is audited, and with which settings; a journal of another audit is refused and left as it is.
A cell that ended in an error is not kept, since the cause may lie with the machine.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ...errors import JournalError
from ...files import ensure_folder, file_name, json_text, write_whole
from ...models.data import decode_models
from .verdict import Verdict

SCHEMA: Literal[2] = 2
#: The file that says what is audited.
_ABOUT = "audit.json"
#: The largest file of a cell, in bytes; anything larger is not ours.
_LARGEST = 1 << 24


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A finished cell as its file holds it."""

    schema: Literal[2]
    verdict: Verdict
    seconds: float


_ENTRIES: Any = msgspec.json.Decoder(Entry, dec_hook=decode_models)


class Journal:
    """The folder in which finished cells are kept; it is made if it does not exist.

    Parameters
    ----------
    path : the folder
    identity : plain JSON values that say what is audited and how; the same for the same audit

    Raises
    ------
    JournalError
        The folder is the journal of another audit or of an older version, or no journal at all.
    """

    def __init__(self, path: Path, identity: dict[str, Any]) -> None:
        self.path = path
        self.identity = json.loads(json.dumps(identity | {"schema": SCHEMA}))
        self.finished: dict[tuple[str, str], Verdict] = {}
        self.seconds: dict[tuple[str, str], float] = {}
        if path.exists():
            self._read()
        elif not path.parent.is_dir():
            raise JournalError(f"{path}: no such folder {path.parent}")
        ensure_folder(path)

    def _read(self) -> None:
        if not self.path.is_dir():
            raise JournalError(
                f"{self.path}: is a file; a journal is a folder (journals of older versions were files: remove it, or "
                "give another --journal)"
            )
        about = self.path / _ABOUT
        if not about.exists():
            if any(not entry.name.startswith(".stiminfo-") for entry in self.path.iterdir()):
                raise JournalError(f"{self.path}: holds other files, and is not a journal")
            return
        try:
            found = json.loads(about.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise JournalError(f"{about}: is not JSON ({error})") from None
        if found != self.identity:
            raise JournalError(f"{self.path}: is the journal of another audit ({_difference(found, self.identity)})")
        for path in sorted(self.path.glob("*.json")):
            if path.name != _ABOUT:
                self._take(path)

    def _take(self, path: Path) -> None:
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError("too large")
            entry: Entry = _ENTRIES.decode(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise JournalError(
                f"{path}: is not a cell of a journal ({error}); remove it to run that cell again"
            ) from None
        key = entry.verdict.measure, entry.verdict.axiom
        self.finished[key], self.seconds[key] = entry.verdict, entry.seconds

    def add(self, verdict: Verdict, seconds: float) -> None:
        """Write a finished cell to the disk, unless it ended in an error.

        Raises
        ------
        OutputError
            The journal cannot be written.
        """
        key = verdict.measure, verdict.axiom
        if key in self.finished or verdict.verdict == "error":
            return
        if not (self.path / _ABOUT).exists():
            write_whole(self.path / _ABOUT, json_text(self.identity))
        seconds = round(seconds, 3)
        write_whole(self.path / _name(*key), msgspec.json.encode(Entry(SCHEMA, verdict, seconds)) + b"\n")
        self.finished[key], self.seconds[key] = verdict, seconds


def identity_of(
    about: dict[str, Any], axioms: list[str], examples: int, seed: int, file: Path | None = None
) -> dict[str, Any]:
    """The identity of an audit: the measure (and a hash of its file), axioms, examples, seed, and our version."""
    from ... import __version__

    return {
        "measure": about,
        "file_sha256": None if file is None else hashlib.sha256(file.read_bytes()).hexdigest(),
        "axioms": axioms,
        "examples": examples,
        "seed": seed,
        "version": __version__,
    }


def _name(measure: str, axiom: str) -> str:
    """The name of a cell's file: readable, and with a hash, so that two measures never share one."""
    mark = hashlib.sha256(measure.encode()).hexdigest()[:8]
    return f"{file_name(measure)}-{mark}-{axiom}.json"


def _difference(found: Any, wanted: dict[str, Any]) -> str:
    if not isinstance(found, dict):
        return "it does not say what it is about"
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            return f"its {name} is {found.get(name)!r}, not {wanted.get(name)!r}"
    return "another order"
