"""Training ends with the same weights however often it was killed, and stops where it goes wrong."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

from stiminfo.diffusion.architecture import Architecture  # noqa: E402
from stiminfo.diffusion.batches import Batches  # noqa: E402
from stiminfo.diffusion.gain_target import measure_means  # noqa: E402
from stiminfo.diffusion.level_range import levels_for  # noqa: E402
from stiminfo.diffusion.networks import GainNetwork  # noqa: E402
from stiminfo.diffusion.recipes import PRESETS, Recipe  # noqa: E402
from stiminfo.diffusion.resume import read_saved  # noqa: E402
from stiminfo.diffusion.sources import ImageSource, source_named  # noqa: E402
from stiminfo.diffusion.training import STAGES  # noqa: E402
from stiminfo.errors import CheckpointError, TrainingDiverged  # noqa: E402
from stiminfo.models import LinearGaussian, ModelError  # noqa: E402

from . import learning  # noqa: E402


def weights(learned):
    return {**learned.denoising.state_dict(), **{f"gain.{k}": v for k, v in learned.gain.state_dict().items()}}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class Stop(Exception):
    pass


@pytest.mark.parametrize("moment", [("denoisers", 3), ("gain", 2)])
def test_a_run_that_was_ended_goes_on_to_the_same_weights(moment, tmp_path):
    whole = weights(learning.training().run())

    def stop(stage, step, steps, loss):
        if (stage, step) == moment:
            raise Stop

    kept = tmp_path / "run.pt"
    with pytest.raises(Stop):
        learning.training(resume_file=kept, save_every=0, progress=stop).run()
    assert read_saved(kept).state["stage"] == moment[0]
    resumed = learning.training(resume_file=kept, save_every=0, resume=True)
    learned = resumed.run()
    assert same(weights(learned), whole)
    assert [step for step, _ in learned.notes["losses"]["denoisers"]] == list(range(1, 7))
    resumed.finished()
    assert not kept.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import learning
from stiminfo import files
count = 0
def killed(source, target, replace=os.replace):
    global count
    count += str(target) == {kept!r}
    if count == 4:  # the file is written and not yet in place
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
files.os.replace = killed
learning.training(resume_file=Path({kept!r}), save_every=0).run()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_run_killed_in_the_middle_of_a_write(tmp_path):
    kept = tmp_path / "run.pt"
    script = KILLED.format(folder=os.path.dirname(__file__), kept=str(kept))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert read_saved(kept).state["step"] == 3
    learned = learning.training(resume_file=kept, save_every=0, resume=True).run()
    assert same(weights(learned), weights(learning.training().run()))


def test_a_loss_that_is_no_number_keeps_the_last_good_state(tmp_path, monkeypatch):
    kept = tmp_path / "run.pt"
    run = learning.training(resume_file=kept, save_every=0, steps=40)
    draw = Batches.draw

    def broken(batches, stage, step, size):
        found = draw(batches, stage, step, size)
        return replace(found, x=found.x * torch.nan) if step == 5 else found

    monkeypatch.setattr(Batches, "draw", broken)
    with pytest.raises(TrainingDiverged, match=r"step 5.*run.pt"):
        run.run()
    assert read_saved(kept).state["step"] == 5


@pytest.mark.parametrize("error", [torch.cuda.OutOfMemoryError, RuntimeError])
def test_a_batch_that_memory_does_not_hold_goes_through_in_pieces(error):
    whole = learning.training().run().notes["losses"]["denoisers"]
    said = []
    run = learning.training(say=said.append)
    loss, failed = run.denoising_loss, []

    def full(network, batch):
        if len(batch.x) > 4:
            failed.append(len(batch.x))
            raise error("DefaultCPUAllocator: can't allocate memory\nby hand")
        return loss(network, batch)

    run.denoising_loss = full
    found = run.run().notes["losses"]["denoisers"]
    assert failed == [8]
    told = "a batch of 8 images failed (DefaultCPUAllocator: can't allocate memory); going on with pieces of 4 images"
    assert said == [told]
    # The same losses after the same steps: the pieces' gradients add up to the batch's.
    assert np.array(found) == pytest.approx(np.array(whole), abs=2e-4)


def test_what_fails_for_a_single_image_is_raised_as_it_was_raised_first():
    run, pieces = learning.training(say=lambda text: None), []

    def broken(network, batch):
        pieces.append(len(batch.x))
        raise RuntimeError(f"layer 3 refuses {len(batch.x)} images")

    run.denoising_loss = broken
    with pytest.raises(RuntimeError, match="layer 3 refuses 8 images"):
        run.run()
    assert pieces == [8, 4, 2, 1]


def test_resuming_something_else_is_refused(tmp_path):
    kept = tmp_path / "run.pt"
    with pytest.raises(CheckpointError, match="no such unfinished run"):
        learning.training(resume_file=kept, resume=True).run()
    learning.training(resume_file=kept, save_every=0).run()
    with pytest.raises(CheckpointError, match="is an unfinished run"):
        learning.training(resume_file=kept).run()
    with pytest.raises(CheckpointError, match="seed 0, not 1"):
        learning.training(resume_file=kept, resume=True, seed=1).run()
    other = learning.training(resume_file=kept, resume=True)
    other.encoder = LinearGaussian(np.ones((5, 16)), 1.0)
    with pytest.raises(CheckpointError, match="population"):
        other.run()
    raw = kept.read_bytes()
    for damaged in (raw[:100], raw[: len(raw) // 2], b"no tensors"):
        kept.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="damaged"):
            learning.training(resume_file=kept, resume=True).run()


class TrueDenoiser:
    """xhat of the exact denoiser: the prior is the one that the images are drawn from."""

    def __init__(self):
        self.exact = learning.SOURCE.exact(learning.ENCODER)

    def __call__(self, xg, gamma, r=None):
        return self.exact.xhat(xg.double(), gamma.double(), None if r is None else r.double()).float()

    def both(self, xg, gamma, r):
        return self(xg, gamma), self(xg, gamma, r), xg

    def gain(self, xg, gamma):
        r = torch.zeros(len(xg), 5, dtype=torch.float64)
        seen, told = (self.exact.posterior(xg.double(), gamma.double(), x, variance=True).variance for x in (None, r))
        return (seen - told).float()


def test_the_mean_gain_of_each_level_and_pixel_is_set_right():
    """Starts from a gain network whose output is about 1.7 times the truth, by pixel-dependent factors."""
    true = TrueDenoiser()
    levels = levels_for(learning.SOURCE, learning.ENCODER)
    batches = Batches(learning.SOURCE, learning.ENCODER, learning.RECIPE, levels, 0, 0, "cpu")
    gain = GainNetwork(learning.RECIPE.architecture, (4, 4), levels, torch.zeros(16), 1.0)
    pixels = torch.linspace(1.2, 2.2, 16)
    gain.forward = lambda xg, gamma, seen: pixels * true.gain(xg, gamma) * gain._scale(gamma) * gain.pixel_scale
    measure_means(gain, true, lambda k: batches.draw("levels", k, 1024), 32)
    assert gain.level_scale[5:11] == pytest.approx(1 / 1.7, rel=0.1)
    right = gain.pixel_scale * pixels
    assert (right / right.mean()).numpy() == pytest.approx(1, abs=0.1)
    assert ((gain.level_scale > 0.1) & (gain.level_scale < 2)).all()
    batch = batches.draw("size", 0, 4096)
    ratio = (gain(batch.xg, batch.gamma, batch.xg) / batch.gamma[:, None]).sum() / (
        true.gain(batch.xg, batch.gamma) / batch.gamma[:, None]
    ).sum()
    assert float(ratio) == pytest.approx(1, abs=0.05)


def test_pixels_are_right_to_second_order_in_the_denoisers_errors():
    """Denoisers whose gain is 15% too small for the first pixels, and 15% too large for the last ones."""
    true = TrueDenoiser()
    factors = torch.linspace(0.85, 1.15, 16)

    class Wrong(TrueDenoiser):
        def __call__(self, xg, gamma, r=None):
            seen = super().__call__(xg, gamma)
            return seen if r is None else seen + factors * (super().__call__(xg, gamma, r) - seen)

    levels = levels_for(learning.SOURCE, learning.ENCODER)
    batches = Batches(learning.SOURCE, learning.ENCODER, learning.RECIPE, levels, 0, 0, "cpu")
    gain = GainNetwork(learning.RECIPE.architecture, (4, 4), levels, torch.zeros(16), 1.0)
    gain.forward = lambda xg, gamma, seen: factors**2 * true.gain(xg, gamma) * gain._scale(gamma) * gain.pixel_scale
    measure_means(gain, Wrong(), lambda k: batches.draw("levels", k, 1024), 128)
    right = gain.pixel_scale * factors**2
    off = (right / right.mean() - 1).square().mean().sqrt()
    assert off < 0.4 * (factors**2 / (factors**2).mean() - 1).square().mean().sqrt()


def test_a_run_may_begin_with_other_networks():
    first = learning.training().run()
    second = learning.training(start=first, steps=1, gain_steps=1, rate=1e-9).run()
    assert second.notes["began_with"]["recipe"]["steps"] == 6
    third = learning.training(start=second, steps=1, gain_steps=1, rate=1e-9).run()
    spent = [run.notes["seconds"] for run in (first, second, third)]
    assert third.minutes == pytest.approx(sum(spent) / 60)
    apart = [(a - b).abs().max() for a, b in zip(first.denoising.parameters(), second.denoising.parameters())]
    assert max(apart) < 1e-5
    other = replace(learning.RECIPE, architecture=replace(learning.RECIPE.architecture, channels=(16, 16)))
    with pytest.raises(CheckpointError, match="another architecture"):
        learning.training(other, start=first).run()


@pytest.mark.parametrize("route", ["image", "embedding", "both"])
def test_networks_to_begin_with_may_know_fewer_views(route):
    plain = replace(learning.RECIPE, architecture=replace(learning.RECIPE.architecture, route=route, views=("halves",)))
    first = learning.training(plain).run()
    wide = replace(plain, architecture=replace(plain.architecture, views=("merged", "halves")))
    second = learning.training(wide, start=first, steps=1, gain_steps=1, rate=1e-9).run()
    x = torch.randn(5, 16, generator=torch.Generator().manual_seed(0))
    gamma, r = torch.full((5,), 0.7), learning.ENCODER.sample(x.double()).float()
    nothing, ours = torch.zeros(5, 4), torch.eye(4).repeat_interleave(5, 0).reshape(4, 5, 4)
    theirs = torch.eye(3).repeat_interleave(5, 0).reshape(3, 5, 3)
    with torch.no_grad():
        assert torch.allclose(
            first.denoising(x, gamma, r, nothing[:, :3]), second.denoising(x, gamma, r, nothing), atol=1e-4
        )
        # All, merged, first half, second half beside all, (none), first half, second half.
        for mine, other in ((0, 0), (1, 0), (2, 1), (3, 2)):
            found = second.denoising(x, gamma, r, ours[mine])
            assert torch.allclose(first.denoising(x, gamma, r, theirs[other]), found, atol=1e-4)


def test_the_seed_decides():
    runs = [weights(learning.training(seed=seed).run()) for seed in (0, 0, 1)]
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_minutes_become_steps():
    learned = learning.training(minutes=0.02).run()
    recipe = learned.notes["recipe"]
    assert recipe["steps"] >= 1
    assert recipe["gain_steps"] >= 1
    assert set(learned.notes["losses"]) == set(STAGES)


@pytest.mark.parametrize(
    "changes",
    [
        {"preconditioning": "epsilon"},
        {"route": "image"},
        {"route": "embedding"},
        {"shared": False},
        {"patch": 2},
        {"views": ("halves",)},
        {"attention": True},
    ],
)
def test_every_architecture_trains(changes):
    recipe = replace(learning.RECIPE, architecture=replace(learning.RECIPE.architecture, **changes))
    learned = learning.training(recipe).run()
    assert all(torch.isfinite(value).all() for value in weights(learned).values())


@pytest.mark.parametrize("route", ["image", "embedding", "both"])
def test_no_response_is_not_the_mean_response(route):
    architecture = replace(learning.RECIPE.architecture, route=route)
    denoising = learning.training(replace(learning.RECIPE, architecture=architecture)).run().denoising
    xg, gamma = denoising.centre.expand(4, -1), torch.full((4,), denoising.levels.high)
    mean = denoising.response_mean.expand(4, -1)
    assert not torch.allclose(denoising(xg, gamma, None), denoising(xg, gamma, mean))


def test_the_loss_falls():
    learned = learning.training(steps=300, gain_steps=0, batch=64, rate=4e-3).run()
    losses = [loss for _, loss in learned.notes["losses"]["denoisers"]]
    assert np.mean(losses[-20:]) < 0.95 * np.mean(losses[:20])
    assert learned.gain is None


def test_presets_and_their_json():
    assert PRESETS["paper"].architecture.preconditioning == "epsilon"
    for recipe in PRESETS.values():
        assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Architecture(channels=()), "channels"),
        (lambda: Architecture(channels=(12,)), "multiples of 8"),
        (lambda: Architecture(route="post"), "route"),
        (lambda: Architecture(patch=3), "patch"),
        (lambda: Architecture(views=("halves",), shared=False), "shared"),
        (lambda: Recipe(steps=0), "steps"),
        (lambda: Recipe(rate=float("nan")), "rate"),
        (lambda: Recipe(target="mean"), "target"),
        (lambda: Recipe.from_json({}), "recipe"),
        (lambda: Architecture.from_json({"channels": 8}), "architecture"),
        (lambda: source_named("gaussian", side=1), "size"),
        (lambda: source_named("digits", side=32), "8 x 8"),
        (lambda: source_named("cifar"), "unknown dataset"),
    ],
)
def test_wrong_descriptions(make, message):
    with pytest.raises(ModelError, match=message):
        make()


def test_digits_keep_some_images_from_training():
    pytest.importorskip("sklearn")
    source = source_named("digits")
    assert isinstance(source, ImageSource)
    assert len(source.images) + len(source.held_out(10**6)) == 1797
    seen = {row.numpy().tobytes() for row in source.images}
    assert sum(row.numpy().tobytes() in seen for row in source.held_out(10**6)) == 0
    assert source.digest == source_named("digits").digest
    assert source.covariance == pytest.approx(np.cov(source.images.numpy().T, bias=True), abs=1e-6)
