"""The messages between a worker process and its parent: one line of JSON each, decoded into typed records."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ...models.data import decode_models
from ..finding import Finding
from ..nearest import Likeness
from ..registry import AnyCase
from .verdict import Verdict
from .witness import Witness

# -- how a worker gets a measure ------------------------------------------------------------------------------------


class Named(Struct, frozen=True, tag="named"):
    """A known measure (`stiminfo.estimators.relatives.named`), by its name."""

    name: str


class InFile(Struct, frozen=True, tag="file"):
    """A `Measure` called `name` in a user's Python file; the path is in the system's own bytes."""

    path: bytes
    name: str

    @classmethod
    def at(cls, file: Path, name: str) -> InFile:
        """From a path, which may be relative to the working directory."""
        return cls(os.fsencode(file.resolve()), name)

    @property
    def file(self) -> Path:
        """The file."""
        return Path(os.fsdecode(self.path))


class Pickled(Struct, frozen=True, tag="pickled"):
    """A measure that exists in the parent process only, pickled by value."""

    data: bytes


Origin = Named | InFile | Pickled


# -- jobs: from the parent --------------------------------------------------------------------------------------------


class Prepare(Struct, frozen=True, tag="prepare"):
    """The folders to import from, and the limits of one answer: seconds of CPU time, and seconds by the clock."""

    path: list[str]
    seconds: float
    clock: float


class Describe(Struct, frozen=True, tag="describe"):
    """Load the measure, and return its name, claims and other declarations."""

    measure: Origin


class Attack(Struct, frozen=True, tag="attack"):
    """Attack the measure at an axiom; `models` are a user's, pickled."""

    measure: Origin
    axiom: str
    examples: int
    seed: int
    models: bytes | None = None
    database: str | None = None


class Judge(Struct, frozen=True, tag="judge"):
    """Judge a witness anew."""

    measure: Origin
    witness: Witness


class Compare(Struct, frozen=True, tag="compare"):
    """Find the known measure whose values are nearest."""

    measure: Origin


Job = Prepare | Describe | Attack | Judge | Compare


# -- events: from the worker ------------------------------------------------------------------------------------------


class Ready(Struct, frozen=True, tag="ready"):
    """The worker has started, or is prepared."""


class Begun(Struct, frozen=True, tag="begun"):
    """The measure is being asked about a case."""

    case: AnyCase


class Described(Struct, frozen=True, tag="described"):
    """What a measure declares, and the SHA-256 of each of the user's modules that it loaded, by module name."""

    name: str
    claims: dict[str, bool]
    units: str
    source: str
    slow: bool
    modules: dict[str, str]


class Attacked(Struct, frozen=True, tag="attacked"):
    """The attack is over."""

    verdict: Verdict


class Judged(Struct, frozen=True, tag="judged"):
    """The witness is judged."""

    finding: Finding


class Compared(Struct, frozen=True, tag="compared"):
    """The known measure whose values are nearest; None if there is none to compare with."""

    nearest: Likeness | None


class Failed(Struct, frozen=True, tag="failed"):
    """The job failed; `usage` if the user can correct it, with the traceback of the user's code in `details`."""

    says: str
    usage: bool
    details: str


Event = Ready | Begun | Described | Attacked | Judged | Compared | Failed

_JOBS: Any = msgspec.json.Decoder(Job, dec_hook=decode_models)
_EVENTS: Any = msgspec.json.Decoder(Event, dec_hook=decode_models)


def line(message: Job | Event) -> bytes:
    """A message as a line."""
    return msgspec.json.encode(message) + b"\n"


def job(text: bytes) -> Job:
    """The job in a line."""
    found: Job = _JOBS.decode(text)
    return found


def event(text: bytes) -> Event | None:
    """The event in a line; None if the line is something else, such as part of a traceback by faulthandler."""
    try:
        found: Event = _EVENTS.decode(text)
    except msgspec.DecodeError:
        return None
    return found
