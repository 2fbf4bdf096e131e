"""Generation and inversion undo each other, exactly for exact denoisers; what has no inverse says so."""

import math
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser, MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.editing import Exact, Ladder, NotInvertible, explicit, generate, invert  # noqa: E402
from stiminfo.diffusion.editing import inversion as inversion_module  # noqa: E402
from stiminfo.errors import OptionError  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402

seeds = st.integers(0, 2**32 - 1)


def tiny_set(rng, spread=3.0):
    """2 to 12 points in R^1 to R^4, with any prior, and linear neurons that see them."""
    count, d = rng.integers(2, 13), rng.integers(1, 5)
    prior = np.exp(2 * rng.normal(size=count))
    encoder = LinearGaussian(rng.normal(size=(2, d)), 0.5)
    return FiniteSetDenoiser(spread * rng.normal(size=(count, d)), encoder, prior / prior.sum())


def tiny_mixture(rng, components=3):
    d = rng.integers(1, 4)
    roots = rng.normal(size=(components, d, d))
    encoder = LinearGaussian(rng.normal(size=(2, d)), 0.5)
    means = 3 * rng.normal(size=(components, d))
    return MixtureDenoiser(rng.dirichlet(np.ones(components)), means, roots @ roots.mT, encoder)


def tiny_gaussian(rng):
    d = rng.integers(1, 4)
    root = rng.normal(size=(d, d))
    return GaussianDenoiser(rng.normal(size=d), root @ root.T + 0.01 * np.eye(d), LinearGaussian(np.eye(d), 0.5))


def any_ladder(rng, steps):
    """Levels from far below the gaps of the set to far above them, in unequal ratios from 0.3 to 0.98."""
    ratios = rng.uniform(0.3, 0.98, steps)
    top = math.exp(rng.uniform(-2, 2))
    return Ladder(torch.tensor(top * np.cumprod([1.0, *ratios])[::-1].copy()))


def near(denoiser, rng, level, count=4):
    """Images at the lowest level: members with its noise."""
    x = denoiser.draw_prior(count, denoiser.generator(int(rng.integers(2**31))))
    return x + level * torch.tensor(rng.normal(size=x.shape))


@settings(max_examples=30, deadline=None)
@given(
    seed=seeds, make=st.sampled_from([tiny_set, tiny_mixture, tiny_gaussian]), scale=st.sampled_from([None, 0.4, 1.0])
)
def test_a_round_trip_on_any_ladder(seed, make, scale):
    """P1, with the same guide both ways."""
    rng = np.random.default_rng(seed)
    denoiser, ladder = make(rng), any_ladder(rng, int(rng.integers(1, 7)))
    y = near(denoiser, rng, float(ladder.sigmas[-1]))
    guide = None if scale is None else Exact(denoiser.encoder.sample(denoiser.draw_prior(4, denoiser.generator(seed))))
    options = () if guide is None else (guide, scale)
    x = generate(denoiser, y, ladder, *options)
    found = invert(denoiser, x, ladder, *options)
    again = generate(denoiser, found.noisy, ladder, *options)
    assert float((again - x).abs().max()) < 1e-9
    assert float(found.residual.max()) < 1e-10


def one_step(seed, low, high):
    """A tiny world, one step whose ratio lies between two bounds, and images anywhere."""
    rng = np.random.default_rng(seed)
    denoiser = tiny_set(rng)
    top, ratio = math.exp(rng.uniform(-3, 2)), rng.uniform(low, high)
    x = torch.tensor(3 * rng.normal(size=(6, denoiser.dimensions)))
    return denoiser, x, Ladder(torch.tensor([ratio * top, top]))


def failures(seeds, low, high):
    failed = 0
    for seed in seeds:
        denoiser, x, ladder = one_step(seed, low, high)
        try:
            noisy = invert(denoiser, x, ladder).noisy
        except NotInvertible:
            failed += 1
        else:
            assert float((generate(denoiser, noisy, ladder) - x).abs().max()) < 1e-9
    return failed


STEPS = [(0.05, 0.5), (0.5, 0.8), (0.8, 0.98)]


@pytest.mark.parametrize(("low", "high"), STEPS)
def test_every_step_of_a_tiny_world_has_an_inverse(low, high):
    assert failures(range(20), low, high) == 0


@pytest.mark.soak
@pytest.mark.parametrize(("low", "high"), STEPS)
def test_every_step_of_many_tiny_worlds_has_an_inverse(low, high):
    assert failures(range(1000, 1400), low, high) == 0


def test_the_fixed_point_alone_is_no_inverse(monkeypatch):
    monkeypatch.setattr(inversion_module.Flow, "is_convex", property(lambda flow: False))
    assert failures(range(20), 0.05, 0.5) > 10


def test_a_gaussian_is_inverted_by_a_rescaling():
    """P2: in the limit of many steps, deviations from the mean grow as the noisy image's standard deviation does."""
    variance, mean = (torch.tensor(part, dtype=torch.float64) for part in ([4.0, 0.25], [1.0, -2.0]))
    denoiser = GaussianDenoiser(mean, torch.diag(variance), LinearGaussian(np.eye(2), 1.0))
    x = torch.tensor([[3.0, -1.0]], dtype=torch.float64)
    expected = mean + (x - mean) * ((variance + 4.0) / (variance + 0.01)).sqrt()
    few, many = (
        float((invert(denoiser, x, Ladder.between(0.1, 2.0, n)).noisy - expected).abs().max()) for n in (20, 100)
    )
    assert many < 0.1 < few
    assert few / many == pytest.approx(5, rel=0.2)


def trips(steps):
    denoiser = GaussianDenoiser([0.0, 0.0], np.diag([1.0, 0.3]), LinearGaussian(np.eye(2), 1.0))
    x = torch.tensor([[1.0, -0.5]], dtype=torch.float64)
    ladder = Ladder.between(0.1, 2.0, steps)
    back = generate(denoiser, explicit(denoiser, x, ladder), ladder)
    return float((back - x).norm() / x.norm())


def test_the_explicit_round_trip_is_wrong_by_one_over_the_steps():
    few, many = trips(20), trips(200)
    assert few > 0.01
    assert math.log(many / few) / math.log(10) == pytest.approx(-1, abs=0.2)


def test_the_ladder_is_that_of_diffusers():
    """P2: down and up, against DDIMScheduler and DDIMInverseScheduler with a schedule in float64."""
    from diffusers import DDIMInverseScheduler, DDIMScheduler

    rng = np.random.default_rng(0)
    denoiser, ladder = tiny_mixture(rng), Ladder.between(0.2, 3.0, 12)
    abar = 1 / (1 + ladder.sigmas**2)
    y = near(denoiser, rng, 3.0)

    def run(kind, start, times, steps):
        scheduler = kind(len(abar), clip_sample=False, set_alpha_to_one=False, timestep_spacing="leading")
        scheduler.alphas_cumprod = abar
        scheduler.final_alpha_cumprod = scheduler.initial_alpha_cumprod = abar[0]
        scheduler.set_timesteps(len(abar))
        x = start * abar[times[0]].sqrt()
        for t, next_t in pairwise(times):
            level = ladder.sigmas[t].square().expand(len(x))
            seen = x / abar[t].sqrt()
            noise = (seen - denoiser.xhat(seen, level)) / ladder.sigmas[t]
            # The inverse scheduler steps *to* the time that it is given, from the one before.
            x = scheduler.step(noise, next_t if kind is DDIMInverseScheduler else t, x).prev_sample
        return x / abar[times[-1]].sqrt()

    down = run(DDIMScheduler, y, list(range(12, -1, -1)), 12)
    assert torch.allclose(generate(denoiser, y, ladder), down, rtol=0, atol=1e-12)
    up = run(DDIMInverseScheduler, down, list(range(13)), 12)
    assert torch.allclose(explicit(denoiser, down, ladder), up, rtol=0, atol=1e-12)
    assert not torch.allclose(up, y, rtol=0, atol=1e-3)


class Network(GaussianDenoiser):
    """A black box; a step of it has an inverse while its slope is above -q / (1 - q)."""

    knows_posterior = False
    slope = 0.5

    def xhat(self, xg, gamma, r=None):
        self.calls = getattr(self, "calls", 0) + 1
        return self.slope * xg + 0.1 * torch.sin(3 * xg)


def network(slope, dtype=torch.float64):
    made = Network([0.0], [[1.0]], LinearGaussian([[1.0]], 1.0), dtype=dtype)
    made.slope = slope
    return made


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
def test_a_network_is_inverted_by_the_fixed_point(dtype, bound):
    denoiser, ladder = network(0.6, dtype), Ladder.between(0.1, 1.0, 20)
    x = torch.tensor([[1.0], [-0.3]], dtype=dtype)
    found = invert(denoiser, x, ladder)
    assert found.passes == denoiser.calls
    assert float((generate(denoiser, found.noisy, ladder) - x).abs().max()) < bound
    assert float((generate(denoiser, explicit(denoiser, x, ladder), ladder) - x).abs().max()) > 1e-3


def test_a_network_whose_round_trip_does_not_converge():
    with pytest.raises(NotInvertible, match=r"cannot be inverted from level 0\.1 to .* image 0 .* take more steps"):
        invert(network(-30.0), torch.tensor([[1.0]], dtype=torch.float64), Ladder.between(0.1, 1.0, 4))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ladder.between(0.1, 0.1), "a ladder of 24 steps from 0.1 to level 0.1; expected a level above 0.1"),
        (lambda: Ladder.between(0.1, 4, 0), "a ladder of 0 steps"),
        (lambda: Ladder.between(0.1, math.inf), "to level inf"),
        (lambda: Ladder(torch.tensor([1.0, 0.5])), "expected two or more that rise from above 0"),
        (lambda: Ladder(torch.tensor([0.0, 0.5])), "rise from above 0"),
    ],
)
def test_no_ladder(make, message):
    with pytest.raises(OptionError, match=message):
        make()
