"""What an attack tells while it runs, so that a measure that hangs can be ended and named."""

from __future__ import annotations

from typing import Protocol

from ..cases import Case


class Watch(Protocol):
    """Told of each case before it is judged, of each answer of the measure, and of the case's end."""

    def begin(self, case: Case) -> None:
        """The measure is about to be asked about a case."""
        ...

    def answered(self) -> None:
        """The measure has answered; a case may ask for dozens of answers."""
        ...

    def end(self) -> None:
        """The case is judged."""
        ...


class Nobody:
    """Watches nothing: an attack in the caller's own process."""

    def begin(self, case: Case) -> None:
        """Nothing to do."""

    def answered(self) -> None:
        """Nothing to do."""

    def end(self) -> None:
        """Nothing to do."""
