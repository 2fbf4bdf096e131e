"""`stiminfo claims`: the paper's statements, checked."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from .options import json_option, markdown_option
from .shared import bar_here, check_outputs, console_here, ending

ENDING = ending(
    "stiminfo claims --claim eq-1-4 --claim eq-5",
    "stiminfo claims --claim eq-5 --json claims.json --markdown claims.md",
    exits={0: "every outcome is the one on record", 1: "an outcome differs from the one on record"},
)


def claims(
    only: Annotated[
        list[str] | None, typer.Option("--claim", metavar="ID", help="Check only this statement; repeatable.")
    ] = None,
    json_file: Annotated[Path | None, json_option("Write the outcomes as JSON.")] = None,
    markdown: Annotated[Path | None, markdown_option("Write the outcomes as a Markdown page.")] = None,
) -> int:
    """Check the paper's statements: its table, axioms, equations, figures and estimator.

    Each statement is confirmed, holds only as corrected, is a slip in print, or is refuted. The numbers that show it
    are printed, and a last line counts the outcomes. Statements that the paper does not make are marked "ours". Two
    need the MNIST files, in the folder that STIMINFO_MNIST names, and stiminfo[diffusion]; without them they are not
    checked. All take about five minutes.
    """
    from ..files import json_text, write_whole
    from ..reports.paper.claims import CONFIRMED, SKIPPED, claims_named
    from ..reports.paper.claims_page import markdown as page
    from ..reports.paper.claims_page import summary, to_json

    chosen = claims_named(only)
    check_outputs(json_file, markdown)
    found = []
    with bar_here() as bar:
        console = console_here()
        task = bar.add_task("checking", total=len(chosen))
        for claim in chosen:
            bar.update(task, description=claim.id)
            result = claim.check()
            found.append((claim, result))
            bar.update(task, advance=1)
            news = f" (on record: {claim.expected})" if claim.is_news(result.outcome) else ""
            ours = " (ours)" if claim.ours else ""
            console.print(f"{claim.id}{ours}: {result.outcome}{news}", highlight=False, markup=False)
            if only or news or result.outcome != CONFIRMED:
                rather = claim.correction and result.outcome not in (CONFIRMED, SKIPPED)
                for style, text in (
                    ("dim", claim.statement),
                    ("", f"Rather: {claim.correction}." if rather else ""),
                    ("", result.evidence),
                ):
                    # Wrapped here, so that every line is indented.
                    for line in wrap(text, console.width, initial_indent="    ", subsequent_indent="    "):
                        console.print(line, highlight=False, markup=False, style=style)
        data = to_json(found)
        console.print(summary(data), highlight=False, markup=False)
    if json_file:
        write_whole(json_file, json_text(data))
    if markdown:
        write_whole(markdown, page(data))
    return int(any(claim.is_news(result.outcome) for claim, result in found))
