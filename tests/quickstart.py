"""Run the lines of README's quick start in a fresh clone, and print how long each takes.

``python tests/quickstart.py`` (`tox -e quickstart`) clones the commit that is checked out into an empty folder, so that
nothing of this checkout is used but its history; pip's cache is the user's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lines(readme: str) -> list[str]:
    """The command lines of the first block under "Start"."""
    block = re.search(r"^## Start\n.*?^```console\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert block, "README has no quick start"
    found = [line.removeprefix("$ ").split("  #")[0].strip() for line in block[1].splitlines() if line.startswith("$ ")]
    return [line for line in found if not line.startswith("git clone")]


def environment() -> dict[str, str]:
    """The user's, without what belongs to the program that runs this."""
    own = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "TOX", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    inside = str(Path(sys.prefix) / "bin")
    return kept | {"PATH": os.pathsep.join(part for part in os.get_exec_path() if part != inside)}


def main() -> int:
    """Print a table of the lines and their seconds, by the clock and of CPU time."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "stiminfo"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        whole = 0.0
        print(f"load {os.getloadavg()[0]:.1f}\n  clock    CPU  line", flush=True)
        for line in lines((clone / "README.md").read_text(encoding="utf-8")):
            start, before = time.perf_counter(), os.times()
            command = f"if [ -f .venv/bin/activate ]; then . .venv/bin/activate; fi; {line}"
            run = subprocess.run(
                ["bash", "-c", command], cwd=clone, env=environment(), capture_output=True, text=True, errors="replace"
            )
            after, spent = os.times(), time.perf_counter() - start
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            whole += spent
            print(f"{spent:6.1f} {cpu:6.1f}  {line}", flush=True)
            if run.returncode:
                print(run.stdout + run.stderr)
                return 1
        print(f"{whole:6.1f}         all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
