"""`Study`: how a result under reports/published is made, which files it writes and how long it takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...files import json_text, read_json
from ..templating import render

#: The committed results.
FOLDER = Path(__file__).parents[1] / "published"
#: Plain JSON values.
Data = dict[str, Any]
Files = dict[str, "str | bytes"]


def tell(text: str) -> None:
    """Print a line of progress to standard error."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Run:
    """What a study gets when it is run.

    Attributes
    ----------
    options : values of the study's own options, by name
    before : the study's data in the folder of results, {} if there are none
    say : prints a line of progress
    keep : writes unfinished data, so that an interrupted study loses little
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    before: Data = field(default_factory=dict)
    say: Callable[[str], None] = tell
    keep: Callable[[Data], None] = lambda data: None

    def __getitem__(self, option: str) -> Any:
        return self.options.get(option)


@dataclass(frozen=True)
class Study:
    """A result that the repository publishes.

    Attributes
    ----------
    name : name of the result; its data are ``NAME.json``, its page ``NAME.md``
    cost : how long it takes, in words
    make : ``make(run)`` returns the data
    outputs : patterns of all files that it writes, relative to the folder of results
    page : ``page(data)`` returns the page in Markdown; None if there is no page
    others : ``others(data)`` returns further files by name
    options : flags of the command line, each with its keywords for `argparse`
    only_named : whether it runs only if it is named
    check : ``check(committed)`` repeats what takes minutes at most and returns a line per difference
    checked : what `check` compares, in words
    shipped : a file of the package which holds the same data; written with the results in their own folder
    """

    name: str
    cost: str
    make: Callable[[Run], Data]
    outputs: tuple[str, ...]
    page: Callable[[Data], str] | None = None
    others: Callable[[Data], Files] | None = None
    options: tuple[tuple[str, dict[str, Any]], ...] = ()
    only_named: bool = False
    check: Callable[[Data], list[str]] | None = None
    checked: str = ""
    shipped: Path | None = None

    def committed(self, folder: Path = FOLDER) -> Data:
        """The data in a folder, {} if there are none."""
        path = folder / f"{self.name}.json"
        return dict(read_json(path)) if path.is_file() else {}

    def files(self, data: Data) -> Files:
        """The contents of all files to write, by file name."""
        found: Files = {f"{self.name}.json": json_text(data)} if f"{self.name}.json" in self.outputs else {}
        if self.page is not None:
            found[f"{self.name}.md"] = self.page(data)
        return found | (self.others(data) if self.others is not None else {})


def page(template: str, **context: Any) -> str:
    """Fill one of the studies' templates."""
    return render(template, "stiminfo.reports.studies", **context)
