"""All commands in one program, and the only place that turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
import warnings
from typing import Annotated, Any

import typer
import typer.core

from ..errors import InputError
from ..files import no_such_file
from . import audit, claims, decompose, doctor, edit, figures, groups, loudness, measure, replay, table, train
from .dashes import as_options
from .loudness import set_loudness, with_loudness
from .shared import BAD_INPUT, INTERRUPTED, console_here, ending, fail, say

app = typer.Typer(
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "Is this stimulus-specific information measure one that I may interpret?\n\n"
        "Such a measure says how much a response R tells about each stimulus x: it splits the mutual information "
        "I(R;X) into values I(x), in nats. `stiminfo audit` attacks a measure with generated encoding models until "
        "each of ten axioms holds or is refuted by a case small enough to check by hand.\n\n"
        "Recipes for common tasks: reports/site/pages/recipes.md in the checkout."
    ),
    epilog=ending(
        "stiminfo audit my_measure.py:MEASURE   attack a measure of your own",
        "stiminfo table                         audit the published measures",
        "stiminfo measure recording.csv         the measures of an experiment",
        "stiminfo audit --help                  what goes in, and what comes out",
        "stiminfo doctor                        what is installed, what is missing",
        exits={0: "every claim agrees", 1: "a claim disagrees, or a verdict is `error`"},
    ),
)

#: Each command with the line that stands for it in `stiminfo --help`, and the end of its own help.
_COMMANDS: tuple[tuple[Any, str, str], ...] = (
    (audit.audit, "Attack one measure with generated models.", audit.ENDING),
    (table.table, "Audit the published measures.", table.ENDING),
    (replay.replay, "Show one witness, judged anew.", replay.ENDING),
    (measure.measure, "Print every measure of a recording.", measure.ENDING),
    (train.train, "Train networks that denoise images.", train.ENDING),
    (decompose.decompose, "Map the information about images.", decompose.ENDING),
    (groups.groups, "Learn latent groups of a population.", groups.ENDING),
    (edit.edit, "Edit images along a latent group.", edit.ENDING),
    (figures.figures, "Draw the paper's figures anew.", figures.ENDING),
    (claims.claims, "Check the paper's statements.", claims.ENDING),
    (doctor.doctor, "Say what is installed, and what is missing.", doctor.ENDING),
)


class _Command(typer.core.TyperCommand):
    """A command whose help lists the ids that --axiom takes; they are read from the registry when help is asked for."""

    def get_help(self, ctx: Any) -> str:
        for option in self.params:
            if option.name == "axiom":
                from ..axioms.registry import AXIOMS, FURTHER

                ids, others = ", ".join(AXIOMS), ", ".join(FURTHER)
                option.help = f"Test only this axiom; repeatable. One of {ids}; or, only if named, of {others}."  # type: ignore[attr-defined]
        return str(super().get_help(ctx))


for _command, _line, _ending in _COMMANDS:
    app.command(short_help=_line, epilog=_ending, cls=_Command)(with_loudness(_command))

#: Errors of the command line itself: an unknown option, a missing argument, a value of the wrong type.
_CommandLineError: type[Any] = typer.BadParameter.__mro__[1]


#: The variable by which a shell asks for completions.
_COMPLETE = "_STIMINFO_COMPLETE"


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _warned(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Print a warning in one line, without the place in the code, which does not help a user of commands.

    What libraries tell their programmers is left out: that a name will go.
    """
    if not issubclass(category, DeprecationWarning | PendingDeprecationWarning):
        say("stiminfo: warning: " + " ".join(str(message).split()))


def main() -> None:
    """Run the command line; the only place that turns errors into exit codes."""
    # A batch system ends a job with SIGTERM: as after Ctrl-C, what is finished is written first.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    console_here.cache_clear()
    set_loudness()
    warnings.showwarning = _warned
    try:
        code = _run(sys.argv[1:])
        if loudness.verbose:
            say(f"stiminfo: {sum(os.times()[:4]):.1f} s of CPU time")
    except (KeyboardInterrupt, typer.Abort):
        say("stiminfo: interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Nobody reads our output any more (`stiminfo table | head`); files were written before it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except InputError as error:
        _trace(error)
        if error.details:
            say(error.details.rstrip())
        fail(as_options(str(error), _flags(sys.argv[1:2])))
    except MemoryError as error:
        _trace(error)
        fail(f"not enough memory: {str(error) or 'the work asks for more than there is'}")
    except FileNotFoundError as error:
        _trace(error)
        fail(no_such_file(error.filename))
    except OSError as error:
        _trace(error)
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except _CommandLineError as error:
        fail(error.format_message())
    sys.exit(code if isinstance(code, int) else 0)


def _flags(command: list[str]) -> dict[str, str]:
    """The options of a command by the names of their arguments."""
    commands = getattr(typer.main.get_command(app), "commands", {})
    options = commands[command[0]].params if command and command[0] in commands else ()
    return {
        option.name: max(option.opts, key=len) for option in options if option.name and option.opts[0].startswith("-")
    }


def _trace(error: Exception) -> None:
    """Print where an error came from, if --verbose asks for it."""
    if loudness.verbose:
        say("".join(traceback.format_exception(error)).rstrip())


def _run(arguments: list[str]) -> Any:
    """Run a command and return its exit code. Typer's own `app()` would say nothing on Ctrl-C."""
    command = typer.main.get_command(app)
    if _COMPLETE in os.environ:  # a shell asks how the line may go on
        command.main(prog_name="stiminfo", complete_var=_COMPLETE)
    try:
        with command.make_context("stiminfo", arguments) as context:
            return command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if context.invoked_subcommand is None and not version:
        say(context.get_help())
        raise typer.Exit(BAD_INPUT)
    if version:
        from .. import __version__

        print(f"stiminfo {__version__}")
        raise typer.Exit()
