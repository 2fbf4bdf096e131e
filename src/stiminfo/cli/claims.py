"""`stiminfo claims`: the statements of a paper, checked."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer

from ..errors import MissingExtra, OptionError
from .options import json_option, markdown_option
from .shared import bar_here, check_outputs, console_here, ending, say

#: The paper whose statements are checked if none is named; `reports.paper.papers` says the same.
FIRST = "laquitaine"

ENDING = ending(
    "stiminfo claims --claim eq-1-4 --claim eq-5",
    "stiminfo claims --claim eq-5 --json claims.json --markdown claims.md",
    "stiminfo claims --paper mig-vis",
    "stiminfo claims --list    the ids: eq-5, fig-1-local, section-4-1-pose ...",
    exits={0: "every outcome is the one on record", 1: "an outcome differs from the one on record"},
)


def claims(
    only: Annotated[
        list[str] | None,
        typer.Option("--claim", metavar="ID", help="Check only this statement (--list prints the ids); repeatable."),
    ] = None,
    paper: Annotated[
        str | None,
        typer.Option(
            metavar="laquitaine|mig-vis",
            show_default=FIRST,
            help="Whose statements: of the paper that defines the measures, or of MIG-Vis, on latent groups of a "
            "population (needs stiminfo[diffusion]).",
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--list", help="Print id and statement of each, of both papers or of --paper; check none."),
    ] = False,
    json_file: Annotated[Path | None, json_option("Write the outcomes as JSON.")] = None,
    markdown: Annotated[Path | None, markdown_option("Write the outcomes as a Markdown page.")] = None,
) -> int:
    """Check a paper's statements: its tables, axioms, equations, figures and estimators.

    Each statement is confirmed, holds only as corrected, is a slip in print, or is refuted. The numbers that show it
    are printed, and a last line counts the outcomes. Statements that the paper does not make are marked "ours". Two
    need the MNIST files, in the folder that STIMINFO_MNIST names, and stiminfo[diffusion]; without them they are not
    checked. All take about five minutes. Those of MIG-Vis are checked in a rendered world whose factors and whose
    neurons are known, and take about two.
    """
    if listed:
        return _list(paper, (only, json_file, markdown))
    from ..files import json_text, write_whole
    from ..reports.paper.claims import CONFIRMED, SKIPPED
    from ..reports.paper.claims_page import markdown as page
    from ..reports.paper.claims_page import summary, to_json
    from ..reports.paper.papers import paper_named

    paper = paper or FIRST
    chosen = paper_named(paper).named(only)
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
        data = to_json(found, paper)
        console.print(summary(data), highlight=False, markup=False)
    if json_file:
        write_whole(json_file, json_text(data))
    if markdown:
        write_whole(markdown, page(data))
    return int(any(claim.is_news(result.outcome) for claim, result in found))


def _list(paper: str | None, others: tuple[object, ...]) -> int:
    """Print the id and the statement of each claim of one paper or of all, one line each."""
    from ..reports.paper.papers import NAMES, paper_named

    if any(others):
        raise OptionError("--list checks nothing; give it no --claim, --json or --markdown")
    console = console_here()
    for name in (paper,) if paper else NAMES:
        try:
            found = paper_named(name).claims.values()
        except MissingExtra as error:
            if paper:
                raise
            say(f"stiminfo: note: the statements of {name} are not listed: {error}")
            continue
        console.print(f"--paper {name}: {len(found)} statements", style="bold", highlight=False)
        for claim in found:
            ours = " (ours)" if claim.ours else ""
            line = f"{claim.id}{ours}: {claim.statement}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)  # whole, for grep
    return 0
