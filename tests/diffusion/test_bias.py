"""The systematic error of estimates from denoisers that are not exact."""

import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import (  # noqa: E402
    FiniteSetDenoiser,
    GaussianDenoiser,
    MixtureDenoiser,
    ZeroShotDenoiser,
    datasets,
)
from stiminfo.diffusion.bias import Approximate, Reference, measure_bias  # noqa: E402
from stiminfo.diffusion.bias_record import Bias  # noqa: E402
from stiminfo.diffusion.denoiser import Unknown  # noqa: E402
from stiminfo.diffusion.encoders import LinearNonlinearPoisson  # noqa: E402
from stiminfo.diffusion.information_bounds import bounds_of_information  # noqa: E402
from stiminfo.diffusion.populations.fields import receptive_fields  # noqa: E402
from stiminfo.diffusion.populations.poisson import POPULATION  # noqa: E402
from stiminfo.diffusion.samplers import sampler_named  # noqa: E402
from stiminfo.errors import ModelError  # noqa: E402
from stiminfo.models import EncodingModel, LinearGaussian  # noqa: E402

ENCODER = LinearGaussian(np.random.default_rng(0).normal(size=(3, 4)), 0.5)
EXACT = GaussianDenoiser(np.zeros(4), np.diag([2.0, 1.0, 0.5, 0.25]), ENCODER)
RIGHT = Bias(1.0, 2.0, (0.0,), 0.0, 0.0, 0.0, 0.0)


class Scaled(Approximate):
    """The gain of a response, times a factor; the gain that it has learned is off by the factor's square."""

    def __init__(self, factor):
        self.factor, self.encoder, self.dimensions = factor, EXACT.encoder, 4
        self.reference = Reference(EXACT.draw_prior(2048, EXACT.generator(5)), EXACT.mutual_information())

    def xhat(self, xg, gamma, r=None):
        none = EXACT.xhat(xg, gamma)
        return none if r is None else none + self.factor * (EXACT.xhat(xg, gamma, r) - none)

    def draw_prior(self, count, generator=None):
        return EXACT.draw_prior(count, generator)

    def scales(self, x):
        return replace(EXACT.scales(x), below=5.0, above=5.0)

    @property
    def gain(self):
        def answer(xg, gamma):
            seen = EXACT.posterior(xg, gamma, variance=True).variance
            return self.factor**2 * (seen - EXACT.posterior(xg, gamma, xg[:, :3] * 0, variance=True).variance)

        return answer


def amortised(denoiser, passes=1 << 16):
    return measure_bias(denoiser, sampler_named("amortised", denoiser), denoiser.reference, passes)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.2])
def test_each_way_to_measure_it_finds_a_factor(factor):
    """By errors, factor^2 h is compared with (2 factor - factor^2) h; by completeness, with h."""
    found = amortised(Scaled(factor))
    whole, incomplete = 2 - 2 / factor, abs(1 - factor**-2)
    assert found.whole == pytest.approx(whole, abs=4 * found.doubt)
    assert found.doubt < 0.05
    assert np.median(found.gap) == pytest.approx(whole, abs=0.08)
    assert incomplete - 0.02 < found.incomplete < incomplete + 0.04


def test_stimuli_that_are_all_wrong_alike_have_no_spread():
    """What is left is the noise of the measurement; with one response per posterior draw it is 0.1."""
    wrong = Scaled(1.2)
    sampler = sampler_named("amortised", wrong)
    found = [measure_bias(wrong, sampler, wrong.reference, 1 << 16, seed).single for seed in range(8)]
    assert math.hypot(*found) / 8**0.5 < 0.08


def test_single_stimuli_that_are_wrong_are_found():
    class Uneven(Scaled):
        @property
        def gain(self):
            told = super().gain
            return lambda xg, gamma: told(xg, gamma) * (1 + 0.5 * torch.tanh(xg[:, :1]))

    assert amortised(Uneven(1.0)).single > 0.15


def test_totals_lie_within_it():
    x = EXACT.draw_prior(24, EXACT.generator(1))
    truth = EXACT.feature_information().sum()
    for factor in (0.9, 1.15):
        found = si.i_local.estimate(Scaled(factor), x, passes=4000, sampler="amortised", seed=2)
        off = np.abs(found.value - truth)
        assert (off > 2 * found.stderr).all()
        assert (off < 2 * found.stderr + found.systematic).all()
        assert found.systematic.max() < 0.6 * truth
        assert f"± {found.systematic[0]:.2g}" in repr(found)
    assert not si.i_local.estimate(EXACT, x, passes=400).systematic.any()


def test_other_measures_have_one_too():
    x = EXACT.draw_prior(3, EXACT.generator(1))
    found = si.i_surp.estimate(Scaled(1.2), x, passes=400)
    assert (found.systematic > 0.2 * np.abs(found.value)).all()


def test_it_is_measured_once_per_sampler():
    denoiser = Scaled(1.0)
    first = denoiser.bias(None, 400)
    assert denoiser.bias(None, 401) is first
    assert denoiser.bias(sampler_named("amortised", denoiser), 400) is not first
    denoiser.kept = {"amortised": RIGHT}
    assert denoiser.bias(sampler_named("amortised", denoiser), 400) is RIGHT


def test_a_denoiser_that_cannot_draw_says_that_it_does_not_know():
    class Mute(Scaled):
        def __init__(self):
            super().__init__(1.0)
            self.reference = None

        def draw_prior(self, count, generator=None):
            raise Unknown("no")

    x = EXACT.draw_prior(2, EXACT.generator(1))
    found = si.i_local.estimate(Mute(), x, passes=400, sampler="amortised")
    assert np.isnan(found.systematic).all()
    assert "unknown (systematic)" in repr(found)


def test_its_json_comes_back_and_is_checked():
    found = amortised(Scaled(1.0), passes=4096)
    assert Bias.from_json(found.to_json()) == found
    for wrong in ({}, None, found.to_json() | {"gap": "x"}, found.to_json() | {"single": math.nan}):
        with pytest.raises(ModelError, match="does not describe a bias"):
            Bias.from_json(wrong)


def test_bounds_of_information_hold_it():
    prior = MixtureDenoiser([0.5, 0.5], [[-2.0, 0], [2, 0]], np.stack([np.eye(2)] * 2), LinearGaussian(np.eye(2), 1.0))
    x = prior.draw_prior(2048, prior.generator(0))
    (low, below), (high, above) = bounds_of_information(prior.encoder, x)
    truth, doubt = prior.mutual_information()
    assert low < high
    assert low - 3 * (below + doubt) < truth < high + 3 * (above + doubt)
    assert high - low < 0.2
    assert bounds_of_information(prior.encoder, x[:1]) is None

    class Mute(LinearGaussian):
        def log_likelihood(self, r, x):
            raise NotImplementedError

    assert bounds_of_information(Mute(np.eye(2), 1.0), x) is None


MODES = MixtureDenoiser([0.5, 0.5], [[0.0], [4.0]], np.full((2, 1, 1), 0.5), LinearGaussian(np.ones((1, 1)), 2.0))


@pytest.mark.parametrize("sampler", ["closure", "plug_in"])
def test_an_exact_denoiser_with_a_sampler_that_is_not_has_one(sampler):
    x = np.array([[0.0], [2.0], [4.0]])
    truth = si.i_local.estimate(MODES, x, passes=20_000).value
    found = si.i_local.estimate(MODES, x, passes=4096, sampler=sampler, seed=1)
    off = np.abs(found.value - truth)
    assert (off > 5 * found.stderr).any()
    assert (off < 2 * found.stderr + found.systematic).all()


@pytest.mark.parametrize("sampler", ["closure", "tweedie", "matched"])
def test_where_all_is_gaussian_these_samplers_are_exact(sampler):
    assert not si.i_local.estimate(EXACT, np.zeros((1, 4)), passes=4000, sampler=sampler).systematic.any()


def poisson(gain, threshold):
    """I_local of a Poisson neuron that saturates, by quadrature and by the closure, and the latter's errors."""
    x = np.linspace(-3.5, 7.5, 401)
    prior = np.exp(-(x**2)) + np.exp(-((x - 4) ** 2))
    neuron = LinearNonlinearPoisson(np.ones((1, 1)), gain, threshold, amplitude=10.0)
    table = neuron.outcomes(torch.tensor(x)[:, None]).numpy()
    at = np.arange(-1.0, 6.0)
    truth = np.interp(at, x, si.i_local(EncodingModel(x, prior / prior.sum(), table)))
    return truth, si.i_local.estimate(ZeroShotDenoiser(MODES, neuron), at[:, None], passes=16_384, seed=1)


def test_stimuli_where_rates_saturate_are_within_it():
    """There the closure finds as little as a quarter of the value, so that a share of what it finds is too little."""
    inside, by_share = [], []
    for gain, threshold in ((2.0, 0.0), (2.0, 2.0), (1.0, 1.0)):
        truth, found = poisson(gain, threshold)
        off = np.abs(found.value - truth) - 2 * found.stderr
        inside.extend(off < found.systematic)
        by_share.extend(off < found.value * (found.systematic / found.value).min())
    assert np.mean(inside) >= 0.9
    assert np.mean(by_share) < 0.85


def test_the_systematic_error_that_exceeds_the_value_is_told():
    neuron = LinearNonlinearPoisson(np.ones((1, 1)), 2.0, 0.0, amplitude=10.0)
    with pytest.warns(UserWarning, match="the systematic error exceeds the value at 1 of 1 stimuli"):
        si.i_local.estimate(ZeroShotDenoiser(MODES, neuron), [[5.0]], passes=4096, seed=1)


def test_a_file_of_before_it_knew_the_usual_total_is_read():
    written = RIGHT.to_json()
    del written["usual"]
    assert Bias.from_json(written) == RIGHT


def saturating(gain=20.0, amplitude=5.0):
    """Two distant lumps, seen by a neuron that saturates between them: linear steps overshoot by orders."""
    base = MixtureDenoiser([0.5, 0.5], [[-2.5], [2.5]], [[[0.16]]] * 2, LinearGaussian([[1.0]], 1.0))
    return ZeroShotDenoiser(base, LinearNonlinearPoisson([[1.0]], gain, 0.0, amplitude)), base


@pytest.mark.parametrize(("gain", "amplitude"), [(20.0, 5.0), (10.0, 20.0)])
def test_steps_that_overshoot_do_not_make_the_error_endless(gain, amplitude):
    denoiser, base = saturating(gain, amplitude)
    x = base.draw_prior(20, base.generator(0)).numpy()
    with pytest.warns(UserWarning, match="systematic error exceeds the value"):
        found = si.i_local.estimate(denoiser, x, passes=400, sampler="closure")
    assert found.systematic.max() < 10
    mean = found.mean()
    told = np.log(2)  # nearly all that such a neuron can say
    assert abs(mean.value - told) < 2 * mean.stderr + mean.systematic


def test_a_mean_and_an_interval_carry_the_systematic_error():
    denoiser, base = saturating(5.0, 3.0)
    found = si.i_local.estimate(denoiser, base.draw_prior(30, base.generator(0)).numpy(), passes=400, sampler="closure")
    mean = found.mean()
    value, stderr = mean
    assert (value, stderr) == (mean.value, mean.stderr)
    assert mean.systematic == pytest.approx(found.systematic.mean())
    assert f"± {mean.systematic:.2g} nats" in repr(mean)
    low, high = found.interval()
    assert (high - low > 2 * found.systematic).all()
    weights = np.linspace(-1, 2, 30)
    share = np.abs(weights) / weights.sum()
    assert found.mean(weights).systematic == pytest.approx(share @ found.systematic)
    assert copy.copy(mean).systematic == mean.systematic
    assert pickle.loads(pickle.dumps(mean)).systematic == mean.systematic


def test_exact_estimates_have_means_without_a_systematic_error():
    mean = si.i_local.estimate(EXACT, np.zeros((2, 4)), passes=64).mean()
    assert mean.systematic == 0
    assert repr(mean) == f"Mean({mean.value:.4g} ± {mean.stderr:.2g} nats)"


def test_an_answer_without_a_slope_has_an_unknown_error():
    class Rounded(Scaled):
        def xhat(self, xg, gamma, r=None):
            return (EXACT.xhat(xg, gamma, r) * 0).round()

    found = measure_bias(Rounded(1.0), None, Reference(EXACT.draw_prior(64, EXACT.generator(0))), 4096)
    assert math.isnan(found.whole)


def test_a_part_of_the_range_with_few_nats_has_no_ratio_of_its_own():
    digits = datasets.digits()
    encoder = POPULATION.seeing_images(digits.pixels, receptive_fields((8, 8)))
    exact = FiniteSetDenoiser(digits.pixels.reshape(-1, 64), encoder)
    found = exact.bias(sampler_named("closure", exact), 8000)
    assert max(map(abs, found.gap)) < 2
    assert max(found.gap) <= 1
