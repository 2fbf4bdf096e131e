"""The posterior of a mixture given responses of any smooth population, and the mixture fitted to the digits."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.importance import ImportanceDenoiser  # noqa: E402
from stiminfo.diffusion.sources import gmm, population_for, source_named  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson  # noqa: E402

RNG = np.random.default_rng(3)
PARTS = ([0.3, 0.7], 1.5 * RNG.normal(size=(2, 3)), np.stack([np.diag([1.0, 0.3, 0.5]), np.eye(3) * 0.4]))


def noisy(denoiser, count, gamma, seed=0):
    generator = denoiser.generator(seed)
    x = denoiser.draw_prior(count, generator)
    g = torch.full((count,), gamma, dtype=torch.float64)
    xg = x + gamma**0.5 * torch.randn(x.shape, dtype=x.dtype, generator=generator)
    return xg, g, denoiser.encoder.sample(x, generator)


@pytest.mark.parametrize("gamma", [0.01, 1.0, 100.0])
def test_linear_neurons_give_the_closed_form(gamma):
    """Each component's posterior is then a Gaussian, so that no sampling noise is left."""
    encoder = LinearGaussian(RNG.normal(size=(2, 3)), 0.4)
    exact, sampled = MixtureDenoiser(*PARTS, encoder), ImportanceDenoiser(*PARTS, encoder)
    xg, g, r = noisy(exact, 50, gamma)
    one, other = exact.posterior(xg, g, r, variance=True), sampled.posterior(xg, g, r, variance=True)
    assert torch.allclose(one.mean, other.mean, atol=1e-4)
    assert torch.allclose(one.variance, other.variance, rtol=1e-3, atol=1e-5)
    assert torch.equal(exact.xhat(xg, g), sampled.xhat(xg, g))
    (nats, doubt), (others, its) = exact.mutual_information(4000), sampled.mutual_information(1000)
    assert abs(nats - others) < 4 * np.hypot(doubt, its)
    draws = [den.draw_given_response(r[:1].expand(4000, -1), den.generator(1)) for den in (exact, sampled)]
    assert torch.allclose(*(some.mean(0) for some in draws), atol=0.1)
    assert torch.allclose(*(some.T.cov() for some in draws), atol=0.1)


def test_poisson_neurons_beside_quadrature():
    encoder = LinearNonlinearPoisson([[1.0], [-0.7]], gain=2.0, amplitude=5.0)
    weights, means, covs = [0.4, 0.6], [[-1.0], [1.2]], [[[0.3]], [[0.6]]]
    sampled = ImportanceDenoiser(weights, means, covs, encoder, samples=256)
    grid = torch.linspace(-6, 7, 4001, dtype=torch.float64)[:, None]
    apart = grid - torch.tensor(means)[:, 0]
    spread = torch.tensor(covs, dtype=torch.float64)[:, 0, 0]
    prior = (torch.tensor(weights) * torch.exp(-(apart**2) / (2 * spread)) / spread.sqrt()).sum(1)
    xg, g, r = noisy(sampled, 200, 0.5)
    log = prior.log() - (xg - grid[:, 0]) ** 2 / (2 * g[:, None])
    log = log + encoder.log_likelihood(r[:, None], grid[None])
    chance = torch.softmax(log, 1)
    mean = chance @ grid[:, 0]
    variance = chance @ grid[:, 0] ** 2 - mean**2
    found = sampled.posterior(xg, g, r, variance=True)
    assert (found.mean[:, 0] - mean).abs().max() < 0.1
    assert (found.mean[:, 0] - mean).mean().abs() < 0.003
    assert float(found.variance.sum() / variance.sum()) == pytest.approx(1, abs=0.02)
    assert float(sampled.scales(xg).low[0]) < float(sampled.scales(xg).high[0])


def test_only_what_changes_the_drives_is_sampled():
    """In the other directions the posterior does not depend on the response, nor on the samples."""
    fields = np.zeros((2, 6))
    fields[:, :2] = [[1.0, 0.5], [-0.4, 1.0]]
    means, covs = np.zeros((1, 6)), np.diag([1.0, 1.0, 0.5, 2.0, 0.7, 1.0])[None]
    encoder = LinearNonlinearPoisson(fields, amplitude=5.0)
    denoiser = ImportanceDenoiser([1.0], means, covs, encoder)
    xg, g, r = noisy(denoiser, 20, 1.0)
    alone = denoiser.posterior(xg, g, variance=True)
    seen = denoiser.posterior(xg, g, r, variance=True)
    assert torch.allclose(seen.variance[:, 2:], alone.variance[:, 2:], atol=1e-12)
    assert torch.allclose(seen.mean[:, 2:], alone.mean[:, 2:], atol=1e-12)
    assert (seen.variance[:, :2] - alone.variance[:, :2]).abs().min() > 1e-4

    class Squared(LinearNonlinearPoisson):
        """The likelihood is another one, so that it need not depend on the drives alone."""

        def log_likelihood(self, r, x):
            return super().log_likelihood(r, x) - 0.5 * x[..., 5] ** 2

    other = ImportanceDenoiser([1.0], means, covs, Squared(fields, amplitude=5.0))
    assert (other.posterior(xg, g, r, variance=True).variance[:, 5] - alone.variance[:, 5]).abs().max() > 0.05


def test_the_mixture_of_the_digits():
    pytest.importorskip("sklearn")
    source = source_named("gmm")
    assert source.shape == (8, 8)
    assert source.credit.startswith("Gaussian mixture")
    linear = source.exact(population_for(source, "linear"))
    assert isinstance(linear, MixtureDenoiser)
    poisson = source.exact(population_for(source, "poisson"))
    assert isinstance(poisson, ImportanceDenoiser)
    from stiminfo.diffusion.datasets import digits

    rows = digits().pixels.reshape(-1, 64)
    drawn = source.draw(4000, torch.Generator().manual_seed(0)).numpy()
    assert np.abs(drawn.mean(0) - rows.mean(0)).max() < 0.05
    assert np.abs(np.cov(drawn.T) - np.cov(rows.T)).max() < 0.03
    # The stored mixture is one that scikit-learn finds: the digits are as likely under a fresh fit, to a nat.
    fresh = type(source)("fresh", *gmm.fit(), (8, 8))
    surprise = [log_density(one, rows.astype(float)) for one in (source, fresh)]
    assert surprise[0] == pytest.approx(surprise[1], abs=1)


def log_density(source, rows):
    """The mean log density of rows under a mixture, nats."""
    p, means, covs = source.parts
    log = []
    for weight, mean, cov in zip(p, means, covs):
        root = np.linalg.cholesky(cov)
        white = np.linalg.solve(root, (rows - mean).T)
        log.append(np.log(weight) - 0.5 * (white**2).sum(0) - np.log(np.diag(root)).sum())
    return float(np.logaddexp.reduce(log).mean())
