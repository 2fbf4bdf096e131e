"""What stands in a progress bar: how much is done, of how much, since when, for how long still, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as _TimeRemainingColumn
from rich.text import Text

#: Columns of the bar itself: what stands beside it still fits on a terminal of 80 columns.
WIDTH = 20
#: Columns left free at the right: a terminal shows the Ctrl-C that is typed as ^C behind the bar, and in a line that is
#: full it would begin another one, so that the bar could not be found and erased.
MARGIN = 3


class _Count(MofNCompleteColumn):
    """Done and total; nothing where nobody knows the total."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class _TimeLeft(_TimeRemainingColumn):
    """The time that is left, in a word; nothing where nobody knows the total."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task).append(" left")


@dataclass(frozen=True)
class _Narrower:
    """What it holds, in all columns but the last `MARGIN`."""

    inside: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return console.render(self.inside, options.update_width(max(1, options.max_width - MARGIN)))


class _Bars(Progress):
    """Bars that leave the last columns of the terminal free."""

    def get_renderables(self) -> Iterable[RenderableType]:
        for one in super().get_renderables():
            yield _Narrower(one)


def progress_on(console: Console, *, redirect_stdout: bool) -> Progress:
    """A bar on this console that is gone when it stops.

    Parameters
    ----------
    redirect_stdout : what is printed to standard output lands above the bar
    """
    columns = (
        BarColumn(bar_width=WIDTH),
        _Count(),
        TimeElapsedColumn(),
        _TimeLeft(),
        # A file's name may hold what rich would read as markup.
        TextColumn("{task.description}", markup=False),
    )
    return _Bars(*columns, console=console, transient=True, redirect_stdout=redirect_stdout)
