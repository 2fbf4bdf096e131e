"""What a worker process and its parent say to one another: one line of JSON each, typed on both sides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ...models.data import decode_models
from ..finding import Finding
from ..registry import AnyCase
from .verdict import Verdict
from .witness import Witness

# -- how a worker gets a measure ------------------------------------------------------------------------------------


class Named(Struct, frozen=True, tag="named"):
    """A measure of the literature, or a relative of one, by its name."""

    name: str


class InFile(Struct, frozen=True, tag="file"):
    """A `Measure` called `name` in a user's Python file, whose path is in the system's own bytes."""

    path: bytes
    name: str

    @classmethod
    def at(cls, file: Path, name: str) -> InFile:
        """Of a file that may lie anywhere relative to here."""
        return cls(os.fsencode(file.resolve()), name)

    @property
    def file(self) -> Path:
        """The file."""
        return Path(os.fsdecode(self.path))


class Pickled(Struct, frozen=True, tag="pickled"):
    """A measure of the parent's own, pickled by value."""

    data: bytes


Origin = Named | InFile | Pickled


# -- jobs: from the parent --------------------------------------------------------------------------------------------


class Prepare(Struct, frozen=True, tag="prepare"):
    """Where to import from, and the limits of an answer: seconds of CPU time and by the clock."""

    path: list[str]
    seconds: float
    clock: float


class Describe(Struct, frozen=True, tag="describe"):
    """Load the measure, and tell what it says of itself."""

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


Job = Prepare | Describe | Attack | Judge


# -- events: from the worker ------------------------------------------------------------------------------------------


class Ready(Struct, frozen=True, tag="ready"):
    """The worker has started, or is prepared."""


class Begun(Struct, frozen=True, tag="begun"):
    """The measure is being asked about a case."""

    case: AnyCase


class Described(Struct, frozen=True, tag="described"):
    """What a measure says of itself, and SHA-256 of the user's own modules that it loaded, by name."""

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


class Failed(Struct, frozen=True, tag="failed"):
    """The job could not be done; `usage` where the user can mend it, with their own traceback in `details`."""

    says: str
    usage: bool
    details: str


Event = Ready | Begun | Described | Attacked | Judged | Failed

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
    """The event in a line; None where it holds none: a traceback of the interpreter's, say."""
    try:
        found: Event = _EVENTS.decode(text)
    except msgspec.DecodeError:
        return None
    return found
