"""Drawings of a model: the prior, and what each stimulus makes the response do; the pieces serve witnesses as well."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...models.arrays import Array
from .style import BLUE, COLOURS, INK, SHADES, WIDTH, Drawing, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...models.encoding_model import EncodingModel

#: Up to so many stimuli are drawn one by one, by index.
FEW = 8
#: A heat map of so many cells or fewer shows numbers, one of more than `MANY` becomes a picture.
NUMBERED, MANY = 40, 400


def plot_model(model: EncodingModel) -> Drawing:
    """Draw prior and likelihood.

    Parameters
    ----------
    model : EncodingModel

    Returns
    -------
    Drawing
        One column wide. Stimuli of one feature: the prior, as stems or (continuous, or more than 30 stimuli) a line,
        above p(r|x); of two: the stimuli as points sized by prior above p(r|x); of more: p(r|x) alone.
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
            low, high = view(model) if not by_index else (-0.5, len(model.stimuli) - 0.5)
            top.set_xlim(low, high)
            bottom.set_xlim(low, high)
    return figure


def is_continuous(model: EncodingModel) -> bool:
    """Whether the stimulus is drawn as a continuum: of one feature, with cell volumes or many values."""
    return model.dimensions == 1 and (len(model.stimuli) > 30 or bool((model.stimulus_volumes != 1).any()))


def positions(model: EncodingModel, by_index: bool) -> Array:
    """Where the stimuli stand on the horizontal axis: at their index, or at x."""
    if by_index or model.dimensions != 1:
        return np.arange(len(model.stimuli), dtype=float)
    return np.asarray(model.stimuli[:, 0])


def view(model: EncodingModel, at: int = -1) -> tuple[float, float]:
    """The range of x (d = 1) that holds all but 2e-4 of the prior's mass, and stimulus `at`."""
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
    """Ticks and label of the stimulus axis; with `indices`, index above value."""
    count = len(model.stimuli)
    if not by_index:
        axes.set_xlabel("stimulus x" if model.dimensions == 1 else "stimulus j")
        return
    # Values go below where they are short enough not to meet.
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
    """The prior as stems, or the density of a continuous stimulus as a line."""
    x = positions(model, by_index)
    order = np.argsort(x)
    if is_continuous(model) and not by_index:
        density = model.prior / model.stimulus_volumes
        axes.plot(x[order], density[order], color=BLUE, marker="o" if len(x) <= 30 else "")
        axes.set_title("prior density p(x)")
        axes.set_ylim(bottom=0)
    else:
        rare = bool(model.prior.min() < 1e-3 * model.prior.max())
        floor = 10 ** (1.1 * np.log10(max(model.prior.min(), 1e-307)) - 0.3) if rare else 0.0
        floor = max(float(floor), 1e-307) if rare else 0.0
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
    """Stimuli of two features: points with an area in proportion to the prior, numbered where they are few."""
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
    """A good height of p(r|x), in inches with its labels."""
    return 0.62 + (0.17 * rows if rows * columns <= NUMBERED else 0.8)


def draw_likelihood(
    axes: Axes, model: EncodingModel, by_index: bool, *, title: str = "p(r|x)", rows: list[str] | None = None
) -> None:
    """p(r|x): few responses to many stimuli as lines, else a heat map (with numbers where small)."""
    table = model.likelihood
    if not by_index and model.dimensions == 1 and len(table) <= 4:
        x = positions(model, by_index)
        order = np.argsort(x)
        for k, row in enumerate(table):
            style = ("-", "--", "-.", ":")[k]
            axes.plot(x[order], row[order], style, color=COLOURS[k], label=f"r = {rows[k] if rows else k}")
        axes.set_ylim(-0.05, 1.05)
        axes.set_ylabel(title)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.7, columnspacing=1)
    else:
        draw_table(axes, table, positions(model, by_index), title=title, rows=rows, values=model.responses)
    label_stimuli(axes, model, by_index)


def draw_table(
    axes: Axes,
    table: Array,
    x: Array,
    *,
    title: str,
    rows: list[str] | None = None,
    values: Array | None = None,
) -> None:
    """A heat map of probabilities; `rows` name the responses, or `values` place them."""
    count, columns = table.shape
    across = np.argsort(x)
    placed = values is not None and rows is None and count > 6 and len(np.unique(values)) == count
    heights = np.asarray(values) if placed else np.arange(count, dtype=float)
    up = np.argsort(heights)
    numbered = table.size <= NUMBERED and columns <= 6
    top = 1.0 if numbered else float(table.max())
    cells = axes.pcolormesh(
        _edges(x[across]),
        _edges(heights[up]),
        table[np.ix_(up, across)],
        cmap=SHADES,
        vmin=0,
        vmax=top,
        rasterized=table.size > MANY,
        edgecolors="none",
        linewidth=0,
    )
    if table.size <= MANY:
        cells.set_edgecolor("#99999966")
        cells.set_linewidth(0.4)
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
    axes.set_ylabel("response r")


def _edges(centres: Array) -> Array:
    """Cell edges half way between neighbouring centres."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])


def short(p: float) -> str:
    """A probability in at most four characters: a small fraction where it is one."""
    fraction = Fraction(float(p)).limit_denominator(12)
    if abs(float(fraction) - p) < 1e-12:
        return str(fraction)
    text = f"{p:.2f}".lstrip("0") if p < 0.995 else "~1"
    return text if text != ".00" else "~0"
