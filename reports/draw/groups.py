"""A picture of latent groups: what share of each factor's entropy each group tells."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from ..latent_groups import cells, known_how
from .style import INK, SHADES, VERMILLION, Drawing, styled

if TYPE_CHECKING:
    from ...diffusion.latents import GroupScores

#: Inches of a cell, and of the margins for names beside and above the cells.
_CELL, _MARGIN, _ABOVE = (0.72, 0.3), 1.2, 0.52
#: Inches of a letter of the title, of a line of it, and from the figure's edge.
_LETTER, _LINE, _EDGE = 0.071, 0.13, 0.05


def plot_groups(scores: GroupScores) -> Drawing:
    """Draw the table of groups by factors as a heat map; the label that a group was given is outlined."""
    from matplotlib.patches import Rectangle

    rows = [row for row in scores.rows if row in scores.groups.names] + [
        row for row in scores.rows if row not in scores.groups.names
    ]
    words, lines = cells(scores), [scores.shares[scores.rows.index(row)] for row in rows]
    texts = [words[scores.rows.index(row)] for row in rows]
    names = [{"free": "all free groups", "whole": "all groups"}.get(row, row) for row in rows]
    if scores.population is not None:
        lines, names = [*lines, scores.population.shares], [*names, "all neurons"]
        texts.append([f"{max(share, 0.0):.0%}" for share in scores.population.shares])
    width = _MARGIN + _CELL[0] * len(scores.factors) + 0.2
    title = ["Share of each factor that a group tells", f"({known_how(scores)}; outlined: its label)"]
    # Few factors leave little room: then the title begins at the edge of the figure, on more lines.
    fits = max(map(len, title)) * _LETTER <= width - _MARGIN
    title = title if fits else [line for part in title for line in wrap(part, int((width - _EDGE) / _LETTER))]
    above = _ABOVE + _LINE * (len(title) - 2)
    height = above + _CELL[1] * len(rows) + 0.25
    with styled():
        figure = Drawing(figsize=(width, height))
        axes = figure.add_axes((_MARGIN / width, 0.1 / height, 1 - (_MARGIN + 0.2) / width, 1 - (above + 0.1) / height))
        axes.imshow(lines, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
        for g, line in enumerate(lines):
            for f, share in enumerate(line):
                axes.text(f, g, texts[g][f], ha="center", va="center", color="white" if share > 0.6 else INK)
            label = scores.groups.supervised.get(rows[g]) if g < len(rows) else None
            if label in scores.factors:
                place = (scores.factors.index(label) - 0.5, g - 0.5)
                axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=VERMILLION, linewidth=1.5, clip_on=False))
        axes.axhline(len(scores.groups.names) - 0.5, color=INK, linewidth=0.8)
        axes.set_xticks(range(len(scores.factors)), scores.factors)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        across = width - _MARGIN - 0.2
        axes.set_title("\n".join(title), x=0.0 if fits else (_EDGE - _MARGIN) / across)
    return figure
