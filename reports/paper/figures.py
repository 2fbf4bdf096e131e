"""The paper's figures drawn anew, with a panel for each of the eight measures and the number that matters above it.

Figures 1, 2, 3 and 5 are computed exactly; figures 4 and 6, of images, need denoisers (`stiminfo[diffusion]`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...estimators import PUBLISHED
from ...files import write_whole
from ..draw.style import AFTER, BEFORE, INK, SHADE, VERMILLION, WIDTH, Drawing, styled
from ..symbols import symbol, unit_of
from . import images as paper_images
from . import models as models
from .models import Comparison, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: ``reading(comparison, measure)`` returns the number above a measure's panel, or a word in its place.
Reading = Callable[[Comparison, str], str]
#: Options of each format; without dates, so that the same figure gives the same file.
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "svg": {"metadata": {"Date": None}},
    "png": {"dpi": 300},
}


@dataclass(frozen=True)
class PaperFigure:
    """One of the paper's figures.

    Attributes
    ----------
    number : its number in the paper
    title, caption : what it shows
    draw : ``draw(data)`` makes the figure, given the folder of the MNIST files or None
    """

    number: int
    title: str
    caption: str
    draw: Callable[[Path | None], Drawing]

    @property
    def name(self) -> str:
        """The name of its files, without suffix."""
        return f"figure-{self.number}"


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


def plot_comparison(found: Comparison, about: Compared) -> Drawing:
    """Draw tuning curves and prior on top, and below a panel per measure with both sides; one column wide."""
    with styled():
        figure = Drawing(figsize=(WIDTH, 5.7), layout="constrained")
        figure.suptitle(about.heading, x=0.01, ha="left")
        axes = figure.subplots(5, 2, sharex=True, gridspec_kw={"height_ratios": [1.0, 1.15, 1.15, 1.15, 1.15]})
        axes[0, 0].set_xlim(*found.span)
        curves(axes[0, 0], found, found.curves, found.curves_label)
        curves(axes[0, 1], found, found.density, "prior density (1 / unit)")
        axes[0, 1].set_ylim(bottom=0)
        for axis, name in zip(axes[1:].flat, PUBLISHED):
            panel(axis, found, name)
            axis.set_title(f"{symbol(name).mathtext} ({unit_of(name)}): {about.reading(found, name)}")
            if about.rises:
                x, before, after = found.before.x, found.before.values[name], found.after.values[name]
                axis.fill_between(x, before, after, where=after > before, color=VERMILLION, alpha=0.5, lw=0)
            if about.shade:
                axis.axvspan(*about.shade, color=SHADE, lw=0)
        for axis in axes[-1]:
            axis.set_xlabel("stimulus x")
        figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def curves(axis: Axes, found: Comparison, shown: tuple[Curve, ...], title: str) -> None:
    """Draw tuning curves or densities over the likely stimuli."""
    low, high = found.span
    for (x, y), colour, line in zip(shown, (BEFORE, AFTER), ("-", "--")):
        seen = (x >= low) & (x <= high)
        axis.plot(x[seen], y[seen], line, color=colour if len(shown) > 1 else INK)
    axis.set_title(title)


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
        lambda found, name: _signed(largest_rise(found, name), "no"),
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


FIGURES: tuple[PaperFigure, ...] = (
    PaperFigure(
        1,
        "Locality",
        "One bump at -3, and a second one at 6. Above each panel: the largest change within two units of -3, as "
        "a share of the largest value there.",
        lambda _: figure_of(1)[0],
    ),
    PaperFigure(
        2,
        "The prior matters",
        "r = x + noise under a Gaussian prior and under a bimodal one of the same variance. Above each panel: I midway "
        "between the modes less I at a mode, in the panel's unit.",
        lambda _: figure_of(2)[0],
    ),
    PaperFigure(
        3,
        "Data processing",
        "r = x + noise under a bimodal prior with unequal modes, and |r|. Above each panel: the largest rise, shaded.",
        lambda _: figure_of(3)[0],
    ),
    PaperFigure(
        4,
        "Pixels of digits, exactly",
        "Images, Fisher maps and the maps of every measure that has features, with the totals of all that can be "
        "estimated; the finite set of 1,797 digits, no training.",
        paper_images.figure_4,
    ),
    PaperFigure(
        5,
        "Additivity",
        "Two sigmoidal neurons. Above each panel: the largest gap between the information of both and the sum of one's "
        "and the other's given it.",
        lambda _: figure_of(5)[0],
    ),
    PaperFigure(
        6,
        "Pixels of images, by trained networks",
        "Maps of local information by the networks that come with the package, above the exact ones.",
        paper_images.figure_6,
    ),
)


def drawn_as(figure: Drawing, suffix: str) -> bytes:
    """A figure as the bytes of a file in one of `FORMATS`."""
    stream = io.BytesIO()
    figure.savefig(stream, format=suffix, **FORMATS[suffix])
    return stream.getvalue()


def write_opening(folder: Path) -> None:
    """Write the picture that README and the site open with, in every format."""
    figure = opening(models.second_bump())
    for suffix in FORMATS:
        write_whole(folder / f"opening.{suffix}", drawn_as(figure, suffix))


def write_figure(figure: PaperFigure, folder: Path, data: Path | None = None) -> str:
    """Write a figure as PDF, SVG and PNG (300 dpi); returns "", or the reason if it cannot be drawn."""
    try:
        drawn = figure.draw(data)
    except ImportError as reason:  # MissingExtra, or a part of the extra is missing
        return str(reason)
    for suffix in FORMATS:
        write_whole(folder / f"{figure.name}.{suffix}", drawn_as(drawn, suffix))
    return ""
