"""Stimuli in R^d, d > 2, that lie on a line or in a plane: exact with the engine of the plane, feature by feature."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import OutOfReach
from stiminfo.estimators.resolution import span_of

#: Quadrature in the plane depends a little on how the lattice lies.
PLANE = 1e-6
MEASURES = (si.i_local, si.i_kong1, si.i_kong2)


def three(seed, d):
    rng = np.random.default_rng(seed)
    return si.EncodingModel(rng.normal(size=(3, d)), rng.dirichlet(5 * np.ones(3)), rng.dirichlet(np.ones(4), size=3).T)


def turned(model, d, seed=0):
    """The model in R^d, its plane turned by a random rotation and moved; and the d x 2 matrix that turns it."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(d, 2)))[0]
    return model.replace(stimuli=model.stimuli @ axes.T + rng.normal(size=d)), axes


@pytest.mark.parametrize("d", range(3, 9))
@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_a_plane_keeps_its_values_wherever_it_lies(measure, d):
    model = three(d, 2)
    lying, _ = turned(model, d)
    assert measure(lying) == pytest.approx(measure(model), abs=PLANE)
    assert lying.prior @ measure(lying) == pytest.approx(model.mutual_information(), abs=1e-7)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_are_those_of_the_space_and_not_of_the_plane(measure):
    model = three(1, 2)
    # An axis of R^4 that the plane does not leave, in the place of its second feature; the others are constant.
    flat = model.replace(stimuli=np.insert(model.stimuli, [1, 1], 5.0, axis=1))
    features = measure.featurewise(flat)
    assert features[:, [0, 3]] == pytest.approx(measure.featurewise(model), abs=PLANE)
    assert np.abs(features[:, 1:3]).max() < 1e-12
    assert features.sum(axis=1) == pytest.approx(measure(flat), abs=PLANE)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_on_a_line_are_shares_by_its_direction(measure):
    rng = np.random.default_rng(2)
    line = si.EncodingModel([0.0, 1.0, 3.0, 4.0], rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(3), size=4).T)
    direction = np.array([1.0, -2.0, 2.0]) / 3
    model = line.replace(stimuli=line.stimuli * direction)
    shares = direction**2
    assert measure.featurewise(model) == pytest.approx(measure.featurewise(line) * shares, abs=1e-8)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_agree_with_an_estimate_from_the_posterior(measure):
    torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
    from stiminfo.diffusion import FiniteSetDenoiser

    model = three(3, 3)
    denoiser = FiniteSetDenoiser.from_model(model)
    found = measure.estimate(denoiser, torch.as_tensor(model.stimuli.copy()), passes=20_000, seed=1)
    exact = measure.featurewise(model)
    assert (np.abs(found.featurewise - exact) < 5 * found.featurewise_stderr + 1e-6).all()


def test_stimuli_that_span_three_dimensions_are_out_of_reach():
    rng = np.random.default_rng(0)
    model = si.EncodingModel(rng.normal(size=(4, 5)), np.full(4, 0.25), rng.dirichlet(np.ones(2), size=4).T)
    with pytest.raises(OutOfReach, match="span 3 dimensions of R\\^5"):
        si.i_local(model)


def test_the_span_is_found_in_spite_of_rounding():
    model, axes = turned(three(0, 2), 6)
    span = span_of(model.stimuli)
    assert span.axes.shape == (2, 6)
    assert span.axes @ span.axes.T == pytest.approx(np.eye(2))
    assert np.abs(span.axes @ axes @ axes.T - span.axes).max() < 1e-12
    assert span.within(model.stimuli) @ span.axes + span.origin == pytest.approx(model.stimuli)
    one = span_of(np.ones((2, 3)) * [[1.0], [1.0]])
    assert one.axes.shape == (1, 3)
