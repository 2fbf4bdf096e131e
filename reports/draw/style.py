"""The style of all drawings: the settings in stiminfo.mplstyle, and named colours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from matplotlib import RcParams, rc_context, rc_params_from_file
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure

#: One column of a journal, in inches (85 mm).
WIDTH = 85 / 25.4
#: Pixels per inch of a picture in a notebook; sharp on screens with two pixels per point.
_NOTEBOOK_DPI = 200


@cache
def _style() -> RcParams:
    with as_file(files("stiminfo.reports.draw") / "stiminfo.mplstyle") as path:
        return rc_params_from_file(path, fail_on_error=True, use_default_template=False)


@contextmanager
def styled() -> Iterator[None]:
    """Use the style while the context lasts."""
    with rc_context(_style()):
        yield


#: The colours of the style's cycle, in its order.
COLOURS: tuple[str, ...] = tuple(to_hex(colour) for colour in _style()["axes.prop_cycle"].by_key()["color"])
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION = COLOURS
INK = to_hex(_style()["text.color"])
#: The two sides of a comparison.
BEFORE, AFTER = BLUE, ORANGE
#: Colours of backgrounds (the ball in which a locality case changes the model), and of lines that guide the eye.
SHADE, GUIDE = "#99999955", "#888888"
# From transparent to blue, so that 0 takes the colour of the page, light or dark.
SHADES = LinearSegmentedColormap.from_list("shades", [(*to_rgb(BLUE), 0.0), (*to_rgb(BLUE), 1.0)])
# For values of either sign, with 0 in the colour of the page: orange below, blue above.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [(*to_rgb(ORANGE), 0.7), (*to_rgb(ORANGE), 0.0), (*to_rgb(BLUE), 0.0), (*to_rgb(BLUE), 0.7)]
)


class Drawing(Figure):
    """A figure that is saved in the package's style, and that a notebook shows without pyplot."""

    def savefig(self, *arguments: Any, **options: Any) -> None:
        """Save the figure as `Figure.savefig` does, in the style whatever the current settings are."""
        with styled():
            super().savefig(*arguments, **options)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The picture and its size on the screen, in the form that IPython asks for."""
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=_NOTEBOOK_DPI)
        width, height = (round(inches * _NOTEBOOK_DPI / 2) for inches in self.get_size_inches())
        return stream.getvalue(), {"width": width, "height": height}
