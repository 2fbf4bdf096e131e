"""Cost of estimates from denoisers, for equal passes; compare rows of one run (`tox -e bench`)."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si
from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson


@pytest.mark.parametrize("count", [100, 1_000, 10_000])
def test_finite_sets_grow_with_their_size(benchmark, count):
    rng = np.random.default_rng(0)
    encoder = LinearNonlinearPoisson(rng.normal(size=(10, 64)) / 4, amplitude=2.0)
    denoiser = FiniteSetDenoiser(rng.normal(size=(count, 64)), encoder)
    found = benchmark(si.i_local.estimate, denoiser, denoiser.stimuli[:1], passes=400)
    assert found.stderr[0] < found.value[0]


@pytest.mark.parametrize("d", [16, 256, 1024])
def test_gaussians_grow_with_dimension(benchmark, d):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(d, d)) / d**0.5
    denoiser = GaussianDenoiser(np.zeros(d), root @ root.T, LinearGaussian(rng.normal(size=(5, d)), 0.5))
    found = benchmark(si.i_local.estimate, denoiser, np.zeros((1, d)), passes=64)
    assert abs(found.value[0] / denoiser.feature_information().sum() - 1) < 0.01


@pytest.mark.parametrize("engine", ["exact", "estimate"])
def test_a_small_joint_either_way(benchmark, engine):
    table = np.random.default_rng(0).dirichlet(np.ones(3), 4).T
    model = si.EncodingModel([0, 1, 3, 4], [0.25] * 4, table)
    if engine == "exact":
        benchmark(si.i_local, model)
    else:
        benchmark(si.i_local.estimate, FiniteSetDenoiser.from_model(model), model.stimuli, passes=2000)
