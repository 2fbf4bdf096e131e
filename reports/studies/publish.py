"""Make the results under reports/published anew, or compare them with those that are committed.

``python -m stiminfo.reports.studies.publish [NAME ...] [--out DIR]`` writes each result's data, page and pictures.
With ``--check`` nothing is written: what can be made in minutes is made anew and compared, each page is held against
its data, and the exit code is 1 with one line per difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files import json_text, write_whole
from .registry import MODULES, study
from .study import FOLDER, Data, Run, Study, tell


def publish(one: Study, out: Path, options: dict[str, Any]) -> None:
    """Make one study and write its files."""

    def keep(data: Data) -> None:
        write_whole(out / f"{one.name}.json", json_text(data))

    data = one.make(Run(options, one.committed(out), tell, keep))
    for name, content in one.files(data).items():
        write_whole(out / name, content)


def check(one: Study, folder: Path = FOLDER) -> list[str]:
    """What differs between the committed files and those made anew, one line each."""
    committed = one.committed(folder)
    lines = []
    if one.page is not None:
        page = folder / f"{one.name}.md"
        if not page.is_file() or page.read_text(encoding="utf-8") != one.page(committed):
            lines.append(f"{page.name}: is not what {one.name}.json says")
    return lines + (one.check(committed) if one.check is not None else [])


def _parser(studies: Sequence[Study]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which results: {', '.join(MODULES)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write (default: reports/published)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is committed")
    parser.epilog = "costs:\n" + "\n".join(f"  {one.name:<11}{one.cost}" for one in studies)
    for one in studies:
        group = parser.add_argument_group(f"options of {one.name}")
        for flag, keywords in one.options:
            group.add_argument(flag, **keywords)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Publish, or check."""
    parser = _parser([study(name) for name in MODULES])
    options = vars(parser.parse_args(arguments))
    names, out, checking = options.pop("names"), options.pop("out"), options.pop("check")
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        parser.error(f"no result {unknown[0]!r}; expected one of {', '.join(MODULES)}")
    studies = [one for one in map(study, names or MODULES) if names or checking or not one.only_named]
    if not checking:
        for one in studies:
            try:
                publish(one, out, options)
            except InputError as error:
                parser.error(str(error))
        return
    found = []
    for one in studies:
        lines = check(one, FOLDER)
        print(f"{one.name}: {'differs' if lines else 'as committed'}{f' ({one.checked})' if one.checked else ''}")
        found += lines
    for line in found:
        tell(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
