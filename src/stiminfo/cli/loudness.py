"""How much a command prints: --quiet and --verbose, which every command has."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        help="Print nothing but warnings and errors; files are written, and the exit code tells the outcome.",
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Print the traceback of an error, too, and the CPU time that was used.")
]

#: What the running command was asked for; `main` begins each command with neither.
quiet = False
verbose = False


def set_loudness(*, less: bool = False, more: bool = False) -> None:
    """Say how much is printed from now on."""
    global quiet, verbose
    quiet, verbose = less, more


def with_loudness(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --quiet and --verbose."""

    @wraps(command)
    def run(*arguments: Any, quiet: bool = False, verbose: bool = False, **values: Any) -> Any:
        if quiet and verbose:
            raise typer.BadParameter("--quiet and --verbose exclude one another")
        set_loudness(less=quiet, more=verbose)
        return command(*arguments, **values)

    given = signature(command, eval_str=True)
    kinds = {"quiet": Quiet, "verbose": Verbose}
    more = [Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=kind) for name, kind in kinds.items()]
    run.__signature__ = given.replace(parameters=[*given.parameters.values(), *more])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, **kinds}
    return run
