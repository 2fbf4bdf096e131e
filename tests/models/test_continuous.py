import numpy as np
import pytest

import stiminfo as si
from stiminfo.models import (
    BernoulliNoise,
    Bump,
    Bumps,
    CategoricalNoise,
    Gaussian,
    GaussianNoise,
    Laplace,
    Linear,
    Mixture,
    ModelError,
    Periodic,
    PiecewiseSmooth,
    PoissonNoise,
    Sigmoid,
    StudentT,
    Uniform,
    product_model,
)
from stiminfo.models.transforms import add_response_noise, garble, map_responses, merge_responses, split_response
from stiminfo.models.warps import perturb, relocate_stimuli, warp_stimuli

PRIORS = [Gaussian(1, 2), Mixture((0.3, 0.7), (-1, 2), (0.5, 1)), Uniform(-1, 3), Laplace(0, 2), StudentT(8, 0, 1)]
CURVES = [
    Bump(0.5, 1.5, 2, 0.1),
    Bumps((Bump(-1), Bump(1, 0.5))),
    Sigmoid(0.5, 0.3, 2, 1),
    Linear(2, 1),
    Periodic(2.5, 0.2, 3),
    PiecewiseSmooth((-2, 0, 1, 3), (0, 1, 0.5, 2)),
]


@pytest.mark.parametrize("prior", PRIORS, ids=lambda p: type(p).__name__)
def test_densities_integrate_to_one(prior):
    x, widths = prior.nodes(4000)
    assert (np.exp(prior.log_density(x)) * widths).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: type(c).__name__)
def test_derivatives_are_those_of_the_curve(curve):
    x = np.linspace(-1.9, 2.9, 57)
    h = 1e-6
    assert np.allclose((curve(x + h) - curve(x - h)) / (2 * h), curve.derivative(x), atol=1e-6)


@pytest.mark.parametrize(
    ("noise", "curves"),
    [
        (GaussianNoise(0.7), [Sigmoid(height=3)]),
        (PoissonNoise(2), [Bump(height=3, baseline=0.2)]),
        (BernoulliNoise(), [Sigmoid()]),
        (CategoricalNoise(), [Sigmoid(), Bump(), Linear()]),
    ],
    ids=["gaussian", "poisson", "bernoulli", "categorical"],
)
def test_likelihood_gradients_are_derivatives(noise, curves):
    x, h = np.linspace(-1, 1, 9), 1e-5

    def channel(shift):
        return noise.channel(np.stack([curve(x + shift) for curve in curves]))

    here = channel(0.0)
    values = np.stack([curve(x) for curve in curves])
    for n in range(len(curves)):
        step = np.zeros_like(values)
        step[n] = h
        if isinstance(noise, GaussianNoise):  # its cells move with the range of means, so difference by hand
            r = here.responses[:, None]
            up, down = (np.exp(-0.5 * ((r - v[0]) / noise.sd) ** 2) for v in (values + step, values - step))
            difference = (up / up.sum(axis=0) - down / down.sum(axis=0)) / (2 * h)
        else:
            up, down = noise.channel(values + step).likelihood, noise.channel(values - step).likelihood
            k = min(len(up), len(down), len(here.likelihood))
            difference = np.zeros_like(here.likelihood)
            difference[:k] = (up[:k] - down[:k]) / (2 * h)
        assert np.allclose(difference, here.slope[n], atol=1e-6)


def test_refinement_reaches_the_closed_form_within_its_tolerance():
    model = si.encoding_model(Gaussian(), Linear(), GaussianNoise(0.5), tolerance=1e-6)
    x, truth = model.stimuli[:, 0], 0.5 * np.log(5)
    assert model.mutual_information() == pytest.approx(truth, abs=1e-6)
    assert np.abs(si.i_local(model) - truth)[np.abs(x) < 3].max() < 1e-6
    coarse = si.encoding_model(Gaussian(), Linear(), GaussianNoise(0.5), nodes=64)
    near = np.abs(coarse.stimuli[:, 0]) < 3
    assert np.abs(si.i_local(coarse) - truth)[near].max() > 1e-5  # so the test above can fail


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noise": PoissonNoise(), "tuning": Linear()}, "must not be negative"),
        ({"noise": BernoulliNoise(), "tuning": Linear()}, r"a probability lies in \[0, 1\]"),
        ({"noise": PoissonNoise(), "tuning": [Bump(), Bump()]}, "takes one tuning curve; 2"),
        ({"tuning": []}, "at least one tuning curve"),
        ({"nodes": 1.5}, "whole number"),
        ({"tolerance": 0}, "positive number of nats"),
        ({"noise": GaussianNoise(1e-4), "nodes": 10}, "too many"),
    ],
)
def test_pieces_that_do_not_fit(arguments, message):
    with pytest.raises(ModelError, match=message):
        si.encoding_model(Gaussian(), **arguments)


def test_noise_free_channels_are_refused():
    with pytest.raises(ModelError, match="infinite information"):
        GaussianNoise(0)


def test_transforms_carry_volumes_and_gradient():
    model = si.encoding_model(Uniform(-1, 1), Linear(2), GaussianNoise(1), nodes=12)
    folded = map_responses(model, np.abs)
    assert folded.response_volumes.sum() == pytest.approx(model.response_volumes.sum())
    assert si.fisher(folded).sum() < si.fisher(model).sum()
    noisy = add_response_noise(model, 1.0)
    assert noisy.mutual_information() < model.mutual_information()
    split = split_response(model, 3)
    assert si.i_sp(split) == pytest.approx(si.i_sp(model), abs=1e-12)
    merged = merge_responses(model, [0] * len(model.likelihood))
    assert merged.mutual_information() == pytest.approx(0, abs=1e-15)
    with pytest.raises(ModelError, match="sum to 1"):
        garble(model, np.ones((2, len(model.likelihood))))
    with pytest.raises(ModelError, match="no numerical values"):
        map_responses(si.EncodingModel([0], [1], [[1]]), np.abs)


def test_warps_scale_volumes_and_gradient():
    model = si.encoding_model(Uniform(0, 1), Sigmoid(), BernoulliNoise(), nodes=8)
    warped = warp_stimuli(model, lambda x: 3 * x, lambda x: 3 + 0 * x)
    assert np.allclose(warped.stimulus_volumes, 3 * model.stimulus_volumes)
    assert np.allclose(si.fisher(warped), si.fisher(model) / 9)
    with pytest.raises(ModelError, match="not monotone"):
        relocate_stimuli(si.EncodingModel([0, 1, 2], [0.25, 0.25, 0.5], [[1, 1, 1]]), [[0], [2], [1]])


def test_perturbations_stay_in_the_ball():
    model = si.encoding_model(Gaussian(), Sigmoid(), BernoulliNoise(), nodes=40)
    changed = perturb(model, 0.0, 1.0, likelihood=[[1.0], [0.0]], prior_weights=1 + (model.stimuli[:, 0] > 0))
    outside = np.abs(model.stimuli[:, 0]) >= 1
    assert (changed.likelihood == model.likelihood)[:, outside].all()
    assert np.allclose(changed.prior[outside], model.prior[outside], rtol=1e-12)
    assert not np.allclose(changed.prior[~outside], model.prior[~outside])
    with pytest.raises(ModelError, match="no stimulus lies within"):
        perturb(model, 100.0, 1.0, likelihood=[[1.0], [0.0]])


def test_independent_features_keep_their_own_information():
    one = si.EncodingModel([0, 1, 3], [0.2, 0.5, 0.3], [[0.9, 0.4, 0.1], [0.1, 0.6, 0.9]])
    two = si.EncodingModel([0, 2], [0.4, 0.6], [[0.8, 0.1], [0.2, 0.9]])
    both = product_model(one, two)
    features = si.i_local.featurewise(both).reshape(3, 2, 2)
    assert np.allclose(features[:, :, 0], si.i_local(one)[:, None], atol=1e-5)
    assert np.allclose(features[:, :, 1], si.i_local(two), atol=1e-5)
