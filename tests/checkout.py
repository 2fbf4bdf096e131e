"""The checkout that the tests lie in, and copies of it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WINGS = ("models", "estimators", "diffusion", "axioms", "reports")


def need_checkout():
    """Skip where the tests were taken elsewhere."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")


def tracked():
    """The files that git knows or would know, relative to the checkout."""
    need_checkout()
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted({name for name in listed if (ROOT / name).is_symlink() or (ROOT / name).is_file()})


def copied(folder, *, links):
    """A copy of the checkout; without links each is a text file that names its target, as git leaves it then."""
    for name in tracked():
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() and not links:
            target.write_text(str(source.readlink()))
        else:
            shutil.copy2(source, target, follow_symlinks=False)
    return folder
