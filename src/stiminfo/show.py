"""Printing and drawing for models, verdicts and audits, which lie below `reports` and do not import it.

The code is in `reports` and is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def drawing(thing: Any) -> Figure:
    """A figure of a model, a verdict or a witness; see `stiminfo.reports.draw`."""
    figure: Figure = importlib.import_module("stiminfo.reports.draw").drawing(thing)
    return figure


def text(thing: Any) -> str:
    """An audit as a terminal shows it, without colours; see `stiminfo.reports.terminal`."""
    said: str = importlib.import_module("stiminfo.reports.terminal").text(thing)
    return said
