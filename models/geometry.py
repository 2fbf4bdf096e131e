"""Where stimuli lie: on a line, in a plane or space, on a circle, or nowhere (nominal stimuli are labels only)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from ..errors import ModelError, nearest
from .arrays import Array

#: Points of a circle are equal where they differ by less than this share of its period: rounding of multiples of pi.
_SAME = 1e-12
#: A period as people write it: a number, a multiple of pi, or both.
_PERIOD = re.compile(r"(?P<number>[-+.\de]*?)\s*\*?\s*(?P<pi>pi)?", re.IGNORECASE)


@dataclass(frozen=True)
class Geometry:
    """What the coordinates of stimuli mean.

    Attributes
    ----------
    name : str
        As users write it: "line", "plane", "space", "circle:360", "nominal".
    distances : bool
        Whether stimuli have distances. Without them coordinates are labels.
    vectors : bool
        Whether stimuli are vectors, which may be added and multiplied; angles are not.
    period : float or None
        Of a circle, in the stimulus's unit.
    """

    name: str
    distances: bool = True
    vectors: bool = True
    period: float | None = None

    def __str__(self) -> str:
        return self.name

    def identity(self, stimuli: Array) -> Array:
        """Rows (J, d) that are equal where stimuli are one and the same: 0 and 360 degrees, say."""
        return stimuli if self.period is None else self.phases(stimuli[:, 0])[:, None]

    def phases(self, angles: Array) -> Array:
        """Angles (J,) of a circle as shares of its period, in [0, 1), rounded so that equal angles are equal."""
        assert self.period is not None
        return np.asarray(np.round(np.mod(angles / self.period, 1.0) / _SAME) * _SAME % 1.0)


#: The geometry of R^d, by d; beyond the plane it is "space".
STRAIGHT = {1: Geometry("line"), 2: Geometry("plane")}
SPACE = Geometry("space")
NOMINAL = Geometry("nominal", distances=False, vectors=False)


def circle(period: float) -> Geometry:
    """A circle of this circumference, in the stimulus's unit; raises `ModelError` unless it is positive."""
    if not (math.isfinite(period) and period > 0):
        raise ModelError(f"the period of a circle is {period}; expected a positive number, for example circle:360")
    multiple = f"{period / math.pi:g}"
    text = f"{multiple}pi" if float(multiple) * math.pi == period else repr(float(period)).removesuffix(".0")
    return Geometry(f"circle:{text}", vectors=False, period=float(period))


def geometry_of(given: Geometry | str | None, dimensions: int) -> Geometry:
    """The geometry of stimuli in R^d from what a user gave; by default that of R^d itself.

    Parameters
    ----------
    given : None, or a `Geometry`, or a name
        "line", "plane" and "space" are the default for d = 1, d = 2 and more; "nominal"; "circle:360", "circle:2pi".
    dimensions : int

    Raises
    ------
    ModelError
        The name is unknown, or does not fit stimuli in R^d.
    """
    usual = STRAIGHT.get(dimensions, SPACE)
    found = usual if given is None else named(given) if isinstance(given, str) else given
    if not isinstance(found, Geometry):
        raise ModelError(f"geometry is {given!r}; expected line, plane, space, nominal or circle:PERIOD")
    if found.period is not None and dimensions != 1:
        raise ModelError(f"geometry {found}: stimuli on a circle are one angle each; these have {dimensions} features")
    if isinstance(given, Geometry) and given.vectors:
        return usual  # of a model whose stimuli are replaced by others, in another R^d perhaps
    if found.vectors and found != usual:
        raise ModelError(f"geometry {found}: these stimuli have {dimensions} features, which is a {usual}")
    return found


def named(name: str) -> Geometry:
    """The geometry of a name, whatever the dimension; raises `ModelError` for an unknown one."""
    kind, colon, period = name.strip().lower().partition(":")
    plain = {str(one): one for one in (*STRAIGHT.values(), SPACE, NOMINAL)}
    if kind in plain and not colon:
        return plain[kind]
    if kind != "circle":
        raise ModelError(f"unknown geometry {name!r}{nearest(name, (*plain, 'circle:PERIOD'))}")
    if not period.strip():
        raise ModelError(
            "a circle needs its period: circle:360 for directions in degrees, circle:180 for orientations, circle:2pi "
            "for radians"
        )
    return circle(_period(period, name))


def _period(text: str, name: str) -> float:
    """The number that a period is: "360", "pi", "2pi", "2*pi"."""
    parts = _PERIOD.fullmatch(text.strip())
    try:
        if parts is None or not text.strip():
            raise ValueError
        number = float(parts["number"] or "1")
    except ValueError:
        raise ModelError(
            f"geometry {name!r}: the period is {text.strip()!r}; expected a positive number, such as 360 or 2pi"
        ) from None
    return number * math.pi if parts["pi"] else number
