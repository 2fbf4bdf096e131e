"""Puts the coverage of several environments together and reports it; exit 1 below the floor, which is of lines.

``tox -e tests,drift,site,coverage``: what each left in out/coverage is read, and kept.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = 95.0
FOLDER = Path(__file__).parents[1] / "out" / "coverage"


def coverage(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "coverage", *arguments], check=True)


def main() -> None:
    """Combine, print the table with branches, and judge by lines."""
    if not list(FOLDER.glob(".coverage.*")):
        sys.exit(f"nothing in {FOLDER}: run tox -e tests,drift,site first")
    coverage("combine", "--keep", "--quiet", str(FOLDER))
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
