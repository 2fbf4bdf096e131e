"""The README's code and the docstrings' examples are run; its table is the committed one."""

import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = ["models.encoding_model", "diffusion.populations.fields", "estimators.measure", "axioms.auditing.audit"]
MODULES += ["models.recordings.reading", "reports.measuring"]
README = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else ""
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(f"stiminfo.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0][:30])
def test_readme_blocks_run(block, tmp_path):
    script = tmp_path / "block.py"
    script.write_text(block, encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    if "savefig" in block:
        assert (tmp_path / "witness.png").stat().st_size > 10_000


def test_readme_commands_run(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    consoles = re.findall(r"\$ (stiminfo (?:audit examples|replay).*)", README)
    assert len(consoles) == 3
    for line in consoles:
        arguments = shlex.split(line, comments=True)[1:]
        options = ["--examples", "5"] if arguments[0] == "audit" else []
        run = subprocess.run(
            [sys.executable, "-m", "stiminfo", *arguments, *options],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=os.environ | {"PYTHONUTF8": "1"},
        )
        assert run.returncode == 0, run.stderr
    assert (tmp_path / "report.html").exists()


def test_readme_table_is_the_published_one():
    rows = (ROOT / "reports" / "published" / "table.md").read_text(encoding="utf-8")
    assert rows in README
