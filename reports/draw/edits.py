"""A picture of edits along a group of latents: image, donor and edit side by side, and what the group tells of each."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ...diffusion.editing import steps_apart
from ..symbols import symbol
from .style import BLUE, GUIDE, VERMILLION, Drawing, styled

if TYPE_CHECKING:
    from ...diffusion.latents import World
    from ...models.arrays import Array
    from ..editing import EditReport

#: Inches of a picture, of the gaps between pictures, of the words beside them, and of the headings above.
_SIDE, _GAP, _WORDS, _ABOVE, _BELOW = 0.72, 0.1, 1.5, 0.56, 0.46
#: Sizes of letters, in points: on a phone, where the picture is 5 cm wide, the smallest are 1.3 mm high.
_TITLE, _HEAD, _WORD, _SMALL = 9, 8.5, 8, 7
#: Shares below this are not named in the title, nor more factors than so many; letters in a line of it.
_LITTLE, _NAMED, _LINE = 0.05, 3, 58
#: Inches of a line of the legend.
_LINE_HIGH = 0.12
#: Signs between pictures, and their inches.
_SIGNS, _BETWEEN = ("+", "→", ""), 0.2


def plot_edits(report: EditReport) -> Drawing:
    """Draw one row per image: the image, its donor, the edit, the map of I_local, and what became of each factor."""
    world, rows, count = report.world, report.shown, len(report.shown)
    shape = world.images.shape[1:]
    assert report.maps.featurewise is not None
    pictures = [
        world.images[report.start.images.numpy()[rows]],
        world.images[report.edits.perturbed.donors.numpy()[rows]],
        report.edits.pictures[rows].cpu().numpy().reshape(-1, *shape).clip(0, 1),
        report.maps.featurewise.reshape(-1, *shape),
    ]
    top = max(float(pictures[3].max()), 1e-12)
    colours: list[dict[str, Any]] = [{"cmap": "gray", "vmin": 0, "vmax": 1}] * 3
    colours.append({"cmap": "magma", "vmin": 0, "vmax": top})
    second = f"donor of\n{report.group}" if report.edits.perturbed.given else "asked for"
    local = symbol("i_local").mathtext
    heads = ("image", second, "edit", f"what {report.group}\ntells ({local}, nats)")
    step = _SIDE + _BETWEEN
    title = _title(report)
    above = _ABOVE + 0.15 * title.count("\n")
    same = [f"the same: {report.same}"] if report.same else []
    lift = _LINE_HIGH * len(same)
    width, height = 4 * step + _WORDS + 0.05, above + count * (_SIDE + _GAP) + _BELOW + lift
    with styled():
        figure = Drawing(figsize=(width, height))
        for row in range(count):
            low = height - above - (row + 1) * (_SIDE + _GAP) + _GAP
            for column in range(4):
                left = 0.05 + column * step
                axes = figure.add_axes((left / width, low / height, _SIDE / width, _SIDE / height))
                drawn = axes.imshow(pictures[column][row], interpolation="nearest", **colours[column])
                axes.set_xticks([])
                axes.set_yticks([])
                for spine in axes.spines.values():
                    spine.set_visible(False)
                if row == 0:
                    axes.set_title(heads[column], loc="center", fontsize=_HEAD)
                if column < 3:
                    x, y = (left + _SIDE + _BETWEEN / 2) / width, (low + _SIDE / 2) / height
                    figure.text(x, y, _SIGNS[column], ha="center", va="center", fontsize=9)
            total = f"{report.maps.value[row]:.2f} ± {report.maps.stderr[row]:.2f}"
            axes.text(
                0.97, 0.04, total, transform=axes.transAxes, color="white", ha="right", va="bottom", fontsize=_SMALL
            )
            _words(
                figure, report, int(rows[row]), (4 * step + 0.05 - _BETWEEN / 2) / width, (low + _SIDE) / height, height
            )
        figure.text(0.05 / width, 1 - 0.03 / height, title, weight="bold", fontsize=_TITLE, va="top")
        bar = figure.add_axes(((0.05 + 3 * step) / width, (0.18 + lift) / height, _SIDE / width, 0.05 / height))
        scale = figure.colorbar(drawn, cax=bar, orientation="horizontal")
        scale.ax.tick_params(labelsize=_SMALL, length=1.5, pad=1)
        scale.ax.locator_params(nbins=2)
        scale.outline.set_linewidth(0.3)
        figure.text((3 * step - 0.02) / width, (0.18 + lift) / height, "nats / pixel", fontsize=_SMALL, ha="right")
        moved = "the donor's value" if report.edits.perturbed.given else "the value asked for"
        legend = [
            "grey: kept, ≈ near enough" if same else "grey: kept",
            f"blue: moved to {moved}",
            "red: moved elsewhere",
            *same,
        ]
        figure.text(0.05 / width, 0.06 / height, "\n".join(legend), fontsize=_SMALL)
    return figure


def _title(report: EditReport) -> str:
    told = sorted(zip(report.shares[report.group], report.world.names), reverse=True)
    names = [name for share, name in told if share >= _LITTLE][:_NAMED]
    known = [f"{report.told(report.world.column(name))} of {name}" for name in names]
    title = f"Edits along {report.group}, which tells {', '.join(known) or 'nothing'}"
    return "\n".join(wrap(title, _LINE))


def _words(figure: Drawing, report: EditReport, row: int, left: float, top: float, height: float) -> None:
    """One line per factor: its value, or from which value to which; in blue where it is now the donor's."""
    world = report.world
    indices = (report.start.images, report.edits.perturbed.donors, report.scores.found)
    own, wanted, now = (world.factors[int(which[row])] for which in indices)
    for f, name in enumerate(world.names):
        moved = _apart(report, f, now[f], own[f]) > 1
        figure.text(
            left,
            top - (0.09 + 0.18 * f) / height,
            f"{name} {value_words(world, f, int(own[f]), int(now[f]))}",
            fontsize=_WORD,
            color=GUIDE if not moved else BLUE if _apart(report, f, now[f], wanted[f]) <= 1 else VERMILLION,
            weight="bold" if moved else "normal",
            va="center",
        )


def value_words(world: World, factor: int, own: int, now: int) -> str:
    """The image's value and, where the edit has another, that one after →, or after ≈ if it counts as the same."""
    values = [_value(world.values[factor][code]) for code in (own, now)]
    if own == now:
        return values[0]
    moved = float(steps_apart(world, factor, np.asarray(own), np.asarray(now))) > 1
    return f" {'→' if moved else '≈'} ".join(values)


def _apart(report: EditReport, factor: int, one: Array, other: Array) -> float:
    return float(steps_apart(report.world, factor, np.asarray(one), np.asarray(other)))


def _value(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"
