"""The options of `read_recording`: what settles a reading that the data leave open."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...errors import OptionError, nearest
from ..geometry import named

#: Geometries without a parameter.
PLAIN = ("line", "plane", "space", "nominal")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user says about a recording; None and () leave it to the data.

    Attributes
    ----------
    stimulus : geometry, one of `PLAIN` or "circle:PERIOD"
    shape : name of a table's shape (see `shapes`)
    header : names of the columns of a table without a header row
    stimulus_columns, response_columns : names of columns, arrays or variables
    edges : increasing boundaries of the bins of a continuous response, the outermost bins without end
    bins : number of bins of equal mass for a continuous response
    window : (start, stop) seconds after the onset of a stimulus, for spike times
    table : name of the table of stimuli in an NWB file
    events : the stimuli of pynapple spike trains: a Tsd of their values, or an IntervalSet with their values
    """

    stimulus: str | None = None
    shape: str | None = None
    header: tuple[str, ...] = ()
    stimulus_columns: tuple[str, ...] = ()
    response_columns: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    bins: int | None = None
    window: tuple[float, float] | None = None
    table: str | None = None
    events: Any = None

    @classmethod
    def of(cls, stimulus: str | None, given: dict[str, Any]) -> Options:
        """Checked options; raises `OptionError`."""
        known = [field.name for field in fields(cls) if field.name != "stimulus"]
        for name in given:
            if name not in known:
                raise OptionError(f"read_recording has no option {name!r}{nearest(name, known)}")
        listed = {
            name: (value,) if isinstance(value, str) else tuple(value)
            for name, value in given.items()
            if name in ("header", "stimulus_columns", "response_columns") and value is not None
        }
        return cls(**(given | listed), stimulus=checked_geometry(stimulus))._checked()

    def _checked(self) -> Options:
        if len(self.edges) and self.bins is not None:
            raise OptionError(
                "edges and bins contradict each other: give boundaries, or a number of bins of equal mass"
            )
        if any(not math.isfinite(edge) for edge in self.edges) or sorted(set(self.edges)) != list(self.edges):
            raise OptionError(f"edges are {list(self.edges)}; expected increasing numbers, such as 0, 0.5, 1")
        if self.bins is not None and self.bins < 2:
            raise OptionError(f"bins is {self.bins}; expected 2 or more")
        if self.window is not None:
            if not isinstance(self.window, Sequence) or len(self.window) != 2:
                raise OptionError(f"window is {self.window!r}; expected (start, stop) in seconds after the stimulus")
            if not self.window[0] < self.window[1]:
                raise OptionError(f"window is {self.window[0]:g} to {self.window[1]:g} s; expected start before stop")
        return self


def checked_geometry(text: str | None) -> str | None:
    """The geometry in its one spelling, or `OptionError`."""
    if text is None or text in PLAIN:
        return text
    name, _, period = text.partition(":")
    if name == "circle" and not period:
        raise OptionError(
            "a circle needs its period: circle:360 for directions in degrees, circle:180 for orientations, circle:2pi "
            "for radians"
        )
    if name == "circle":
        parts = re.fullmatch(r"([\d.]*(?:e[-+]?\d+)?)(pi)?", period.strip().lower())
        number, pi = parts.groups() if parts else ("", None)
        try:
            length = float(number or "1") * (math.pi if pi else 1) if number or pi else math.nan
        except ValueError:
            length = math.nan
        if not (math.isfinite(length) and length > 0):
            raise OptionError(f"the period of the circle is {period!r}; expected a positive number, such as 360 or 2pi")
        return f"circle:{length:.17g}"
    raise OptionError(f"unknown geometry {text!r}{nearest(name, (*PLAIN, 'circle:360'))}")


def period_of(geometry: str) -> float | None:
    """The period of a circle; None for any other geometry."""
    return named(geometry).period
