"""What the commands share: the console, a progress bar, outputs that are checked before the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def say(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)


def fail(message: str) -> None:
    """End with exit code 2 and one line."""
    say("stiminfo: " + " ".join(message.split()))
    sys.exit(2)


def console_here() -> Console:
    """The console for what a command prints; in a pipe 120 columns wide, or as COLUMNS says."""
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


def check_outputs(*files: Path | None, folder: Path | None = None) -> None:
    """Raise `OutputError` unless these files, and files in that folder, could be written now."""
    from ..files import ensure_folder, ensure_writable

    for path in files:
        if path is not None:
            ensure_writable(path)
    if folder is not None:
        ensure_folder(folder)
