"""What the commands share: errors about input as one line, the console, a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


class Stop(Exception):
    """Bad input: one line, exit 2; `details` is the user's own traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


def say(text: str) -> None:
    print(text, file=sys.stderr)


def fail(message: str) -> None:
    say("stiminfo: " + " ".join(message.split()))
    sys.exit(2)


@contextmanager
def bad_input() -> Iterator[None]:
    """Our own errors about what the user gave, as `Stop`."""
    from .axioms.journal import JournalError
    from .axioms.loading import LoadError
    from .axioms.running import BackendError
    from .axioms.specs import SpecError
    from .axioms.statements import UnknownAxiom
    from .axioms.witness import WitnessError
    from .models import ModelError
    from .reports.files import OutputError

    try:
        yield
    except FileNotFoundError as error:
        raise Stop(f"{error.filename}: no such file") from None
    except (
        LoadError,
        UnknownAxiom,
        WitnessError,
        SpecError,
        ModelError,
        OutputError,
        JournalError,
        BackendError,
    ) as error:
        raise Stop(str(error), getattr(error, "details", "")) from None
    except OSError as error:
        raise Stop(f"{error.filename or 'file'}: {error.strerror or error}") from None
    except ImportError as error:
        if "stiminfo[diffusion]" not in str(error):
            raise
        raise Stop(str(error)) from None


def console_here() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", 0) or 120), soft_wrap=False)


@contextmanager
def bar_here() -> Iterator[Any]:
    """A progress bar on a terminal's standard error, None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar
