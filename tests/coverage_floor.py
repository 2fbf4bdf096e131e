"""Puts together what the tests and the pages covered, and reports it; exit 1 below the floor, which is of lines.

``tox -e coverage`` ends with it, and so does ``tox`` where STIMINFO_COVERAGE asks for coverage. COVERAGE_FILE
names the file that was written, and worker processes' files lie beside it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = 95.0
FILE = Path(os.environ.get("COVERAGE_FILE", ".coverage")).absolute()


def coverage(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "coverage", *arguments], check=True)


def main() -> None:
    """Combine, print the table with branches, and judge by lines."""
    if not os.environ.get("STIMINFO_COVERAGE"):
        print("coverage was not measured: tox -e coverage")
        return
    parts = [str(path) for path in FILE.parent.glob(f"{FILE.name}.*")]
    if not parts and not FILE.exists():
        sys.exit(f"no {FILE}: run tox -e coverage")
    if parts:
        coverage("combine", "--append", "--quiet", *parts)
    coverage("report")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "coverage.json"
        coverage("json", "--quiet", "-o", str(path))
        totals = json.loads(path.read_text())["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"lines {lines:.1f}%, branches {branches:.1f}%; the floor is {FLOOR:g}% of the lines")
    sys.exit(lines < FLOOR)


if __name__ == "__main__":
    main()
