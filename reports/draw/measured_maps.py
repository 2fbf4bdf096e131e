"""Values of stimuli in a plane, as a map of colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.ticker import MaxNLocator

from ...models.arrays import Array
from ..measured import Measured
from ..symbols import plain
from .model import edges
from .style import BLUE, GUIDE, SHADES, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From vermillion through the page's colour to blue: maps of values of both signs.
_SIGNED = LinearSegmentedColormap.from_list(
    "signed",
    [(0, (*to_rgb(VERMILLION), 1.0)), (0.4999, (*to_rgb(VERMILLION), 0.0)), (0.5, (*to_rgb(BLUE), 0.0)),
     (1, (*to_rgb(BLUE), 1.0))],
)  # fmt: skip
#: At most so many values of a feature have a tick.
_TICKS = 5
#: Steps of a grid that differ by less than this share of one are even.
_EVEN = 1e-6


def draw_map(axes: Axes, found: Measured, values: Array, limits: tuple[float, float] | None) -> None:
    """Values (J,) as a heat map if the stimuli fill a grid, else as coloured points; with a bar of colours.

    A grid whose steps differ, such as one of octaves, is drawn in cells of one size. The maps of all measures in the
    same unit share their `limits`.
    """
    points = found.recording.stimuli
    assert points is not None
    has = np.isfinite(points).all(axis=1) & np.isfinite(values)
    colours = _SIGNED if bool((values[has] < 0).any()) else SHADES
    top = float(np.abs(values[has]).max(initial=0.0)) or 1.0
    if limits is not None:
        top = max(abs(limits[0]), limits[1])
    low = -top if colours is _SIGNED else 0.0
    first, second = (np.unique(points[has, i]) for i in (0, 1))
    if len(first) * len(second) == has.sum() and min(len(first), len(second)) > 1:
        grid = np.full((len(second), len(first)), np.nan)
        grid[np.searchsorted(second, points[has, 1]), np.searchsorted(first, points[has, 0])] = values[has]
        drawn: Any = axes.pcolormesh(
            edges(_ticks(axes.set_xticks, first)), edges(_ticks(axes.set_yticks, second)), grid, cmap=colours,
            vmin=low, vmax=top, edgecolors="#99999966", linewidth=0.4,
        )  # fmt: skip
    else:
        drawn = axes.scatter(
            points[has, 0], points[has, 1], c=values[has], cmap=colours, vmin=low, vmax=top, edgecolors=GUIDE,
            linewidth=0.4, s=30,
        )  # fmt: skip
        axes.margins(0.15)
    figure = axes.figure
    bar = figure.colorbar(drawn, ax=axes)
    bar.outline.set_visible(False)
    bar.set_ticks([tick for tick in MaxNLocator(3).tick_values(low, top) if low <= tick <= top])
    axes.set_xlabel(plain(found.recording.stimulus_names[0]))
    axes.set_ylabel(plain(found.recording.stimulus_names[-1]))


def _ticks(set_ticks: Any, values: Array) -> Array:
    """Where the values of a feature are drawn; sets their ticks."""
    steps = np.diff(values)
    even = bool(np.ptp(steps) <= _EVEN * steps.max())
    at = values if even else np.arange(len(values), dtype=float)
    if len(values) <= _TICKS or not even:
        some = slice(None, None, 1 + (len(values) - 1) // _TICKS)
        set_ticks(at[some], [f"{value:.3g}" for value in values[some]])
    return at
