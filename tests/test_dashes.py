"""Messages name the options of a command as they are typed."""

import subprocess
import sys
from pathlib import Path

import pytest

from stiminfo.cli.dashes import as_options

RECORDING = Path(__file__).parents[1] / "examples" / "recording.csv"
FLAGS = {name: f"--{name}" for name in ("bins", "edges", "law", "responses", "rtol", "rate", "rate_gradient", "neuron")}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("edges and bins contradict each other", "--edges and --bins contradict each other"),
        ("rtol is 0.0; expected a number", "--rtol is 0.0; expected a number"),
        (
            "words have no law; leave law out, or write responses='population'",
            "words have no law; leave --law out, or write --responses population",
        ),
        ("rated is 3", "rated is 3"),
        ("the rate is 3", "the rate is 3"),
        ("--rate is 3", "--rate is 3"),
        ("write --responses population, or responses='population' in Python",) * 2,
    ],
)
def test_arguments_are_named_as_options(message, said):
    assert as_options(message, FLAGS) == said


def test_without_options_nothing_changes():
    assert as_options("rate is 3", {}) == "rate is 3"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["decompose", "--rtol", "0"], "stiminfo: --rtol is 0.0; expected a number between 0 and 1"),
        (["measure", str(RECORDING), "--bins", "4", "--edges", "0,1"], "stiminfo: --edges and --bins"),
    ],
)
def test_commands_say_so(arguments, says):
    if arguments[0] == "decompose":
        pytest.importorskip("torch", reason="the diffusion side needs torch")
    run = subprocess.run([sys.executable, "-m", "stiminfo", *arguments], capture_output=True, text=True, timeout=200)
    assert run.returncode == 2
    assert says in run.stderr
