"""What the drawings of witnesses share, and the panel of the values that an axiom compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...models import EncodingModel, ResponsePair
from ..symbols import in_figure
from . import model as draw
from .style import COLOURS, GREEN, INK, SHADE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The height of a panel in inches, labels included, and the function that draws it.
Panel = tuple[float, Callable[["Axes"], None]]
#: The values that an axiom compares, by their label.
Sides = dict[str, np.ndarray]


def model_of(case: Any) -> EncodingModel:
    """The model whose stimuli the values belong to; of a pair of responses, the model of the first."""
    built: EncodingModel | ResponsePair = case.built
    return built.first if isinstance(built, ResponsePair) else built


def by_position(model: EncodingModel) -> bool:
    """Whether the horizontal axis shows the numbers of the stimuli, and not their values."""
    return model.dimensions != 1 or len(model.stimuli) <= draw.FEW


def cut(text: str, length: int) -> str:
    """The printable part of a text on one line, at most `length` characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def named(label: str) -> str:
    """A label of values, as a legend shows it."""
    return in_figure(cut(label, 24))


def legend(axes: Axes) -> None:
    """A legend above the axes, where it covers no data."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.7, handlelength=1.6)


def mark(axes: Axes, x: float, label: str) -> None:
    """An arrow head at the top of the axes, above x."""
    axes.plot([x], [1.0], "v", color=VERMILLION, markersize=5, clip_on=False, linestyle="none",
              transform=axes.get_xaxis_transform(), label=label)  # fmt: skip


def value_panels(case: Any, sides: Sides, at: int, units: str) -> list[Panel]:
    """The values at every stimulus; stimulus `at`, where the axiom is violated, is marked (-1: none)."""
    model = model_of(case)
    by_index, count = by_position(model), len(model.stimuli)

    def panel(axes: Axes) -> None:
        if by_index and count <= 12:
            _bars(axes, sides, count)
        else:
            _lines(axes, model, sides, by_index, at)
        axes.set_ylabel(f"information ({units})")
        if at >= 0:
            _highlight(axes, model, by_index, at)
        draw.label_stimuli(axes, model, by_index)
        if by_index:
            axes.set_xlabel("stimulus j")
            axes.set_xticks(range(0, count, 1 + count // 13))
            axes.set_xticklabels([str(j) for j in range(0, count, 1 + count // 13)])
            axes.set_xlim(-0.5, count - 0.5)
        legend(axes)

    return [(1.8, panel)]


def _bars(axes: Axes, sides: Sides, count: int) -> None:
    """Bars side by side. Three non-negative sides are a sum and its two terms: one bar, and a stack beside it."""
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
    """Whether the values belong to no stimulus. With a single stimulus only the label can tell."""
    return len(values) != count or (count == 1 and (label.startswith("E_X") or ";" in label))


def _alone(axes: Axes, sides: Sides) -> None:
    """Values that belong to no stimulus, as horizontal lines."""
    for n, (label, values) in enumerate(sides.items()):
        style, colour = (("--", VERMILLION), ("-", GREEN))[n % 2]
        axes.axhline(float(values[0]), linestyle=style, color=colour, label=named(label))


def _lines(axes: Axes, model: EncodingModel, sides: Sides, by_index: bool, at: int) -> None:
    x = draw.positions(model, by_index)
    order = np.argsort(x)
    if not by_index:
        low, high = draw.view(model, at)
        order = order[(x[order] >= low) & (x[order] <= high)]
        axes.set_xlim(low, high)
    for n, (label, values) in enumerate(sides.items()):
        if len(values) == len(x):
            style = "o" if by_index else ("-", "--", "-.")[n % 3]
            axes.plot(x[order], values[order], style, color=COLOURS[n % 6], label=named(label))
    axes.axhline(0, color=INK, linewidth=0.4, zorder=0)
    _alone(axes, {label: values for label, values in sides.items() if len(values) != len(x)})


def _highlight(axes: Axes, model: EncodingModel, by_index: bool, at: int) -> None:
    """A band or a line, and an arrow head, at the stimulus where the axiom is violated."""
    x = float(draw.positions(model, by_index)[at])
    if by_index:
        axes.axvspan(x - 0.5, x + 0.5, color=SHADE, linewidth=0, zorder=0)
        mark(axes, x, f"stimulus {at}")
    else:
        axes.axvline(x, color=VERMILLION, linewidth=0.8, linestyle=":")
        mark(axes, x, f"stimulus {at}\nx = {x:.3g}")
