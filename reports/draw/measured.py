"""The figure of `measure`: the responses against the stimulus, and I(x) of every measure with its interval below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from ...models.arrays import Array
from ...models.recordings.options import period_of
from ..measured import Measured, MeasureResult
from ..symbols import plain, symbol
from .model import edges
from .style import BLUE, COLOURS, GUIDE, INK, ORANGE, SHADES, VERMILLION, WIDTH, Drawing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The figure is two columns of a journal wide, and its panels stand in so many columns.
_COLUMNS = 4
#: Height of a row of panels in inches.
_HEIGHT = 1.55
#: At most so many nominal stimuli get their labels, and at most so many letters of each.
_LABELLED, _LETTERS = 14, 10
#: At most so many responses have a curve of their own.
_CURVES = 6
# From vermillion through the page's colour to blue: maps of values of both signs.
_SIGNED = LinearSegmentedColormap.from_list(
    "signed",
    [(0, (*to_rgb(VERMILLION), 1.0)), (0.4999, (*to_rgb(VERMILLION), 0.0)), (0.5, (*to_rgb(BLUE), 0.0)),
     (1, (*to_rgb(BLUE), 1.0))],
)  # fmt: skip


#: A grid of at most so many values of a feature has a tick at each.
_TICKS = 5


@dataclass(frozen=True)
class _Layout:
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


def plot_measured(found: Measured) -> Drawing:
    """Draw the responses and every measure against the stimulus.

    Parameters
    ----------
    found : Measured

    Returns
    -------
    Drawing
        Two columns wide. Above, the mean responses (or p(r|x), if responses are labels) and I(R;X) with its interval;
        below, I(x) of each measure with its interval, on polar axes if the stimuli lie on a circle, as maps if they
        lie in a plane.
    """
    layout = _layout(found)
    shown = [one for one in found.measures.values() if one.value is not None]
    rows = 1 + -(-len(shown) // _COLUMNS)
    polar = {"projection": "polar"} if layout.kind == "circle" else {}
    height = _HEIGHT * (1.25 if polar else 1.0)
    with styled():
        figure = Drawing(figsize=(2.1 * WIDTH, height * rows + 0.1), layout="constrained")
        grid = figure.add_gridspec(rows, _COLUMNS)
        top = figure.add_subplot(grid[0, :2], **polar)
        _draw_responses(top, found, layout)
        _draw_information(figure.add_subplot(grid[0, 2:]), found, layout.kind == "plane")
        limits = _limits(shown, found, layout.kind == "plane")
        for n, one in enumerate(shown):
            axes = figure.add_subplot(grid[1 + n // _COLUMNS, n % _COLUMNS], **polar)
            if layout.kind == "plane":
                _draw_map(axes, found, one, limits)
            else:
                _draw_curve(axes, found, one, layout, limits)
            unit = (
                ""
                if layout.kind in ("line", "labels")
                else f" ({one.units if one.units == found.units else 'per squared unit'})"
            )
            axes.set_title(symbol(one.name).mathtext + unit)
    return figure


def _layout(found: Measured) -> _Layout:
    read, count = found.recording, len(found.recording.labels)
    by_index = _Layout(np.arange(count, dtype=float), np.arange(count), "labels")
    if read.stimuli is None:
        return by_index
    period = period_of(read.geometry)
    if period is not None:
        angles = read.stimuli[:, 0] / period * 2 * np.pi
        return _Layout(angles, np.argsort(angles), "circle")
    if read.stimuli.shape[1] == 1:
        return _Layout(read.stimuli[:, 0], np.argsort(read.stimuli[:, 0]), "line")
    return by_index if read.stimuli.shape[1] > 2 else _Layout(by_index.x, by_index.order, "plane")


def _limits(shown: list[MeasureResult], found: Measured, maps: bool) -> tuple[float, float]:
    """The range of all values of information and their intervals, so that panels compare."""
    kept = [one for one in shown if one.units == found.units]
    arrays = [array for one in kept for array in (one.value, *(() if maps else (one.low, one.high)))]
    values = np.concatenate([array for array in arrays if array is not None] or [np.zeros(1)])
    low, high = min(0.0, float(np.nanmin(values))), max(float(np.nanmax(values)), found.information.plug_in)
    margin = 0.06 * (high - low) or 0.5
    return low - (margin if low < 0 else 0.0), high + margin


def _draw_responses(axes: Axes, found: Measured, layout: _Layout) -> None:
    """The mean of each response, or p(r|x) as a map if they are labels or too many."""
    read = found.recording
    means = read.mean_responses
    if layout.kind == "plane":
        _plane(axes, found, found.prior if means is None else means.mean(axis=1), SHADES, None)
        axes.set_title("prior" if means is None else "mean response")
        return
    if means is not None and means.shape[1] <= _CURVES:
        for k, curve in enumerate(means.T):
            _curve(axes, layout, curve, COLOURS[k % len(COLOURS)], read.response_names[k] if means.shape[1] > 1 else "")
        axes.set_title("mean response" if means.shape[1] > 1 else f"mean {plain(read.response_names[0])}")
        if means.shape[1] > 1:
            axes.legend(ncols=2)
        if layout.kind != "circle":
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    elif means is not None:
        _curve(axes, layout, means.mean(axis=1), BLUE, "")
        axes.set_title(f"mean response, average of {means.shape[1]}")
    else:
        share = np.sort(read.counts / read.trials[:, None], axis=1)[:, ::-1]
        for k in range(min(3, share.shape[1])):
            _curve(axes, layout, share[:, k], COLOURS[k], ("most frequent", "second", "third")[k])
        axes.set_title("p(r|x) of the most frequent responses")
        axes.legend()
    _label_stimuli(axes, found, layout)


def _curve(axes: Axes, layout: _Layout, values: Array, colour: str, label: str) -> None:
    order = layout.order[np.isfinite(layout.x[layout.order])]
    x, y = layout.x[order], values[order]
    if layout.kind == "circle":
        x, y = np.append(x, x[0] + 2 * np.pi), np.append(y, y[0])
    line = "none" if layout.kind == "labels" else "-"
    axes.plot(x, y, linestyle=line, marker="o", color=colour, label=plain(label) if label else None, clip_on=False)


def _draw_information(axes: Axes, found: Measured, maps: bool) -> None:
    """I(R;X): the plug-in value, the corrected one with its interval, and that of shuffled responses."""
    about = found.information
    rows = [("plug-in" if found.neurons is None else "fitted", about.plug_in, BLUE)]
    if about.corrected is not None:
        rows.append(("corrected", about.corrected, ORANGE))
    if about.null is not None:
        rows.append(("shuffled", about.null, GUIDE))
    for n, (name, value, colour) in enumerate(rows):
        axes.plot([value], [n], "o", color=colour)
        axes.annotate(f"{name} {value:.3g}", (value, n), xytext=(0, 4), textcoords="offset points", ha="center")
    interval = [end for end in (about.low, about.high) if end is not None]
    axes.plot(interval, np.ones(len(interval)), color=ORANGE, linewidth=1.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    ends = [*interval, *(value for _, value, _ in rows), 0.0]
    margin = 0.15 * (max(ends) - min(ends)) or 0.5
    axes.set_xlim(min(ends) - margin, max(ends) + margin)
    axes.axvline(0, color=INK, linewidth=0.4, zorder=0)
    said = "" if about.p_value is None else f", p = {about.p_value:.2g}"
    axes.set_title(f"I(R;X), {found.units}{said}" + ("" if maps else "; dashed below"))


def _draw_curve(axes: Axes, found: Measured, one: MeasureResult, layout: _Layout, limits: tuple[float, float]) -> None:
    """I(x) against the stimulus with its interval, and I(R;X) as a line across."""
    assert one.value is not None
    order = layout.order[np.isfinite(layout.x[layout.order]) & np.isfinite(one.value[layout.order])]
    x, value = layout.x[order], one.value[order]
    none = one.low is None or one.high is None
    low, high = (value, value) if none else (np.asarray(one.low)[order], np.asarray(one.high)[order])
    same = one.units == found.units
    if layout.kind == "labels":
        axes.vlines(x, low, high, color=BLUE, linewidth=1.6)
        axes.plot(x, value, "o", color=BLUE)
    else:
        if layout.kind == "circle":
            x = np.append(x, x[:1] + 2 * np.pi)
            value, low, high = (np.append(array, array[:1]) for array in (value, low, high))
        axes.fill_between(x, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(x, value, "-", marker="o", color=BLUE)
    if layout.kind == "circle":
        around = np.linspace(0, 2 * np.pi, 181)
        if same:
            axes.plot(around, np.full(len(around), found.information.plug_in), "--", color=GUIDE, linewidth=0.8)
        if limits[0] < 0:
            axes.plot(around, np.zeros(len(around)), color=INK, linewidth=0.5)
    elif same:
        axes.axhline(found.information.plug_in, linestyle="--", color=GUIDE, linewidth=0.8)
        axes.axhline(0, color=INK, linewidth=0.4, zorder=0)
    if same:
        axes.set_ylim(*limits)
    if layout.kind != "circle":
        axes.set_ylabel(one.units if same else "per squared unit")
    _label_stimuli(axes, found, layout)


def _label_stimuli(axes: Axes, found: Measured, layout: _Layout) -> None:
    read = found.recording
    if layout.kind == "circle":
        period = period_of(read.geometry) or 0.0
        quarters = np.arange(4) / 4
        axes.set_xticks(2 * np.pi * quarters, [f"{period * q:.3g}" for q in quarters])
        _, high = axes.get_ylim()
        axes.set_yticks([tick for tick in MaxNLocator(3).tick_values(0, high) if 0 < tick < high])
        cast(PolarAxes, axes).set_rlabel_position(112.5)
        axes.tick_params(pad=-1)
        axes.grid(linewidth=0.3)
        return
    if layout.kind == "labels":
        step = 1 + (len(read.labels) - 1) // _LABELLED
        at = np.arange(0, len(read.labels), step)
        long = max(len(read.labels[j]) for j in at) > 3
        axes.set_xticks(at, [plain(read.labels[j][:_LETTERS]) for j in at], rotation=60 if long else 0,
                        ha="right" if long else "center", rotation_mode="anchor")  # fmt: skip
        axes.set_xlim(-0.6, len(read.labels) - 0.4)
        return
    axes.set_xlabel(plain(read.stimulus_names[0]))


def _draw_map(axes: Axes, found: Measured, one: MeasureResult, limits: tuple[float, float]) -> None:
    assert one.value is not None
    signed = bool((one.value[np.isfinite(one.value)] < 0).any())
    _plane(axes, found, one.value, _SIGNED if signed else SHADES, limits if one.units == found.units else None)


def _plane(
    axes: Axes, found: Measured, values: Array, colours: LinearSegmentedColormap, limits: tuple[float, float] | None
) -> None:
    """Values as a heat map if the stimuli fill a grid, else as coloured points; with a bar of colours."""
    points = found.recording.stimuli
    assert points is not None
    has = np.isfinite(points).all(axis=1) & np.isfinite(values)
    top = float(np.abs(values[has]).max(initial=0.0)) or 1.0
    if limits is not None:
        top = max(abs(limits[0]), limits[1])
    low = -top if colours is _SIGNED else 0.0
    first, second = (np.unique(points[has, i]) for i in (0, 1))
    if len(first) * len(second) == has.sum() and min(len(first), len(second)) > 1:
        grid = np.full((len(second), len(first)), np.nan)
        if max(len(first), len(second)) <= _TICKS:
            axes.set_xticks(first)
            axes.set_yticks(second)
        grid[np.searchsorted(second, points[has, 1]), np.searchsorted(first, points[has, 0])] = values[has]
        drawn: Any = axes.pcolormesh(
            edges(first), edges(second), grid, cmap=colours, vmin=low, vmax=top, edgecolors="#99999966", linewidth=0.4
        )
    else:
        drawn = axes.scatter(
            points[has, 0],
            points[has, 1],
            c=values[has],
            cmap=colours,
            vmin=low,
            vmax=top,
            edgecolors=GUIDE,
            linewidth=0.4,
            s=30,
        )
        axes.margins(0.15)
    figure = axes.figure
    bar = figure.colorbar(drawn, ax=axes)
    bar.outline.set_visible(False)
    bar.set_ticks([tick for tick in MaxNLocator(3).tick_values(low, top) if low <= tick <= top])
    axes.set_xlabel(plain(found.recording.stimulus_names[0]))
    axes.set_ylabel(plain(found.recording.stimulus_names[-1]))
