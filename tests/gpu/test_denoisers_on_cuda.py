"""Denoisers and estimates on a CUDA device: the same posteriors as on the CPU, and the same truth."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser, MixtureDenoiser  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson  # noqa: E402

pytestmark = pytest.mark.gpu
RNG = np.random.default_rng(0)


def gaussian(device):
    root = np.random.default_rng(1).normal(size=(32, 32)) / 6
    encoder = LinearGaussian(np.random.default_rng(2).normal(size=(5, 32)), 0.5)
    return GaussianDenoiser(np.zeros(32), root @ root.T, encoder, device=device)


def mixture(device):
    encoder = LinearGaussian([[1.0, 0.5]], 0.4)
    covs = np.stack([0.3 * np.eye(2)] * 2)
    return MixtureDenoiser([0.5, 0.5], [[-1.5, 0.0], [1.5, 0.5]], covs, encoder, device=device)


def images(device):
    rng = np.random.default_rng(3)
    encoder = LinearNonlinearPoisson(rng.normal(size=(6, 40)) / 3, gain=1.5, amplitude=3.0)
    return FiniteSetDenoiser(rng.normal(size=(500, 40)), encoder, device=device)


@pytest.mark.parametrize("make", [gaussian, mixture, images])
def test_posteriors_are_those_of_the_cpu(make):
    here, there = make("cpu"), make("cuda")
    x = here.draw_prior(16, here.generator(0))
    r = here.encoder.sample(x, here.generator(1))
    gamma = torch.logspace(-3, 3, 16, dtype=torch.float64)
    for given in (None, r):
        one = here.posterior(x, gamma, given, variance=True)
        other = there.posterior(x.cuda(), gamma.cuda(), None if given is None else given.cuda(), variance=True)
        assert other.mean.is_cuda
        assert torch.allclose(one.mean, other.mean.cpu(), atol=1e-9)
        assert torch.allclose(one.variance, other.variance.cpu(), atol=1e-9)


@pytest.mark.parametrize("measure", ["i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2"])
def test_estimates_agree_with_exact_values(measure):
    table = RNG.dirichlet(np.ones(3), 4).T
    model = si.EncodingModel([[0.0], [1.0], [3.0], [4.0]], [0.1, 0.4, 0.3, 0.2], table)
    denoiser = FiniteSetDenoiser.from_model(model, device="cuda")
    found = getattr(si, measure).estimate(denoiser, model.stimuli, passes=40_000)
    assert (np.abs(found.value - getattr(si, measure)(model)) < 6 * found.stderr).all()


def test_closed_form():
    denoiser = gaussian("cuda")
    found = si.i_local.estimate(denoiser, denoiser.draw_prior(4, denoiser.generator(0)), passes=64)
    truth = denoiser.feature_information()
    assert np.sqrt(((found.featurewise - truth) ** 2).mean() / (truth**2).mean()) < 0.02


def test_the_seed_decides_on_the_device():
    denoiser = images("cuda")
    runs = [si.i_local.estimate(denoiser, denoiser.stimuli[:3], passes=400, seed=1).value for _ in range(2)]
    assert (runs[0] == runs[1]).all()
