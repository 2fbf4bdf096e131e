"""Coordinates that differ by the rounding of a computer only: 0.3 and 0.1 + 0.2, or single beside double precision."""

from __future__ import annotations

import numpy as np

from ..arrays import Array

#: Relative to both numbers and to their range, sums of a few numbers differ by less; numbers that people write do not.
_CLOSE = 1e-9
#: Relative to the larger number, a few steps of double precision.
_STEPS = 8 * float(np.finfo(np.float64).eps)
#: A number of so many characters was computed: one of single precision has 15 to 17 digits as one of double precision.
_LONG = 15
#: Neighbours further apart than this, relative to their sizes, are not one even in single precision.
_NEAR = 1e-6
#: Beyond this there is no single precision.
_LARGEST = 3e38
#: So many pairs are named.
_SHOWN = 3


def without_rounding(points: Array, labels: tuple[str, ...]) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Points of which no two differ by rounding only, their labels, and a sentence on what was taken together.

    Numbers that may be a rounded 0 are kept apart from 0, and named in a sentence.

    Parameters
    ----------
    points : (J, d), NaN where there is none
    labels : (J,)
    """
    joined, doubted = [], []
    found = points.copy()
    for i, column in enumerate(points.T):
        known = np.unique(column[np.isfinite(column)])
        for group in _groups(known):
            kept = min(group, key=_plainness)
            joined += [(value, kept) for value in group if value != kept]
            found[np.isin(column, group), i] = kept
        doubted += [(value, 0.0) for value in known if 0.0 in known and _is_almost_zero(value, known)]
    changed = np.flatnonzero((found != points).any(axis=1) & np.isfinite(points).all(axis=1))
    named = list(labels)
    for j in changed:
        same = np.flatnonzero((points == found[j]).all(axis=1))
        named[j] = labels[same[0]] if len(same) else labels[j]
    said = []
    if joined:
        said.append(f"{_pairs(joined)} differ by rounding only; their trials are taken together")
    if doubted:
        said.append(f"{_pairs(doubted)} may differ by rounding only; their trials are not taken together")
    return found, tuple(named), tuple(said)


def _groups(values: Array) -> list[list[float]]:
    """The values, which ascend, that are one but for rounding; those that stand alone are left out."""
    groups: list[list[float]] = []
    spread = float(np.ptp(values)) if len(values) else 0.0
    close = np.flatnonzero(np.diff(values) <= _NEAR * np.maximum(np.abs(values[1:]), np.abs(values[:-1])))
    for k in close:
        low, high = float(values[k]), float(values[k + 1])
        if not _are_one(low, high, spread):
            continue
        if groups and groups[-1][-1] == low:
            groups[-1].append(high)
        else:
            groups.append([low, high])
    return groups


def _are_one(low: float, high: float, spread: float) -> bool:
    if low.is_integer() and high.is_integer():
        return False
    top = max(abs(low), abs(high))
    return high - low <= max(_STEPS * top, _CLOSE * min(top, spread)) or _are_single_and_double(low, high)


def _are_single_and_double(low: float, high: float) -> bool:
    """Whether one is the other in single precision, and no number that people write."""
    if not (_is_single(low) or _is_single(high)):
        return False
    return bool(max(abs(low), abs(high)) < _LARGEST and np.float32(low) == np.float32(high))


def _is_single(value: float) -> bool:
    return abs(value) < _LARGEST and len(repr(value)) >= _LONG and float(np.float32(value)) == value


def _plainness(value: float) -> tuple[bool, int, float]:
    """The least is the number that people wrote: not of single precision, and of few digits."""
    return _is_single(value), len(repr(value)), value


def _is_almost_zero(value: float, values: Array) -> bool:
    return value != 0 and abs(value) <= _STEPS * float(np.abs(values).max()) and len(repr(float(value))) >= _LONG


def _pairs(pairs: list[tuple[float, float]]) -> str:
    """The first pairs, in words."""
    shown = ", ".join(f"{_text(one)} and {_text(other)}" for one, other in pairs[:_SHOWN])
    return shown if len(pairs) <= _SHOWN else f"{shown} and {len(pairs) - _SHOWN} more pairs"


def _text(value: float) -> str:
    value = float(value)
    return repr(str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value))
