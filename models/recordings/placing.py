"""From what stands in a stimulus column to positions: numbers, vectors, tuples, intervals, units, labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import RecordingError
from ..arrays import Array
from .options import period_of
from .rounding import without_rounding
from .sheet import is_missing, others
from .words import ANGLE, BLANK, says

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*([^\W\d_][\w/²]*|[°%µ]\w*)?")
_VECTOR = re.compile(rf"{_NUMBER}(?:[\s;]+{_NUMBER})*")
_BRACKETED = re.compile(r"[(\[](.*)[)\]]")
#: pandas.cut writes intervals like this: one end open.
_INTERVAL = re.compile(rf"(?:\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\]|\[\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\))")
#: numpy prints its numbers in a tuple like this.
_NUMPY = re.compile(r"np\.\w+\(([^()]*)\)")


#: Directions may be written from 0 to 360, and read as orientations, on a circle of 180: two turns.
_TURNS = 2.0 + 1e-9
#: Angles on a smaller part of the circle may have another unit: 2 pi is 1.7 % of 360, and 3.5 % of 180.
_PART = 0.05


class Placed(NamedTuple):
    """Stimuli with their positions.

    Attributes
    ----------
    labels : (J,)
    points : (J, d), NaN where there is none; None without any position
    geometry : see `Recording`
    told : sentences about how the stimuli were read
    doubts : sentences on what may be read wrongly
    """

    labels: tuple[str, ...]
    points: Array | None
    geometry: str
    told: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def placed(
    cells: Sequence[tuple[str, ...]],
    names: tuple[str, ...],
    geometry: str | None,
    at: Callable[[int], str],
    rows: Callable[[Sequence[int]], list[str]] | None = None,
) -> Placed:
    """Positions of stimuli.

    Parameters
    ----------
    cells : for each stimulus what stands in its columns, one or several
    names : the columns' names
    geometry : what the user said, or None
    at : ``at(j)`` says where stimulus j stands, for messages
    rows : names all rows in which some of the stimuli stand; by default those of `at`

    Raises
    ------
    RecordingError
        A stimulus is missing, or what stands there can be read in two ways.
    """
    labels = tuple(", ".join(part.strip() for part in row) for row in cells)
    if gone := [j for j, row in enumerate(cells) if any(map(is_missing, row))]:
        part, name = next(pair for pair in zip(cells[gone[0]], names) if is_missing(pair[0]))
        raise RecordingError(
            f"{at(gone[0])}, column {name!r}: the stimulus is missing ({repr(part) if part.strip() else 'nothing'} "
            "stands there); write its value, write blank if there was none, or leave the row out"
            f"{_also(gone, at, rows)}"
        )
    if geometry == "nominal":
        return Placed(labels, None, "nominal", ())
    found = [_read_row(row) for row in cells]
    has = np.array([one is not None for one in found])
    if not has.any():
        if geometry is not None:
            raise RecordingError(f"{at(0)}: stimulus {labels[0]!r} is no number, so it has no place on a {geometry}")
        return Placed(labels, None, "nominal", ("the stimuli are labels without positions (nominal)",))
    points, told = _points(found, labels, at)
    if not has.all():
        told += _unplaced(has, labels, geometry, at, rows)
    if endless := np.flatnonzero(has & ~np.isfinite(points).all(axis=1)).tolist():
        raise RecordingError(
            f"{at(endless[0])}: stimulus {labels[endless[0]]!r}; expected a finite number{_also(endless, at, rows)}"
        )
    kind, advice = _geometry(points, names, geometry, at)
    period = period_of(kind)
    doubts = () if period is None else _other_unit(points[has, 0], period)
    points, labels, rounded = without_rounding(points, labels)
    return Placed(labels, points, kind, (*told, *advice), (*doubts, *rounded))


class _Read(NamedTuple):
    values: tuple[float, ...]
    unit: str = ""
    interval: bool = False


def _read_row(row: tuple[str, ...]) -> _Read | None:
    parts = [_read(text.strip().replace("−", "-")) for text in row]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    units = " ".join(part.unit for part in known).strip()
    return _Read(sum((part.values for part in known), ()), units, any(part.interval for part in known))


def _read(text: str) -> _Read | None:
    text = _NUMPY.sub(r"\1", text)
    if ends := _INTERVAL.fullmatch(text):
        low, high = (float(end) for end in ends.groups() if end is not None)
        return _Read(((low + high) / 2,), interval=True)
    if inside := _BRACKETED.fullmatch(text):
        text = inside[1].replace(",", " ").strip()
    if text.lower() in ("inf", "-inf", "+inf", "infinity"):
        return _Read((float(text),))
    if _VECTOR.fullmatch(text):
        return _Read(tuple(float(part) for part in text.replace(";", " ").split()))
    if part := _WITH_UNIT.fullmatch(text):
        return _Read((float(part[1]),), part[2] or "")
    return None


def _points(found: list[_Read | None], labels: tuple[str, ...], at: Callable[[int], str]) -> tuple[Array, list[str]]:
    known = [one for one in found if one is not None]
    sizes, units = {len(one.values) for one in known}, {one.unit for one in known}
    if len(sizes) > 1:
        j = next(j for j, one in enumerate(found) if one is not None and len(one.values) != len(known[0].values))
        raise RecordingError(
            f"{at(j)}: stimulus {labels[j]!r} has another number of features than the first; the stimuli do not all "
            "have the same number of features"
        )
    if len(units) > 1:
        raise RecordingError(
            f"{at(0)}: the stimuli carry different units ({', '.join(repr(unit) for unit in sorted(units))}); write "
            "all of them in one unit, or write --stimulus nominal to take them as labels"
        )
    d = sizes.pop()
    points = np.array([(np.nan,) * d if one is None else one.values for one in found])
    told = [f"the stimuli are numbers of unit {unit!r}" for unit in units if unit]
    if any(one.interval for one in known):
        told.append("the stimuli are intervals; each is placed at its middle")
    return points, told


def _also(stimuli: Sequence[int], at: Callable[[int], str], rows: Callable[[Sequence[int]], list[str]] | None) -> str:
    """In which other rows such stimuli stand, as the end of a message."""
    return others([at(j).rsplit(", ", 1)[-1] for j in stimuli] if rows is None else rows(stimuli))


def _unplaced(
    has: Array,
    labels: tuple[str, ...],
    geometry: str | None,
    at: Callable[[int], str],
    rows: Callable[[Sequence[int]], list[str]] | None,
) -> list[str]:
    """What to tell of stimuli without positions among others that have one; refuses if they may be labels like them."""
    without = [labels[j] for j in np.flatnonzero(~has)]
    odd = [j for j in np.flatnonzero(~has) if not says(BLANK, labels[j])]
    if geometry is None and odd:
        raise RecordingError(
            f"{at(int(odd[0]))}: stimulus {labels[odd[0]]!r} is no number, but {int(has.sum())} of {len(has)} "
            "stimuli are; write --stimulus nominal if all are labels, --stimulus line if this one has no "
            f"position, or leave the row out if it is none (a mean or a note){_also(list(map(int, odd)), at, rows)}"
        )
    names = ", ".join(repr(name) for name in without)
    return [
        f"without position: {names}; measures that need distances leave {'it' if len(without) == 1 else 'them'} out"
    ]


def _geometry(
    points: Array, names: tuple[str, ...], asked: str | None, at: Callable[[int], str]
) -> tuple[str, tuple[str, ...]]:
    d = points.shape[1]
    own = {1: "line", 2: "plane"}.get(d, "space")
    if asked is None:
        if d == 1 and any(says(ANGLE, name) for name in names):
            return own, (
                f"{names[0]!r} is read as a number on a line; if it is periodic, write --stimulus circle:360 "
                "(directions in degrees) or circle:180 (orientations)",
            )
        if d > 1 and len(names) == d and any(says(ANGLE, name) for name in names):
            return own, (
                f"{', '.join(map(repr, names))} are coordinates of a {own}, where distances weigh all alike and no "
                "angle is periodic; write --stimulus nominal to do without distances",
            )
        if d == 1 and len(points) > 1 and (np.sort(points[:, 0]) == np.arange(len(points)) + points.min()).all():
            return own, (
                f"{names[0] if names else 'the stimulus'!r} is read as a number on a line; write --stimulus nominal if "
                "these numbers are names, which have no distances",
            )
        return own, ()
    period = period_of(asked)
    if asked not in (own, "space") and not (period is not None and d == 1):
        features = f"{d} feature{'' if d == 1 else 's'}"
        raise RecordingError(f"{at(0)}: the stimuli have {features}, which do not fit --stimulus {asked}")
    if period is not None:
        _refuse_turns(points[:, 0], period, asked, at)
    return asked, ()


def _other_unit(angles: Array, period: float) -> tuple[str, ...]:
    """A doubt about angles on a small part of the circle: they may have another unit than the period."""
    low, high = float(angles.min()), float(angles.max())
    if (high - low) / period > _PART:
        return ()
    radians = " If they are radians, write circle:2pi." if max(abs(low), abs(high)) <= 2.01 * np.pi else ""
    return (
        f"The stimuli, {low:g} to {high:g}, are on less than {100 * _PART:g} % of a circle of {period:g}. Are they in "
        f"the unit of its period?{radians}",
    )


def _refuse_turns(angles: Array, period: float, asked: str, at: Callable[[int], str]) -> None:
    """Refuse angles that go round the circle more than twice: they have another unit than the period."""
    known = angles[np.isfinite(angles)]
    turns = (known.max() - known.min()) / period
    if turns > _TURNS:
        raise RecordingError(
            f"{at(int(np.nanargmax(angles)))}: the stimuli go round a {asked} {turns:.1f} times, from {known.min():g} "
            f"to {known.max():g}; write the period in the unit of the stimuli, such as circle:360 for degrees and "
            "circle:2pi for radians"
        )
