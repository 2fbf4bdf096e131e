"""Training and trained networks on a CUDA device: the CPU's answers, the Gaussian check at 32 x 32, speed and memory.

The figures are printed (``pytest -m gpu -s``) and kept as properties in JUnit output, with the device's name.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers", reason="networks need diffusers")
pytest.importorskip("accelerate", reason="training needs accelerate")

sys.path.insert(0, str(Path(__file__).parents[1] / "diffusion"))
import learning  # noqa: E402

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import UNetDenoiser  # noqa: E402
from stiminfo.diffusion.recipes import PRESETS  # noqa: E402
from stiminfo.diffusion.sources import population_for, source_named  # noqa: E402
from stiminfo.diffusion.training import Training  # noqa: E402

pytestmark = pytest.mark.gpu

#: Minutes that the 32 x 32 networks are trained for.
MINUTES = 1.0


@pytest.fixture(scope="module")
def learned():
    return learning.training(steps=40, gain_steps=20).run()


@pytest.fixture
def report(record_property):
    def tell(name, value):
        device = torch.cuda.get_device_name()
        record_property(name, f"{value} ({device})")
        print(f"\n{name}: {value} ({device})")

    return tell


@pytest.mark.parametrize(("autocast", "tolerance"), [(None, 2e-3), (torch.bfloat16, 5e-2)])
def test_networks_answer_as_on_the_cpu(learned, autocast, tolerance):
    x = learning.SOURCE.held_out(64)
    gamma = torch.logspace(-2, 2, 64)
    xg, r = x + gamma.sqrt()[:, None] * torch.randn(x.shape), torch.randn(64, 5)
    here = UNetDenoiser(learned)
    answers = [here.xhat(xg, gamma), here.xhat(xg, gamma, r), here.gain(xg, gamma).sqrt()]
    there = UNetDenoiser(learned, device="cuda", autocast=autocast)
    xg, gamma, r = xg.cuda(), gamma.cuda(), r.cuda()
    others = [there.xhat(xg, gamma), there.xhat(xg, gamma, r), there.gain(xg, gamma).sqrt()]
    for one, other in zip(answers, others):
        assert other.is_cuda
        assert other.dtype == torch.float32
        assert float((one - other.cpu()).abs().max()) < tolerance * float(one.abs().max())


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_training_on_the_device(precision):
    recipe = replace(learning.RECIPE, steps=300, gain_steps=20, batch=64, precision=precision)
    run = learning.training(recipe)
    run.device = None
    notes = run.run().notes
    losses = [loss for _, loss in notes["losses"]["denoisers"]]
    assert np.mean(losses[-20:]) < 0.95 * np.mean(losses[:20])
    assert notes["device"] == torch.cuda.get_device_name()


@pytest.fixture(scope="module")
def images():
    """Gaussian images of 32 x 32 pixels, and networks trained on them; U-Nets, and longer, in `publish gpu`."""
    source = source_named("gaussian", side=32)
    encoder = population_for(source, noise=2**0.5)
    run = Training(source, encoder, PRESETS["wide"], minutes=MINUTES)
    return source, UNetDenoiser(run.run(), device="cuda")


def test_gaussian_images_of_32_x_32(images, report):
    source, denoiser = images
    truth = source.exact(denoiser.learned.encoder).feature_information()
    found = si.i_local.estimate(denoiser, source.held_out(64), passes=512, sampler="amortised")
    total = found.value.mean() / truth.sum()
    correlation = np.corrcoef(found.featurewise.mean(axis=0), truth)[0, 1]
    report("32 x 32 Gaussian: total over the truth", f"{total:.3f}")
    report("32 x 32 Gaussian: correlation of the map", f"{correlation:.3f}")
    assert abs(total - 1) < 0.10
    assert correlation > 0.95


def test_throughput_and_memory(report):
    """Of U-Nets of the MNIST architecture, however little they have learned."""
    from torch.utils.flop_counter import FlopCounterMode

    source = source_named("gaussian", side=32)
    recipe = replace(PRESETS["large"], steps=20, gain_steps=20)
    learned = Training(source, population_for(source), recipe).run()
    denoiser = UNetDenoiser(learned, device="cuda", autocast=torch.bfloat16)
    xg = source.held_out(256).cuda().repeat(16, 1)
    gamma = torch.logspace(-2, 2, len(xg), device="cuda")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        denoiser.gain(xg[:256], gamma[:256])
    flops = counter.get_total_flops() / 256
    torch.cuda.reset_peak_memory_stats()
    times = []
    with torch.no_grad():
        for _ in range(6):
            torch.cuda.synchronize()
            start = time.perf_counter()
            denoiser.gain(xg, gamma)
            torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
    rate = len(xg) / np.median(times[1:])
    report("passes a second", f"{rate:.0f}, {rate * flops / 1e12:.1f} TFLOP/s")
    report("peak memory, GiB", f"{torch.cuda.max_memory_allocated() / 2**30:.2f}")
    start = time.perf_counter()
    found = si.i_local.estimate(denoiser, source.held_out(1), rtol=0.05, sampler="amortised")
    report("seconds an image for the total to 5%", f"{time.perf_counter() - start:.2f}, {found.passes} passes")
    assert np.isfinite(found.value).all()


def test_a_batch_beyond_the_memory_goes_through_in_pieces():
    said = []
    recipe = replace(PRESETS["large"], steps=2, gain_steps=0, batch=4096, precision="no")
    source = source_named("gaussian", side=32)
    run = Training(source, population_for(source), recipe, say=said.append)
    free = torch.cuda.mem_get_info()[1]
    torch.cuda.set_per_process_memory_fraction(min(1.0, 6 * 2**30 / free))
    try:
        run.run()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "going on with pieces of" in said[0]
