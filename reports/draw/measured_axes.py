"""Where the stimuli of a recording stand in the panels of a drawing, and how their axes are labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from ...models.arrays import Array
from ...models.recordings.options import period_of
from ..measured import Measured
from ..names import cut_names
from ..symbols import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: At most so many nominal stimuli get their labels, and at most so many letters of each.
LABELLED, LETTERS = 14, 11
#: Angles at which the labels of the radius may stand, in degrees: not where those of the stimuli are.
_RADIAL = (22.5, 45.0, 67.5, 112.5, 135.0, 157.5, 202.5, 225.0, 247.5, 292.5, 315.0, 337.5)
#: The length of a label of the radius, outwards from its circle, as a share of the radius.
_LABEL = 0.3
#: Periods that are degrees.
_DEGREES = (180.0, 360.0)


@dataclass(frozen=True)
class Layout:
    """Where stimuli stand in a panel.

    Attributes
    ----------
    x : (J,) places on a line, or angles in radians
    order : (J,) from left to right
    kind : "line", "circle", "plane" or "labels"
    """

    x: Array
    order: Array
    kind: str


def layout_of(found: Measured) -> Layout:
    """Places of the stimuli."""
    read, count = found.recording, len(found.recording.labels)
    by_index = Layout(np.arange(count, dtype=float), np.arange(count), "labels")
    if read.stimuli is None:
        return by_index
    period = period_of(read.geometry)
    if period is not None:
        angles = read.stimuli[:, 0] / period * 2 * np.pi
        return Layout(angles, np.argsort(angles), "circle")
    if read.stimuli.shape[1] == 1:
        return Layout(read.stimuli[:, 0], np.argsort(read.stimuli[:, 0]), "line")
    return by_index if read.stimuli.shape[1] > 2 else Layout(by_index.x, by_index.order, "plane")


def label_stimuli(axes: Axes, found: Measured, layout: Layout) -> None:
    """Ticks of the stimuli and the name of their axis; of a circle also those of the radius."""
    read = found.recording
    if layout.kind == "circle":
        _label_circle(axes, period_of(read.geometry) or 0.0)
        return
    if layout.kind == "labels":
        step = 1 + (len(read.labels) - 1) // LABELLED
        at = np.arange(0, len(read.labels), step)
        long = max(len(read.labels[j]) for j in at) > 3
        names = [plain(name) for name in cut_names([read.labels[j] for j in at], LETTERS)]
        axes.set_xticks(at, names, rotation=60 if long else 0,
                        ha="right" if long else "center", rotation_mode="anchor")  # fmt: skip
        axes.set_xlim(-0.6, len(read.labels) - 0.4)
        return
    axes.set_xlabel(plain(read.stimulus_names[0]))


def _label_circle(axes: Axes, period: float) -> None:
    quarters, sign = np.arange(4) / 4, "°" if period in _DEGREES else ""
    names = [f"{period * q:.3g}{sign}" for q in quarters]
    if period == 2 * np.pi:
        names = ["0", "π/2", "π", "3π/2"]
    axes.set_xticks(2 * np.pi * quarters, names)
    low, high = axes.get_ylim()
    ticks = np.array([tick for tick in MaxNLocator(3).tick_values(0, high) if 0 < tick < high])
    curves = [np.asarray(line.get_xydata(), dtype=float) for line in axes.lines]

    def room(angle: float) -> Array:
        """How far the nearest curve is from each label at this angle; 0 where it runs through the label."""
        at = [np.interp(np.deg2rad(angle), xy[:, 0], xy[:, 1], period=2 * np.pi) for xy in curves]
        above = np.subtract.outer(ticks, at)
        return np.asarray(np.maximum(above, -above - _LABEL * (high - low)).clip(0).min(axis=1, initial=np.inf))

    best = max(_RADIAL, key=lambda angle: (np.count_nonzero(room(angle)), room(angle).min(initial=np.inf)))
    cast(PolarAxes, axes).set_rlabel_position(best)
    free = room(best) > 0
    free[-1:] |= not free.any()
    axes.set_yticks(ticks, [f"{tick:g}" if clear else "" for tick, clear in zip(ticks, free)])
    axes.tick_params(axis="y", pad=-1)
    axes.tick_params(axis="x", pad=1)
    axes.grid(linewidth=0.3)
