"""On a terminal long work shows a bar: how much is done, of what, and how long it takes."""

import os
import re
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)
import pty


def on_terminal(*arguments, cwd, program=("-m", "stiminfo")):
    """Exit status, standard output, and what a terminal of 200 columns saw on standard error."""
    here, there = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=there,
        text=True,
        cwd=cwd,
        env=environment,
    ) as process:
        os.close(there)
        seen = b""
        while True:
            try:
                part = os.read(here, 1 << 16)
            except OSError:  # the other side has gone
                break
            if not part:
                break
            seen += part
        out = process.stdout.read()
        code = process.wait(timeout=200)
    os.close(here)
    return code, out, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


def test_an_audit_counts_its_cells(tmp_path):
    code, out, seen = on_terminal(
        "audit", "i_surp", "--axiom", "positivity", "--axiom", "locality", "--examples", "3", cwd=tmp_path
    )
    assert code == 0, seen
    assert "0/2" in seen
    assert "left" in seen
    assert "0/2" not in out


def test_counts_count_their_resamples(tmp_path):
    (tmp_path / "counts.csv").write_text(",a,b\n0,30,2\n1,3,40\n")
    code, _, seen = on_terminal("measure", "counts.csv", "--resamples", "40", cwd=tmp_path)
    assert code == 0, seen
    assert re.search(r"\d+/40", seen)
    assert "bootstrap" in seen


def test_figures_and_claims_count(tmp_path):
    code, _, seen = on_terminal("figures", "--figure", "2", "--out", "drawn", cwd=tmp_path)
    assert code == 0, seen
    assert "/1" in seen
    code, out, seen = on_terminal("claims", "--claim", "eq-1-4", cwd=tmp_path)
    assert code == 0, seen
    assert "0/1" in seen
    assert "confirmed" in out


def test_training_tells_its_speed(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    pytest.importorskip("accelerate")
    code, _, seen = on_terminal(
        *("train", "--dataset", "gaussian", "--size", "4", "--steps", "6", "--gain-steps", "6", "--batch", "4"),
        *("--out", "networks"),
        cwd=tmp_path,
    )
    assert code == 0, seen
    assert "steps/s" in seen
    assert "loss" in seen
