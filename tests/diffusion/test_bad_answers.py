"""What a denoiser of the user's own may return: anything but finite numbers of the right shape is one clear line."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import Denoiser, GaussianDenoiser  # noqa: E402
from stiminfo.diffusion.zero_shot import ZeroShotDenoiser  # noqa: E402
from stiminfo.errors import EstimateError, InputError  # noqa: E402
from stiminfo.models import LinearGaussian, TableEncoder  # noqa: E402

EXACT = GaussianDenoiser(np.zeros(3), np.eye(3), LinearGaussian(np.eye(3)[:2], 1.0))
SAMPLERS = ("closure", "matched", "tweedie", "posterior", "plug_in")
X = [[0.1, 0.2, 0.3]]


class Mine(Denoiser):
    """The exact means, changed by a function of (means, gamma)."""

    dimensions, encoder = 3, EXACT.encoder

    def __init__(self, change, given=False):
        self.change, self.given = change, given

    def draw_prior(self, count, generator=None):
        return EXACT.draw_prior(count, generator)

    def scales(self, x):
        return EXACT.scales(x)

    def xhat(self, xg, gamma, r=None):
        mean = EXACT.xhat(xg, gamma, r)
        return self.change(mean, gamma) if self.given <= (r is not None) else mean


def nan_at_some_levels(mean, gamma):
    return torch.where((gamma > 1)[:, None], torch.nan, mean)


#: What is done to the means, and the words that say so.
WRONG = {
    "NaN": (nan_at_some_levels, r"Mine.xhat: \d+ of \d+ noisy stimuli.* gave NaN or infinity, at noise levels gamma"),
    "fewer features": (lambda mean, gamma: mean[:, :1], r"returned shape \(\d+, 1\); expected \(\d+, 3\)"),
    "one more axis": (lambda mean, gamma: mean[:, None], r"returned shape \(\d+, 1, 3\); expected \(\d+, 3\)"),
    "nothing": (lambda mean, gamma: None, r"returned NoneType; expected a tensor \(\d+, 3\)"),
    "an array": (lambda mean, gamma: mean.detach().numpy(), r"returned ndarray; expected a tensor \(\d+, 3\)"),
}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("wrong", WRONG)
def test_every_sampler_refuses(wrong, sampler):
    """NaN was clipped to an eigenvalue of 0 by the closure, and other shapes were broadcast, to 250 nats."""
    change, words = WRONG[wrong]
    for given in (False, True)[: 1 if sampler == "closure" else 2]:
        with pytest.raises(EstimateError, match=words):
            si.i_local.estimate(Mine(change, given), X, passes=1600, sampler=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS[:3])
def test_a_derivative_that_torch_cannot_take(sampler):
    with pytest.raises(si.NotApplicable, match="xhat has no derivative"):
        si.i_local.estimate(Mine(lambda mean, gamma: mean.detach()), X, passes=1600, sampler=sampler)
    si.i_local.estimate(Mine(lambda mean, gamma: mean.detach()), X, passes=1600, sampler="posterior")


def test_a_derivative_that_is_infinite():
    with pytest.raises(EstimateError, match=r"the derivative of Mine.xhat is NaN or infinite"):
        si.i_local.estimate(Mine(lambda mean, gamma: (0 * mean).sqrt() + mean), X, passes=1600, sampler="closure")


def test_an_encoder_without_slopes_is_an_error_about_the_input():
    line = GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], 1.0))
    with pytest.raises(InputError, match="does not give the slopes"):
        ZeroShotDenoiser(line, TableEncoder([[-1.0], [1.0]], [[0.9, 0.2], [0.1, 0.8]]))
