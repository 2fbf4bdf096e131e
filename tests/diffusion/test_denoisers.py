"""Each denoiser against a posterior computed by brute force from densities."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import (  # noqa: E402
    FiniteSetDenoiser,
    GaussianDenoiser,
    MixtureDenoiser,
    Unknown,
    reverse_diffusion,
)
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson, ModelError, TableEncoder  # noqa: E402

GRID = torch.linspace(-14, 14, 28001, dtype=torch.float64)[:, None]


def mixture():
    weights, means, sds = [0.2, 0.5, 0.3], [-2.0, 0.5, 3.0], [0.5, 1.0, 0.3]
    encoder = LinearGaussian([[1.0], [-0.5]], [[0.5, 0.2], [0.2, 0.4]])
    denoiser = MixtureDenoiser(weights, np.array(means)[:, None], np.square(sds)[:, None, None], encoder)
    density = sum(w * torch.exp(-0.5 * ((GRID[:, 0] - m) / s) ** 2) / s for w, m, s in zip(weights, means, sds))
    return denoiser, density


def brute_force(denoiser, density, points, xg, gamma, r=None):
    """Mean and variance of X | xg (, r) on a grid of points."""
    log = density.log() - 0.5 * ((xg[:, None] - points) ** 2).sum(2) / gamma[:, None]
    if r is not None:
        log = log + denoiser.encoder.log_likelihood(r[:, None], points[None])
    weight = torch.softmax(log, dim=1)
    mean = weight @ points
    return mean, weight @ points**2 - mean**2


@pytest.mark.parametrize("given", [False, True])
def test_mixture_posterior(given):
    denoiser, density = mixture()
    xg = torch.tensor([[-2.5], [0.0], [1.7], [6.0]], dtype=torch.float64)
    gamma = torch.tensor([0.01, 0.3, 2.0, 30.0], dtype=torch.float64)
    r = torch.tensor([[-2.0, 1.5], [0.3, 0.2], [3.0, -2.0], [1.0, 1.0]], dtype=torch.float64) if given else None
    mean, variance = brute_force(denoiser, density, GRID, xg, gamma, r)
    found = denoiser.posterior(xg, gamma, r, variance=True)
    assert torch.allclose(found.mean, mean, atol=1e-8)
    assert torch.allclose(found.variance, variance, atol=1e-8)
    assert torch.allclose(denoiser.xhat(xg, gamma, r), mean, atol=1e-8)


def finite_set(d=3, count=12, seed=0):
    rng = np.random.default_rng(seed)
    stimuli, prior = rng.normal(size=(count, d)), rng.dirichlet(np.ones(count))
    encoder = LinearNonlinearPoisson(rng.normal(size=(4, d)), gain=1.5, threshold=0.2, amplitude=3.0)
    return FiniteSetDenoiser(stimuli, encoder, prior), stimuli, prior


@pytest.mark.parametrize("given", [False, True])
def test_finite_set_posterior(given):
    denoiser, stimuli, prior = finite_set()
    points = torch.tensor(stimuli)
    xg = torch.randn(9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gamma = torch.logspace(-4, 3, 9, dtype=torch.float64)
    r = denoiser.encoder.sample(points[:9]) if given else None
    mean, variance = brute_force(denoiser, torch.tensor(prior), points, xg, gamma, r)
    found = denoiser.posterior(xg, gamma, r, variance=True)
    assert torch.allclose(found.mean, mean, atol=1e-10)
    assert torch.allclose(found.variance, variance, atol=1e-10)


@pytest.mark.parametrize("make", [lambda: mixture()[0], lambda: finite_set()[0]], ids=["mixture", "finite_set"])
@pytest.mark.parametrize("given", [False, True])
def test_draws_have_the_posterior_s_moments(make, given):
    denoiser = make()
    count = 40_000
    x = denoiser.draw_prior(1, denoiser.generator(3)).expand(count, -1)
    gamma = torch.full((count,), 0.8, dtype=torch.float64)
    r = denoiser.encoder.sample(x[:1], denoiser.generator(4)).expand(count, -1) if given else None
    found = denoiser.posterior(x, gamma, r, variance=True, draw=True, normal=True, generator=denoiser.generator(5))
    bound = 5 * (found.variance[0] / count).sqrt()
    for sample in (found.draw, found.normal):
        assert ((sample.mean(0) - found.mean[0]).abs() < bound).all()
        assert torch.allclose(sample.var(0), found.variance[0], rtol=0.1)
    if not given:
        return
    alone = denoiser.draw_given_response(r, denoiser.generator(6))
    wide = denoiser.xhat(x[:1], torch.full((1,), 1e12, dtype=torch.float64), r[:1])[0]
    assert ((alone.mean(0) - wide).abs() < 5 * (alone.var(0) / count).sqrt()).all()


def test_reverse_diffusion_of_a_black_box_gaussian():
    """Mean and covariance are those of the exact posterior, with a bias that decreases with the steps.

    Few steps give the whole variance.
    """
    rng = np.random.default_rng(0)
    root = rng.normal(size=(3, 3))
    denoiser = GaussianDenoiser(rng.normal(size=3), root @ root.T / 3, LinearGaussian(np.eye(3), 1.0))
    count = 30_000
    xg = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64).expand(count, -1)
    gamma = torch.full((count,), 0.5, dtype=torch.float64)
    exact = denoiser.posterior(xg, gamma, variance=True)
    apart = []
    for steps in (10, 160):
        sample = reverse_diffusion(denoiser, xg, gamma, steps, denoiser.generator(1))
        assert ((sample.mean(0) - exact.mean[0]).abs() < 5 * (exact.variance[0] / count).sqrt()).all()
        apart.append(float((sample.var(0) / exact.variance[0] - 1).abs().max()))
        # DDPM's fixed_small variance gives 0.62 of the whole in 10 steps.
        assert abs(float(sample.var(0).sum() / exact.variance[0].sum()) - 1) < 0.15
    assert apart[1] < 0.05 < apart[0]


def test_gaussian_information_is_the_closed_form():
    rng = np.random.default_rng(2)
    root, weights = rng.normal(size=(5, 5)), rng.normal(size=(2, 5))
    cov, noise = root @ root.T + 0.1 * np.eye(5), np.diag([0.3, 0.7])
    denoiser = GaussianDenoiser(np.zeros(5), cov, LinearGaussian(weights, noise))
    total = 0.5 * (np.linalg.slogdet(weights @ cov @ weights.T + noise)[1] - np.linalg.slogdet(noise)[1])
    assert denoiser.feature_information().sum() == pytest.approx(total, rel=1e-10)


def test_a_singular_covariance_is_a_prior_on_a_line():
    denoiser = GaussianDenoiser([1.0, 1.0], [[1.0, 1.0], [1.0, 1.0]], LinearGaussian([[1.0, 0.0]], 0.5))
    xg = torch.tensor([[3.0, -1.0]], dtype=torch.float64)
    assert torch.allclose(denoiser.xhat(xg, torch.tensor([0.1])), torch.ones(1, 2, dtype=torch.float64))


def test_encoders_sum_to_one():
    table = TableEncoder([[0.0], [1.0]], [[0.25, 1.0], [0.75, 0.0]])
    assert table.probabilities(torch.tensor([[0.5]], dtype=torch.float64)).tolist() == [[0.625, 0.375]]
    counts = torch.arange(80, dtype=torch.float64)[:, None]
    poisson = LinearNonlinearPoisson([[1.0]], amplitude=9.0)
    x = torch.tensor([[0.7]], dtype=torch.float64)
    assert float(poisson.log_likelihood(counts, x).exp().sum()) == pytest.approx(1, abs=1e-12)
    r = torch.linspace(-20, 20, 4001, dtype=torch.float64)[:, None]
    gaussian = LinearGaussian([[2.0]], 0.7)
    assert float(gaussian.log_likelihood(r, x).exp().sum() * 0.01) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    "encoder",
    [
        LinearGaussian([[1.0, -0.5], [0.3, 2.0]], [[0.5, 0.1], [0.1, 0.3]]),
        LinearNonlinearPoisson([[1.0, -0.5], [0.3, 2.0]], gain=1.3, threshold=0.1, amplitude=2.5),
    ],
)
def test_fisher_information_is_the_variance_of_the_score(encoder):
    x = torch.tensor([0.4, -0.2], dtype=torch.float64, requires_grad=True)
    r = encoder.sample(x.detach().expand(20_000, -1), torch.Generator().manual_seed(0))
    point = x.expand(20_000, -1).detach().requires_grad_(True)
    (score,) = torch.autograd.grad(encoder.log_likelihood(r, point).sum(), point)
    assert torch.allclose((score**2).mean(0), encoder.fisher(x.detach()), rtol=0.06)


POISSON = LinearNonlinearPoisson([[1.0]])
LINEAR = LinearGaussian([[1.0]], 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianDenoiser([0.0], [[1.0]], POISSON), "no closed form for LinearNonlinearPoisson"),
        (lambda: GaussianDenoiser([0.0, 0.0], np.eye(2), LINEAR), "sees stimuli in R.1, the prior is on R.2"),
        (lambda: GaussianDenoiser([0.0], [[-1.0]], LINEAR), "eigenvalue of -1"),
        (lambda: MixtureDenoiser([0.5, 0.6], [[0.0], [1.0]], np.ones((2, 1, 1)), LINEAR), "weights sum to 1.1"),
        (lambda: MixtureDenoiser([0.5, 0.5], [[0.0], [1.0]], np.ones((2, 2, 2)), LINEAR), "covs has shape"),
        (lambda: FiniteSetDenoiser(np.zeros((0, 1)), LINEAR), "at least one stimulus"),
        (lambda: FiniteSetDenoiser(np.ones((4, 1)), LINEAR), "all stimuli of the set are the same"),
        (lambda: FiniteSetDenoiser([[0.0], [np.nan]], LINEAR), "stimulus 1 of the set is not finite"),
        (lambda: FiniteSetDenoiser(np.eye(2), LINEAR), "the set's are in R.2"),
        (lambda: FiniteSetDenoiser([[0.0], [1.0]], LINEAR, [0.5, 0.6]), "prior sums to 1.1"),
        (lambda: LinearGaussian([[1.0]], -1.0), "positive definite"),
        (lambda: LinearGaussian([[1.0]], np.eye(2)), "noise has shape"),
        (lambda: LinearNonlinearPoisson([[1.0]], amplitude=0.0), "amplitude must be positive"),
        (lambda: LinearNonlinearPoisson([[1.0]], gain=[1.0, 2.0]), "gain has shape"),
        (lambda: LinearNonlinearPoisson([1.0]), "weights has shape"),
    ],
)
def test_bad_pieces(make, message):
    with pytest.raises(ModelError, match=message):
        make()


def test_a_black_box_says_what_it_does_not_know():
    class Blind(GaussianDenoiser):
        posterior = si.diffusion.Denoiser.posterior

    denoiser = Blind([0.0], [[1.0]], LINEAR)
    with pytest.raises(Unknown, match="knows only xhat"):
        denoiser.posterior(torch.zeros(1, 1), torch.ones(1), draw=True)


class Laplacian(LinearNonlinearPoisson):
    """A user's likelihood that is no exponential family in r: Laplace noise, given by its log density."""

    discrete = False

    def natural(self, x):
        raise NotImplementedError

    def sample(self, x, generator=None):
        share = torch.rand(*x.shape[:-1], self.responses, dtype=x.dtype, generator=generator) - 0.5
        return x @ self.weights.T - share.sign() * torch.log1p(-2 * share.abs())

    def log_likelihood(self, r, x):
        return (-(r - x @ self.weights.T).abs() - np.log(2)).sum(-1)


def test_a_likelihood_given_by_its_logarithm_alone():
    encoder = Laplacian([[1.0], [2.0]])
    stimuli = torch.linspace(-2, 2, 7, dtype=torch.float64)[:, None]
    denoiser = FiniteSetDenoiser(stimuli, encoder)
    xg, gamma = torch.tensor([[0.3]], dtype=torch.float64), torch.tensor([0.7], dtype=torch.float64)
    r = torch.tensor([[0.1, 1.4]], dtype=torch.float64)
    mean, _ = brute_force(denoiser, torch.ones(7, dtype=torch.float64), stimuli, xg, gamma, r)
    assert torch.allclose(denoiser.xhat(xg, gamma, r), mean)
    information, error = denoiser.mutual_information(samples=4000)
    found = si.i_local.estimate(denoiser, stimuli, passes=10_000)
    assert abs(found.value.mean() - information) < 5 * np.hypot(error, np.sqrt((found.stderr**2).sum()) / 7)


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("log_likelihood", lambda r, x: torch.full(x.shape[:-1], torch.nan), "stimulus 0 of the set is nan"),
        ("log_likelihood", lambda r, x: torch.full(x.shape[:-1], 0.5), "is 0.5; expected at most 0"),
        ("log_likelihood", lambda r, x: torch.zeros(3, 3), r"log_likelihood gave shape \(3, 3\)"),
        ("sample", lambda x, generator=None: torch.zeros(len(x), 5), r"sample gave shape \(4, 5\)"),
        ("natural", lambda x: (torch.full((len(x), 1), torch.inf), torch.zeros(len(x))), "not finite at stimulus 0"),
    ],
)
def test_a_likelihood_that_is_none(method, answer, message, monkeypatch):
    encoder = LinearNonlinearPoisson([[1.0]])
    monkeypatch.setattr(type(encoder), method, staticmethod(answer))
    with pytest.raises(ModelError, match=message):
        FiniteSetDenoiser([[0.0], [1.0], [2.0], [3.0]], encoder)


def test_a_device_that_is_not_there():
    with pytest.raises(ModelError, match="device 'cuda:93' is not available"):
        FiniteSetDenoiser([[0.0], [1.0]], POISSON, device="cuda:93")
