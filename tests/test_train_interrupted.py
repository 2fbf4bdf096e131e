"""`stiminfo train` ended by a signal at each of its stages, and resumed to the weights of a run that was not."""

import json
import shlex
import signal
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")
pytest.importorskip("sklearn")

from stiminfo.diffusion.checkpoints import load_learned  # noqa: E402

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("interrupted")

TINY = (
    "train",
    "--channels",
    "8",
    "--steps",
    "4",
    "--gain-steps",
    "3",
    "--batch",
    "4",
    "--device",
    "cpu",
    "--threads",
    "1",
)

#: The command line, in a process that sends itself a signal where a function is called for the n-th time with some
#: first arguments.
SIGNALLED = """
import importlib, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
owner, name, first, count, number = {where!r}
module, _, kind = owner.partition(":")
target = importlib.import_module(module)
target = getattr(target, kind) if kind else target
whole, calls = getattr(target, name), 0
def called(*arguments, **options):
    global calls
    calls += first is None or first in arguments[:2]
    if calls == count:
        calls += 1
        os.kill(os.getpid(), number)
    return whole(*arguments, **options)
setattr(target, name, called)
from stiminfo.cli import main
sys.argv = ["stiminfo", *{arguments!r}]
main()
"""

DRAW = ("stiminfo.diffusion.batches:Batches", "draw")
STAGES = {
    "calibration": (("stiminfo.diffusion.training", "levels_for", None, 1, signal.SIGINT), None),
    "the first step": ((*DRAW, "denoisers", 1, signal.SIGINT), "denoisers"),
    "denoisers": ((*DRAW, "denoisers", 3, signal.SIGINT), "denoisers"),
    "denoisers, by a batch system": ((*DRAW, "denoisers", 3, signal.SIGTERM), "denoisers"),
    "size of the gain": ((*DRAW, "size", 1, signal.SIGINT), "gain"),
    "gain": ((*DRAW, "gain", 2, signal.SIGINT), "gain"),
    "means": ((*DRAW, "levels", 1, signal.SIGINT), "means"),
    "held-out images": (("stiminfo.reports.model_card", "held_out_losses", None, 1, signal.SIGINT), "finished"),
}


def run(*command, cwd):
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300, cwd=cwd)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    done = run("-m", "stiminfo", *TINY, "--out", "net", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "net"


#: Stages whose interruption is tried by `tox -e soak` only; their neighbours take the same way.
RARE = {"the first step", "size of the gain", "means", "held-out images"}


@pytest.mark.parametrize("stage", [pytest.param(s, marks=[pytest.mark.soak] * (s in RARE)) for s in STAGES])
def test_an_interrupted_run_says_how_to_go_on(stage, whole, tmp_path):
    where, kept = STAGES[stage]
    arguments = [*TINY, "--out", "a net"]
    done = run("-c", SIGNALLED.format(where=tuple(map(_plain, where)), arguments=arguments), cwd=tmp_path)
    assert done.returncode == 130, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    command = shlex.join(["stiminfo", *arguments])
    if kept is None:
        assert f"nothing is lost. Start again with:\n{command}\n" in done.stderr
        assert not list(tmp_path.iterdir())
        return
    assert f"kept in a net.unfinished.pt. Go on with:\n{command} --resume\n" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a net.unfinished.pt"]
    told = done.stderr.strip().splitlines()[-1]
    resumed = run("-m", *shlex.split(told), cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a net"]
    for file in ("conditional/diffusion_pytorch_model.safetensors", "gain/diffusion_pytorch_model.safetensors"):
        assert (tmp_path / "a net" / file).read_bytes() == (whole / file).read_bytes()
    assert (tmp_path / "a net" / "layers.safetensors").read_bytes() == (whole / "layers.safetensors").read_bytes()
    mine, other = (load_learned(folder).notes for folder in (tmp_path / "a net", whole))
    assert mine["losses"] == other["losses"]
    assert mine["held_out"] == other["held_out"]


def _plain(value):
    return int(value) if isinstance(value, signal.Signals) else value


def test_a_run_that_lasts_minutes_takes_the_steps_that_it_counted_when_it_began(tmp_path):
    arguments = ["train", "--channels", "8", "--minutes", "0.15", "--device", "cpu", "--out", "net"]
    where = ("stiminfo.diffusion.training", "measure_size", None, 1, int(signal.SIGINT))
    done = run("-c", SIGNALLED.format(where=where, arguments=arguments), cwd=tmp_path)
    assert done.returncode == 130, (done.stdout, done.stderr)
    counted = torch.load(tmp_path / "net.unfinished.pt", weights_only=True)["state"]["recipe"]
    done = run("-m", "stiminfo", *arguments, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    notes = json.loads((tmp_path / "net" / "checkpoint.json").read_text())["notes"]
    assert notes["recipe"] == counted
    assert len(notes["held_out"]) == 8
    assert notes["held_out_views"] < 512  # so short a run is judged on fewer views
