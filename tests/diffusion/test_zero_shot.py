"""Any population without training: exact where all is Gaussian, close on mixtures, refused where it cannot be."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import (  # noqa: E402
    Closure,
    GaussianDenoiser,
    Matched,
    MixtureDenoiser,
    Unknown,
    ZeroShotDenoiser,
    load_denoiser,
)
from stiminfo.diffusion.second_moments import linear_gain, mean_and_covariance, mean_and_seen  # noqa: E402
from stiminfo.errors import CheckpointError, ModelError  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson, TableEncoder  # noqa: E402

RNG = np.random.default_rng(3)
D, K = 4, 3
ROOT = RNG.normal(size=(D, D))
GAUSSIAN = (np.zeros(D), ROOT @ ROOT.T / D)
POPULATION = LinearGaussian(RNG.normal(size=(K, D)), [0.5, 0.2, 1.0])
EXACT = GaussianDenoiser(*GAUSSIAN, POPULATION)
#: The same stimuli, but for one neuron that tells nothing.
ZERO_SHOT = ZeroShotDenoiser(GaussianDenoiser(*GAUSSIAN, LinearGaussian(np.zeros((1, D)), 1.0)), POPULATION)


def test_one_linear_step_is_exact_where_all_is_gaussian():
    xg, g = torch.randn(6, D, dtype=torch.float64), torch.logspace(-3, 2, 6, dtype=torch.float64)
    r = torch.randn(6, K, dtype=torch.float64)
    assert torch.allclose(ZERO_SHOT.xhat(xg, g, r), EXACT.xhat(xg, g, r), atol=1e-10)
    mean, covariance = mean_and_covariance(EXACT, xg, g)
    variance = EXACT.posterior(xg, g, variance=True).variance
    assert torch.allclose(covariance.diagonal(dim1=1, dim2=2), variance, atol=1e-10)
    assert torch.allclose(mean, EXACT.xhat(xg, g))


@pytest.mark.parametrize(
    ("sampler", "passes"), [("closure", 4000), ("matched", 60_000), (Matched(4, particles=2), 24_000)]
)
def test_estimates_where_all_is_gaussian(sampler, passes):
    x = np.zeros((2, D))
    truth = si.i_local.estimate(EXACT, x, passes=4000, seed=1)
    found = si.i_local.estimate(ZERO_SHOT, x, passes=passes, sampler=sampler, seed=2)
    error = np.hypot(found.stderr, truth.stderr)
    assert (np.abs(found.value - truth.value) < 4 * error + found.cutoff).all()
    assert (found.stderr < 0.15 * truth.value).all()


def mixture(encoder):
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(4, 6, 2))
    covs = roots @ roots.swapaxes(1, 2) / 3 + 0.1 * np.eye(6)
    return MixtureDenoiser(np.full(4, 0.25), 1.5 * rng.normal(size=(4, 6)), covs, encoder)


def test_the_closure_of_a_mixture_is_close_and_below():
    """With linear neurons and the exact covariance it is a lower bound at each xg."""
    exact = mixture(LinearGaussian(np.random.default_rng(2).normal(size=(5, 6)), 0.3))
    x = exact.draw_prior(30, exact.generator(1))
    g = torch.full((30,), 0.5, dtype=torch.float64)
    xg = x + 0.5**0.5 * torch.randn(30, 6, dtype=torch.float64, generator=exact.generator(2))
    _, slopes, seen = mean_and_seen(exact, exact.encoder, xg, g)
    gain = linear_gain(seen, slopes)[1]
    # The exact one by many responses drawn at exact posterior samples.
    many, generator = 4000, exact.generator(3)
    wide, level = xg.repeat(many, 1), g.repeat(many)
    draws = exact.posterior(wide, level, draw=True, generator=generator).draw
    r = exact.encoder.sample(draws, generator)
    squares = ((exact.xhat(wide, level, r) - exact.xhat(wide, level)) ** 2).reshape(many, 30, 6)
    truth, error = squares.mean(0), squares.std(0) / many**0.5
    assert (gain <= truth + 5 * error).all()
    assert gain.sum() > 0.9 * truth.sum()


@pytest.mark.parametrize("kind", ["linear", "poisson"])
def test_few_neurons_need_a_derivative_along_each_of_them_alone(kind):
    fields = np.random.default_rng(2).normal(size=(5, 6))
    few = LinearGaussian(fields, 0.3) if kind == "linear" else LinearNonlinearPoisson(fields, amplitude=4.0)
    prior = mixture(LinearGaussian(np.zeros((1, 6)), 1.0))
    denoiser = ZeroShotDenoiser(prior, few)
    g = torch.logspace(-2, 1, 8, dtype=torch.float64)
    xg = prior.draw_prior(8, prior.generator(1)) + g.sqrt()[:, None]
    mean, slopes, seen = mean_and_seen(denoiser, few, xg, g)
    assert torch.allclose(mean, prior.xhat(xg, g))
    assert torch.allclose(seen, slopes @ mean_and_covariance(prior, xg, g)[1], atol=1e-12)
    assert Closure().passes(denoiser) == denoiser.passes_given_response == 6  # xhat, and one for each of 5 neurons
    assert ZeroShotDenoiser(prior, LinearGaussian(np.ones((9, 6)), 1.0)).passes_given_response == 7  # for 6 features


def test_neurons_that_are_shown_twice_tell_what_they_tell_with_half_the_noise():
    """Ten neurons of six features go by the whole covariance, five by their own slopes."""
    fields = np.random.default_rng(2).normal(size=(5, 6))
    prior = mixture(LinearGaussian(np.zeros((1, 6)), 1.0))
    g = torch.logspace(-2, 1, 8, dtype=torch.float64)
    xg = prior.draw_prior(8, prior.generator(1)) + g.sqrt()[:, None]
    gains = []
    for encoder in (LinearGaussian(fields, 0.15), LinearGaussian(np.concatenate([fields, fields]), 0.3)):
        _, slopes, seen = mean_and_seen(prior, encoder, xg, g)
        gains.append(linear_gain(seen, slopes)[1])
    assert torch.allclose(*gains, atol=1e-10)


@pytest.mark.parametrize("sampler", ["closure", "matched"])
def test_poisson_neurons_beside_the_posterior_of_many_samples(sampler):
    encoder = LinearNonlinearPoisson(np.random.default_rng(5).normal(size=(4, 6)), amplitude=6.0)
    prior = mixture(LinearGaussian(np.zeros((1, 6)), 1.0))
    denoiser = ZeroShotDenoiser(prior, encoder)
    x = prior.draw_prior(40, prior.generator(4))
    # I(R;X), by the plain average of log p(r|x) / p(r) over many stimuli.
    many = prior.draw_prior(4000, prior.generator(5))
    r = encoder.sample(many[:1500], prior.generator(6))
    log = encoder.log_likelihood(r[:, None], many[None])
    own = encoder.log_likelihood(r, many[:1500])
    nats = own - (log.logsumexp(1) - np.log(len(many)))
    found = si.i_local.estimate(denoiser, x, passes=2500 if sampler == "closure" else 60_000, sampler=sampler, seed=1)
    spread = np.hypot(found.value.std() / len(x) ** 0.5, float(nats.std()) / 1500**0.5)
    # Linearised at xhat, the closure is off by up to a tenth on such neurons.
    assert abs(found.value.mean() - float(nats.mean())) < 3 * spread + 0.1 * float(nats.mean())


def test_another_population_for_shipped_networks():
    pytest.importorskip("diffusers", reason="the networks are those of diffusers")
    fields = np.random.default_rng(0).normal(size=(5, 64)) / 8
    denoiser = load_denoiser("digits", encoder=LinearGaussian(fields, 0.1))
    found = si.i_local.estimate(denoiser, np.full((1, 64), 0.4), passes=65 * 40, sampler="closure")
    assert found.value[0] > 0
    assert denoiser.gain is None
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_denoiser("nowhere")
    with pytest.raises(ModelError, match="sees stimuli of 3 numbers"):
        load_denoiser("digits", encoder=LinearGaussian(np.ones((1, 3)), 0.1))


def test_a_table_has_no_slopes():
    line = GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], 1.0))
    with pytest.raises(Unknown, match="does not give the slopes"):
        ZeroShotDenoiser(line, TableEncoder([[-1.0], [1.0]], [[0.9, 0.2], [0.1, 0.8]]))


@pytest.mark.parametrize("name", ["steps", "particles"])
@pytest.mark.parametrize("count", [0, 2.5, True])
def test_steps_and_particles(name, count):
    with pytest.raises(ValueError, match=f"{name} is {count}; expected a whole number, at least 1"):
        Matched(**{name: count})
