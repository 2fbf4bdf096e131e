"""`Format`: one kind of file or object that holds a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..options import Options
from ..recording import Recording

#: The largest file, and the largest sum of unpacked arrays, that is read: 2 GiB. A recording of 1,000 neurons and
#: 100,000 trials in float64 has 0.8 GiB; a file made to fill the memory has more.
MOST_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Source:
    """What is to be read: a file with its first bytes, or an object.

    Attributes
    ----------
    path : None for an object
    head : the first bytes of the file
    thing : None for a file
    """

    path: Path | None = None
    head: bytes = b""
    thing: Any = None

    def is_of(self, library: str, *names: str) -> bool:
        """Whether the object is of one of these classes of a library, which need not be installed."""
        return any(
            kind.__module__.partition(".")[0] == library and kind.__name__ in names for kind in type(self.thing).__mro__
        )


@dataclass(frozen=True)
class Format:
    """One kind of file or object that holds a recording.

    Attributes
    ----------
    title : what it is, in words
    opens : whether a source is of this kind, by its content
    read : the recording
    timed : whether it holds times, for which `Options.window`, `table` and `events` are
    """

    title: str
    opens: Callable[[Source], bool]
    read: Callable[[Source, Options], Recording]
    timed: bool = False
