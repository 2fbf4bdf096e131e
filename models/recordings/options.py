"""The options of `read_recording`: what settles a reading that the data leave open."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

from ...errors import ModelError, OptionError, nearest, spelt
from ..geometry import named
from ..trial_means import LAWS

#: Options that are lists of names.
_LISTS = ("header", "stimulus_columns", "response_columns")
#: Options that are one of some names.
_SPELT = {"law": LAWS, "responses": ("words", "population")}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user says about a recording; None and () leave it to the data.

    Attributes
    ----------
    stimulus : geometry, as `models.geometry` names it
    shape : name of a table's shape (see `shapes`)
    header : names of the columns of a table without a header row
    stimulus_columns, response_columns : names of columns, arrays or variables
    edges : increasing boundaries of the bins of a continuous response, the outermost bins without end
    bins : number of bins of equal mass for a continuous response
    window : (start, stop) seconds after the onset of a stimulus, for spike times
    table : name of the table of stimuli in an NWB file
    events : the stimuli of pynapple spike trains: a Tsd of their values, or an IntervalSet with their values
    responses : "words" to count joint responses, "population" to fit each neuron
    law : how the neurons of a population respond, one of `LAWS`
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
    responses: str | None = None
    law: str | None = None

    @classmethod
    def of(cls, stimulus: str | None, given: dict[str, Any]) -> Options:
        """Checked options; raises `OptionError`."""
        known = [field.name for field in fields(cls) if field.name != "stimulus"]
        for name in given:
            if name not in known:
                raise OptionError(f"read_recording has no option {name!r}{nearest(name, known)}")
        listed = {name: _names(name, given[name]) for name in _LISTS if given.get(name) is not None}
        spellings = {name: spelt(given.get(name), known) for name, known in _SPELT.items() if name in given}
        return cls(**(given | listed | spellings), stimulus=checked_geometry(stimulus))._checked()

    def _checked(self) -> Options:
        try:
            object.__setattr__(self, "edges", tuple(float(edge) for edge in self.edges))
        except (TypeError, ValueError):
            raise OptionError(f"edges is {self.edges!r}; expected increasing numbers, such as 0, 0.5, 1") from None
        if len(self.edges) and self.bins is not None:
            raise OptionError(
                "edges and bins contradict each other: give boundaries, or a number of bins of equal mass"
            )
        if any(not math.isfinite(edge) for edge in self.edges) or sorted(set(self.edges)) != list(self.edges):
            raise OptionError(f"edges are {list(self.edges)}; expected increasing numbers, such as 0, 0.5, 1")
        given: Any = self.bins  # from Python it may be anything
        if given is not None and (not isinstance(given, Integral) or given < 2):
            raise OptionError(f"bins is {self.bins!r}; expected a whole number, 2 or more")
        if both := set(self.stimulus_columns) & set(self.response_columns):
            raise OptionError(f"{', '.join(map(repr, sorted(both)))} cannot be both a stimulus and a response")
        if self.responses not in (None, "words", "population"):
            raise OptionError(f"responses is {self.responses!r}; expected 'words' or 'population'")
        if self.law is not None and self.law not in LAWS:
            raise OptionError(f"unknown law {self.law!r}{nearest(str(self.law), LAWS)}")
        if self.law is not None and self.responses == "words":
            raise OptionError("words have no law; leave law out, or write responses='population'")
        if self.window is not None:
            pair = isinstance(self.window, Sequence) and len(self.window) == 2
            if not pair or not all(isinstance(end, Real) for end in self.window):
                raise OptionError(f"window is {self.window!r}; expected (start, stop) in seconds after the stimulus")
            if not self.window[0] < self.window[1]:
                raise OptionError(f"window is {self.window[0]:g} to {self.window[1]:g} s; expected start before stop")
        return self


def _names(option: str, given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (given,)
    for name in names:
        if not isinstance(name, str):
            raise OptionError(f"{option} holds {name!r}; expected names")
    return names


def checked_geometry(text: str | None) -> str | None:
    """The geometry in its one spelling, or `OptionError`."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise OptionError(f"stimulus is {text!r}; expected a text such as 'line', 'nominal' or 'circle:360'")
    try:
        found = named(text)
    except ModelError as error:
        raise OptionError(str(error)) from None
    return found.name if found.period is None else f"circle:{found.period:.17g}"


def period_of(geometry: str) -> float | None:
    """The period of a circle; None for any other geometry."""
    return named(geometry).period
