"""Two recordings with the same stimuli, compared: the change of I(R;X) and of I(x), with intervals.

The interval of a difference comes from the intervals of its two parts, which need not be symmetric:

    low  = d - sqrt((second - second's low)^2  + (first's high - first)^2)
    high = d + sqrt((second's high - second)^2 + (first - first's low)^2)

Sources
-------
Donner A, Zou GY (2012) Closed-form confidence intervals for functions of the normal mean and standard deviation. Stat
    Methods Med Res 21, 347-359 (the method of variance estimates recovery).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

from ..errors import ModelError
from ..models.arrays import Array
from ..models.geometry import named
from ..models.recordings import Recording
from .measured import Measured
from .measuring import measure
from .terminal import plain_console, text_of

#: Columns of the printed table.
_WIDTH = 100


@dataclass(frozen=True, eq=False)
class Change:
    """The second value minus the first, with an interval.

    Attributes
    ----------
    value, low, high : () for I(R;X), (J,) for a measure; NaN where one of the two has no corrected value
    """

    value: Array
    low: Array
    high: Array

    @property
    def certain(self) -> Array:
        """Where the interval leaves out 0."""
        return (self.low > 0) | (self.high < 0)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed from one recording to another: second minus first, from values corrected for few trials.

    Attributes
    ----------
    labels : the J stimuli
    information : the change of I(R;X)
    measures : by name, the change of each measure that applies to both
    level : of the intervals
    units : "nats" or "bits"
    first, second : the two results
    warnings : sentences
    """

    labels: tuple[str, ...]
    information: Change
    measures: dict[str, Change]
    level: float
    units: str
    first: Measured
    second: Measured
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        console = plain_console(_WIDTH)
        about = self.information
        console.print(
            f"I(R;X), second minus first: {about.value:.3g} [{about.low:.3g}, {about.high:.3g}] {self.units}"
            f" ({100 * self.level:g} % interval)",
            highlight=False,
        )
        table = Table("stimulus", *self.measures, title=f"I(x), second minus first, {self.units}; * leaves out 0")
        for row, label in enumerate(self.labels):
            table.add_row(label, *(_cell(change, row) for change in self.measures.values()))
        console.print(table, highlight=False, markup=False)
        for said in self.warnings:
            console.print(f"Warning: {said}", highlight=False, markup=False)
        return text_of(console).rstrip("\n")

    def __repr__(self) -> str:
        return str(self)


def compare(first: Any, second: Any, measures: Sequence[str] | None = None, **options: Any) -> Comparison:
    """Compare two recordings of the same stimuli: two populations, or one before and after a change.

    The trials of the two must be different ones: intervals take them as independent.

    Parameters
    ----------
    first, second : Recording or Measured
        As `read_recording` or `measure` returns them, or anything that they read without options.
    measures : names of published measures, or one; by default all
    options : as `measure` takes them (``level``, ``prior``, ``resamples``, ``seed``); for recordings only

    Raises
    ------
    ModelError
        The stimuli differ, the results have other units or levels, or the trials of one say nothing.

    Examples
    --------
    >>> import stiminfo as si
    >>> before = si.Recording.from_counts([[90, 10], [30, 70]], [0, 1])
    >>> after = si.Recording.from_counts([[60, 40], [45, 55]], [0, 1])
    >>> found = si.compare(before, after, ["i_surp"], seed=1)
    >>> bool(found.information.certain), bool(found.information.high < 0)
    (True, True)
    """
    ready = [isinstance(one, Measured) for one in (first, second)]
    if any(ready) and (options or measures is not None):
        raise ModelError("measures and options belong to recordings; a result of measure() has its own")
    one, two = (given if done else measure(given, measures, **options) for given, done in zip((first, second), ready))
    _check(one, two)
    places = _identities(two.recording)
    order = [places.index(place) for place in _identities(one.recording)]
    shared = [name for name, found in one.measures.items() if _corrected(found) and _corrected(two.measures.get(name))]
    changes = {
        name: _change(*(_parts(one.measures[name])), *(part[order] for part in _parts(two.measures[name])))
        for name in shared
    }
    said = [*(f"first: {text}" for text in one.warnings), *(f"second: {text}" for text in two.warnings)]
    if not np.allclose(one.prior, two.prior[order], atol=1e-9):
        said.insert(0, "the priors differ, and so the measures would differ even if no response did (prior='uniform')")
    return Comparison(
        labels=tuple(map(str, one.recording.labels)),
        information=_change(*_parts(one.information), *_parts(two.information)),
        measures=changes,
        level=one.level,
        units=one.units,
        first=one,
        second=two,
        warnings=tuple(said),
    )


def _check(one: Measured, two: Measured) -> None:
    for name, found in (("first", one), ("second", two)):
        if found.silent is not None:
            raise ModelError(f"the {name} recording says nothing: {found.silent}")
    if (one.units, one.level) != (two.units, two.level):
        raise ModelError(
            f"the first result is in {one.units} at level {one.level:g}, the second in {two.units} at {two.level:g}"
        )
    recordings = (one.recording, two.recording)
    places = [_identities(read) for read in recordings]
    if set(places[0]) != set(places[1]):
        alone = {
            str(label)
            for read, own, others in zip(recordings, places, places[::-1])
            for label, place in zip(read.labels, own)
            if place not in others
        }
        raise ModelError(f"the stimuli differ: only one recording has {', '.join(sorted(alone)[:5])}")


def _identities(read: Recording) -> list[Any]:
    """What tells each stimulus from the others: its label, or where it lies on a circle, which has many names."""
    geometry = named(read.geometry)
    if geometry.period is None or read.stimuli is None:
        return list(read.labels)
    placed = np.isfinite(read.stimuli[:, 0])
    angles = np.where(placed, geometry.phases(np.where(placed, read.stimuli[:, 0], 0.0)), np.nan)
    return [float(angle) if there else label for label, angle, there in zip(read.labels, angles, placed, strict=True)]


def _corrected(found: Any) -> bool:
    return found is not None and found.corrected is not None and found.low is not None


def _parts(found: Any) -> tuple[Array, Array, Array]:
    return tuple(np.asarray(part, float) for part in (found.corrected, found.low, found.high))  # type: ignore[return-value]


def _change(first: Array, first_low: Array, first_high: Array, second: Array, low: Array, high: Array) -> Change:
    """The difference of two independent values, and its interval from theirs."""
    value = second - first
    # A corrected value may lie outside its own interval, which bounds (0, say) cut.
    down = np.hypot(np.maximum(second - low, 0), np.maximum(first_high - first, 0))
    up = np.hypot(np.maximum(high - second, 0), np.maximum(first - first_low, 0))
    return Change(value, value - down, value + up)


def _cell(change: Change, row: int) -> str:
    value, low, high = (float(part[row]) for part in (change.value, change.low, change.high))
    if np.isnan(value):
        return ""
    return f"{value:.2g} [{low:.2g}, {high:.2g}]" + (" *" if change.certain[row] else "")
