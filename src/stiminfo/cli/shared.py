"""What every command uses: its console and progress bar, the end of its help, checks before the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..texts import printable
from . import loudness

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

#: Columns of what is printed into a pipe or a file, unless COLUMNS says otherwise.
PIPE_WIDTH = 120
#: Exit codes of every command: input that cannot be used; Ctrl-C, counted as shells count signals (128 + SIGINT).
BAD_INPUT, INTERRUPTED = 2, 130


@cache
def console_here() -> Console:
    """The console for a command's results, on standard output; safe to print to while a bar is shown.

    In a pipe it prints without colours, and as wide as COLUMNS says, or `PIPE_WIDTH`. `main` begins each command with a
    new one (``console_here.cache_clear()``).
    """
    from rich.console import Console

    columns = os.environ.get("COLUMNS", "")
    wide = int(columns) if columns.isdecimal() and int(columns) > 0 else PIPE_WIDTH
    return Console(width=None if sys.stdout.isatty() else wide, soft_wrap=False, quiet=loudness.quiet)


@contextmanager
def bar_here(*, complete: bool = True) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs; ``bar.disable`` is true where that is no terminal.

    On a terminal that shows standard output too, one console writes both, so that a printed line lands above the bar.
    If standard output goes to a file or a pipe, only results go there; ``bar.console`` prints news of the progress.

    Parameters
    ----------
    complete : when the block ends without an exception, show every task as done before the bar goes
    """
    from rich.console import Console

    from .bar import progress_on

    if loudness.quiet or not sys.stderr.isatty():
        yield progress_on(console_here(), disable=True)
        return
    shared = _one_terminal()
    # print() and warnings land above the bar too; what goes into a file or a pipe is left alone.
    with progress_on(console_here() if shared else Console(stderr=True), redirect_stdout=shared) as bar:
        yield bar
        for task in bar.tasks if complete else ():
            if task.total is not None:
                bar.update(task.id, completed=task.total)
        bar.refresh()


def _one_terminal() -> bool:
    """Whether standard output and standard error are shown by the same terminal."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    try:
        return os.ttyname(sys.stdout.fileno()) == os.ttyname(sys.stderr.fileno())
    except (AttributeError, OSError):  # Windows has one console; a replaced stream has no descriptor
        return True


def say(text: str) -> None:
    """Print lines on standard error; control characters, which could steer a terminal, as their codes."""
    print(printable(text, keep="\t\n"), file=sys.stderr)


def inform(text: str) -> None:
    """Print the progress of long work on standard error, where no bar shows it; nothing with --quiet."""
    if not loudness.quiet:
        say(text)


def warn_if_quiet(sentences: Iterable[str]) -> None:
    """Print the warnings of a result on standard error if --quiet hides the result, which else shows them itself."""
    if loudness.quiet:
        for sentence in sentences:
            say(f"stiminfo: warning: {sentence}")


def fail(message: str) -> None:
    """Print one line on standard error, and exit with code 2."""
    say("stiminfo: " + " ".join(message.split()))
    sys.exit(BAD_INPUT)


def ending(*examples: str, exits: Mapping[int, str]) -> str:
    """The end of a command's help: command lines to copy, and what the exit codes mean."""
    codes = {BAD_INPUT: "bad input; one line says what is wrong", INTERRUPTED: "interrupted", **exits}
    lines = ["\b", "Examples:", *(f"  {example}" for example in examples), "", "\b", "Exit codes:"]
    return "\n".join(lines + [f"  {code:<4} {meaning}" for code, meaning in sorted(codes.items())])


def check_outputs(*files: Path | None, folder: Path | None = None) -> None:
    """Raise `OutputError` unless these files, and files in that folder, could be written now."""
    from ..files import ensure_folder, ensure_writable

    for path in files:
        if path is not None:
            ensure_writable(path)
    if folder is not None:
        ensure_folder(folder)
