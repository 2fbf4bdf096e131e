"""Cost and growth of the exact engine; compare rows of one run (`tox -e bench`)."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.models import Bump, Gaussian, PoissonNoise


@pytest.mark.parametrize("stimuli", [64, 256, 1024])
def test_local_grows_with_stimuli(benchmark, stimuli):
    model = si.encoding_model(Gaussian(), Bump(0, 1, 10, 0.5), PoissonNoise(), stimuli)
    value = benchmark(si.i_local, model)
    assert abs(model.prior @ value - model.mutual_information()) < 1e-7


@pytest.mark.parametrize("responses", [2, 20, 200])
def test_local_grows_with_responses(benchmark, responses):
    table = np.random.default_rng(0).dirichlet(np.ones(responses), 64).T
    model = si.EncodingModel(np.linspace(0, 1, 64), np.full(64, 1 / 64), table)
    value = benchmark(si.i_local, model)
    assert abs(model.prior @ value - model.mutual_information()) < 1e-7


@pytest.mark.parametrize("dimensions", [1, 2])
def test_local_grows_with_dimensions(benchmark, dimensions):
    x = np.array([[0, 0], [1, 3], [2, 1], [4, 4]])[:, :dimensions]
    table = np.random.default_rng(0).dirichlet(np.ones(3), 4).T
    benchmark(si.i_local, si.EncodingModel(x, [0.25] * 4, table))


@pytest.mark.parametrize("name", ["i_surp", "i_cissi", "i_local", "i_kong2"])
def test_a_small_joint(benchmark, name):
    table = np.random.default_rng(0).dirichlet(np.ones(3), 4).T
    benchmark(getattr(si, name), si.EncodingModel([0, 1, 3, 4], [0.25] * 4, table))
