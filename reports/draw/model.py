"""Drawings of a model: its prior and its likelihood. Drawings of witnesses use the pieces too."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...models.arrays import Array
from .style import BLUE, COLOURS, INK, SHADES, SIGNED, WIDTH, Drawing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...models.encoding_model import EncodingModel

#: At most this many stimuli are placed by their index; more are placed by their value.
FEW = 8
#: A heat map of at most `NUMBERED` cells shows numbers; one of more than `MANY` is drawn as a picture.
NUMBERED, MANY = 40, 400


def plot_model(model: EncodingModel) -> Drawing:
    """Draw prior and likelihood.

    Parameters
    ----------
    model : EncodingModel

    Returns
    -------
    Drawing
        One column wide. In one dimension the prior stands above p(r|x): as a line if the stimulus is continuous or
        has more than 30 values, else as stems. In two dimensions the stimuli are points of a size in proportion to
        their prior. In more dimensions p(r|x) stands alone.
    """
    by_index = not is_continuous(model) and len(model.stimuli) <= FEW
    rows = len(model.likelihood)
    height = likelihood_height(rows, len(model.stimuli))
    with styled():
        if model.dimensions > 2:
            figure = Drawing(figsize=(WIDTH, height + 0.3), layout="constrained")
            draw_likelihood(figure.subplots(), model, by_index)
            return figure
        above = 1.5 if model.dimensions == 2 else 0.9
        figure = Drawing(figsize=(WIDTH, above + height + 0.2), layout="constrained")
        top, bottom = figure.subplots(2, 1, height_ratios=(above, height))
        if model.dimensions == 2:
            draw_plane(top, model)
        else:
            draw_prior(top, model, by_index)
            top.tick_params(labelbottom=False)
        draw_likelihood(bottom, model, by_index)
        if model.dimensions == 1:
            for axes in (top, bottom):
                axes.set_xlim(*((-0.5, len(model.stimuli) - 0.5) if by_index else view(model)))
    return figure


def is_continuous(model: EncodingModel) -> bool:
    """Whether the stimulus is drawn as continuous: one dimension, and cell volumes or more than 30 values."""
    return model.dimensions == 1 and (len(model.stimuli) > 30 or bool((model.stimulus_volumes != 1).any()))


def positions(model: EncodingModel, by_index: bool) -> Array:
    """(J,) places of the stimuli on the horizontal axis: their index, or x."""
    if by_index or model.dimensions != 1:
        return np.arange(len(model.stimuli), dtype=float)
    return np.asarray(model.stimuli[:, 0])


def view(model: EncodingModel, at: int = -1) -> tuple[float, float]:
    """The range of x (d = 1) that holds all but 2e-4 of the prior's mass, and stimulus `at` (-1: none)."""
    x = model.stimuli[:, 0]
    order = np.argsort(x)
    below = np.cumsum(model.prior[order])
    seen = (below > 1e-4) & (below - model.prior[order] < 1 - 1e-4)
    kept = x[order][seen]
    if at >= 0:
        kept = np.append(kept, x[at])
    low, high = float(kept.min()), float(kept.max())
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def label_stimuli(axes: Axes, model: EncodingModel, by_index: bool, *, indices: bool = False) -> None:
    """Set ticks and label of the stimulus axis; with `indices`, the index stands above the value."""
    count = len(model.stimuli)
    if not by_index:
        axes.set_xlabel("stimulus x" if model.dimensions == 1 else "stimulus j")
        return
    # Values are shown only where they are short enough not to overlap.
    shown = [f"{value:.3g}" for value in model.stimuli[:, 0]]
    values = model.dimensions == 1 and count * max(map(len, shown)) <= 16
    if indices and values and shown != [str(j) for j in range(count)]:
        labels, title = [f"{j}\n{x}" for j, x in enumerate(shown)], "stimulus j and its x"
    elif values:
        labels, title = shown, "stimulus x"
    else:
        labels, title = [str(j) for j in range(count)], "stimulus j"
    axes.set_xticks(range(count), labels)
    axes.set_xlabel(title)


def draw_prior(axes: Axes, model: EncodingModel, by_index: bool) -> None:
    """Draw the prior as stems, or the density of a continuous stimulus as a line."""
    x = positions(model, by_index)
    order = np.argsort(x)
    if is_continuous(model) and not by_index:
        density = model.prior / model.stimulus_volumes
        axes.plot(x[order], density[order], color=BLUE, marker="o" if len(x) <= 30 else "")
        axes.set_title("prior density p(x)")
        axes.set_ylim(bottom=0)
    else:
        rare = bool(model.prior.min() < 1e-3 * model.prior.max())
        # Below the smallest probability, but not below what a float can hold.
        floor = max(float(10 ** (1.1 * np.log10(max(model.prior.min(), 1e-307)) - 0.3)), 1e-307) if rare else 0.0
        axes.vlines(x, floor, model.prior, color=BLUE, linewidth=1.6)
        axes.plot(x, model.prior, "o", color=BLUE)
        if rare:
            axes.set_yscale("log")
            axes.set_ylim(floor, 3)
        else:
            axes.set_ylim(0, 1.15 * float(model.prior.max()))
            axes.locator_params(axis="y", nbins=3)
        axes.set_title("prior p(x)")
    if by_index:
        axes.set_xticks(range(len(x)))


def draw_plane(axes: Axes, model: EncodingModel) -> None:
    """Draw stimuli in two dimensions as points with an area in proportion to the prior, numbered if at most 12."""
    x, y = model.stimuli.T
    few = len(x) <= 12
    largest = 90.0 if few else min(60.0, 4000.0 / len(x))
    axes.scatter(x, y, s=largest * model.prior / model.prior.max() + 1, color=BLUE, linewidths=0)
    if few:
        for j, point in enumerate(model.stimuli):
            axes.annotate(str(j), (float(point[0]), float(point[1])), xytext=(5, 4), textcoords="offset points")
    axes.margins(0.28 if few else 0.1)
    axes.set_title("stimuli j, area = prior" if few else "stimuli, area = prior")
    axes.set_xlabel("feature $x_1$")
    axes.set_ylabel("feature $x_2$")
    axes.locator_params(nbins=4)


def likelihood_height(rows: int, columns: int) -> float:
    """Height of the panel of p(r|x) with its labels, in inches."""
    return 0.62 + (0.17 * rows if rows * columns <= NUMBERED else 0.8)


def draw_likelihood(
    axes: Axes,
    model: EncodingModel,
    by_index: bool,
    *,
    title: str = "p(r|x)",
    rows: list[str] | None = None,
    response: str = "r",
) -> None:
    """Draw p(r|x): lines for up to 4 responses to stimuli in one dimension, else a heat map; `rows` name responses."""
    table, x = model.likelihood, positions(model, by_index)
    if not by_index and model.dimensions == 1 and len(table) <= 4:
        order = np.argsort(x)
        for k, row in enumerate(table):
            style = ("-", "--", "-.", ":")[k]
            axes.plot(x[order], row[order], style, color=COLOURS[k], label=f"{response} = {rows[k] if rows else k}")
        axes.set_ylim(-0.05, 1.05)
        axes.set_ylabel(title)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.7, columnspacing=1)
    else:
        _heat_map(axes, table, x, title, rows, model.responses)
        axes.set_ylabel(f"response {response}")
    label_stimuli(axes, model, by_index)


def _heat_map(axes: Axes, table: Array, x: Array, title: str, rows: list[str] | None, responses: Array | None) -> None:
    """Draw probabilities (K, J) with a number in each cell where they are few; `responses` place the rows."""
    count, columns = table.shape
    across = np.argsort(x)
    placed = responses is not None and rows is None and count > 6 and len(np.unique(responses)) == count
    heights = np.asarray(responses) if placed else np.arange(count, dtype=float)
    up = np.argsort(heights)
    numbered = table.size <= NUMBERED and columns <= 6
    top = 1.0 if numbered else float(table.max())
    grid = table.size <= MANY
    axes.pcolormesh(
        edges(x[across]),
        edges(heights[up]),
        table[np.ix_(up, across)],
        cmap=SHADES,
        vmin=0,
        vmax=top,
        rasterized=not grid,
        edgecolors="#99999966" if grid else "none",
        linewidth=0.4 if grid else 0,
    )
    if numbered:
        for (k, j), p in np.ndenumerate(table):
            colour = "white" if p > 0.6 else INK
            axes.text(float(x[j]), float(heights[k]), short(p), ha="center", va="center", color=colour)
    axes.set_title(title if numbered else f"{title}, ≤ {top:.2g}")
    if placed:
        seen = heights[(table > 5e-3 * top).any(axis=1)]
        margin = float(np.diff(heights[up]).min())
        axes.set_ylim(float(seen.min()) - margin, float(seen.max()) + margin)
    else:
        axes.invert_yaxis()  # as in a table: response 0 on top
        if count <= 9:
            axes.set_yticks(range(count), rows or [str(k) for k in range(count)])
        else:
            axes.locator_params(axis="y", nbins=5, integer=True)


def draw_slopes(axes: Axes, model: EncodingModel) -> None:
    """Draw the slopes dp(r|x)/dx of a few stimuli in one dimension, as numbers on a heat map of two hues."""
    assert model.likelihood_gradient is not None
    slopes = model.likelihood_gradient[:, :, 0]
    top = float(np.abs(slopes).max()) or 1.0
    sides = [np.arange(count + 1) - 0.5 for count in slopes.shape]
    axes.pcolormesh(sides[1], sides[0], slopes, cmap=SIGNED, vmin=-top, vmax=top, edgecolors="#99999966", linewidth=0.4)
    for (k, j), slope in np.ndenumerate(slopes):
        axes.text(j, k, f"{slope:.2g}", ha="center", va="center")
    axes.set_title("slope dp(r|x)/dx")
    axes.invert_yaxis()
    axes.set_yticks(range(len(slopes)))
    axes.set_ylabel("response r")


def edges(centres: Array) -> Array:
    """Edges of cells, half way between neighbouring centres."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def short(p: float) -> str:
    """A probability in at most five characters: as a fraction if it is one of denominator 12 or less."""
    fraction = Fraction(float(p)).limit_denominator(12)
    if abs(float(fraction) - p) < 1e-12:
        return str(fraction)
    text = f"{p:.2f}".lstrip("0") if p < 0.995 else "~1"
    return text if text != ".00" else "~0"
