"""The matched sampler where no responses were learned: nothing is left to chance but what a linear step misses."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import Closure, GaussianDenoiser, Matched, MixtureDenoiser, ZeroShotDenoiser  # noqa: E402
from stiminfo.diffusion.importance import ImportanceDenoiser  # noqa: E402
from stiminfo.diffusion.samplers.particles import Local, given_response, weighed  # noqa: E402
from stiminfo.diffusion.second_moments import mean_and_eigen  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson  # noqa: E402

D, K = 4, 3
FIELDS = np.random.default_rng(1).normal(size=(K, D))
PARTS = (
    np.full(3, 1 / 3),
    2.0 * np.random.default_rng(2).normal(size=(3, D)),
    np.stack([np.eye(D) * s for s in (0.1, 0.3, 0.2)]),
)


def noisy(denoiser, count, seed=0):
    generator = denoiser.generator(seed)
    x = denoiser.draw_prior(count, generator)
    g = torch.logspace(-1.5, 1, count, dtype=torch.float64)
    return x + g.sqrt()[:, None] * torch.randn(x.shape, dtype=x.dtype, generator=generator), g


def test_where_all_is_gaussian_nothing_is_left_to_chance():
    cov = np.diag([1.0, 0.5, 2.0, 0.1]) + 0.3
    exact = GaussianDenoiser(np.ones(D), cov, LinearGaussian(FIELDS, 0.4))
    denoiser = ZeroShotDenoiser(exact, exact.encoder)
    xg, g = noisy(exact, 12)
    closed = Closure().squared_gain(denoiser, xg, g, False, denoiser.generator(0))
    for seed in range(3):
        found = Matched(5, particles=2).squared_gain(denoiser, xg, g, False, denoiser.generator(seed))
        assert torch.allclose(found, closed, atol=1e-10)


def test_two_numbers_that_a_gaussian_gives():
    """The local Gaussian given a further noisy observation and a response, beside the joint Gaussian of all three."""
    exact = GaussianDenoiser(np.ones(D), np.eye(D) + 0.3, LinearGaussian(FIELDS, 0.4))
    encoder, r = exact.encoder, torch.tensor([[0.3, -1.0, 0.7]], dtype=torch.float64)
    xg, g = noisy(exact, 1)
    local = Local.of(mean_and_eigen(exact, xg, g), encoder, r)
    covariance = (local.vectors * local.values[:, None]) @ local.vectors.mT
    shrunk, noise = torch.tensor([[0.7]], dtype=torch.float64), torch.tensor([[0.2]], dtype=torch.float64)
    seen = torch.full((1, D), 0.4, dtype=torch.float64)
    rows = torch.cat([encoder.weights, 0.7 * torch.eye(D, dtype=torch.float64)])
    whole = rows @ covariance[0] @ rows.T + torch.block_diag(encoder.noise, 0.2 * torch.eye(D, dtype=torch.float64))
    off = torch.cat([r[0], seen[0]]) - rows @ local.mean[0]
    after = local.after(seen, shrunk, noise)
    expected = local.mean[0] + covariance[0] @ rows.T @ torch.linalg.solve(whole, off)
    assert torch.allclose(after.given_response()[0], expected)
    # log p(r) + log p(observation | r) = log p(both); log p(observation) + log p(r | observation) as well
    law = torch.distributions.MultivariateNormal(torch.zeros(K + D, dtype=torch.float64), whole)
    alone = torch.distributions.MultivariateNormal(torch.zeros(D, dtype=torch.float64), whole[K:, K:])
    assert float(after.evidence()) == pytest.approx(float(law.log_prob(off) - alone.log_prob(off[K:])))
    first = torch.distributions.MultivariateNormal(torch.zeros(K, dtype=torch.float64), whole[:K, :K])
    assert float(local.evidence()) == pytest.approx(float(first.log_prob(off[:K])))
    draws = local.rows(torch.zeros(20_000, dtype=torch.long)).draw(exact.generator(1))
    posterior = exact.posterior(xg, g, r, variance=True)
    assert torch.allclose(draws.mean(0), posterior.mean[0], atol=0.03)
    assert torch.allclose(draws.var(0), posterior.variance[0], rtol=0.05)


def gain(exact, xg, g, responses, seed):
    """E_r[D_i^2 | xg], by differences of posterior variances, and its standard error, summed over features and rows."""
    generator = exact.generator(seed)
    wide, level = xg.repeat(responses, 1), g.repeat(responses)
    before = exact.posterior(wide, level, variance=True, draw=True, generator=generator)
    r = exact.encoder.sample(before.draw, generator)
    after = exact.posterior(wide, level, r, variance=True, generator=generator)
    each = (before.variance - after.variance).reshape(responses, -1).sum(1)
    return float(each.mean()), float(each.std()) / responses**0.5


def test_a_mixture_of_which_a_linear_step_misses_a_part():
    exact = MixtureDenoiser(*PARTS, LinearGaussian(FIELDS, 0.05))
    denoiser = ZeroShotDenoiser(exact, exact.encoder)
    xg, g = noisy(denoiser, 24)
    g = torch.full_like(g, 4.0)
    truth, doubt = gain(exact, xg, g, 400, 1)
    step = Closure().squared_gain(denoiser, xg, g, False, denoiser.generator(0)).sum()
    wide, level = xg.repeat(80, 1), g.repeat(80)
    found = Matched(20).squared_gain(denoiser, wide, level, False, denoiser.generator(3)).reshape(80, -1).sum(1)
    stderr = np.hypot(float(found.std()) / 80**0.5, doubt)
    assert stderr < 0.01 * truth
    assert float(step) < 0.97 * truth
    assert abs(float(found.mean()) - truth) < 3 * stderr


@pytest.mark.parametrize(("kind", "share"), [("linear", 0.2), ("poisson", 0.5)])
def test_one_set_of_particles_beside_the_exact_mean(kind, share):
    """Many particles find E[X|xg, r] of a mixture, which one linear step does not."""
    linear = LinearGaussian(FIELDS, 0.05)
    encoder = linear if kind == "linear" else LinearNonlinearPoisson(FIELDS, amplitude=12.0)
    prior = MixtureDenoiser(*PARTS, linear)
    exact = prior if kind == "linear" else ImportanceDenoiser(*PARTS, encoder, samples=1024)
    denoiser = ZeroShotDenoiser(prior, encoder)
    xg, g = noisy(prior, 8, seed=5)
    g = torch.full_like(g, 4.0)
    x = prior.posterior(xg, g, draw=True, generator=prior.generator(1)).draw
    r = encoder.sample(x, prior.generator(2))
    ladder = torch.stack([g * 1e-4 ** ((step / 30) ** 2) for step in range(30)])
    local = Local.of(mean_and_eigen(prior, xg, g), denoiser.encoder, r)
    found = given_response(denoiser, local, xg, r, ladder, 200, prior.generator(3))
    truth = exact.xhat(xg, g, r)
    off, linear_off = ((mean - truth).norm() for mean in (found, denoiser.xhat(xg, g, r)))
    assert off < share * linear_off
    assert Matched(30, 200).passes(denoiser) == (1 + D) * (30 + 2 * 200 * 29)


def test_draws_that_are_weighed_find_the_mean_of_neurons_that_saturate():
    """E[X|r] of a Gaussian X by quadrature; the step of neurons taken for linear is off."""
    neuron = LinearNonlinearPoisson(np.ones((1, 1)), gain=2.0, threshold=1.0, amplitude=10.0)
    r = torch.tensor([[0.0], [5.0], [12.0]], dtype=torch.float64)
    one = torch.ones(3, 1, dtype=torch.float64)
    local = Local.of((one, 2.0 * one, one[..., None]), neuron, r)
    x = torch.linspace(-9.0, 11.0, 4001, dtype=torch.float64)
    weight = torch.stack([neuron.log_likelihood(count.expand(len(x), 1), x[:, None]) for count in r])
    weight = torch.softmax(weight - (x - 1) ** 2 / 4, dim=1)
    truth = (weight * x).sum(1)
    found = weighed(local, neuron, r, 20_000, torch.Generator().manual_seed(0))[:, 0]
    assert (local.given_response()[:, 0] - truth).abs().max() > 0.2
    assert (found - truth).abs().max() < 0.03
