"""Training beside other programs: threads, minutes, Ctrl-C in a library, and files that are not unfinished runs."""

import os
import pickle
import signal
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

from stiminfo.diffusion import threads  # noqa: E402
from stiminfo.diffusion.calibration import recipe_that_lasts, seconds_for_bias  # noqa: E402
from stiminfo.diffusion.interrupts import held_back  # noqa: E402
from stiminfo.diffusion.recipes import MOST_MEASURED, Recipe  # noqa: E402
from stiminfo.diffusion.resume import read_saved, write_saved  # noqa: E402
from stiminfo.diffusion.threads import free_cores, limited_threads  # noqa: E402
from stiminfo.errors import CheckpointError  # noqa: E402

from . import learning  # noqa: E402

# -- threads --


@pytest.mark.parametrize(("cores", "load", "free"), [(8, 0.2, 8), (8, 3.1, 5), (2, 1.0, 1), (2, 7.5, 1), (1, 0.0, 1)])
def test_threads_are_the_cores_that_are_free(cores, load, free, monkeypatch):
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    monkeypatch.setattr(threads.os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    assert free_cores() == free


def test_where_neither_affinity_nor_load_is_known(monkeypatch):
    monkeypatch.delattr(threads.os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(threads.os, "getloadavg", raising=False)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 3)
    assert free_cores() == 3


def test_threads_are_set_for_the_run_and_restored_after_it():
    seen = []
    with limited_threads(3):  # One in the run: on a busy machine, threads of one step wait for one another.
        learning.training(threads=1, progress=lambda *told: seen.append(torch.get_num_threads())).run()
        assert set(seen) == {1}
        assert torch.get_num_threads() == 3
        with pytest.raises(KeyError), limited_threads(2):
            raise KeyError
        assert torch.get_num_threads() == 3


# -- minutes --


def test_steps_and_what_is_measured_after_them_fill_the_time():
    recipe = Recipe(batch=64)
    for seconds in (20.0, 3000.0):
        found = recipe.lasting(seconds, 0.02, 0.03, 0.0004)
        measured = min(MOST_MEASURED, 64 * found.gain_steps)
        total = 0.02 * found.steps + 0.03 * found.gain_steps + 0.0004 * measured
        assert total == pytest.approx(seconds, rel=0.02)
        assert total <= seconds


class Clock:
    """A clock on which each reading takes a second: everything that is timed is slow."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def test_time_that_calibration_took_is_not_there_for_steps():
    said = []
    late = learning.training(minutes=1.0, clock=Clock(), began=-1000.0, say=said.append)
    assert late.run().notes["recipe"]["steps"] == 1  # nothing was left
    assert said == ["1 minute is too few: timing the steps and testing the networks take that long; taking one step"]
    early = learning.training(minutes=1.0, clock=Clock(), began=0.0)
    assert early.run().notes["recipe"]["steps"] > 5


def test_judging_is_part_of_the_time_of_networks_without_a_gain():
    seconds = SimpleNamespace(seconds_per_step=lambda *asked: 0.01)
    run = SimpleNamespace(recipe=replace(learning.RECIPE, gain_steps=0, batch=64), minutes=1.0, began=0.0)
    run.stage, run.denoising_loss, run.clock = lambda *asked: seconds, None, lambda: 0.0
    few, many = (recipe_that_lasts(run, None, None, 60.0, views).steps for views in (64, 6400))
    assert many < few - 500  # eight bands of 6,400 views are as many as in 800 steps
    assert seconds_for_bias(run) == 60
    run.clock = lambda: 1000.0  # late: a share of the minutes is set aside
    assert 0 < seconds_for_bias(run) < 6
    run.minutes = None
    assert seconds_for_bias(run) is None


# -- Ctrl-C --


@pytest.fixture(autouse=True)
def ctrl_c():
    """Ctrl-C as in a terminal: a shell's background job ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_in_a_step_is_raised_after_it():
    done = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the block is what is tested
        with held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("step")
        done.append("never")
    assert done == ["step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_signal_does_not_wait():
    with pytest.raises(KeyboardInterrupt), held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the block went on")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("moment", [("denoisers", 1), ("denoisers", 4), ("gain", 2)])
def test_the_library_raises_ctrl_c_and_keeps_the_run(moment, tmp_path):
    kept = tmp_path / "run.pt"

    def press(stage, step, steps, loss):
        if (stage, step) == moment:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        learning.training(resume_file=kept, progress=press).run()
    saved = read_saved(kept)
    assert (saved.state["stage"], saved.state["step"]) == moment
    whole, resumed = learning.training(), learning.training(resume_file=kept, resume=True)
    one, other = whole.run(), resumed.run()
    for a, b in ((one.denoising, other.denoising), (one.gain, other.gain)):
        assert all(torch.equal(value, b.state_dict()[name]) for name, value in a.state_dict().items())
    assert whole.losses == resumed.losses


# -- files --


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("bomb",)


def test_a_file_with_code_runs_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Bomb()))
    torch.save({"stiminfo": 4, "state": {}, "parts": {"weights": Bomb()}}, tmp_path / "zip.pt")
    for name in ("pickle.pt", "zip.pt"):
        with pytest.raises(CheckpointError, match="no unfinished run"):
            read_saved(tmp_path / name)
    assert not (tmp_path / "bomb").exists()


def test_damaged_foreign_and_older_files(tmp_path):
    kept = tmp_path / "run.pt"
    learning.training(resume_file=kept).run()
    raw = kept.read_bytes()
    with zipfile.ZipFile(kept) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size)
    flipped = bytearray(raw)
    flipped[raw.index(largest.filename.encode()) + len(largest.filename) + 200] ^= 1
    for content in (raw[:-50], bytes(flipped), b"", b"PK"):
        kept.write_bytes(content)
        with pytest.raises(CheckpointError, match="damaged"):
            read_saved(kept)
    torch.save({"some": torch.zeros(3)}, kept)
    with pytest.raises(CheckpointError, match="not an unfinished run of this version"):
        read_saved(kept)
    kept.write_bytes(raw)
    saved = read_saved(kept)
    for state in (
        {},
        saved.state | {"stage": "audit"},
        saved.state | {"levels": 3},
        saved.state | {"losses": {"a": 1}},
    ):
        write_saved(kept, type(saved)(learning_identity(saved) | state, saved.parts))
        with pytest.raises(CheckpointError, match="not an unfinished run of this version"):
            learning.training(resume_file=kept, resume=True).run()
    write_saved(kept, type(saved)(saved.state, saved.parts | {"done": {}}))
    with pytest.raises(CheckpointError, match="of other networks"):
        learning.training(resume_file=kept, resume=True).run()


def learning_identity(saved):
    return {name: saved.state[name] for name in ("data", "digest", "population", "seed")}
