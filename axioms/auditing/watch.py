"""`Watch`: what an attack tells while it runs."""

from __future__ import annotations

from ..cases import Case


class Watch:
    """Follows an attack while it runs, so that a measure that hangs can be stopped and named; this one does nothing."""

    def begin(self, case: Case) -> None:
        """The measure is about to be asked about a case."""

    def answered(self) -> None:
        """The measure has answered; a case may take dozens of answers."""

    def end(self) -> None:
        """The case is judged."""
