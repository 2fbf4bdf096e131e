"""The one style of all drawings: colours, sizes, and the settings of matplotlib that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context

from .model import BLUE, COLOURS, GREEN, INK, ORANGE, PURPLE, SKY, STYLE, VERMILLION, WIDTH

#: What makes an SVG the same bytes each time; its letters stay text.
SVG_STYLE: Any = {"svg.hashsalt": "stiminfo", "svg.fonttype": "none", "svg.image_inline": True}
#: The region in which a locality case changes p(R, x), and other backgrounds.
SHADE = "#99999955"
BEFORE, AFTER = BLUE, ORANGE


@contextmanager
def styled() -> Iterator[None]:
    """The style, for as long as the context lasts."""
    with rc_context(STYLE | SVG_STYLE):
        yield


__all__ = [
    "AFTER",
    "BEFORE",
    "BLUE",
    "COLOURS",
    "GREEN",
    "INK",
    "ORANGE",
    "PURPLE",
    "SHADE",
    "SKY",
    "STYLE",
    "SVG_STYLE",
    "VERMILLION",
    "WIDTH",
    "styled",
]
