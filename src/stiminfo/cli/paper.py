"""The commands about the paper: its figures, and its statements as checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OptionError
from .options import JsonFile, MarkdownFile, MnistFolder
from .shared import bar_here, console_here


def figures(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the figures.")] = Path("figures"),
    only: Annotated[
        list[int] | None, typer.Option("--figure", metavar="N", help="Only this figure, 1 to 6; may be repeated.")
    ] = None,
    data: MnistFolder = None,
) -> int:
    """Draw the paper's figures anew, with all eight measures in every panel where they are defined.

    Each as PDF, SVG and PNG. Figures 1, 2, 3 and 5 come from the exact engine in half a minute; 4 and 6, maps of
    images, need `stiminfo[diffusion]` and some minutes. Figure 6 shows MNIST where its files are at hand, else digits.
    """
    from ..files import ensure_folder
    from ..reports.paper.figures import FIGURES, write_figures, write_opening

    known = {figure.number for figure in FIGURES}
    for number in only or ():
        if number not in known:
            raise OptionError(f"there is no figure {number}; expected one of {', '.join(map(str, sorted(known)))}")
    ensure_folder(out)
    console = console_here()
    missing = 0
    if not only:
        write_opening(out)
    with bar_here() as bar:
        task = bar.add_task("drawing", total=len(only or known)) if bar else None
        for figure, reason in write_figures(out, tuple(only or ()), data):
            if bar and task is not None:
                bar.update(task, advance=1, description=figure.title)
            console.print(f"figure {figure.number}  {figure.title}" + (f": not drawn, {reason}" if reason else ""))
            missing += bool(reason)
    console.print(f"written to {out}")
    # Asked for by number, a figure that cannot be drawn is a failure; else it is said.
    return 2 if missing and only else 0


def claims(
    only: Annotated[
        list[str] | None, typer.Option("--claim", metavar="ID", help="Only this statement; may be repeated.")
    ] = None,
    json_file: JsonFile = None,
    markdown: MarkdownFile = None,
) -> int:
    """Check the paper's statements: table, remarks, equations, figures, estimator.

    Each is confirmed, refuted, or holds only as corrected, with the numbers that say so, in some minutes. Exit 1
    where an outcome is not the one that is on record.
    """
    from ..files import ensure_writable, json_text, write_whole
    from ..reports.paper.claims import CONFIRMED, claims_named
    from ..reports.paper.claims_page import markdown as page
    from ..reports.paper.claims_page import outcomes, to_json

    chosen = claims_named(only)
    for path in (json_file, markdown):
        if path is not None:
            ensure_writable(path)
    console = console_here()
    found = []
    with bar_here() as bar:
        task = bar.add_task("checking", total=len(chosen)) if bar else None
        for claim, result in outcomes(chosen):
            found.append((claim, result))
            if bar and task is not None:
                bar.update(task, advance=1, description=claim.id)
            news = "" if result.outcome == claim.expected else f" (on record: {claim.expected})"
            console.print(f"{claim.id}: {result.outcome}{news}", highlight=False, markup=False)
            if only or news or result.outcome != CONFIRMED:
                console.print(f"    {claim.statement}", highlight=False, markup=False, style="dim")
                if claim.correction and result.outcome != CONFIRMED:
                    console.print(f"    Rather: {claim.correction}.", highlight=False, markup=False)
                console.print(f"    {result.evidence}", highlight=False, markup=False)
    if json_file:
        write_whole(json_file, json_text(to_json(found)))
    if markdown:
        write_whole(markdown, page(found))
    return int(any(result.outcome != claim.expected for claim, result in found))
