"""The paper's figures, anew: all eight measures in every panel, each panel with the number that counts.

Figures 1, 2, 3 and 5 come from the exact engine; 4 and 6, of images, from denoisers (`stiminfo[diffusion]`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import MissingExtra
from ...estimators import PUBLISHED
from ...files import write_whole
from ..draw.style import AFTER, BEFORE, INK, SHADE, VERMILLION, WIDTH, Drawing, styled
from ..symbols import symbol
from . import images as paper_images
from . import models as models
from .models import Comparison, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What each panel says: (comparison, measure) to a short line.
Reading = Callable[[Comparison, str], str]


#: Vector and pixels; without dates, so that the same figure is the same file.
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "svg": {"metadata": {"Date": None}},
    "png": {"dpi": 300},
}


@dataclass(frozen=True)
class PaperFigure:
    """One figure: its number, what it shows, and how it is made.

    Attributes
    ----------
    title, caption : for people
    draw : makes the figure, given the folder of the MNIST files or None; raises `MissingExtra`
    """

    number: int
    title: str
    caption: str
    draw: Callable[[Path | None], Drawing]

    @property
    def name(self) -> str:
        """The files' name."""
        return f"figure-{self.number}"


def plot_comparison(
    found: Comparison, title: str, reading: Reading, *, shade: tuple[float, float] | None = None, rises: bool = False
) -> Drawing:
    """Prior and tuning on top, below them a panel for each measure with both sides; one column wide.

    Parameters
    ----------
    reading : what follows the measure's name above each panel
    shade : an interval of the stimulus that the title speaks of
    rises : colour where the second side exceeds the first
    """
    with styled():
        figure = Drawing(figsize=(WIDTH, 5.7), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left")
        axes = figure.subplots(5, 2, sharex=True, gridspec_kw={"height_ratios": [1.0, 1.15, 1.15, 1.15, 1.15]})
        ok = found.likely()
        low, high = found.before.x[ok][[0, -1]]
        axes[0, 0].set_xlim(low, high)
        _curves(axes[0, 0], found.curves, found.curves_label, (low, high))
        _curves(axes[0, 1], found.density, "prior density (1 / unit)", (low, high))
        axes[0, 1].set_ylim(bottom=0)
        for axis, (name, measure) in zip(axes[1:].flat, PUBLISHED.items()):
            _panel(axis, found, name, (low, high))
            unit = "nats" if measure.units == "nats" else "nats / unit²"
            axis.set_title(f"{symbol(name).mathtext} ({unit}){reading(found, name)}")
            if rises:
                before, after = found.before.values[name], found.after.values[name]
                axis.fill_between(
                    found.before.x, before, after, where=after > before, color=VERMILLION, alpha=0.5, lw=0
                )
            if shade:
                axis.axvspan(*shade, color=SHADE, lw=0)
        for axis in axes[-1]:
            axis.set_xlabel("stimulus x")
        handles, labels = axes[1, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _curves(axis: Axes, curves: tuple[Curve, ...], title: str, span: tuple[float, float]) -> None:
    for curve, colour, line in zip(curves, (BEFORE, AFTER), ("-", "--")):
        seen = (curve.x >= span[0]) & (curve.x <= span[1])
        axis.plot(curve.x[seen], curve.y[seen], line, color=colour if len(curves) > 1 else INK)
    axis.set_title(title)


def _panel(axis: Axes, found: Comparison, name: str, span: tuple[float, float]) -> None:
    low, high = np.inf, -np.inf
    for side, colour, line in ((found.before, BEFORE, "-"), (found.after, AFTER, "--")):
        axis.plot(side.x, side.values[name], line, color=colour, label=side.label)
        seen = side.values[name][(side.x >= span[0]) & (side.x <= span[1])]
        low, high = min(low, seen.min()), max(high, seen.max())
    margin = 0.08 * max(high - low, abs(high)) or 0.1
    axis.set_ylim(min(low - margin, 0), high + margin)
    if low < -1e-9:
        axis.axhline(0, color=INK, lw=0.5)


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "−")


#: Half the width of the stretch around the first bump that figure 1 is about.
NEAR = 2.0


def near_change(found: Comparison, measure: str) -> float:
    """Fig. 1: the largest change within two units of the first bump, over the largest value there before."""
    near = np.abs(found.before.x + 3) <= NEAR
    return float(np.abs(found.change(measure))[near].max() / np.abs(found.before.values[measure])[near].max())


def between_modes(found: Comparison, measure: str) -> float:
    """Fig. 2: I midway between the modes less I at a mode, under the bimodal prior."""
    x, values = found.after.x, found.after.values[measure]
    return float(np.interp(0.0, x, values) - (np.interp(-1.0, x, values) + np.interp(1.0, x, values)) / 2)


def largest_rise(found: Comparison, measure: str) -> float:
    """Fig. 3: how much the measure rises at most, among likely stimuli."""
    return float(found.change(measure)[found.likely()].max())


def largest_gap(found: Comparison, measure: str) -> float:
    """Fig. 5: how far the sum is from the whole, among likely stimuli."""
    change = found.change(measure)[found.likely()]
    return float(change[np.abs(change).argmax()])


def opening(found: Comparison) -> Drawing:
    """The first picture: the same neuron, eight answers, and which of them a far bump changes."""
    with styled():
        figure = Drawing(figsize=(6.6, 2.9), layout="constrained")
        axes = figure.subplots(2, 4, sharex=True)
        for axis, name in zip(axes.flat, PUBLISHED):
            for side, colour, line in ((found.before, BEFORE, "-"), (found.after, AFTER, "--")):
                axis.plot(side.x, side.values[name], line, color=colour, label=side.label)
            axis.set_title(f"{symbol(name).mathtext}: {near_change(found, name):.0%}")
            axis.axvspan(-3 - NEAR, -3 + NEAR, color=SHADE, lw=0)
            axis.set_xlim(*found.before.x[found.likely()][[0, -1]])
            seen = found.likely()
            values = np.concatenate([side.values[name][seen] for side in (found.before, found.after)])
            axis.set_ylim(min(0.0, float(values.min()) * 1.1), float(values.max()) * 1.1)
        for axis, unit in zip((*axes[0, :2], axes[1, 0]), ("nats / unit²", "nats", "nats")):
            axis.set_ylabel(unit)
        for axis in axes[1]:
            axis.set_xlabel("stimulus x")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def figure_of(number: int) -> tuple[Drawing, Comparison]:
    """Figure 1, 2, 3 or 5, and the numbers in it."""
    made: dict[int, Callable[[], tuple[Drawing, Comparison]]] = {1: _first, 2: _second, 3: _third, 5: _fifth}
    return made[number]()


def _first() -> tuple[Drawing, Comparison]:
    found = models.second_bump()

    def reading(found: Comparison, name: str) -> str:
        return f": {near_change(found, name):.0%}"

    shade = (-3 - NEAR, -3 + NEAR)
    return plot_comparison(found, "A second bump at 6: what changes at −3?", reading, shade=shade), found


def _second() -> tuple[Drawing, Comparison]:
    found = models.other_prior()

    def reading(found: Comparison, name: str) -> str:
        return f": {_signed(between_modes(found, name))}"

    return plot_comparison(found, "The same neuron under two priors", reading), found


def _third() -> tuple[Drawing, Comparison]:
    found = models.magnitude()

    def reading(found: Comparison, name: str) -> str:
        rise = largest_rise(found, name)
        return f": {_signed(rise)}" if rise > 0.005 else ": no"

    return plot_comparison(found, "Can |r| tell more than r?", reading, rises=True), found


def _fifth() -> tuple[Drawing, Comparison]:
    found = models.two_neurons()

    def reading(found: Comparison, name: str) -> str:
        gap = largest_gap(found, name)
        return f": {_signed(gap)}" if abs(gap) > 0.005 else ": yes"

    return plot_comparison(found, "Do two neurons' parts add up?", reading), found


def _drawn(number: int) -> Callable[[Path | None], Drawing]:
    return lambda _: figure_of(number)[0]


FIGURES: tuple[PaperFigure, ...] = (
    PaperFigure(
        1,
        "Locality",
        "One bump at -3, and a second one at 6. Above each panel: the largest change within two units of -3, as "
        "a share of the largest value there.",
        _drawn(1),
    ),
    PaperFigure(
        2,
        "The prior matters",
        "r = x + noise under a Gaussian prior and under a bimodal one of the same variance. Above each panel: I midway "
        "between the modes less I at a mode, in the panel's unit.",
        _drawn(2),
    ),
    PaperFigure(
        3,
        "Data processing",
        "r = x + noise under a bimodal prior with unequal modes, and |r|. Above each panel: the largest rise, shaded.",
        _drawn(3),
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
        _drawn(5),
    ),
    PaperFigure(
        6,
        "Pixels of images, by trained networks",
        "Maps of local information by the networks that come with the package, above the exact ones.",
        paper_images.figure_6,
    ),
)


def drawn_as(figure: Drawing, suffix: str) -> bytes:
    """A figure as the bytes of a file of one of `FORMATS`."""
    stream = io.BytesIO()
    figure.savefig(stream, format=suffix, **FORMATS[suffix])
    return stream.getvalue()


def _write(figure: Drawing, folder: Path, name: str) -> None:
    for suffix in FORMATS:
        write_whole(folder / f"{name}.{suffix}", drawn_as(figure, suffix))


def write_opening(folder: Path) -> None:
    """The picture that README and the site open with."""
    _write(opening(models.second_bump()), folder, "opening")


def write_figure(figure: PaperFigure, folder: Path, data: Path | None = None) -> str:
    """Write a figure as PDF, SVG and PNG (300 dpi); returns "", or why it could not be drawn."""
    try:
        drawn = figure.draw(data)
    except MissingExtra as reason:
        return str(reason)
    _write(drawn, folder, figure.name)
    return ""
