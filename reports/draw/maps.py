"""Figures of decomposed images: Fisher maps, information maps with their errors, totals, and the population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import zoom

from ...diffusion.encoders import Encoder, LinearGaussian, LinearNonlinearPoisson
from ...models.arrays import Array
from ..symbols import symbol
from .style import BLUE, INK, VERMILLION, Drawing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from ...estimators.estimate import Estimate
    from ..decomposition import Decomposition

#: Width of a journal's column, in inches.
COLUMN = 3.4


#: Colour bars that end below this have ticks such as 5e-4.
_SMALL = 0.01
#: At most this many receptive fields are outlined; more hide the image.
OUTLINED = 7
#: A map with values below minus this share of its largest, and below minus two errors, gets a scale of two hues.
_NEGATIVE = 0.02


def plot_maps(
    found: Decomposition,
    measure: str,
    beside: Decomposition | None = None,
    made_by: str = "",
    beside_label: str = "exact",
    letters: bool = False,
) -> Drawing:
    """Draw images in columns, with Fisher map, information map (the image outlined) and the map's error below each.

    All maps of a row share one colour scale; so do the information maps of both decompositions.

    Parameters
    ----------
    found : what `decompose` returns
    measure : a measure with features
    beside : the same images and measure, estimated in another way (exactly, say), which adds two rows
    made_by : a line about the networks, printed at the bottom
    beside_label : what the maps of `beside` are called
    letters : whether to letter the rows
    """
    every = [found] if beside is None else [found, beside]
    scale = _scale([_maps(one, measure) for one in every], found.images.words.feature)
    rows = _first_rows(found)
    for one in every:
        values, errors = _maps(one, measure)
        label = symbol(measure).mathtext
        if beside is not None:
            label += "\nnetworks" if one is found else f"\n{beside_label}"
        limits = {"cmap": "magma", "vmin": 0, "vmax": float(errors.max()) or 1.0}
        rows.append(Row(label, values, *scale))
        rows.append(Row("std. error", errors, limits, scale[1], totals=_totals(one.estimates[measure])))
    return draw_rows(found, rows, made_by, letters=letters)


@dataclass(frozen=True)
class Row:
    """A row of pictures, one per image, on one colour scale; `totals` stand below the pictures."""

    label: str
    pictures: Array
    colours: dict[str, Any]
    unit: str = ""
    contour: str = ""
    totals: list[str] = field(default_factory=list)


def _first_rows(found: Decomposition) -> list[Row]:
    """The images, and their Fisher maps."""
    return [image_row(found), fisher_row(found)]


def image_row(found: Decomposition) -> Row:
    """The images."""
    whole = found.images.pixels
    return Row("stimulus", whole[found.chosen], {"cmap": "gray", "vmin": whole.min(), "vmax": whole.max()})


def fisher_row(found: Decomposition, label: str = "Fisher") -> Row:
    """The Fisher maps of the images."""
    return Row(label, found.fisher, {"cmap": "viridis", "vmin": 0, "vmax": found.fisher.max()}, "nats / unit²")


def measure_row(found: Decomposition, measure: str, label: str = "") -> Row:
    """The maps of a measure, with its totals."""
    maps = _maps(found, measure)
    return Row(
        symbol(measure).mathtext + label,
        maps[0],
        *_scale([maps], found.images.words.feature),
        _totals(found.estimates[measure]),
    )


def _scale(maps: Sequence[tuple[Array, Array]], feature: str) -> tuple[dict[str, Any], str, str]:
    """Colour scale, unit and contour colour for (maps, errors); a scale of two hues if a map has negative values."""
    top = max(float(np.abs(values).max()) for values, _ in maps) or 1.0
    if any(bool((values < -np.maximum(2 * errors, _NEGATIVE * top)).any()) for values, errors in maps):
        return {"cmap": "RdBu_r", "vmin": -top, "vmax": top}, f"nats / {feature}", INK
    return {"cmap": "magma", "vmin": 0, "vmax": top}, f"nats / {feature}", "white"


def _totals(estimate: Estimate) -> list[str]:
    """Each total, below it its standard error and, of networks, its systematic error; a small one gets one digit."""
    errors = [
        "\n".join(f"± {error:.2f}" if not error < 0.005 else f"± {error:.1g}" for error in both if error != 0)
        for both in zip(estimate.stderr, estimate.systematic)
    ]
    return [f"{value:.2f}\n{error}" for value, error in zip(estimate.value, errors)]


def _maps(found: Decomposition, measure: str) -> tuple[Array, Array]:
    maps = found.maps(measure)
    assert maps is not None
    return maps


def draw_rows(
    found: Decomposition,
    rows: list[Row],
    note: str,
    lines: Sequence[tuple[str, list[str]]] = (),
    *,
    letters: bool = False,
    head: float = 0.0,
) -> Drawing:
    """Draw rows from top to bottom, then `lines` of numbers (one per image), then the images' credit and the note.

    Parameters
    ----------
    letters : whether to letter the rows; from B on if there is a head
    head : inches to leave free above the rows
    """
    shown, feet = found.images.pixels[found.chosen], [words for words in (found.images.credit, note) if words]
    count = len(shown)
    side = (COLUMN - 1.02) / max(count, 3)
    foot = 0.02 + 0.08 * len(feet)
    height = head + sum(side + 0.06 + _below(row) for row in rows) + foot + 0.05 + 0.13 * len(lines)
    with styled():
        figure = Drawing(figsize=(COLUMN, height), dpi=200)
        left, top = 0.62 / COLUMN, height - 0.05 - head
        for place, row in enumerate(rows):
            low = top - side
            if letters:
                letter = chr(ord("A") + place + (head > 0))
                figure.text(0.005, top / height, letter, fontsize=8, weight="bold", va="top")
            for j in range(count):
                box = (left + j * side / COLUMN, low / height, 0.95 * side / COLUMN, 0.95 * side / height)
                drawn = _picture(figure, box, row.pictures[j], **row.colours)
                axes = drawn.axes
                if row.contour:
                    _contour(axes, shown[j], row.contour)
                if row.totals:
                    axes.set_xlabel(row.totals[j], fontsize=6, labelpad=2)
                if j == 0:
                    axes.set_ylabel(row.label, fontsize=6.5, rotation=0, ha="right", va="center", labelpad=3)
            if row.unit:
                bar = figure.add_axes((left + count * side / COLUMN + 0.008, low / height, 0.015, 0.95 * side / height))
                scale = figure.colorbar(drawn, cax=bar)
                scale.ax.tick_params(labelsize=5, length=1.5, pad=1)
                scale.ax.locator_params(nbins=2)
                if row.colours["vmax"] < _SMALL:  # matplotlib's factor above the bar would cover the picture
                    scale.ax.yaxis.set_major_formatter(
                        lambda value, _: f"{value:.0e}".replace("e-0", "e-") if value else "0"
                    )
                scale.outline.set_linewidth(0.3)
                scale.set_label(row.unit, fontsize=5, labelpad=1)
            if row.totals:
                figure.text(left - 0.012, (low - 0.155) / height, "total, nats", fontsize=6, ha="right", va="center")
            top = low - 0.06 - _below(row)
        for name, numbers in lines:
            top -= 0.13
            figure.text(left - 0.012, (top + 0.06) / height, name, fontsize=6.5, ha="right", va="center")
            for j, number in enumerate(numbers):
                at = left + (j + 0.475) * side / COLUMN
                figure.text(at, (top + 0.06) / height, number, fontsize=5.5, ha="center", va="center")
        for line, words in enumerate(feet):
            figure.text(0.01, (0.02 + 0.08 * line) / height, words, fontsize=4, color="0.35", va="bottom")
    return figure


def _below(row: Row) -> float:
    """Inches that the totals below a row take."""
    return 0.06 + 0.11 * max(total.count("\n") + 1 for total in row.totals) if row.totals else 0.0


def plot_totals(found: Decomposition) -> Drawing:
    """Draw the totals of every measure at every image, with 95% intervals."""
    shown, names = found.images.pixels[found.chosen], list(found.estimates)
    with styled():
        figure = Drawing(figsize=(COLUMN, 2.3), dpi=200)
        axes = figure.add_axes((0.14, 0.34, 0.84, 0.54))
        for k, name in enumerate(names):
            value, (low, high) = found.estimates[name].value, found.estimates[name].interval()
            systematic = found.estimates[name].systematic
            low, high = low + systematic, high - systematic
            at = np.arange(len(shown)) + (k - (len(names) - 1) / 2) * 0.7 / max(len(names), 1)
            drawn = axes.errorbar(at, value, [value - low, high - value], fmt="o", ms=3, lw=1)
            drawn.set_label(symbol(name).mathtext)
            if systematic.any():  # a wide, pale bar beyond the interval
                ends = [value - low + systematic, high - value + systematic]
                axes.errorbar(at, value, ends, fmt="none", lw=4, alpha=0.3, ecolor=drawn[0].get_color())
        axes.set(xlim=(-0.6, len(shown) - 0.4), xticks=[])
        axes.set_ylabel("nats, 95% interval", fontsize=7)
        axes.tick_params(labelsize=6)
        axes.legend(fontsize=6, ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, handlelength=1)
        width = 0.84 / len(shown)
        for j, image in enumerate(shown):
            _picture(figure, (0.14 + j * width + width * 0.1, 0.1, width * 0.8, 0.2), image, cmap="gray")
        if found.images.credit:
            figure.text(0.01, 0.02, found.images.credit, fontsize=4, color="0.35")
    return figure


def plot_population(encoder: Encoder, images: Array, index: int = 0) -> Drawing:
    """Draw receptive fields over one image, the response function, and the mean response to that image.

    Parameters
    ----------
    encoder : LinearGaussian or LinearNonlinearPoisson on images of h * w pixels
    images : (N, h, w)
    index : which image to show
    """
    import torch

    fields = encoder.weights.cpu().numpy().reshape(-1, *images.shape[1:])
    rows = torch.as_tensor(images.reshape(len(images), -1)).double()
    encoder = encoder.to(dtype=torch.float64)
    with styled():
        figure = Drawing(figsize=(COLUMN, 1.55), dpi=200)
        shown = images[index] if images.shape[1] > 1 else fields[:, 0]  # of vectors, all fields, one per row
        axes = _picture(figure, (0.01, 0.16, 0.29, 0.64), shown, cmap="gray").axes
        _draw_fields(axes, fields)
        axes.set_title(f"{len(fields)} receptive fields", pad=3)
        curve = figure.add_axes((0.43, 0.28, 0.22, 0.52))
        if isinstance(encoder, LinearNonlinearPoisson):
            amplitude = float(encoder.amplitude.mean())
            at = np.linspace(-4, 4, 101)
            curve.plot(at, 1 / (1 + np.exp(-at)) * amplitude, color=BLUE, lw=1.2)
            drive = encoder.drive(rows).numpy().ravel().clip(-4, 4)
            counts, edges = np.histogram(drive, bins=32, density=True)
            heights = counts / counts.max() * amplitude
            curve.fill_between(edges[:-1], heights, step="post", alpha=0.25, lw=0, color=INK)
            curve.set_xlabel("drive\n(grey: how often)", fontsize=6.5, labelpad=1)
            curve.set_ylabel("mean count", fontsize=6.5, labelpad=1)
            mean, title = encoder.rates(rows[index]), "Poisson neurons"
        else:
            assert isinstance(encoder, LinearGaussian)
            noise = float(encoder.noise.diagonal().mean().sqrt())
            spread = (rows @ encoder.weights.T).std(0).mean().item()
            curve.bar(["drives", "noise"], [spread, noise], color=[BLUE, INK], width=0.6)
            curve.set_ylabel("standard deviation", fontsize=6.5, labelpad=1)
            mean, title = rows[index] @ encoder.weights.T, "linear neurons"
        curve.tick_params(labelsize=6.5, length=1.5, pad=1)
        curve.set_title(title, pad=3)
        box, side, grid = (0.70, 0.16, 0.29, 0.64), round(len(fields) ** 0.5), mean.numpy()
        if side * side == len(fields):
            seen = _picture(figure, box, grid.reshape(side, side), cmap="viridis").axes
        else:
            seen = figure.add_axes(box)
            seen.bar(np.arange(len(grid)), grid, color=BLUE)
            seen.tick_params(labelsize=6.5, length=1.5, pad=1)
        seen.set_title("mean responses", pad=3)
    return figure


def _draw_fields(axes: Axes, fields: Array) -> None:
    """Dot the centres of all receptive fields (k, h, w), and outline a few, so that the image stays visible."""
    if min(fields.shape[1:]) < 2:
        return
    share = np.abs(fields) / np.abs(fields).sum((1, 2), keepdims=True)
    rows, columns = np.indices(fields.shape[1:])
    axes.plot((share * columns).sum((1, 2)), (share * rows).sum((1, 2)), ".", color=VERMILLION, ms=2.5)
    fine = [np.linspace(0, size - 1, 8 * size) for size in fields.shape[1:]]
    for k in np.linspace(0, len(fields) - 1, min(OUTLINED, len(fields))).astype(int):
        smooth = zoom(fields[k], 8, order=1)
        axes.contour(fine[1], fine[0], smooth, levels=[0.61 * smooth.max()], colors=[VERMILLION], linewidths=0.8)


def _picture(figure: Drawing, box: tuple[float, float, float, float], image: Array, **colours: Any) -> AxesImage:
    """Draw an image into a box of the figure, without ticks or frame."""
    axes = figure.add_axes(box)
    drawn = axes.imshow(image, interpolation="nearest", **colours)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return drawn


def _contour(axes: Axes, image: Array, colour: str) -> None:
    # Images of one row or column have no contour, nor have those of one grey value.
    if min(image.shape) >= 2 and image.max() > image.min():
        axes.contour(image, levels=[(image.max() + image.min()) / 2], colors=[colour], linewidths=0.5, linestyles="-")
