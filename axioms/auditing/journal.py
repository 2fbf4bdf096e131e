"""The journal of an audit: every finished cell as a line of JSON, so that an interrupted one goes on where it was.

The first line says what is audited, and with what; a journal of something else is refused, and left as it is. A line
that was cut off when the machine stopped is dropped. A cell counts once, however often it is written; one that ended in
an error counts as not finished, since the error may have been the machine's.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from ...errors import JournalError
from ..registry import AXIOMS
from .verdict import VERDICTS, Verdict
from .witness import parse_witness

SCHEMA = 1
#: A journal is data of the user's own; a line beyond this is none of ours.
_LONGEST = 1 << 24


class Journal:
    """A file that cells are appended to.

    Parameters
    ----------
    path : made if it is not there
    identity : plain JSON values that say what is audited and how; the same for the same audit

    Raises
    ------
    JournalError
        See there. OSError where the file cannot be written.
    """

    def __init__(self, path: Path, identity: dict[str, Any]) -> None:
        self.path = path
        self.identity = json.loads(json.dumps(identity | {"schema": SCHEMA}))
        self.finished: dict[tuple[str, str], Verdict] = {}
        self.seconds: dict[tuple[str, str], float] = {}
        self._new = not path.exists()
        # Unbuffered: what a full disk refused must not be written again when the file is closed.
        self._stream = path.open("a+b", buffering=0)
        try:
            self._lock()
            self._read()
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if error is not None and self._new and not self.seconds:
            self.path.unlink(missing_ok=True)  # nothing was begun

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: two audits with one journal are the user's to avoid
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalError(f"{self.path}: is in use by another audit") from None

    def _read(self) -> None:
        self._stream.seek(0)
        whole = 0
        for number, line in enumerate(self._stream.readall().splitlines(keepends=True)):
            if not line.endswith(b"\n"):
                if number == 0 and not _line(self.identity).startswith(line):
                    raise JournalError(f"{self.path}: is there already, and is no journal")
                break  # cut off
            try:
                if len(line) > _LONGEST:
                    raise ValueError("too long")
                data = json.loads(line)
                self._take(data, number)
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                if isinstance(error, JournalError):
                    raise
                raise JournalError(f"{self.path}: line {number + 1} is not that of a journal ({error})") from None
            whole += len(line)
        self._stream.seek(whole)
        self._stream.truncate()
        if whole == 0:
            self._append(self.identity)

    def _take(self, data: Any, number: int) -> None:
        if not isinstance(data, dict):
            raise ValueError("not an object")
        if number == 0:
            if data != self.identity:
                raise JournalError(f"{self.path}: is the journal of another audit ({_difference(data, self.identity)})")
            return
        verdict, seconds = _verdict(data["verdict"]), data["seconds"]
        if not isinstance(data["measure"], str) or not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise ValueError("no verdict")
        if verdict.verdict == "error":
            return
        key = data["measure"], verdict.axiom
        self.finished.setdefault(key, verdict)
        self.seconds.setdefault(key, float(seconds))

    def add(self, measure: str, verdict: Verdict, seconds: float) -> None:
        """Keep a finished cell, on the disk before this returns; a second time it is passed over."""
        key = measure, verdict.axiom
        if key in self.finished:
            return
        self._append({"measure": measure, "verdict": asdict(verdict), "seconds": round(seconds, 3)})
        self.finished[key], self.seconds[key] = verdict, seconds

    def _append(self, data: dict[str, Any]) -> None:
        line = _line(data)
        try:
            while line:
                line = line[self._stream.write(line) or 0 :]
        except OSError as error:
            raise OSError(error.errno, f"the journal cannot be written: {error.strerror}", str(self.path)) from None
        with contextlib.suppress(OSError):  # a pipe, say
            os.fsync(self._stream.fileno())


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode() + b"\n"


def _verdict(data: Any) -> Verdict:
    """A verdict whose fields are what they should be; raises ValueError for anything else."""
    if not isinstance(data, dict) or set(data) != {field.name for field in fields(Verdict)}:
        raise ValueError("no verdict")
    number = {"margin", "numerical_error"}
    sound = (
        data["verdict"] in VERDICTS
        and data["axiom"] in AXIOMS
        and (data["claimed"] is None or isinstance(data["claimed"], bool))
        and type(data["examples"]) is int
        and all(isinstance(data[name], int | float) and not isinstance(data[name], bool) for name in number)
        and isinstance(data["message"], str)
        and (data["case"] is None or isinstance(data["case"], dict))
    )
    if not sound:
        raise ValueError("no verdict")
    if data["witness"] is not None:
        parse_witness(data["witness"])
    return Verdict(**data)


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            return f"its {name} is {found.get(name)!r}, not {wanted.get(name)!r}"
    return "another order"
