"""Mean maps of images by several ways, one row per case, on one scale per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...models.arrays import Array
from .style import WIDTH, Drawing, styled

#: Inches of a map and of the names beside and above the maps.
_MAP, _LEFT, _TOP = 0.9, 0.95, 0.25


def plot_pixel_maps(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Drawing:
    """Draw maps of square images.

    Parameters
    ----------
    found : ``case -> way -> (d,)`` values; those of a way that a case lacks are left out
    """
    ways = list(dict.fromkeys(way for maps in found.values() for way in maps))
    width, height = _LEFT + _MAP * len(ways), _TOP + _MAP * len(found)
    with styled():
        figure = Drawing(figsize=(max(WIDTH, width), height))
        for row, (case, maps) in enumerate(found.items()):
            top = 1 - (_TOP + row * _MAP) / height
            figure.text(0.01, top - _MAP / 2 / height, _folded(case), va="center", fontsize=7)
            largest = max(max(values) for values in maps.values())
            for column, way in enumerate(ways):
                if way not in maps:
                    continue
                box = ((_LEFT + column * _MAP) / width, top - 0.95 * _MAP / height, 0.95 * _MAP / width)
                axes = figure.add_axes((*box, 0.95 * _MAP / height))
                axes.imshow(_square(maps[way]), vmin=0, vmax=largest, cmap="cividis", interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                if row == 0:
                    axes.set_title(way, fontsize=7)
    return figure


def _square(values: Sequence[float]) -> Array:
    side = round(len(values) ** 0.5)
    return np.reshape(values, (side, side))


def _folded(name: str) -> str:
    """A name on several lines."""
    return name.replace(" of ", "\nof ").replace(", ", ",\n")
