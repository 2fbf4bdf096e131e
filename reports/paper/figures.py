"""The paper's figures drawn anew, with a panel for each of the eight measures and the number that matters above it.

Figures 1, 2, 3 and 5 are computed exactly; figures 4 and 6, of images, are Monte Carlo and need denoisers
(`stiminfo[diffusion]`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...files import write_whole
from ..draw.style import Drawing
from . import images as paper_images
from . import models
from .compared import figure_of, opening

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


FIGURES: tuple[PaperFigure, ...] = (
    PaperFigure(
        1,
        "Locality",
        "A: tuning with one bump at -3, and with a second one at 6; B: the prior; C to J: the measures. Above each of "
        "them: the largest change within two units of -3, as a share of the largest value there.",
        lambda _: figure_of(1)[0],
    ),
    PaperFigure(
        2,
        "The prior matters",
        "r = x + noise under a Gaussian prior and under a bimodal one of the same variance (A). B, C: the posterior "
        "under the bimodal prior for two responses 0.4 apart, near 0 and near 1. D to K: the measures. Above each of "
        "them: I midway between the modes less I at a mode, in the panel's unit.",
        lambda _: figure_of(2)[0],
    ),
    PaperFigure(
        3,
        "Data processing",
        "A: a bimodal prior with unequal modes; B: r = x + noise, and |r|, with bands of one standard deviation; C to "
        "J: the measures. Above each of them: the largest rise, shaded.",
        lambda _: figure_of(3)[0],
    ),
    PaperFigure(
        4,
        "Pixels of images",
        "A: the receptive fields, and how many neurons respond gradually; B: images of a finite set of 2,000; C, D: "
        "Fisher information; E, F: I_local; G, H: Kong's; below, the totals of the other measures. C.2: the paper's "
        "neurons as printed (amplitude 2 in the receptive fields, gain 1, threshold 0.5), which are mostly silent; "
        "ours: sigmoids centred on the drives, gain 1.2 per standard deviation, amplitude 2, fields half a step from "
        "the border. Monte Carlo; MNIST, or the digits without its files.",
        paper_images.figure_4,
    ),
    PaperFigure(
        5,
        "Additivity",
        "A: two sigmoidal neurons; B: the prior; C to J: the measures. Above each of them: the largest gap between "
        "the information of both and the sum of one's and the other's given it.",
        lambda _: figure_of(5)[0],
    ),
    PaperFigure(
        6,
        "Pixels of images, by trained networks",
        "Maps of I_local by the networks that come with the package, and below them those of a finite set of "
        "10,000 images (Monte Carlo, with standard errors). Networks blur the edges.",
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
