"""Make the results under reports/published again, or compare them with the committed ones.

``python -m stiminfo.reports.studies.publish [NAME ...] [--out DIR]`` writes each result's data, page and pictures.
With ``--check`` nothing is written: what takes minutes at most is made again and compared, and each page is compared
with its data. Each difference is printed on a line; the exit code is 1 if there is any.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingExtra
from ...files import json_text, write_whole
from .registry import MODULES, study
from .study import FOLDER, Data, Run, Study, tell


def publish(one: Study, out: Path, options: dict[str, Any]) -> None:
    """Run one study and write its files."""

    def keep(data: Data) -> None:
        write_whole(out / f"{one.name}.json", json_text(data))

    data = one.make(Run(options, one.committed(out), tell, keep))
    for name, content in one.files(data).items():
        write_whole(out / name, content)
    if one.shipped is not None and out == FOLDER:
        write_whole(one.shipped, json_text(data))


def check(one: Study, folder: Path = FOLDER) -> list[str]:
    """The differences between the committed files and those made again, one line each."""
    committed = one.committed(folder)
    lines = []
    if one.page is not None:
        page = folder / f"{one.name}.md"
        if not page.is_file() or page.read_text(encoding="utf-8") != one.page(committed):
            lines.append(f"{page.name}: is not what {one.name}.json says")
    return lines + (one.check(committed) if one.check is not None else [])


def _checked(name: str) -> list[str]:
    return check(study(name), FOLDER)


def _all_checked(names: Sequence[str], jobs: int) -> Iterator[list[str]]:
    """The differences of each result, in order; several are checked at a time, each in a process of one thread."""
    if jobs == 1 or len(names) == 1:
        yield from map(_checked, names)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(_checked, names)


def _parser(studies: Sequence[Study]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which results: {', '.join(MODULES)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write (default: reports/published)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is committed")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="results checked at a time (default: cores)"
    )
    parser.epilog = "costs:\n" + "\n".join(f"  {one.name:<11}{one.cost}" for one in studies)
    for one in studies:
        group = parser.add_argument_group(f"options of {one.name}")
        for flag, keywords in one.options:
            group.add_argument(flag, **keywords)
    return parser


def _available() -> tuple[dict[str, Study], dict[str, str]]:
    """The studies by name; and the names of those that need a missing package, with the reason."""
    found, missing = {}, {}
    for name in MODULES:
        try:
            found[name] = study(name)
        except MissingExtra as reason:
            missing[name] = f"{name}: cannot be made here ({reason})"
    return found, missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish or check; returns the exit code."""
    studies, missing = _available()
    parser = _parser(list(studies.values()))
    options = vars(parser.parse_args(arguments))
    names, out, checking, jobs = (options.pop(name) for name in ("names", "out", "check", "jobs"))
    if jobs < 1:
        parser.error(f"--jobs is {jobs}; expected a positive whole number")
    for name in names:
        if name not in studies:
            parser.error(missing.get(name, f"no result {name!r}; expected one of {', '.join(MODULES)}"))
    wanted = [studies[name] for name in names or studies]
    lines = [] if names else list(missing.values())
    if checking:
        for one, found in zip(wanted, _all_checked([one.name for one in wanted], jobs)):
            print(
                f"{one.name}: {'differs' if found else 'as committed'}{f' ({one.checked})' if one.checked else ''}",
                flush=True,
            )
            lines += found
    else:
        for one in wanted:
            try:
                if names or not one.only_named:
                    publish(one, out, options)
            except InputError as error:
                parser.error(str(error))
    for line in lines:
        tell(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
