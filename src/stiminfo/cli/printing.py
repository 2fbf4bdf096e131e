"""Where a command prints while its bar is shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .shared import console_here

if TYPE_CHECKING:
    from rich.console import Console


def printing(bar: Any) -> Console:
    """The console to print to; on a terminal that shows a bar, the bar's own, which prints above it.

    What is printed goes to standard output where that is a file or a pipe, even if a bar is shown on standard error.
    """
    if bar is not None and sys.stdout.isatty():
        console: Console = bar.console
        return console
    return console_here()
