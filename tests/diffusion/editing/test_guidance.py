"""What guides estimate: the gradient of log p(z|y); and where the published rules depart from it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import Denoiser, FiniteSetDenoiser, GaussianDenoiser, MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.editing import AsReleased, ByCritic, ByLikelihood, Exact, Ladder, generate  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson, TableEncoder  # noqa: E402

RNG = np.random.default_rng(5)
POINTS, PRIOR = RNG.normal(size=(5, 2)), RNG.dirichlet(np.ones(5))
WEIGHTS, NOISE = RNG.normal(size=(3, 2)), np.diag([0.5, 1.0, 2.0])
LINEAR = LinearGaussian(WEIGHTS, NOISE)
COVS = np.stack([np.eye(2), [[0.5, 0.2], [0.2, 0.9]]])
MIXTURE = MixtureDenoiser([0.3, 0.7], POINTS[:2], COVS, LINEAR)
GAUSSIAN = GaussianDenoiser(POINTS[0], COVS[1], LINEAR)
Y = torch.tensor(RNG.normal(size=(6, 2)))
GAMMA = torch.tensor([0.01, 0.1, 0.5, 1.0, 4.0, 30.0], dtype=torch.float64)


def log_of_set(denoiser, y, gamma, r):
    """log p(r|y) of a finite set, by sums."""
    prior = torch.tensor(PRIOR).log() - ((y[:, None] - torch.tensor(POINTS)) ** 2).sum(2) / (2 * gamma[:, None])
    told = denoiser.encoder.log_likelihood(r[:, None], torch.tensor(POINTS)[None])
    return torch.logsumexp(prior + told, 1) - torch.logsumexp(prior, 1)


def log_of_mixture(denoiser, y, gamma, r):
    """log p(r|y) of a mixture, from the joint density of (y, r)."""
    log = []
    for row in range(len(y)):
        both, alone = [], []
        for weight, mean, cov in zip(*denoiser.prior_moments()):
            mean, cov, w = torch.tensor(mean), torch.tensor(cov), torch.tensor(WEIGHTS)
            joint = torch.cat([torch.cat([cov, cov @ w.T], 1), torch.cat([w @ cov, w @ cov @ w.T], 1)])
            joint = joint + torch.block_diag(gamma[row] * torch.eye(2, dtype=cov.dtype), torch.tensor(NOISE))
            normal = torch.distributions.MultivariateNormal
            both.append(
                normal(torch.cat([mean, w @ mean]), joint).log_prob(torch.cat([y[row], r[row]])) + np.log(weight)
            )
            alone.append(normal(mean, joint[:2, :2]).log_prob(y[row]) + np.log(weight))
        log.append(torch.logsumexp(torch.stack(both), 0) - torch.logsumexp(torch.stack(alone), 0))
    return torch.stack(log)


def of_set(encoder):
    return FiniteSetDenoiser(POINTS, encoder, PRIOR)


@pytest.mark.parametrize(
    ("denoiser", "log"),
    [
        (of_set(LINEAR), log_of_set),
        (of_set(LinearNonlinearPoisson(WEIGHTS, amplitude=4.0)), log_of_set),
        (of_set(TableEncoder(POINTS, RNG.dirichlet(np.ones(3), size=5).T)), log_of_set),
        (MIXTURE, log_of_mixture),
        (GAUSSIAN, log_of_mixture),
    ],
    ids=["set, linear", "set, poisson", "set, table", "mixture", "gaussian"],
)
def test_the_exact_guide_is_the_gradient_of_log_p_z_given_y(denoiser, log):
    """P3."""
    z = denoiser.encoder.sample(denoiser.draw_prior(6, denoiser.generator(0)), denoiser.generator(1))
    point = Y.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(log(denoiser, point, GAMMA, z).sum(), point)
    plain, added = Exact(z).shift(denoiser, Y, GAMMA)
    assert torch.equal(plain, denoiser.xhat(Y, GAMMA))
    assert torch.allclose(added, GAMMA[:, None] * slope, rtol=1e-9, atol=1e-10)


def test_the_exact_guide_of_another_denoiser():
    """A network generates, and the exact denoiser of the world guides."""
    z = LINEAR.sample(torch.tensor(POINTS), torch.Generator().manual_seed(0))[:3]
    y, gamma = Y[:3].float(), GAMMA[:3].float()
    coarse = GaussianDenoiser(np.zeros(2), np.eye(2), LINEAR, dtype=torch.float32)
    plain, added = Exact(z, of_set(LINEAR)).shift(coarse, y, gamma)
    assert torch.equal(plain, coarse.xhat(y, gamma))
    expected = Exact(z).shift(of_set(LINEAR), y.double(), gamma.double())[1]
    assert added.dtype == torch.float32
    assert torch.allclose(added.double(), expected, atol=1e-5)


def likelihood(z, encoder=LINEAR):
    return ByLikelihood(z, mean=lambda x: x @ encoder.weights.T, precision=encoder.precision)


def best_critic(x, z):
    """log p(z|x) / p(z) for X ~ GAUSSIAN."""
    mean, cov = (torch.tensor(part[0]) for part in GAUSSIAN.prior_moments()[1:])
    marginal = torch.distributions.MultivariateNormal(
        mean @ LINEAR.weights.T, LINEAR.weights @ cov @ LINEAR.weights.T + LINEAR.noise
    )
    return LINEAR.log_likelihood(z, x) - marginal.log_prob(z)


def test_the_best_critic_and_the_likelihood_are_the_same_guide():
    """Mutual information over one image is the pointwise log ratio, and p(z) does not depend on the image."""
    z = LINEAR.sample(Y, torch.Generator().manual_seed(0))
    pool = LINEAR.sample(GAUSSIAN.draw_prior(20_000, GAUSSIAN.generator(2)), torch.Generator().manual_seed(3))
    expected = likelihood(z).shift(GAUSSIAN, Y, GAMMA)[1]
    raw = ByCritic(z, critic=best_critic, raw=True).shift(GAUSSIAN, Y, GAMMA)[1]
    assert torch.allclose(raw, expected, atol=1e-10)
    normalised = ByCritic(z, critic=best_critic, negatives=pool).shift(GAUSSIAN, Y, GAMMA)[1]
    assert torch.allclose(normalised, expected, atol=0.05 * float(expected.abs().max()))


def test_what_is_added_to_a_critic_for_each_image_cancels():
    """P5: a trained critic is the log ratio up to c(x)."""
    z, pool = LINEAR.sample(Y), LINEAR.sample(torch.tensor(POINTS))

    def shifted(x, z):
        return best_critic(x, z) + 3 * torch.sin(2 * x).sum(-1)

    for raw in (False, True):
        one, other = (
            ByCritic(z, critic=critic, negatives=pool, raw=raw).shift(GAUSSIAN, Y, GAMMA)[1]
            for critic in (best_critic, shifted)
        )
        assert torch.allclose(one, other, atol=1e-9) is not raw


def test_guides_add_over_independent_groups_at_the_image_only():
    """P4: p(z|x) factorises, so that plug-in guides add; p(z|y) does not, so that exact ones do not."""
    z = LINEAR.sample(Y, torch.Generator().manual_seed(0))
    parts = [LinearGaussian(WEIGHTS[rows], NOISE[rows, rows]) for rows in (slice(0, 2), slice(2, 3))]
    pieces = [z[:, :2], z[:, 2:]]
    whole = likelihood(z).shift(GAUSSIAN, Y, GAMMA)[1]
    assert torch.allclose(
        whole, sum(likelihood(piece, part).shift(GAUSSIAN, Y, GAMMA)[1] for piece, part in zip(pieces, parts))
    )
    exact = Exact(z).shift(of_set(LINEAR), Y, GAMMA)[1]
    apart = sum(Exact(piece).shift(of_set(part), Y, GAMMA)[1] for piece, part in zip(pieces, parts))
    assert float((exact - apart).abs().max()) > 0.1


def test_the_plug_in_is_right_at_low_noise_and_wrong_at_high_noise():
    z = LINEAR.sample(Y, torch.Generator().manual_seed(0))

    def error(gamma):
        level = torch.full((6,), gamma, dtype=torch.float64)
        exact, plug_in = (guide.shift(GAUSSIAN, Y, level)[1] for guide in (Exact(z), likelihood(z)))
        return float((plug_in - exact).norm() / exact.norm())

    assert error(1e-4) < 2e-3
    assert error(30.0) > 0.3


def test_detached_leaves_out_the_derivative_of_xhat():
    z, gamma = LINEAR.sample(Y), torch.full((6,), 4.0, dtype=torch.float64)
    full = ByCritic(z, critic=best_critic, raw=True)
    short = ByCritic(z, critic=best_critic, raw=True, detached=True)
    point = GAUSSIAN.xhat(Y, gamma).requires_grad_(True)
    (slope,) = torch.autograd.grad(best_critic(point, z).sum(), point)
    assert torch.allclose(short.shift(GAUSSIAN, Y, gamma)[1], 4.0 * slope)
    assert float((full.shift(GAUSSIAN, Y, gamma)[1] - 4.0 * slope).abs().max()) > 0.1


def test_the_released_rule_has_another_length_at_each_level():
    """eps - w grad in the place of eps - w sqrt(1 - abar) grad, with the gradient in x_t, in the VP form of DDIM."""
    z = LINEAR.sample(Y, torch.Generator().manual_seed(0))
    pool = z[:1].expand(7, -1)  # all negatives are the same, so that the draw does not matter
    plain, added = AsReleased(z, critic=best_critic, negatives=pool, drawn=10).shift(GAUSSIAN, Y, GAMMA)
    abar = (1 / (1 + GAMMA))[:, None]
    noise = (Y - plain) / GAMMA.sqrt()[:, None]
    x_t = (abar.sqrt() * Y).requires_grad_(True)
    clean = (x_t - (1 - abar).sqrt() * noise) / abar.sqrt()
    others = torch.cat([best_critic(clean, z)[:, None], best_critic(clean[:, None], pool[:1][None]).expand(-1, 10)], 1)
    (slope,) = torch.autograd.grad((best_critic(clean, z) - torch.logsumexp(others, 1)).sum(), x_t)
    expected = (x_t.detach() - (1 - abar).sqrt() * (noise - slope)) / abar.sqrt() - plain
    assert torch.allclose(added, expected, atol=1e-9)


def test_a_scale_of_1_from_high_noise_ends_at_draws_of_x_given_z():
    """P4."""
    points = np.array([[-2.0], [0.5], [3.0]])
    denoiser = FiniteSetDenoiser(points, LinearGaussian([[1.0]], 2.0), [0.2, 0.5, 0.3])
    z = torch.tensor([[1.5]], dtype=torch.float64)
    chance = torch.softmax(denoiser.log_prior + denoiser.likelihoods(z)[0], 0)
    count, ladder = 4000, Ladder.between(0.05, 60.0, 150)
    y = 60.0 * torch.randn(count, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = generate(denoiser, y, ladder, Exact(z.expand(count, -1)))
    share = torch.bincount((found - torch.tensor(points).T).abs().argmin(1), minlength=3) / count
    assert ((share - chance).abs() < 5 * (chance * (1 - chance) / count).sqrt() + 0.01).all()
    assert ((share - denoiser.log_prior.exp()).abs() > 0.1).any()


def test_a_scale_of_0_is_no_guide():
    z, ladder = LINEAR.sample(Y), Ladder.between(0.1, 2.0, 6)
    assert torch.equal(generate(GAUSSIAN, Y, ladder, Exact(z), 0.0), generate(GAUSSIAN, Y, ladder))
    assert not torch.equal(generate(GAUSSIAN, Y, ladder, Exact(z), 1.0), generate(GAUSSIAN, Y, ladder))


def test_a_conditional_network_guides_itself():
    """Classifier-free guidance: the difference of a network's own two answers."""

    class Network(Denoiser):
        encoder, dimensions = LINEAR, 2

        def xhat(self, xg, gamma, r=None):
            return 0.5 * xg + (0 if r is None else r[:, :2])

    z = LINEAR.sample(Y)
    plain, added = Exact(z).shift(Network(), Y, GAMMA)
    assert torch.equal(plain, 0.5 * Y)
    assert torch.allclose(added, z[:, :2])
