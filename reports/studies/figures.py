"""The paper's figures and README's first picture, as `stiminfo figures` writes them, in PNG."""

from __future__ import annotations

from ..paper.compared import opening
from ..paper.figures import FIGURES, drawn_as
from ..paper.models import second_bump
from .study import Data, Files, Run, Study


def make(run: Run) -> Data:
    """The captions; the figures are drawn when they are written."""
    del run
    return {"figures": {figure.name: figure.caption for figure in FIGURES}}


def others(data: Data) -> Files:
    """The pictures."""
    found: Files = {"figures/opening.png": drawn_as(opening(second_bump()), "png")}
    for figure in FIGURES:
        if figure.name in data["figures"]:
            found[f"figures/{figure.name}.png"] = drawn_as(figure.draw(None), "png")
    return found


STUDY = Study(
    name="figures",
    cost="some minutes; figure 6 shows MNIST where STIMINFO_MNIST names its files",
    make=make,
    outputs=("figures/*.png",),
    others=others,
)
