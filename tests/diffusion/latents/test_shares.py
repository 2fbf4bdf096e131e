"""P10: what groups tell, against quadrature, other estimators, and each other."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from hypothesis import given, settings  # noqa: E402
from scipy.stats import norm  # noqa: E402

import stiminfo as si  # noqa: E402
from stiminfo.diffusion.latents import (  # noqa: E402
    ExactLatents,
    GaussianTable,
    Groups,
    PoissonTable,
    factor_information,
    group_shares,
    mixed_population,
    rendered_world,
)
from stiminfo.errors import ModelError, UnknownName  # noqa: E402

from . import tiny  # noqa: E402

WORLD = tiny.world()
MEANS = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 1.5], [4.0, 0.0], [4.0, 1.0], [6.0, 2.0]], dtype=torch.float64)
COVARIANCE = torch.tensor([[1.0, 0.3], [0.3, 0.5]], dtype=torch.float64)
LATENTS = ExactLatents(WORLD, tiny.PAIR, MEANS, COVARIANCE)


def by_quadrature(means, sd, codes):
    """I(z; x) and I(z; factor) of one latent."""
    z = np.linspace(means.min() - 9 * sd, means.max() + 9 * sd, 20_001)
    p = norm.pdf(z[:, None], means, sd)
    found = []
    for labels in (np.arange(len(means)), *codes.T):
        given_label = np.stack([p[:, labels == v].mean(1) for v in np.unique(labels)], 1)
        share = np.bincount(labels) / len(labels)
        ratio = np.log(np.maximum(given_label, 1e-300) / np.maximum(p.mean(1, keepdims=True), 1e-300))
        found.append(float((share * given_label * ratio).sum() * (z[1] - z[0])))
    return np.array(found)


def test_a_latent_alone_by_quadrature():
    shares = group_shares(LATENTS, 20_000, seed=3)
    for g in range(2):
        truth = by_quadrature(MEANS[:, g].numpy(), math.sqrt(COVARIANCE[g, g]), WORLD.factors)
        assert shares.about_image[g] == pytest.approx(truth[0], abs=4 * shares.image_stderr[g])
        assert shares.about_factor[g] == pytest.approx(truth[1:], abs=4 * shares.factor_stderr[g].max())
        assert shares.by_dimension[g] == pytest.approx(shares.about_factor[g])
    assert shares.rows == ("one", "two", "whole")
    assert shares.share("one", "kind") == pytest.approx(shares.about_factor[0, 0] / math.log(2))


def test_a_covariance_that_is_not_that_of_the_latents_is_seen():
    truth = by_quadrature(MEANS[:, 0].numpy(), 1.0, WORLD.factors)
    wrong = group_shares(ExactLatents(WORLD, tiny.PAIR, MEANS, COVARIANCE @ COVARIANCE), 20_000, seed=3)
    assert abs(wrong.about_image[0] - truth[0]) > 5 * wrong.image_stderr[0]


@given(latents=tiny.latents())
@settings(max_examples=15, deadline=None)
def test_no_group_tells_more_than_all_and_no_factor_more_than_the_image(latents):
    shares = group_shares(latents, 500)
    slack = 5 * shares.image_stderr.max() + 1e-9
    assert (shares.about_image[:2] <= shares.about_image[-1] + slack).all()
    assert (shares.about_factor <= shares.about_image[:, None] + slack).all()
    assert (shares.about_factor >= -slack).all()
    assert (shares.shares <= 1 + slack / shares.entropies.min()).all()
    assert shares.about_image[-1] <= math.log(len(latents.world)) + 1e-9


@given(latents=tiny.latents(dimensions=3, groups=Groups(("one", "two"), (1, 2))))
@settings(max_examples=15, deadline=None)
def test_latents_of_responses_tell_no_more_than_the_responses(latents):
    # z = A r with fewer rows than r has neurons, and noise of its own.
    responses = GaussianTable(latents.world.flat, latents.means, latents.covariance)
    rows = torch.tensor([[1.0, -0.5, 0.2], [0.3, 1.0, 0.0]], dtype=torch.float64)
    z = ExactLatents(
        latents.world, tiny.PAIR, latents.means @ rows.T, rows @ latents.covariance @ rows.T + 0.1 * torch.eye(2)
    )
    told, kept = factor_information(responses, latents.world, 500), group_shares(z, 500)
    assert kept.about_image[-1] <= told.about_image + 5 * math.hypot(told.stderr, kept.image_stderr[-1]) + 1e-9


def test_the_chain_rule_over_groups_holds_at_each_image():
    # The two latents in bins, as a pair of responses.
    edges = np.linspace(-4, 10, 30)
    independent = torch.diag(COVARIANCE.diagonal())
    table = []
    for g in range(2):
        mass = np.diff(norm.cdf(edges[:, None], MEANS[:, g].numpy(), math.sqrt(independent[g, g])), axis=0)
        table.append(mass / mass.sum(0))
    likelihood = np.einsum("aj,bj->abj", *table)
    pair = si.ResponsePair(WORLD.flat, np.full(6, 1 / 6), likelihood)
    both, first = si.i_surp(pair.both), si.i_surp(pair.first)
    assert first + si.i_surp.conditional(pair) == pytest.approx(both, abs=1e-10)
    shares = group_shares(ExactLatents(WORLD, tiny.PAIR, MEANS, independent), 20_000, seed=1)
    # Bins lose a little.
    assert float(both.mean()) == pytest.approx(shares.about_image[-1], abs=0.02)
    assert float(first.mean()) == pytest.approx(shares.about_image[0], abs=0.02)


def test_the_mean_of_i_local_is_what_the_group_tells():
    for of in ("one", "whole"):
        denoiser, row = LATENTS.denoiser(of), ("one", "two", "whole").index(of)
        shares = group_shares(LATENTS, 20_000, seed=5)
        estimate = si.i_local.estimate(denoiser, WORLD.flat, passes=512, seed=0)
        mean, error = estimate.mean()
        assert mean == pytest.approx(shares.about_image[row], abs=3 * math.hypot(error, shares.image_stderr[row]))
        assert estimate.featurewise.shape == (6, 2)


def test_channels_are_encoders():
    channel = LATENTS.channel("two")
    x = torch.tensor(WORLD.flat)
    assert torch.equal(channel.places(x + 0.01), torch.arange(6))
    assert channel.sample(x).shape == (6, 1)
    r = torch.tensor([[0.3], [1.7]], dtype=torch.float64)
    truth = norm.logpdf(r.numpy(), MEANS[:, 1].numpy(), math.sqrt(0.5))
    assert channel.log_likelihoods(r).numpy() == pytest.approx(truth)
    assert channel.log_likelihood(r[:1].expand(6, 1), x).numpy() == pytest.approx(truth[0])
    assert repr(channel) == "GroupChannel(two: 1 latents, 6 images)"
    assert LATENTS.channel(["one", "two"]).latents == [0, 1]
    with pytest.raises(UnknownName, match="unknown group 'on'; did you mean 'one'"):
        LATENTS.channel("on")


def test_counts_by_their_sums():
    rates = np.array([[0.5], [1.0], [2.0], [4.0], [8.0], [16.0]])
    table = PoissonTable(WORLD.flat, rates)
    found = factor_information(table, WORLD, 20_000)
    counts = np.arange(80)[:, None]
    from scipy.stats import poisson

    p = poisson.pmf(counts, rates[:, 0])
    truth = float((p * (np.log(np.maximum(p, 1e-300)) - np.log(p.mean(1, keepdims=True)))).sum() / 6)
    assert found.about_image == pytest.approx(truth, abs=4 * found.stderr)
    r = torch.tensor([[3.0]], dtype=torch.float64)
    assert table.log_likelihoods(r).numpy()[0] == pytest.approx(poisson.logpmf(3, rates[:, 0]))
    assert repr(table) == "PoissonTable(1 responses to 6 stimuli in R^2)"
    with pytest.raises(ModelError, match="rates"):
        PoissonTable(WORLD.flat, rates * 0)


@pytest.mark.parametrize("noise", ["gaussian", "poisson"])
def test_a_population_of_mixed_selectivity(noise):
    world = rendered_world(8, 2, 4, 2, 2)
    table = mixed_population(world, 12, noise, seed=4)
    found = factor_information(table, world, 600)
    assert 1 < found.about_image < math.log(32)
    assert (found.shares > 0.1).all()  # each factor has neurons that tell about it
    nothing = factor_information(mixed_population(world, 12, noise, seed=4, strength=0.0), world, 64)
    assert abs(nothing.about_image) < 1e-9
    assert torch.equal(mixed_population(world, 12, noise, seed=4).means, table.means)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"noise": "gausian"}, "did you mean 'gaussian'"),
        ({"neurons": 0}, "at least 1"),
        ({"mean": 0.0}, "a positive mean"),
        ({"strength": -1.0}, "no negative strength"),
    ],
)
def test_populations_that_cannot_be(options, says):
    with pytest.raises(ModelError, match=says):
        mixed_population(WORLD, **options)
