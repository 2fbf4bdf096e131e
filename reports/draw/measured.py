"""The figure of `measure`: the responses against the stimulus, and I(x) of every measure with its interval below."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from ...models.arrays import Array
from ..measured import Measured
from ..measured_values import MeasureResult
from ..names import cut_names
from ..symbols import plain, symbol
from .measured_axes import Layout, label_stimuli, layout_of
from .measured_maps import draw_map
from .style import BLUE, COLOURS, GUIDE, INK, ORANGE, WIDTH, Drawing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The figure is two columns of a journal wide, and its panels stand in so many columns.
_COLUMNS = 4
#: Height of a row of panels in inches.
_HEIGHT = 1.55
#: At most so many responses have a curve of their own, and so many probabilities of responses that are labels.
_CURVES, _SHARES = 6, 3
#: Letters of a curve's name that are wanted, and most letters of a line; inches of a letter, and of what is before it.
_NAMED, _LINE, _LETTER, _HANDLE = 14, 24, 0.064, 0.25
#: Letters in a line of a sentence.
_SENTENCE = 52
#: With more stimuli, points are smaller, so that curves and bands stay visible.
_MANY, _SMALL = 24, 1.6
#: Corrected values, and those that are not.
_FAIR, _PLAIN = BLUE, ORANGE


def plot_measured(found: Measured) -> Drawing:
    """Draw the responses and every measure against the stimulus.

    Parameters
    ----------
    found : Measured

    Returns
    -------
    Drawing
        Two columns wide. Above, the mean responses (or p(r|x), if responses are labels) and I(R;X) with its interval;
        below, corrected values of each measure with their intervals, and the values before correction, on polar axes
        if the stimuli lie on a circle, as maps of corrected values if they lie in a plane.
    """
    layout = layout_of(found)
    shown = [one for one in found.measures.values() if one.value is not None and found.silent is None]
    rows = 1 + -(-len(shown) // _COLUMNS)
    polar = {"projection": "polar"} if layout.kind == "circle" else {}
    height = _HEIGHT * (1.25 if polar else 1.0)
    with styled():
        figure = Drawing(figsize=(2.1 * WIDTH, height * rows + 0.1), layout="constrained")
        grid = figure.add_gridspec(rows, _COLUMNS)
        # A legend has its place beside the curves, where it covers none and moves no other panel.
        beside = grid[0, :2].subgridspec(1, 2, width_ratios=_widths(found)) if _curves(found, layout) > 1 else None
        top = figure.add_subplot(grid[0, :2] if beside is None else beside[0], **polar)
        _draw_responses(top, found, layout)
        if beside is not None:
            names = figure.add_subplot(beside[1])
            names.set_axis_off()
            names.legend(handles=top.lines, loc="upper left")
        _draw_information(figure.add_subplot(grid[0, 2:]), found, layout.kind == "plane")
        limits = _limits(shown, found, layout.kind == "plane")
        for n, one in enumerate(shown):
            axes = figure.add_subplot(grid[1 + n // _COLUMNS, n % _COLUMNS], **polar)
            if layout.kind == "plane":
                draw_map(axes, found, _fair(one), limits if one.units == found.units else None)
            else:
                _draw_curve(axes, found, one, layout, limits)
            unit = one.units if one.units == found.units else "per squared unit"
            axes.set_title(symbol(one.name).mathtext + ("" if layout.kind in ("line", "labels") else f" ({unit})"))
    return figure


def _curves(found: Measured, layout: Layout) -> int:
    """How many curves show the responses."""
    means = found.recording.mean_responses
    if layout.kind == "plane":
        return 0
    if means is None:
        return min(_SHARES, len(found.recording.counts.T))
    return len(means.T) if len(means.T) <= _CURVES else 1


def _legend_names(names: Sequence[str]) -> list[str]:
    """Names of curves, cut so that they stay different, in lines of `_LINE` letters."""
    return ["\n".join(wrap(plain(name), _LINE)) for name in cut_names(names, _NAMED, _LINE)]


def _widths(found: Measured) -> tuple[float, float]:
    """Inches of the curves and of their legend beside them, which are two columns of panels wide."""
    means = found.recording.mean_responses
    names = [] if means is None else _legend_names(found.recording.response_names)
    letters = max((len(line) for name in names for line in name.split("\n")), default=0)
    legend = max(0.25 * WIDTH, _LETTER * letters + _HANDLE)
    return WIDTH - legend, legend


def _fair(one: MeasureResult) -> Array:
    """The corrected values, or the values if there are none."""
    assert one.value is not None
    return one.value if one.corrected is None else one.corrected


def _limits(shown: list[MeasureResult], found: Measured, maps: bool) -> tuple[float, float]:
    """The range of all values of information and their intervals, so that panels compare."""
    kept = [one for one in shown if one.units == found.units]
    arrays = [
        array for one in kept for array in ((_fair(one),) if maps else (one.value, _fair(one), one.low, one.high))
    ]
    values = np.concatenate([array for array in arrays if array is not None] or [np.zeros(1)])
    low, high = min(0.0, float(np.nanmin(values))), max(float(np.nanmax(values)), found.information.plug_in)
    margin = 0.06 * (high - low) or 0.5
    return low - (margin if low < 0 else 0.0), high + margin


def _draw_responses(axes: Axes, found: Measured, layout: Layout) -> None:
    """The mean of each response, or p(r|x) as a map if they are labels or too many."""
    read = found.recording
    means = read.mean_responses
    if layout.kind == "plane":
        draw_map(axes, found, found.prior if means is None else means.mean(axis=1), None)
        axes.set_title("prior" if means is None else "mean response per trial")
        return
    if means is not None and means.shape[1] <= _CURVES:
        several = means.shape[1] > 1
        names = _legend_names(read.response_names) if several else [""]
        for k, (curve, name) in enumerate(zip(means.T, names, strict=True)):
            _curve(axes, layout, curve, COLOURS[k % len(COLOURS)], name)
        _named(axes, layout, "mean response" if several else f"mean {plain(read.response_names[0])}", "per trial")
        if layout.kind != "circle":
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    elif means is not None:
        _curve(axes, layout, means.mean(axis=1), BLUE, "")
        _named(axes, layout, f"mean response, average of {means.shape[1]}", "per trial")
    else:
        share = np.sort(read.counts / read.trials[:, None], axis=1)[:, ::-1]
        for k, name in enumerate(("most frequent", "second", "third")[: share.shape[1]]):
            _curve(axes, layout, share[:, k], COLOURS[k], name)
        _named(axes, layout, "p(r|x) of the most frequent responses", "probability")
    label_stimuli(axes, found, layout)
    if layout.kind == "circle":
        axes.set_xlabel(plain(read.stimulus_names[0]))
    if layout.kind != "labels" and (apart := [plain(read.labels[j]) for j in np.flatnonzero(~np.isfinite(layout.x))]):
        axes.set_xlabel(f"{axes.get_xlabel()} (not drawn: {', '.join(apart[:3])})")


def _named(axes: Axes, layout: Layout, title: str, unit: str) -> None:
    """The title, with the unit of the values; axes that are no circle have it beside them."""
    if layout.kind == "circle":
        axes.set_title(f"{title}, {unit}", pad=6)
    else:
        axes.set_title(title)
        axes.set_ylabel(unit)


def _curve(axes: Axes, layout: Layout, values: Array, colour: str, label: str) -> None:
    order = layout.order[np.isfinite(layout.x[layout.order])]
    x, y = layout.x[order], values[order]
    if layout.kind == "circle":
        x, y = np.append(x, x[0] + 2 * np.pi), np.append(y, y[0])
    line = "none" if layout.kind == "labels" else "-"
    axes.plot(x, y, linestyle=line, marker="o", markersize=_size(len(x)), color=colour,
              label=label or None, clip_on=False)  # fmt: skip


def _size(count: int) -> float | None:
    """Of the points of a curve; None for that of the style."""
    return _SMALL if count > _MANY else None


def _draw_information(axes: Axes, found: Measured, maps: bool) -> None:
    """I(R;X): the plug-in value, the corrected one with its interval, and that of shuffled responses."""
    about = found.information
    if found.silent is not None:
        axes.set_axis_off()
        axes.text(0, 1, "\n".join(["No values", *wrap(plain(found.silent), _SENTENCE)]), va="top")
        return
    rows = [("plug-in" if found.neurons is None else "fitted", about.plug_in, _PLAIN)]
    if about.corrected is not None:
        rows.append(("corrected", about.corrected, _FAIR))
    if about.null is not None:
        rows.append(("shuffled", about.null, GUIDE))
    for n, (name, value, colour) in enumerate(rows):
        axes.plot([value], [n], "o", color=colour)
        axes.annotate(f"{name} {value:#.3g}", (value, n), xytext=(0, 4), textcoords="offset points", ha="center")
    interval = [end for end in (about.low, about.high) if end is not None]
    axes.plot(interval, np.ones(len(interval)), color=_FAIR, linewidth=1.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    ends = [*interval, *(value for _, value, _ in rows), 0.0]
    margin = 0.15 * (max(ends) - min(ends)) or 0.5
    axes.set_xlim(min(ends) - margin, max(ends) + margin)
    axes.axvline(0, color=INK, linewidth=0.4, zorder=0)
    axes.set_xlabel(found.units)
    said = "" if about.p_value is None else f", p = {about.p_value:.2g}"
    below = "" if maps else "; below in these colours, I(R;X) dashed"
    axes.set_title(f"I(R;X){said}{below}")


def _draw_curve(axes: Axes, found: Measured, one: MeasureResult, layout: Layout, limits: tuple[float, float]) -> None:
    """I(x) against the stimulus, corrected with its interval and as it was, and I(R;X) as a line across."""
    assert one.value is not None
    order = layout.order[np.isfinite(layout.x[layout.order]) & np.isfinite(one.value[layout.order])]
    value = _fair(one)
    low, high = (value, value) if one.low is None or one.high is None else (one.low, one.high)
    x, value, before, low, high = (array[order] for array in (layout.x, value, one.value, low, high))
    same, size = one.units == found.units, _size(len(x))
    if layout.kind == "circle":
        x = np.append(x, x[:1] + 2 * np.pi)
        value, before, low, high = (np.append(array, array[:1]) for array in (value, before, low, high))
    if layout.kind == "labels":
        axes.vlines(x, low, high, color=_FAIR, linewidth=1.6)
    else:
        axes.fill_between(x, low, high, color=_FAIR, alpha=0.25, linewidth=0)
    if one.corrected is not None:
        axes.plot(x, before, linestyle="none", marker="o", color=_PLAIN, markersize=size or 2.0)
    line = "none" if layout.kind == "labels" else "-"
    axes.plot(
        x, value, linestyle=line, marker="o", markersize=size, color=_FAIR if one.corrected is not None else _PLAIN
    )
    whole = found.information.plug_in if found.information.corrected is None else found.information.corrected
    across = same and bool(np.isfinite(one.value).all())  # I(R;X) is no mean of values that leave a stimulus out
    if layout.kind == "circle":
        around = np.linspace(0, 2 * np.pi, 181)
        if across:
            axes.plot(around, np.full(len(around), whole), "--", color=GUIDE, linewidth=0.8)
        if limits[0] < 0:
            axes.plot(around, np.zeros(len(around)), color=INK, linewidth=0.5)
    elif across:
        axes.axhline(whole, linestyle="--", color=GUIDE, linewidth=0.8)
        axes.axhline(0, color=INK, linewidth=0.4, zorder=0)
    if same:
        axes.set_ylim(*limits)
    if layout.kind != "circle":
        axes.set_ylabel(one.units if same else "per squared unit")
    label_stimuli(axes, found, layout)
