"""Models at the limits of float64: values are exact, or within their stated error."""

import numpy as np
import pytest

from stiminfo.estimators import PUBLISHED, line, plane
from stiminfo.estimators.channel import integrate
from stiminfo.estimators.layouts import NodeLayout
from stiminfo.estimators.nodes import Contribution
from stiminfo.estimators.resolution import QUICK, resolution_for
from stiminfo.models import Bump, EncodingModel, Gaussian, PoissonNoise, Population, encoding_model

RNG = np.random.default_rng(8)
TABLE = RNG.dirichlet(np.ones(3), 3).T
COMPLETE = [name for name in PUBLISHED if name != "fisher"]


def tiny():
    return EncodingModel([0.0, 1.0, 2.0], [1e-300, 0.5, 0.5], TABLE)


def rare_responses():
    table = np.array([[1e-300, 1e-12, 0.5], [1.0 - 1e-12, 1.0 - 1e-12, 0.5 - 1e-300], [1e-12, 1e-300, 1e-300]])
    return EncodingModel([0.0, 1.0, 2.0], [0.2, 0.3, 0.5], table / table.sum(axis=0))


def far_apart():
    return EncodingModel([0.0, 1.0, 1e8], [0.2, 0.3, 0.5], TABLE)


def close_together():
    return EncodingModel([0.0, 1e-8, 1.0], [0.2, 0.3, 0.5], TABLE)


def close_and_far():
    return EncodingModel([0.0, 1e-8, 1.0, 1e8], [0.1, 0.2, 0.3, 0.4], RNG.dirichlet(np.ones(3), 4).T)


def many_responses():
    return EncodingModel([0.0, 1.0, 2.0], [0.2, 0.3, 0.5], RNG.dirichlet(np.full(2000, 0.1), 3).T)


def one_stimulus():
    return EncodingModel([3.0], [1.0], [[0.25], [0.75]])


def one_response():
    return EncodingModel([0.0, 1.0], [0.5, 0.5], [[1.0, 1.0]])


def plane_far_and_close():
    return EncodingModel([[0, 0], [1e-8, 0], [0, 1e8]], [0.2, 0.3, 0.5], TABLE)


MODELS = [
    tiny,
    rare_responses,
    far_apart,
    close_together,
    close_and_far,
    many_responses,
    one_stimulus,
    one_response,
    plane_far_and_close,
]


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", COMPLETE)
def test_complete_within_what_is_said(name, make):
    model = make()
    values, errors = PUBLISHED[name].with_error(model)
    assert np.isfinite(values).all()
    assert np.isfinite(errors).all()
    information = model.mutual_information()
    off = abs(float(model.prior @ values) - information)
    assert off <= float(model.prior @ errors) + 1e-12 * (1 + information)
    # Said to be exact, for what an average can see of it.
    assert float(model.prior @ errors) < 1e-4


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["i_surp", "i_cissi", "i_local", "i_kong2"])
def test_never_negative(name, make):
    values, errors = PUBLISHED[name].with_error(make())
    assert (values >= -errors).all()


@pytest.mark.parametrize("name", ["i_local", "i_kong2"])
def test_pairs_that_are_far_apart_do_not_see_each_other(name):
    """Two pairs of stimuli 1e8 apart: the information within a pair adds to that about which pair it is."""
    table = np.array([[0.9, 0.2, 0.0, 0.0], [0.1, 0.8, 0.0, 0.0], [0.0, 0.0, 0.6, 0.3], [0.0, 0.0, 0.4, 0.7]])
    both = EncodingModel([0.0, 1.0, 1e8, 1e8 + 1], [0.25] * 4, table)
    left = EncodingModel([0.0, 1.0], [0.5, 0.5], table[:2, :2])
    assert PUBLISHED[name](both)[:2] == pytest.approx(PUBLISHED[name](left) + np.log(2), abs=1e-6)


EXTREMES = [
    EncodingModel([0.0, 1.0, 2.5], [0.4, 1e-200, 0.6], [[0.5, 0.1, 0.6], [0.5, 0.5, 0.4], [0.0, 0.4, 0.0]]),
    EncodingModel([0.0, 1.0, 1e3, 1e3 + 1], [0.25] * 4, [[0.9, 0.2, 0.1, 0.3], [0.1, 0.8, 0.9, 0.7]]),
    encoding_model(prior=Gaussian(), tuning=Bump(0, 1, 10, 0.5), noise=PoissonNoise(), nodes=70),
    EncodingModel([[0, 0], [1, 0], [0, 2], [3, 1]], [0.2, 0.3, 0.4, 0.1], [[0.5, 0.1, 0.6, 0], [0.5, 0.9, 0.4, 1]]),
]


@pytest.mark.parametrize("model", EXTREMES, ids=["rare", "groups", "neuron", "plane"])
@pytest.mark.parametrize("name", ["i_local", "i_kong1", "i_kong2"])
def test_no_node_is_lost_in_blocks_and_nothing_that_is_left_out_matters(monkeypatch, name, model):
    """Blocks of any size, and windows of all stimuli with all responses, give the same value."""

    def values():
        return PUBLISHED[name].evaluate(model, "featurewise", "quick")[0]

    usual = values()
    # Kong's first decomposition is a difference of squared errors, which are as large as the distance of groups.
    near = {"rel": 1e-10, "abs": 1e-12} if name == "i_kong1" else {"rel": 1e-12, "abs": 1e-13}
    for module in (line, plane):
        monkeypatch.setattr(module, "_CACHE", 3_000)
        monkeypatch.setattr(module, "_ENTRIES", 100)
    assert values() == pytest.approx(usual, **near)
    if name == "i_local":
        # The integrand as it is written, where the measure takes a shorter way.
        def of(nodes):
            return nodes.average(np.einsum("nkb,inkb->nib", nodes.response_probability, nodes.gain**2))

        contribution = Contribution(of, model.dimensions)
        found = integrate(contribution, model, model.likelihood, resolution_for(model.stimuli, QUICK))
        assert found == pytest.approx(usual, rel=1e-12, abs=1e-13)
    for constant, value in (("UNSEEN", 1e6), ("REACH", 1e6), ("_RARE", -1.0)):
        monkeypatch.setattr(line, constant, value)
    assert values() == pytest.approx(usual, **near)


@pytest.mark.parametrize("stimuli", [[[0.0], [1.0], [2.5]], [[0, 0], [1, 0], [0, 2], [3, 1]]], ids=["line", "plane"])
def test_blocks_of_a_population_are_whole(monkeypatch, stimuli):
    """Posterior variances, too, are the same in blocks of any size."""
    population = Population(stimuli, [1 + np.array(stimuli)[:, 0], 2 + np.array(stimuli)[:, -1]])
    usual = PUBLISHED["i_local"].estimate(population, passes=8).featurewise
    for module in (line, plane):
        monkeypatch.setattr(module, "_CACHE", 3_000)
        monkeypatch.setattr(module, "_ENTRIES", 100)
    assert PUBLISHED["i_local"].estimate(population, passes=8).featurewise == pytest.approx(usual, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("level", [1e-3, 1.0])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_moments_at_the_nodes(d, level):
    """Shifts, gains and variances are those of the posterior, summed over stimuli one by one."""
    x, table = RNG.uniform(-0.5, 0.5, (4, d)), RNG.dirichlet(np.ones(3), 4).T
    layout = NodeLayout(x, np.full(4, 0.25), table, resolution_for(x, QUICK))
    asked = Contribution(lambda nodes: nodes.shift, d, squares=True)
    for nodes in layout.batches(np.array([level]), np.array([1.0]), asked):
        offset = x.T[:, None, :, None] - nodes.positions[:, :, None]  # (d, n, J, B)
        exponent = (offset**2).sum(axis=0) / (-2 * level)
        near = exponent.max(axis=1) > -30  # no average sees the other nodes
        weight = table[None, :, :, None] * np.exp(exponent - exponent.max(axis=1, keepdims=True))[:, None]
        weight /= weight.sum(axis=2, keepdims=True)
        mean, square = (np.einsum("nkjb,injb->inkb", weight, offset**power) for power in (1, 2))
        gap = nodes.gain + nodes.shift[:, :, None] - mean, nodes.variance - (square - mean**2)
        for apart in gap:
            assert np.abs(apart.swapaxes(2, 3)[:, near]).max(initial=0.0) < 1e-12
