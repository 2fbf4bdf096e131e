"""Training, networks and estimates where stimuli are on another device than the CPU, which is pretended."""

from unittest import mock

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers", reason="networks need diffusers")
pytest.importorskip("accelerate", reason="training needs accelerate")

from accelerate.state import AcceleratorState  # noqa: E402
from pretended_cuda import CUDA, Accelerator, place, pretended_cuda  # noqa: E402

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import (  # noqa: E402
    FiniteSetDenoiser,
    GaussianDenoiser,
    Matched,
    MixtureDenoiser,
    UNetDenoiser,
    accelerators,
    training,
)
from stiminfo.diffusion.bias import Reference  # noqa: E402
from stiminfo.diffusion.zero_shot import ZeroShotDenoiser  # noqa: E402
from stiminfo.errors import NotApplicable  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson  # noqa: E402

from . import learning  # noqa: E402
from .learning import ENCODER, RECIPES, SOURCE  # noqa: E402

RNG = np.random.default_rng(0)


@pytest.fixture(params=RECIPES)
def learned(request, monkeypatch):
    monkeypatch.setattr(training, "accelerator", lambda *given, **options: Accelerator())
    with pretended_cuda():
        return training.Training(SOURCE, ENCODER, RECIPES[request.param], threads=1).run()


def denoised(learned):
    """The networks as a denoiser on the device; with one linear step where they have learned no responses."""
    denoiser = UNetDenoiser(learned, device="cuda")
    denoiser.reference = Reference(SOURCE.held_out(64), (1.0, 0.1), SOURCE.held_out(32))
    return ZeroShotDenoiser(denoiser, ENCODER) if learned.gain is None else denoiser


@pytest.mark.parametrize("sampler", ["amortised", "posterior", "tweedie", "closure", "matched", "plug_in"])
def test_networks(learned, sampler):
    with pretended_cuda():
        denoiser = denoised(learned)
        if sampler == "amortised" and learned.gain is None:
            sampler = "closure"
        sampler = Matched(3, particles=2) if sampler == "matched" else sampler
        found = si.i_local.estimate(denoiser, SOURCE.held_out(2), passes=4000, sampler=sampler)
        assert np.isfinite(found.systematic).all()
        assert found.featurewise.shape == (2, 16)


MODEL = si.EncodingModel([[0.0], [1.0], [3.0], [4.0]], [0.1, 0.4, 0.3, 0.2], RNG.dirichlet(np.ones(3), 4).T)
ROOT = RNG.normal(size=(6, 6)) / 3
EYES = LinearGaussian(RNG.normal(size=(2, 6)), 0.5)
COUNTS = LinearNonlinearPoisson(RNG.normal(size=(3, 6)) / 2, gain=1.5, amplitude=3.0)
SET = RNG.normal(size=(40, 6))
DENOISERS = {
    "table": lambda: FiniteSetDenoiser.from_model(MODEL, device="cuda"),
    "counts": lambda: FiniteSetDenoiser(SET, COUNTS, device="cuda"),
    "single precision": lambda: FiniteSetDenoiser(SET, EYES, device="cuda", dtype=torch.float32),
    "gaussian": lambda: GaussianDenoiser(np.zeros(6), ROOT @ ROOT.T, EYES, device="cuda"),
    "mixture": lambda: MixtureDenoiser([0.5, 0.5], SET[:2], np.stack([np.eye(6)] * 2), EYES, device="cuda"),
}
MEASURES = ("i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2", "fisher")


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", DENOISERS)
def test_measures(name, measure):
    with pretended_cuda():
        denoiser = DENOISERS[name]()
        x = MODEL.stimuli[:2] if name == "table" else SET[:2]
        if measure == "fisher" and not denoiser.is_density:
            pytest.skip("Fisher information has no finite sets")
        found = getattr(si, measure).estimate(denoiser, x, passes=4000)
        assert np.isfinite(found.value).all()
        assert np.isfinite(found.mean([0.5, 0.5])).all()


@pytest.mark.parametrize("form", ["raw", "variance"])
@pytest.mark.parametrize("sampler", ["posterior", "tweedie", "closure", "matched", "plug_in"])
@pytest.mark.parametrize("name", ["counts", "mixture"])
def test_samplers_and_forms(name, sampler, form):
    with pretended_cuda():
        denoiser = DENOISERS[name]()
        try:
            found = si.i_local.estimate(denoiser, SET[:2], passes=4000, sampler=sampler, form=form)
        except NotApplicable as error:
            pytest.skip(str(error))
        assert np.isfinite(found.value).all()


def test_batches_are_drawn_there():
    with pretended_cuda():
        run = training.Batches(
            SOURCE, ENCODER, RECIPES["views"], training.levels_for(SOURCE, ENCODER), 0, 0, torch.device("cuda")
        )
        assert all(place(part) == CUDA for part in vars(run.draw("denoisers", 0, 8)).values())


def test_the_device_is_that_of_this_run_whatever_ran_before():
    run = learning.training(steps=1, gain_steps=0)
    assert run.run().notes["device"] == "cpu"
    run = learning.training(steps=1, gain_steps=0, precision="bf16")
    run.run()
    assert run.accelerator.mixed_precision == "bf16"
    with mock.patch.object(accelerators, "Accelerator") as made:
        accelerators.accelerator("bf16")
    assert not AcceleratorState._shared_state  # so that the next one looks for a device
    assert made.call_args.kwargs == {"mixed_precision": "bf16", "cpu": False, "step_scheduler_with_optimizer": False}


def test_a_tensor_left_behind_is_found():
    with pretended_cuda(), pytest.raises(RuntimeError, match="same device"):
        torch.ones(2, device="cuda") + torch.ones(2)
