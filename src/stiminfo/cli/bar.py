"""The progress bar of every command: how much is done, the time spent, the time left, and what is being done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as _TimeRemainingColumn
from rich.text import Text

#: Columns of the bar itself: what stands beside it still fits on a terminal of 80 columns.
WIDTH = 20
#: Columns left free at the right. A terminal shows a typed Ctrl-C as ^C behind the bar; in a full line that would begin
#: another line, and the bar could not be found and erased.
MARGIN = 3


class _Count(MofNCompleteColumn):
    """Done and total; empty if the total is unknown."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class _TimeLeft(_TimeRemainingColumn):
    """The time left, followed by the word; empty if the total is unknown."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task).append(" left")


@dataclass(frozen=True)
class _Narrower:
    """A bar that leaves the last columns of the terminal free."""

    bar: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return console.render(self.bar, options.update_width(max(1, options.max_width - MARGIN)))


class _Bars(Progress):
    def get_renderables(self) -> Iterable[RenderableType]:
        for one in super().get_renderables():
            yield _Narrower(one)


def progress_on(console: Console, *, redirect_stdout: bool = False, disable: bool = False) -> Progress:
    """A bar on this console that is erased when it stops.

    Parameters
    ----------
    redirect_stdout : show what is printed to standard output above the bar
    disable : show nothing
    """
    columns = (
        BarColumn(bar_width=WIDTH),
        _Count(),
        TimeElapsedColumn(),
        _TimeLeft(),
        # The description may hold a file's name that rich would read as markup.
        TextColumn("{task.description}", markup=False),
    )
    return _Bars(*columns, console=console, transient=True, redirect_stdout=redirect_stdout, disable=disable)
