"""On a terminal long work shows a bar, which never touches what is printed; a pipe gets results only."""

import io
import os
import re
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

from terminals import on_terminal

from stiminfo.cli import loudness
from stiminfo.cli.groups import _counter
from stiminfo.cli.shared import bar_here, console_here
from stiminfo.cli.verdicts import Tenths

COUNTS = ",a,b\n0,30,2\n1,3,40\n"
AUDIT = ("audit", "i_surp", "--axiom", "positivity", "--axiom", "locality", "--examples", "3")


def in_pipe(*arguments, cwd, columns=80):
    """The lines that a command prints into a pipe, without empty ones."""
    run = subprocess.run(
        [sys.executable, "-m", "stiminfo", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=cwd,
        env=os.environ | {"COLUMNS": str(columns)},
    )
    assert run.stderr == ""
    assert "\x1b" not in run.stdout
    return [line.rstrip() for line in run.stdout.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("columns", "command"),
    [
        (80, ("claims", "--claim", "eq-1-4", "--claim", "eq-5")),
        (120, ("measure", "counts.csv", "--resamples", "200")),
    ],
    ids=["claims", "measure"],
)
def test_the_screen_holds_every_line_and_no_bar(tmp_path, columns, command):
    pytest.importorskip("pyte", reason="reads the screen")
    (tmp_path / "counts.csv").write_text(COUNTS)
    ended = on_terminal(*command, cwd=tmp_path, columns=columns)
    assert ended.code == 0
    assert " left" in ended.written  # there was a bar
    assert ended.lines == in_pipe(*command, cwd=tmp_path, columns=columns)


def test_verdicts_show_as_they_come_and_the_table_at_the_end(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    ended = on_terminal(*AUDIT, cwd=tmp_path, columns=80)
    assert ended.code == 0
    news, table = ended.lines[:2], ended.lines[2:]
    assert [re.match(r"(\w+): (\w+), \d+ cases?$", line).groups() for line in news] == [
        ("locality", "refuted"),
        ("positivity", "proved"),
    ]
    # The first verdict is there while the second axiom is under attack.
    first, second = (re.search(word, ended.written).start() for word in (r"\d+ cases?", "attacking positivity"))
    assert first < second
    assert table == in_pipe(*AUDIT, cwd=tmp_path)


def test_the_bar_counts_the_cases_of_one_long_verdict(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    ended = on_terminal("audit", "i_surp", "--axiom", "positivity", "--examples", "60", cwd=tmp_path, columns=120)
    assert ended.code == 0
    assert re.search(r"attacking positivity, [\d,]+ cases", ended.written)


def test_results_go_to_a_pipe_and_progress_to_the_terminal(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    ended = on_terminal(*AUDIT, cwd=tmp_path, pipe=True, COLUMNS="80")
    assert ended.code == 0
    assert "0/2" in ended.written
    assert [line.rstrip() for line in ended.out.splitlines() if line.strip()] == in_pipe(*AUDIT, cwd=tmp_path)
    # What is left on the terminal is the news of the work.
    assert [line.split(":")[0] for line in ended.lines] == ["locality", "positivity"]


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="SIGINT is ignored here (nohup, &)")
def test_an_interruption_leaves_no_bar(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    (tmp_path / "slow.py").write_text(
        "import time, stiminfo as si\n"
        "def f(model):\n    time.sleep(0.05)\n    return si.i_surp(model)\n"
        "MEASURE = si.Measure('slow', f)\n"
    )
    ended = on_terminal(
        *("audit", "slow.py:MEASURE", "--examples", "3000"),
        cwd=tmp_path,
        columns=100,
        interrupt_at="attacking completeness",
    )
    assert ended.code == 130
    assert any("interrupted" in line for line in ended.lines)
    assert not any("attacking" in line or "left" in line for line in ended.lines)
    assert ended.written.rindex("\x1b[?25h") > ended.written.rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="SIGINT is ignored here (nohup, &)")
def test_an_interruption_says_so_and_erases_a_bar_as_wide_as_the_terminal(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    code = (
        "import sys, time, typer\n"
        "from stiminfo.cli import app, main\n"
        "from stiminfo.cli.shared import bar_here\n"
        "def long():\n"
        "    with bar_here() as bar:\n"
        "        bar.add_task('x' * 300, total=10)\n"
        "        time.sleep(100)\n"
        "app.app.command()(long)\n"
        "sys.argv = ['stiminfo', 'long']\n"
        "main()\n"
    )
    ended = on_terminal(cwd=tmp_path, columns=80, program=("-c", code), interrupt_at="xxxx")
    assert ended.code == 130
    assert [line.removeprefix("^C") for line in ended.lines] == ["stiminfo: interrupted"]


def test_no_color_is_respected(tmp_path):
    colour = re.compile(r"\x1b\[(?:\d+;)*3\d")
    assert colour.search(on_terminal(*AUDIT, cwd=tmp_path).written)
    plain = on_terminal(*AUDIT, cwd=tmp_path, NO_COLOR="1")
    assert "0/2" in plain.written
    assert not colour.search(plain.written)


BAR = """
from stiminfo.cli.shared import bar_here, console_here
console = console_here()
with bar_here() as bar:
    task = bar.add_task("estimating", total=2000)
    bar.update(task, completed=1980)
    bar.refresh()
    console.print("a result")
    bar.console.print("a message")
    print("printed")
    {end}
"""


def test_the_bar_is_full_before_it_goes(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    ended = on_terminal(cwd=tmp_path, columns=80, program=("-c", BAR.format(end="pass")))
    assert ended.code == 0
    assert "1980/2000" in ended.written
    assert "2000/2000" in ended.written
    assert ended.lines == ["a result", "a message", "printed"]
    # Work that failed is not shown as done.
    ended = on_terminal(cwd=tmp_path, columns=80, program=("-c", BAR.format(end="raise SystemExit(3)")))
    assert ended.code == 3
    assert "2000/2000" not in ended.written


def test_what_is_printed_beside_a_bar_reaches_the_pipe(tmp_path):
    pytest.importorskip("pyte", reason="reads the screen")
    ended = on_terminal(cwd=tmp_path, pipe=True, program=("-c", BAR.format(end="pass")))
    assert ended.out == "a result\nprinted\n"
    assert ended.lines == ["a message"]


def test_the_bar_names_what_is_under_attack():
    from rich.console import Console

    from stiminfo.cli.bar import progress_on
    from stiminfo.cli.verdicts import Verdicts

    bar = progress_on(Console(file=io.StringIO()))
    Verdicts(bar, 3, [("mine", "locality"), ("mine", "additivity"), ("mine", "positivity")], jobs=2)
    assert bar.tasks[0].description == "attacking locality; additivity"
    # Of several measures it says which one.
    Verdicts(bar, 2, [("i_sp", "locality"), ("i_ssi", "locality")])
    assert bar.tasks[1].description == "attacking i_sp, locality"


def test_an_audit_counts_its_cells(tmp_path):
    ended = on_terminal(*AUDIT, cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert "0/2" in ended.written
    assert "left" in ended.written
    assert "0/2" not in ended.out


def test_counts_count_their_resamples(tmp_path):
    (tmp_path / "counts.csv").write_text(COUNTS)
    ended = on_terminal("measure", "counts.csv", "--resamples", "40", cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert re.search(r"\d+/40", ended.written)
    assert "simulated tables" in ended.written


def test_figures_and_claims_count(tmp_path):
    ended = on_terminal("figures", "--figure", "2", "--out", "drawn", cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert "/1" in ended.written
    ended = on_terminal("claims", "--claim", "eq-1-4", cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert "0/1" in ended.written
    assert "confirmed" in ended.out


def test_training_tells_its_speed(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    pytest.importorskip("accelerate")
    ended = on_terminal(
        *("train", "--dataset", "gaussian", "--size", "4", "--steps", "6", "--gain-steps", "6", "--batch", "4"),
        *("--out", "networks"),
        cwd=tmp_path,
        pipe=True,
    )
    assert ended.code == 0, ended.written
    assert "steps per second" in ended.written
    assert "loss" in ended.written


def test_decompose_says_that_it_draws(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    ended = on_terminal("decompose", "--passes", "64", "--show", "1", cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert "64/64" in ended.written
    assert "drawing" in ended.written


def test_an_audit_of_networks_counts_its_axioms(tmp_path):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    pytest.importorskip("diffusers")
    ended = on_terminal("audit", "digits", "--axiom", "positivity", cwd=tmp_path, pipe=True)
    assert ended.code == 0, ended.written
    assert "0/1" in ended.written
    assert "judging positivity" in ended.written


@pytest.mark.parametrize(("total", "lines"), [(80, 10), (43, 10), (10, 0)])
def test_a_pipe_is_told_of_many_verdicts_in_tenths(capsys, total, lines):
    tell = Tenths(total)
    for _ in range(total):
        tell(None, None)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == lines
    assert not lines or told[-1] == f"stiminfo: {total} of {total} verdicts"


def test_quiet_work_tells_nothing(capsys, monkeypatch):
    monkeypatch.setattr(loudness, "quiet", True)
    tell = Tenths(80)
    for _ in range(80):
        tell(None, None)
    assert capsys.readouterr().err == ""


def test_latent_groups_tell_a_pipe_of_their_scores_in_quarters(capsys):
    console_here.cache_clear()
    with bar_here() as bar:
        tell = _counter(bar, "critics")
        for done in range(7, 101, 7):
            tell(done, 100)
        tell(100, 100)
    console_here.cache_clear()
    assert capsys.readouterr().out.splitlines() == [f"critics: {done} of 100" for done in (28, 56, 77, 100)]
