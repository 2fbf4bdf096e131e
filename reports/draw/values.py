"""The right side of a witness's drawing: the values compared at each stimulus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...models import EncodingModel
from . import model as draw
from .panels import Panel, Sides, by_position, legend, model_of, named
from .style import COLOURS, GREEN, INK, SHADE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def value_panels(case: Any, sides: Sides, at: int, units: str) -> list[Panel]:
    """The values, the stimulus `at` which the axiom breaks marked (-1: none)."""
    model = model_of(case)
    by_index = by_position(model)

    def panel(axes: Axes) -> None:
        if by_index and len(model.stimuli) <= 12:
            _bars(axes, sides, len(model.stimuli))
        else:
            _lines(axes, model, sides, by_index, at)
        axes.set_ylabel(f"information ({units})")
        _mark(axes, model, by_index, at)
        draw.label_stimuli(axes, model, by_index)
        if by_index:
            count = len(model.stimuli)
            axes.set_xlabel("stimulus j")
            axes.set_xticks(range(0, count, 1 + count // 13))
            axes.set_xticklabels([str(j) for j in range(0, count, 1 + count // 13)])
            axes.set_xlim(-0.5, count - 0.5)
        legend(axes)

    return [(1.8, panel)]


def _bars(axes: Axes, sides: Sides, count: int) -> None:
    """Bars beside each other; a whole and its two parts as a bar and a stack where nothing is negative."""
    each = {label: values for label, values in sides.items() if not _is_alone(label, values, count)}
    x = np.arange(count)
    stacked = len(each) == 3 and all((values >= 0).all() for values in each.values())
    slots = 2 if stacked else len(each)
    width = 0.8 / max(1, slots)
    below = np.zeros(count)
    for n, (label, values) in enumerate(each.items()):
        slot = min(n, 1) if stacked else n
        bottom = below.copy() if stacked and n else 0.0
        place = x + (slot - (slots - 1) / 2) * width
        axes.bar(place, values, width, bottom=bottom, color=COLOURS[n], edgecolor=INK, linewidth=0.3,
                 label=named(label))  # fmt: skip
        if stacked and n:
            below += values
    axes.axhline(0, color=INK, linewidth=0.6)
    _alone(axes, {label: values for label, values in sides.items() if label not in each})
    low, high = axes.get_ylim()
    if low >= 0 and high < 1e-12:
        axes.set_ylim(0, 1)


def _is_alone(label: str, values: np.ndarray, count: int) -> bool:
    """Whether these are not values at each stimulus; where there is but one stimulus, the label has to tell."""
    return len(values) != count or (count == 1 and (label.startswith("E_X") or ";" in label))


def _alone(axes: Axes, sides: Sides) -> None:
    """Numbers that belong to no stimulus, as lines across."""
    for n, (label, values) in enumerate(sides.items()):
        style, colour = (("--", VERMILLION), ("-", GREEN))[n % 2]
        axes.axhline(float(values[0]), linestyle=style, color=colour, label=named(label))


def _lines(axes: Axes, model: EncodingModel, sides: Sides, by_index: bool, at: int) -> None:
    x = draw.positions(model, by_index)
    order = np.argsort(x)
    seen = np.ones(len(x), dtype=bool)
    if not by_index:
        low, high = draw.view(model, at)
        seen = (x >= low) & (x <= high)
        axes.set_xlim(low, high)
    order = order[seen[order]]
    for n, (label, values) in enumerate(sides.items()):
        if len(values) == len(x):
            style = "o" if by_index else ("-", "--", "-.")[n % 3]
            axes.plot(x[order], values[order], style, color=COLOURS[n % 6], label=named(label))
    axes.axhline(0, color=INK, linewidth=0.4, zorder=0)
    _alone(axes, {label: values for label, values in sides.items() if len(values) != len(x)})


def _mark(axes: Axes, model: EncodingModel, by_index: bool, at: int) -> None:
    """A band and an arrow head at the offending stimulus."""
    if at < 0:
        return
    x = float(draw.positions(model, by_index)[at])
    if by_index:
        axes.axvspan(x - 0.5, x + 0.5, color=SHADE, linewidth=0, zorder=0)
        said = f"stimulus {at}"
    else:
        axes.axvline(x, color=VERMILLION, linewidth=0.8, linestyle=":")
        said = f"stimulus {at}\nx = {x:.3g}"
    axes.plot([x], [1.0], "v", color=VERMILLION, markersize=5, clip_on=False, linestyle="none",
              transform=axes.get_xaxis_transform(), label=said)  # fmt: skip
