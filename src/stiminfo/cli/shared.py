"""What the commands share: what they print and its progress bar, the end of their help, checks before the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import OptionError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

#: Columns of what is printed into a pipe or a file, where COLUMNS does not say otherwise.
PIPE_WIDTH = 120
#: Exit codes of every command: what the user gave cannot be used; Ctrl-C, as shells count signals (128 + SIGINT).
BAD_INPUT, INTERRUPTED = 2, 130


class Screen:
    """What one command prints, and its progress bar: results on standard output, progress on standard error.

    On a terminal that shows both, one console writes both, so that a line that is printed while a bar is shown lands
    above the bar. Where standard output goes to a file or a pipe, nothing but results goes there.
    """

    @cached_property
    def console(self) -> Console:
        """For results; in a pipe without colours, and as wide as COLUMNS says, or `PIPE_WIDTH`."""
        from rich.console import Console

        columns = os.environ.get("COLUMNS", "")
        wide = int(columns) if columns.isdecimal() and int(columns) > 0 else PIPE_WIDTH
        return Console(width=None if sys.stdout.isatty() else wide, soft_wrap=False)

    @contextmanager
    def bar(self, *, complete: bool = True) -> Iterator[Progress | None]:
        """A progress bar while the block runs, or None where standard error is no terminal.

        Its ``bar.console`` prints above the bar, for news that belong to the progress. Results go to `console`, also
        while the bar is shown.

        Parameters
        ----------
        complete : when the block ends without an exception, show every task as done before the bar goes
        """
        if not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console

        from .bar import progress_on

        shared = _one_terminal()
        console = self.console if shared else Console(stderr=True)
        # print() and warnings land above the bar too; what goes into a file or a pipe is left alone.
        with progress_on(console, redirect_stdout=shared) as bar:
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


@cache
def screen() -> Screen:
    """The screen of the command that runs; `main` begins each command with a new one (``screen.cache_clear()``)."""
    return Screen()


def console_here() -> Console:
    """The console for a command's results; safe to print to while its bar is shown."""
    return screen().console


@contextmanager
def bar_here(*, complete: bool = True) -> Iterator[Progress | None]:
    """A progress bar on a terminal, None in a pipe; see `Screen.bar`."""
    with screen().bar(complete=complete) as bar:
        yield bar


def say(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)


def fail(message: str) -> None:
    """End with exit code 2 and one line."""
    say("stiminfo: " + " ".join(message.split()))
    sys.exit(BAD_INPUT)


def ending(*examples: str, exits: Mapping[int, str]) -> str:
    """The end of a command's help: command lines to copy, and what the exit codes mean."""
    codes = {**exits, BAD_INPUT: "bad input, told in one line", INTERRUPTED: "interrupted"}
    lines = ["\b", "Examples:", *(f"  {example}" for example in examples), "", "\b", "Exit codes:"]
    return "\n".join(lines + [f"  {code:<4} {meaning}" for code, meaning in sorted(codes.items())])


def given(context: typer.Context) -> dict[str, str]:
    """The parameters that the user gave, by name, each with its flag; defaults are not among them."""
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if parameter.name is not None
        and getattr(context.get_parameter_source(parameter.name), "name", "") in ("COMMANDLINE", "ENVIRONMENT")
    }


def refuse_without_effect(context: typer.Context, options: Collection[str], why: str) -> None:
    """Raise `OptionError` if the user gave one of these options, by parameter name, which would change nothing.

    Parameters
    ----------
    why : ends the sentence "--jobs has no effect: ..."; says what to do instead
    """
    if flags := [flag for name, flag in given(context).items() if name in options]:
        raise OptionError(f"{', '.join(flags)} {'has' if len(flags) == 1 else 'have'} no effect: {why}")


def check_outputs(*files: Path | None, folder: Path | None = None) -> None:
    """Raise `OutputError` unless these files, and files in that folder, could be written now."""
    from ..files import ensure_folder, ensure_writable

    for path in files:
        if path is not None:
            ensure_writable(path)
    if folder is not None:
        ensure_folder(folder)
