"""The command line: what it refuses, in one line, and what it leaves behind (nothing)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import stiminfo

from stiminfo.axioms import AXIOMS
from stiminfo.axioms.registry import FURTHER

GOOD = "import stiminfo as si\nMEASURE = si.Measure('mine', si.i_surp.pointwise)\n"


def refused(run, *words):
    assert run.returncode == 2, (run.returncode, run.stdout, run.stderr)
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    for word in words:
        assert word in run.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "counts.csv").write_text("x,a,b\n0,12,3\n1,4,11\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "missing.py:MEASURE"], ["missing.py", "no such file"]),
        (["audit", "good.py"], ["expected FILE:NAME"]),
        (["audit", "i_locl"], ["did you mean the published measure 'i_local'"]),
        (["audit", "i_foo"], ["or one of fisher, i_sp"]),
        (["audit", "good.py:OTHER"], ["no 'OTHER' in it", "MEASURE"]),
        (["audit", ".:MEASURE"], ["not a file"]),
        (["audit", "good.py:si"], ["expected a stiminfo.Measure"]),
        (["audit", "good.py:MEASURE", "--axiom", "addtivity"], ["unknown axiom", "'additivity'"]),
        (["audit", "good.py:MEASURE", "--examples", "0"], ["examples"]),
        (["audit", "good.py:MEASURE", "--json", "no/such/place.json"], ["no such folder"]),
        (["audit", "good.py:MEASURE", "--html", "."], ["is a folder"]),
        (["audit", "good.py:MEASURE", "--nonsense"], ["--nonsense"]),
        (["audit"], ["FILE:NAME"]),
        (["audit", "goood.py:MEASURE"], ["did you mean good.py?"]),
        (["measure", "count.csv"], ["count.csv: no such file; did you mean counts.csv?"]),
        (["measure", "\x1b[31mred.csv"], ["\\x1b[31mred.csv: no such file"]),
        (["measure", "missing.csv"], ["missing.csv", "no such file"]),
        (["measure", "good.py"], ["good.py"]),
        (["replay", "missing.json"], ["missing.json"]),
        (["replay", "good.py"], ["not JSON"]),
        (["nonsense"], ["nonsense"]),
        (["audit", "digits", "--jobs", "1"], ["--jobs has no effect", "checkpoint", "--axiom, --seed, --json"]),
        (["audit", "digits", "--examples", "200", "--html", "p.html"], ["--cases, --html have no effect"]),
        (["audit", "good.py:MEASURE", "--scheduler", "tcp://h:1"], ["--scheduler has no effect", "--backend dask"]),
        (["table", "--backend", "dask", "--scheduler", "tcp://h:1", "--jobs", "1"], ["--jobs has no effect"]),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_2(folder, arguments, words):
    before = sorted(folder.iterdir())
    refused(stiminfo(*arguments, cwd=folder), *words)
    assert sorted(path for path in folder.iterdir() if path.name != "__pycache__") == before


def test_a_file_that_raises_shows_its_own_traceback(folder):
    (folder / "bad.py").write_text("import math\n\ndef helper():\n    return 1 / 0\n\nhelper()\n")
    run = stiminfo("audit", "bad.py:MEASURE", cwd=folder)
    assert run.returncode == 2
    assert "line 4, in helper" in run.stderr
    assert "ZeroDivisionError" in run.stderr
    assert "stiminfo/axioms" not in run.stderr
    assert "loading.py" not in run.stderr


def test_a_claim_about_an_unknown_axiom(folder):
    (folder / "claims.py").write_text(GOOD.replace("pointwise)", "pointwise, claims={'localty': True})"))
    refused(stiminfo("audit", "claims.py:MEASURE", cwd=folder), "localty", "'locality'")


def test_outputs_are_written(folder):
    run = stiminfo(
        "audit", "good.py:MEASURE", "--axiom", "completeness", "--axiom", "locality", "--examples", "10",
        "--json", "v.json", "--html", "v.html", "--markdown", "v.md", "--witnesses", "w", cwd=folder,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads((folder / "v.json").read_text())["axioms"]["locality"]["verdict"] == "refuted"
    assert "<svg" in (folder / "v.html").read_text()
    witness = folder / "w" / "mine-locality.json"
    assert stiminfo("replay", witness, "--measure", "good.py:MEASURE", cwd=folder).returncode == 0
    refused(stiminfo("replay", witness, cwd=folder), "'mine'", "--measure")
    assert stiminfo("replay", witness, "--measure", "fisher", cwd=folder).returncode == 1


def test_strict(folder):
    assert stiminfo("audit", "i_surp", "--axiom", "locality", "--examples", "5", cwd=folder).returncode == 0
    assert stiminfo("audit", "i_surp", "--axiom", "locality", "--examples", "5", "--strict", cwd=folder).returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
@pytest.mark.skipif(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="SIGINT is ignored here (nohup, &)")
def test_interruption_writes_what_is_finished(folder):
    (folder / "slow.py").write_text(
        "import pathlib, time, stiminfo as si\n"
        "def f(model):\n    pathlib.Path('begun').touch()\n"
        "    time.sleep(0.05 if len(model.stimuli) > 2 else 0)\n    return si.i_surp(model)\n"
        "MEASURE = si.Measure('slow', f)\n"
    )
    command = [sys.executable, "-m", "stiminfo", "audit", "slow.py:MEASURE", "--json", "v.json", "--examples", "3000"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (folder / "begun").exists():
            time.sleep(0.1)
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "interrupted" in out
    assert "Traceback" not in err
    assert "slow" in json.loads((folder / "v.json").read_text())["measure"]


def test_networks_are_asked_only_what_they_can_answer(folder):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    run = stiminfo("audit", "digits", "--axiom", "positivity", "--axiom", "locality", "--json", "v.json", cwd=folder)
    refused(run, "--axiom locality has no effect", "one prior", "completeness, positivity, additivity")
    assert not (folder / "v.json").exists()


def test_measure_prints_a_count_table(folder):
    run = stiminfo("measure", "counts.csv", "--resamples", "20", "--json", "m.json", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "i_local" in run.stdout
    assert json.loads((folder / "m.json").read_text())


def test_help_teaches(folder):
    more = ("groups", "edit", "doctor")
    commands = ("audit", "table", "replay", "measure", "train", "decompose", "figures", "claims", *more)
    for command in ([], *([one] for one in commands)):
        run = stiminfo(*command, "--help")
        assert run.returncode == 0
        assert "Usage" in run.stdout
        assert f"  stiminfo {' '.join(command)}" in run.stdout  # an example to copy
        for code in ("0 ", "2 ", "130 "):
            assert f"\n    {code}" in run.stdout
        assert max(map(len, run.stdout.splitlines())) <= 80
    assert stiminfo("--version").stdout.startswith("stiminfo ")


def test_every_option_speaks_of_its_own_command():
    audit, measure = (" ".join(stiminfo(command, "--help").stdout.split()) for command in ("audit", "measure"))
    assert "the same seed gives the same verdicts" in audit
    assert f"One of {', '.join(AXIOMS)}; or, only if named, of {', '.join(FURTHER)}." in audit
    assert "--cases, --examples N" in audit
    assert "the same seed gives the same intervals" in measure
    assert "verdict" not in measure


@pytest.mark.parametrize("columns", ["wide", "0", "-3", ""])
def test_an_odd_width_is_no_error(folder, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    run = stiminfo("measure", "counts.csv", "--resamples", "10", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")


def test_what_libraries_tell_their_programmers_is_not_for_users(capsys):
    from stiminfo.cli.app import _warned

    _warned("'oneOf' deprecated - use 'one_of'", DeprecationWarning, "library.py", 1)
    assert capsys.readouterr().err == ""
    _warned("the disk is nearly full", UserWarning, "library.py", 1)
    assert capsys.readouterr().err == "stiminfo: warning: the disk is nearly full\n"


def test_importing_stays_light():
    code = (
        "import sys, stiminfo\n"
        "heavy = {'numpy', 'scipy', 'torch', 'hypothesis', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import stiminfo.cli\n"
        "heavy = {'scipy', 'torch', 'hypothesis', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=Path.home())
    assert run.returncode == 0, run.stderr


def test_the_exact_audit_never_imports_torch():
    code = (
        "import sys, stiminfo as si\n"
        "si.audit(si.i_local, axioms=['completeness'], examples=2, isolate=False)\n"
        "assert 'torch' not in sys.modules and 'diffusers' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=Path.home())
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as on POSIX")
def test_files_are_written_even_when_nobody_reads(folder):
    command = [sys.executable, "-m", "stiminfo", "audit", "i_surp", "--axiom", "locality", "--json", "v.json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(timeout=60)
    assert b"Traceback" not in errors
    assert (folder / "v.json").exists()


NEIGHBOUR = """
import stiminfo as si
from factor_of_mine import FACTOR
MEASURE = si.Measure("scaled", lambda model: FACTOR * si.i_surp(model))
"""


def test_a_neighbour_that_was_edited_is_another_audit(folder):
    (folder / "scaled.py").write_text(NEIGHBOUR)
    (folder / "factor_of_mine.py").write_text("FACTOR = 1.0\n")
    command = ("audit", "scaled.py:MEASURE", "--axiom", "positivity", "--examples", "2", "--journal", "j.jsonl")
    assert "holds" in stiminfo(*command, cwd=folder).stdout
    assert "1 finished" in stiminfo(*command, cwd=folder).stderr
    (folder / "factor_of_mine.py").write_text("FACTOR = -1.0\n")
    refused(stiminfo(*command, cwd=folder), "the journal of another audit")


ODD = """
import numpy as np, stiminfo as si
def masked(model):
    return np.ma.masked_array(si.i_surp(model), mask=True)
def unreadable(model):
    raise ValueError("no such file: bad \\udc80 name")
MASKED = si.Measure("masked", masked)
UNREADABLE = si.Measure("unreadable", unreadable)
LONG = si.Measure("x" * 400, si.i_cissi.pointwise)
"""


def test_odd_answers_and_names(folder):
    (folder / "odd.py").write_text(ODD)
    common = ("--axiom", "data_processing", "--examples", "2", "--json", "o.json")
    for name, words in (("MASKED", "masked values"), ("UNREADABLE", "no such file: bad")):
        run = stiminfo("audit", f"odd.py:{name}", *common, cwd=folder)
        assert run.returncode == 1, run.stderr
        verdict = json.loads((folder / "o.json").read_text(encoding="utf-8"))["axioms"]["data_processing"]
        assert verdict["verdict"] == "error"
        assert words in verdict["message"]
    run = stiminfo("audit", "odd.py:LONG", *common, "--witnesses", "found/here", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert [path.suffix for path in (folder / "found" / "here").iterdir()] == [".json"]


@pytest.mark.parametrize("option", [("--case-timeout", "inf"), ("--case-timeout", "1e300"), ("--jobs", "100000000")])
def test_large_numbers_are_no_limit(folder, option):
    run = stiminfo("audit", "i_surp", "--axiom", "positivity", "--examples", "1", *option, cwd=folder)
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a file without an end")
def test_a_witness_is_a_file(folder):
    refused(stiminfo("replay", "/dev/zero", cwd=folder), "not a file")


def test_what_is_refused_leaves_no_folder(folder):
    command = ("audit", "good.py:MEASURE", "--backend", "dask", "--journal", "j.jsonl", "--database", "kept")
    refused(stiminfo(*command, "--witnesses", "found", cwd=folder), "--scheduler")
    (folder / "numbers.csv").write_text("x,a,b\n0,1_0,3\n1,4,11\n")
    refused(stiminfo("measure", "numbers.csv", cwd=folder), "'1_0' is not a number")
    refused(stiminfo("measure", "counts.csv", "--resamples", "99999999999", cwd=folder), "resamples")
    left = {path.name for path in folder.iterdir()} - {"__pycache__"}  # Python's own
    assert left == {"good.py", "counts.csv", "numbers.csv"}


def test_quiet_prints_results_nowhere_but_into_files(folder):
    done = stiminfo("measure", "counts.csv", "--resamples", "30", "--quiet", "--json", "m.json", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads((folder / "m.json").read_text())
    refused(stiminfo("measure", "count.csv", "--quiet", cwd=folder), "no such file")
    refused(stiminfo("measure", "counts.csv", "--quiet", "--verbose", cwd=folder), "exclude one another")
    assert "i_local" in stiminfo("measure", "counts.csv", "--resamples", "10", cwd=folder).stdout  # quiet no longer


def test_verbose_shows_where_an_error_came_from(folder):
    done = stiminfo("measure", "count.csv", "--verbose", cwd=folder)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("stiminfo: count.csv: no such file")
    assert "s of CPU time" in stiminfo("measure", "counts.csv", "--resamples", "10", "--verbose", cwd=folder).stderr


@pytest.mark.parametrize(("words", "found"), [("stiminfo me", "measure"), ("stiminfo audit --ax", "--axiom")])
def test_a_shell_completes_commands_and_options(words, found):
    asked = {"_STIMINFO_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    command = [sys.executable, "-m", "stiminfo"]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | asked, timeout=60)
    assert run.stdout.split() == [found]
