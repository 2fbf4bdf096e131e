"""`stiminfo figures`: the paper's figures, drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OptionError
from .options import MnistFolder
from .shared import BAD_INPUT, bar_here, console_here, ending

ENDING = ending(
    "stiminfo figures --figure 2 --figure 3",
    "stiminfo figures --figure 4 --out maps",
    exits={
        0: "the figures are drawn; a line says which could not be",
        2: "bad input, or a figure that you asked for by number cannot be drawn",
    },
)


def figures(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the figures.")] = Path("figures"),
    only: Annotated[
        list[int] | None, typer.Option("--figure", metavar="N", help="Draw only this figure, 1 to 6; repeatable.")
    ] = None,
    data: MnistFolder = None,
) -> int:
    """Draw the paper's figures anew, with all eight measures in every panel where they are defined.

    Each figure is written as PDF, SVG and PNG. Figures 1, 2, 3 and 5 are computed exactly, in half a minute. Figures 4
    and 6 show maps of images, of MNIST if its files are found, else of the digits. They need `stiminfo[diffusion]`, and
    each takes about five minutes.
    """
    from ..files import ensure_folder
    from ..reports.paper.figures import FIGURES, write_figure, write_opening

    known = {figure.number: figure for figure in FIGURES}
    for number in only or ():
        if number not in known:
            raise OptionError(f"there is no figure {number}; expected one of {', '.join(map(str, sorted(known)))}")
    ensure_folder(out)
    chosen = list(dict.fromkeys(only or known))
    missing = False
    with bar_here() as bar:
        console = console_here()
        if not only:
            write_opening(out)
        task = bar.add_task("drawing", total=len(chosen))
        for number in chosen:
            figure = known[number]
            bar.update(task, description=f"figure {number}")
            reason = write_figure(figure, out, data)
            bar.update(task, advance=1)
            console.print(f"figure {number}  {figure.title}" + (f": not drawn, {reason}" if reason else ""))
            missing = missing or bool(reason)
        console.print(f"written to {out}")
    # A figure that was asked for by number and cannot be drawn is a failure; otherwise a line says so.
    return BAD_INPUT if missing and only else 0
