"""Large sets, screened in single precision, against the same sets without that."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import FiniteSetDenoiser  # noqa: E402
from stiminfo.diffusion.denoiser import Posterior  # noqa: E402
from stiminfo.diffusion.samplers import PosteriorSampler  # noqa: E402
from stiminfo.diffusion.set_screen import RESPONSES  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402

COUNT, SIDE = 4200, 256


def images(dtype=np.float32):
    """Smooth images in clusters, so that at most levels some members matter and others do not."""
    rng = np.random.default_rng(0)
    waves = np.cos(np.outer(np.arange(SIDE) / SIDE, np.arange(1, 21)))
    middle = rng.normal(size=(30, 20)).repeat(COUNT // 30, axis=0)
    return ((middle + 0.3 * rng.normal(size=(COUNT, 20))) @ waves.T * 0.2).astype(dtype)


def denoisers():
    x = images()
    fields = np.random.default_rng(1).normal(size=(8, SIDE)) / SIDE**0.5
    screened, plain = (FiniteSetDenoiser(x, LinearGaussian(fields, 0.05)) for _ in range(2))
    vars(plain)["screen"] = None
    return screened, plain


@pytest.mark.parametrize("g", [0.01, 0.3, 3.0, 30.0])
def test_posteriors_are_those_of_double_precision(g):
    screened, plain = denoisers()
    assert screened.screen is not None
    generator = screened.generator(0)
    x = screened.draw_prior(30, generator)
    r = screened.encoder.sample(x, generator)
    gamma = g * torch.linspace(0.5, 2, 30, dtype=torch.float64)
    xg = x + gamma.sqrt()[:, None] * torch.randn(x.shape, dtype=x.dtype, generator=generator)
    first = screened.posterior(xg, gamma, variance=True)
    several = first.given(torch.stack([r, r.flip(0)]), True)
    found = [first, *map(Posterior, several.mean, several.variance), screened.posterior(xg, gamma, r, variance=True)]
    truth = [plain.posterior(xg, gamma, response, variance=True) for response in (None, r, r.flip(0), r)]
    for one, other in zip(found, truth):
        assert float((one.mean - other.mean).abs().max()) < 1e-5
        assert float(((one.variance - other.variance).sum(1) / (2 * gamma)).abs().max()) < 5e-6
    assert plain.posterior(xg, gamma).given is None


def test_draws_and_gains_are_those_of_double_precision():
    screened, plain = denoisers()
    x = screened.draw_prior(4, screened.generator(0)).repeat(30, 1)
    gamma = torch.full((120,), 1.0, dtype=torch.float64)
    xg = x + torch.randn(x.shape, dtype=x.dtype, generator=screened.generator(1))
    gains = []
    for denoiser in (screened, plain):
        found = PosteriorSampler().squared_gain(denoiser, xg, gamma, True, denoiser.generator(2)).sum(1)
        gains.append((float(found.mean()), float(found.std()) / 120**0.5))
    (one, error), (other, error_other) = gains
    assert abs(one - other) < 4 * np.hypot(error, error_other)
    drawn = screened.posterior(xg, gamma, draw=True, generator=screened.generator(3)).draw
    assert float(torch.cdist(drawn[:20], screened.stimuli.double()).amin(1).max()) < 1e-5


def test_several_responses_are_drawn_where_they_take_little():
    screened, plain = denoisers()
    assert (PosteriorSampler().passes(screened), PosteriorSampler().passes(plain)) == (1 + RESPONSES, 2)
    assert PosteriorSampler(black_box=True).passes(screened) == PosteriorSampler(black_box=True).passes(plain)


@pytest.mark.parametrize("g", [0.3, 3.0, 30.0])
def test_products_that_are_not_kept_are_made_again(g, monkeypatch):
    screened, _ = denoisers()
    x = screened.draw_prior(60, screened.generator(0))
    r = screened.encoder.sample(x, screened.generator(1))[None]
    xg, gamma = x + g**0.5, torch.full((60,), g, dtype=torch.float64)
    kept = screened.posterior(xg, gamma).given(r, True)
    monkeypatch.setattr("stiminfo.diffusion.set_screen._KEPT", 0)
    again = screened.posterior(xg, gamma).given(r, True)
    assert torch.equal(kept.mean, again.mean)
    assert torch.equal(kept.variance, again.variance)


@pytest.mark.parametrize("change", ["double", "small", "far"])
def test_sets_that_float32_does_not_serve_are_not_screened(change):
    x = {"double": images(np.float64), "small": images()[:4000], "far": images() + 1000}[change]
    assert FiniteSetDenoiser(x, LinearGaussian(np.ones((1, SIDE)), 1.0)).screen is None
