"""`stiminfo doctor`: what this machine has for stiminfo, what is missing, and the line that installs it."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .shared import console_here, ending

if TYPE_CHECKING:
    from packaging.requirements import Requirement

ENDING = ending(
    "stiminfo doctor",
    "STIMINFO_MNIST=~/mnist stiminfo doctor   is MNIST found there?",
    exits={0: "what stiminfo always needs is here", 1: "a required library is missing or too old"},
)

#: What each extra is for, in the words of a user.
_SERVES = {
    "": "always needed",
    "diffusion": "estimates from denoisers, `decompose`, `train`",
    "dask": "audits on a cluster (--backend dask)",
    "recordings": "NWB, pandas, xarray and pynapple",
}


def doctor() -> int:
    """Say what this machine has for stiminfo, and what is missing.

    Lists the versions of the libraries, torch and its GPUs, the threads that it would use, where data sets are looked
    for and what is found there, and for all that is missing the line that installs it. Attach it to a report of a
    fault.
    """
    from rich.table import Table

    console = console_here()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, line in [*_program(), *_computing(), *_data(), *_terminal()]:
        table.add_row(name, line)
    sound = True
    for extra, requirements in _requirements().items():
        states = [_state(each) for each in requirements]
        complete = all(good for _, good in states)
        head = f"stiminfo[{extra}]" if extra else "libraries"
        serves = f"{_SERVES[extra]}: " if extra in _SERVES else ""
        table.add_row(head, serves + ", ".join(text for text, _ in states))
        if not complete:
            table.add_row("", f"to install: {_install(extra)}")
        sound &= complete or bool(extra)
    console.print(table, highlight=False, markup=False)
    return 0 if sound else 1


def _program() -> list[tuple[str, str]]:
    import stiminfo

    try:
        installed = metadata.version("stiminfo")
        how = f"installed as {installed}"
    except metadata.PackageNotFoundError:
        how = "not installed (found through PYTHONPATH); the libraries that it needs are not known"
    place = Path(stiminfo.__file__).parent
    return [
        ("stiminfo", f"{stiminfo.__version__}, {how}, in {place}"),
        ("Python", f"{platform.python_version()}, {sys.executable}, {platform.platform(terse=True)}"),
    ]


def _computing() -> list[tuple[str, str]]:
    """Torch, its GPUs, and the threads that it would use."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # neither on macOS nor on Windows
        cores = os.cpu_count() or 1
    asked = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name in os.environ}
    set_here = f"; {', '.join(f'{name}={value}' for name, value in asked.items())}" if asked else ""
    try:
        import torch
    except ImportError:
        return [("torch", "not installed; measures and audits do not need it"), ("cores", f"{cores}{set_here}")]
    from ..diffusion.threads import free_cores

    if torch.cuda.is_available():
        gpus = ", ".join(torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count()))
    else:
        gpus = "no GPU that CUDA can use" if torch.version.cuda else "built without CUDA"
    threads = f"{cores}, of which {free_cores()} would be used for training now{set_here}"
    return [("torch", f"{torch.__version__}, {gpus}"), ("cores", threads)]


def _data() -> list[tuple[str, str]]:
    """Where images are looked for, and what is there."""
    digits = "scikit-learn has them" if _has("scikit-learn") else f"need scikit-learn: {_install('diffusion')}"
    folder = os.environ.get("STIMINFO_MNIST")
    if not folder:
        return [("digits", digits), ("MNIST", "STIMINFO_MNIST is not set; --data DIR or it names the folder")]
    place = Path(folder).expanduser()
    files = sorted(file.name for file in place.glob("*ubyte*")) if place.is_dir() else None
    found = f"no such folder: {folder}" if files is None else f"{folder}: {', '.join(files) or 'no IDX files in it'}"
    return [("digits", digits), ("MNIST", found)]


def _terminal() -> list[tuple[str, str]]:
    colour = (
        "no colours (NO_COLOR)" if os.environ.get("NO_COLOR") else "colours" if sys.stdout.isatty() else "no terminal"
    )
    return [("terminal", f"{console_here().width} columns, {sys.stdout.encoding}, {colour}")]


def _requirements() -> dict[str, list[Requirement]]:
    """What the installed package asks for, by extra; "" holds what it always needs."""
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires("stiminfo") or []
        extras = metadata.metadata("stiminfo").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return {}
    every = [Requirement(line) for line in lines]

    def wanted(each: Requirement, extra: str) -> bool:
        return each.marker is None or each.marker.evaluate({"extra": extra})

    always = [each for each in every if wanted(each, "")]
    by_extra = {extra: [each for each in every if each not in always and wanted(each, extra)] for extra in extras}
    return {"": always, **by_extra}


def _state(each: Requirement) -> tuple[str, bool]:
    """The name and version of a library, or what is wrong with it; and whether it can be used."""
    try:
        version = metadata.version(each.name)
    except metadata.PackageNotFoundError:
        return f"{each.name} MISSING", False
    if not each.specifier.contains(version, prereleases=True):
        return f"{each.name} {version} TOO OLD (needs {each.specifier})", False
    return f"{each.name} {version}", True


def _has(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _install(extra: str) -> str:
    return (
        f"pip install -c constraints.txt -e '.[{extra}]', in a checkout" if extra else "pip install -e ., in a checkout"
    )
