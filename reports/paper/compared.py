"""The paper's figures 1, 2, 3 and 5: settings on top, and a panel per measure with the number that matters above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...estimators import PUBLISHED
from ..draw.style import AFTER, BEFORE, GREEN, INK, PURPLE, SHADE, VERMILLION, WIDTH, Drawing, styled
from ..symbols import symbol, unit_of
from . import models
from .models import Comparison, Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: ``reading(comparison, measure)`` returns the number above a measure's panel, or a word in its place.
Reading = Callable[[Comparison, str], str]


@dataclass(frozen=True)
class Compared:
    """A figure that compares two sides.

    Attributes
    ----------
    compare : computes both sides
    heading : the question that the figure answers
    reading : the number above each panel
    shade : the interval of the stimulus that the heading is about, to be shaded
    rises : whether to colour the area where the second side exceeds the first
    """

    compare: Callable[[], Comparison]
    heading: str
    reading: Reading
    shade: tuple[float, float] | None = None
    rises: bool = False


#: Colour and line of the roles of a `Line`. Blue and orange stand for the two sides only.
_ROLES = {"before": (BEFORE, "-"), "after": (AFTER, "--"), "one": (GREEN, "-"), "other": (PURPLE, "--"), "": (INK, "-")}


def plot_comparison(found: Comparison, about: Compared) -> Drawing:
    """Draw the settings on top, and below a panel per measure with both sides; one column wide, panels lettered."""
    with styled():
        figure = Drawing(figsize=(WIDTH, 5.7), layout="constrained")
        figure.suptitle(about.heading, x=0.01, ha="left")
        grid = figure.add_gridspec(2, 1, height_ratios=(1.0, 4.6))
        count = len(found.settings)
        upper = grid[0].subgridspec(1, count)
        tops = [figure.add_subplot(upper[0, column]) for column in range(count)]
        axes = np.asarray(grid[1].subgridspec(4, 2).subplots(sharex=True))
        for axis, setting in zip(tops, found.settings):
            draw_setting(axis, setting, found.span)
            # Three panels in a row are too narrow for more.
            axis.locator_params(axis="x", nbins=3 if count > 2 else 5)
        for axis, name in zip(axes.flat, PUBLISHED):
            panel(axis, found, name)
            axis.set_title(f"{symbol(name).mathtext} ({unit_of(name)}): {about.reading(found, name)}")
            if about.rises:
                x, before, after = found.before.x, found.before.values[name], found.after.values[name]
                axis.fill_between(x, before, after, where=after > before, color=VERMILLION, alpha=0.5, lw=0)
            if about.shade:
                axis.axvspan(*about.shade, color=SHADE, lw=0)
        for axis in axes[-1]:
            axis.set_xlabel("stimulus x")
        for letter, axis in zip("ABCDEFGHIJK", (*tops, *axes.flat)):
            axis.set_title(f"$\\bf{{{letter}}}$  {axis.get_title(loc='left')}")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_setting(axis: Axes, setting: Setting, span: tuple[float, float]) -> None:
    """Draw one of the upper panels over the likely stimuli, with a legend if its lines have names of their own."""
    low, high = span
    for line in setting.lines:
        seen = (line.x >= low) & (line.x <= high)
        colour, style = _ROLES[line.role]
        axis.plot(line.x[seen], line.y[seen], style, color=colour, label=line.label)
        if line.spread is not None:
            below, above = line.y - line.spread, line.y + line.spread
            axis.fill_between(line.x[seen], below[seen], above[seen], color=colour, alpha=0.2, lw=0)
    axis.set_xlim(low, high)
    if min(line.y.min() for line in setting.lines) >= 0:
        axis.set_ylim(bottom=0)
    axis.set_title(setting.title)
    if any(line.label for line in setting.lines):
        axis.legend(loc="best", fontsize=5.5, handlelength=1)


def panel(axis: Axes, found: Comparison, name: str) -> None:
    """Draw one measure for both sides over the likely stimuli."""
    start, stop = found.span
    low, high = np.inf, -np.inf
    for side, colour, line in ((found.before, BEFORE, "-"), (found.after, AFTER, "--")):
        axis.plot(side.x, side.values[name], line, color=colour, label=side.label)
        seen = side.values[name][(side.x >= start) & (side.x <= stop)]
        low, high = min(low, seen.min()), max(high, seen.max())
    margin = 0.08 * max(high - low, abs(high)) or 0.1
    axis.set_xlim(start, stop)
    axis.set_ylim(min(low - margin, 0), high + margin)
    if low < -1e-9:
        axis.axhline(0, color=INK, lw=0.5)


#: Numbers that are not larger show as 0.00; in the panel's unit.
_SMALL = 0.005
#: Figure 1 is about stimuli at most this far from the first bump, at -3; and that interval.
NEAR = 2.0
_NEAR = (-3 - NEAR, -3 + NEAR)


def _signed(value: float, small: str = "0") -> str:
    """Two decimals with a sign; `small` in the place of what would show as 0.00."""
    return small if abs(value) <= _SMALL else f"{value:+.2f}".replace("-", "−")


def near_change(found: Comparison, measure: str) -> float:
    """Fig. 1: the largest change within `NEAR` of the first bump, as a share of the largest value there before."""
    near = np.abs(found.before.x + 3) <= NEAR
    return float(np.abs(found.change(measure))[near].max() / np.abs(found.before.values[measure])[near].max())


def between_modes(found: Comparison, measure: str) -> float:
    """Fig. 2: I midway between the modes minus the mean I at the modes, under the bimodal prior."""
    x, values = found.after.x, found.after.values[measure]
    return float(np.interp(0.0, x, values) - (np.interp(-1.0, x, values) + np.interp(1.0, x, values)) / 2)


def largest_rise(found: Comparison, measure: str) -> float:
    """Fig. 3: the largest rise of the measure among likely stimuli."""
    return float(found.change(measure)[found.likely()].max())


def largest_gap(found: Comparison, measure: str) -> float:
    """Fig. 5: the largest difference between the sum and I of both neurons among likely stimuli, with its sign."""
    change = found.change(measure)[found.likely()]
    return float(change[np.abs(change).argmax()])


def opening(found: Comparison) -> Drawing:
    """Draw the picture that README opens with: how a distant bump changes each of the eight measures."""
    with styled():
        figure = Drawing(figsize=(6.6, 2.9), layout="constrained")
        axes = figure.subplots(2, 4, sharex=True)
        for axis, name in zip(axes.flat, PUBLISHED):
            panel(axis, found, name)
            axis.set_title(f"{symbol(name).mathtext}: {near_change(found, name):.0%}")
            axis.axvspan(*_NEAR, color=SHADE, lw=0)
        for axis, name in zip((*axes[0, :2], axes[1, 0]), PUBLISHED):
            axis.set_ylabel(unit_of(name))
        for axis in axes[1]:
            axis.set_xlabel("stimulus x")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


COMPARED = {
    1: Compared(
        models.second_bump,
        "A second bump at 6: what changes at −3?",
        lambda found, name: f"{near_change(found, name):.0%}",
        shade=_NEAR,
    ),
    2: Compared(
        models.other_prior,
        "The same neuron under two priors",
        lambda found, name: _signed(between_modes(found, name)),
    ),
    3: Compared(
        models.magnitude,
        "Can |r| tell more than r?",
        lambda found, name: _signed(max(largest_rise(found, name), 0.0), "no"),
        rises=True,
    ),
    5: Compared(
        models.two_neurons,
        "Do two neurons' parts add up?",
        lambda found, name: _signed(largest_gap(found, name), "yes"),
    ),
}


def figure_of(number: int) -> tuple[Drawing, Comparison]:
    """Draw figure 1, 2, 3 or 5; returns it with the numbers in it."""
    found = COMPARED[number].compare()
    return plot_comparison(found, COMPARED[number]), found
