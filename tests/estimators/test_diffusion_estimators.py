"""Estimates from denoisers against closed forms and the exact engine, and the errors where there is no estimate."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.axioms.strategies import finite_specs  # noqa: E402
from stiminfo.diffusion import (  # noqa: E402
    Amortised,
    FiniteSetDenoiser,
    GaussianDenoiser,
    MixtureDenoiser,
    PosteriorSampler,
    fit_amortised,
)
from stiminfo.diffusion.samplers import Sampler  # noqa: E402
from stiminfo.errors import EstimateError  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson, ModelError  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import calibration  # noqa: E402

XOR = si.EncodingModel([[-1, -1], [-1, 1], [1, -1], [1, 1]], [0.25] * 4, [[0.9, 0.1, 0.1, 0.9], [0.1, 0.9, 0.9, 0.1]])


def gaussian(d, k=5, noise=0.5, seed=0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(d, d)) / d**0.5
    return GaussianDenoiser(np.zeros(d), root @ root.T, LinearGaussian(rng.normal(size=(k, d)), noise))


@pytest.mark.parametrize("measure", calibration.MEASURES)
def test_every_measure_agrees_with_the_exact_one_within_its_error(measure):
    """On tables, Poisson populations, Gaussians and mixtures; a sound one leaves the band in one run of a million."""
    scores = [calibration.z_score(measure, family, seed) for family in calibration.FAMILIES for seed in range(16)]
    assert calibration.judge([score for score in scores if score], 1e-6) == {
        "mean": True,
        "spread": True,
        "coverage": True,
    }


@pytest.mark.soak
@pytest.mark.parametrize("measure", calibration.MEASURES)
def test_errors_are_calibrated(measure):
    """3,000 cases: spread within 10% of 1, 95% intervals that cover 93 to 97%."""
    families = ["density"] if measure == "fisher" else list(calibration.FAMILIES)
    found = (calibration.z_score(measure, families[i % len(families)], 1000 + i) for i in range(3100))
    scores = [score for score in found if score]
    assert len(scores) >= 3000
    z = np.array([score for score, _ in scores])
    assert 0.9 < z.std() < 1.1
    assert 0.93 < np.mean([covered for _, covered in scores]) < 0.97


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(spec=finite_specs(max_stimuli=5), measure=st.sampled_from(calibration.MEASURES[1:]))
def test_agreement_on_generated_joints(spec, measure):
    model = spec.build()
    if len(model.stimuli) < 2:
        return
    found = getattr(si, measure).estimate(FiniteSetDenoiser.from_model(model), model.stimuli, passes=20_000)
    truth = getattr(si, measure)(model)
    assert (np.abs(found.value - truth) <= 8 * found.stderr + 1e-6).all(), (found, truth)


@pytest.mark.parametrize("d", [16, 256, 1024])
def test_gaussian_closed_form_for_each_feature(d):
    denoiser = gaussian(d)
    truth = denoiser.feature_information()
    found = si.i_local.estimate(denoiser, denoiser.draw_prior(2, denoiser.generator(1)), passes=64)
    assert found.passes <= 64
    error = np.sqrt(((found.featurewise - truth) ** 2).mean() / (truth**2).mean())
    assert error < 0.02
    assert np.abs(found.value / truth.sum() - 1).max() < 0.01


def test_raw_form_agrees_for_each_feature():
    denoiser = gaussian(16)
    found = si.i_local.estimate(denoiser, np.ones((1, 16)), passes=40_000, form="raw")
    z = (found.featurewise - denoiser.feature_information()) / found.featurewise_stderr
    assert np.abs(z).max() < 5
    assert 0.5 < z.std() < 2


def raw_errors(denoiser, truth, x, passes, seeds):
    """Relative RMSE of raw feature maps, and the mean and spread of totals over the truth, without and with control."""
    found = []
    for control in (None, denoiser.control):
        vars(denoiser)["control"] = control
        maps = [si.i_local.estimate(denoiser, x, passes=passes, form="raw", seed=seed).featurewise for seed in seeds]
        ratio = np.array([one.sum(1) / truth.sum(-1) for one in maps])
        found.append((np.sqrt(((maps - truth) ** 2).mean() / (truth**2).mean()), ratio.mean(), ratio.std()))
    return found


def test_the_linear_control_of_the_raw_form_is_unbiased_and_takes_most_of_its_noise():
    denoiser = gaussian(64)
    x = denoiser.draw_prior(4, denoiser.generator(1))
    (before, _, _), (after, mean, spread) = raw_errors(denoiser, denoiser.feature_information(), x, 64, range(10))
    assert after < 0.25 * before
    assert abs(mean - 1) < 4 * spread / 40**0.5


def test_the_linear_control_where_x_is_no_gaussian():
    rng = np.random.default_rng(3)
    means, encoder = 1.5 * rng.normal(size=(4, 8)), LinearGaussian(rng.normal(size=(3, 8)), 0.3)
    denoiser = MixtureDenoiser(np.full(4, 0.25), means, np.stack([0.3 * np.eye(8)] * 4), encoder)
    x = denoiser.draw_prior(6, denoiser.generator(1))
    reference = si.i_local.estimate(denoiser, x, passes=20_000)
    (before, _, _), (after, mean, spread) = raw_errors(denoiser, reference.featurewise, x, 256, range(6))
    assert after < 0.7 * before
    assert abs(mean - 1) < 4 * np.hypot(spread / 36**0.5, (reference.stderr / reference.value).max())


@pytest.mark.parametrize(("passes", "most"), [(64, 0.1), pytest.param(2000, 0.02, marks=pytest.mark.soak)])
def test_the_raw_form_on_images_of_1024_pixels(passes, most):
    denoiser = gaussian(1024)
    x = denoiser.draw_prior(1, denoiser.generator(1))
    _, (error, _, _) = raw_errors(denoiser, denoiser.feature_information(), x, passes, [0])
    assert error < most


def test_gaussian_specific_surprise_in_closed_form():
    denoiser = gaussian(64, noise=0.8)
    x = denoiser.draw_prior(3, denoiser.generator(2))
    weights, noise = denoiser.encoder.weights.numpy(), denoiser.encoder.noise.numpy()
    cov = (denoiser.vectors[0] * denoiser.values[0]) @ denoiser.vectors[0].T
    seen = weights @ cov.numpy() @ weights.T + noise
    mean = x.numpy() @ weights.T
    ratio = np.linalg.solve(seen, noise)
    gap = np.linalg.slogdet(seen)[1] - np.linalg.slogdet(noise)[1]
    truth = 0.5 * (np.trace(ratio) - len(noise) + gap + (mean * np.linalg.solve(seen, mean.T).T).sum(1))
    for measure in (si.i_surp, si.i_kong1):
        found = measure.estimate(denoiser, x, passes=20_000)
        assert (np.abs(found.value - truth) < 5 * found.stderr).all()
    assert found.featurewise.sum(axis=1) == pytest.approx(found.value)


def test_plug_in_is_biased_exactly_as_computed():
    """(1/2) / (1 + s^2) in place of log(1 + 1/s^2) / 2, on X ~ N(0, 1), r = x + N(0, s^2); the others are not."""
    for variance in (1.0, 0.25):
        denoiser = GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], variance))
        x = denoiser.draw_prior(400, denoiser.generator(0))

        def average(sampler, denoiser=denoiser, x=x):
            found = si.i_local.estimate(denoiser, x, passes=2000, sampler=sampler, form="raw")
            return found.value.mean(), found.value.std() / len(x) ** 0.5

        truth, biased = 0.5 * np.log(1 + 1 / variance), 0.5 / (1 + variance)
        for sampler, expected in (("plug_in", biased), ("tweedie", truth), ("posterior", truth)):
            mean, error = average(sampler)
            assert abs(mean - expected) < 5 * error
            assert 5 * error < abs(truth - biased)


def test_reverse_diffusion_serves_a_black_box():
    denoiser = gaussian(4, k=2)
    found = si.i_local.estimate(
        denoiser, np.zeros((1, 4)), passes=200_000, sampler=PosteriorSampler(64, black_box=True), form="raw"
    )
    assert abs(found.value[0] - denoiser.feature_information().sum()) < 5 * found.stderr[0]
    assert found.stderr[0] < 0.1 * found.value[0]


def test_amortised_regression_on_a_mixture():
    """A small network in place of drawn responses is closer to the truth than the plug-in."""
    denoiser = MixtureDenoiser(
        [0.5, 0.5], [[-1.5, 0.0], [1.5, 0.5]], [0.3 * np.eye(2)] * 2, LinearGaussian([[1.0, 0.5]], 0.4)
    )
    x = denoiser.draw_prior(60, denoiser.generator(0))
    truth = si.i_local.estimate(denoiser, x, passes=20_000).value.mean()
    fitted = si.i_local.estimate(denoiser, x, passes=1000, sampler=fit_amortised(denoiser, steps=600)).value.mean()
    published = si.i_local.estimate(denoiser, x, passes=2000, sampler="plug_in").value.mean()
    assert abs(fitted / truth - 1) < 0.1
    assert published / truth < 0.8


def test_a_regression_that_fits_badly_is_right_in_the_mean():
    """Too few steps leave it off by much at each level; a factor that is measured on new draws takes that off."""
    denoiser = gaussian(2, k=1)
    x = denoiser.draw_prior(600, denoiser.generator(0))
    found = si.i_local.estimate(denoiser, x, passes=200, sampler=fit_amortised(denoiser, steps=80)).value.mean()
    assert found == pytest.approx(denoiser.feature_information().sum(), rel=0.04)


class _OwnFunction(Sampler):
    """A sampler of a user's: a function of noisy stimuli as the user gives them, whatever the denoiser is."""

    name = "own"

    def __init__(self, function):
        self.function = function

    def passes(self, denoiser):
        return 1

    def squared_gain(self, denoiser, xg, gamma, variance, generator):
        return self.function(xg, gamma)


class _Bare:
    """The least that an object needs to be a sampler."""

    name, keeps_variance = "bare", False
    passes, squared_gain = _OwnFunction.passes, _OwnFunction.squared_gain

    def __init__(self, function):
        self.function = function

    def draws_exactly(self, denoiser):
        return False


@pytest.mark.parametrize("sampler", [Amortised, _OwnFunction, _Bare])
def test_functions_of_a_sampler_see_the_stimuli_as_they_were_given(sampler):
    """The prior is far from 0 and not Gaussian, so a function that saw shifted stimuli would be wrong."""
    encoder = LinearGaussian([[1.0, 0.5]], 0.4)
    denoiser = MixtureDenoiser([0.5, 0.5], [[8.5, 3.0], [11.5, 3.5]], [0.3 * np.eye(2)] * 2, encoder)
    generator = denoiser.generator(0)

    def gain(xg, gamma):
        return PosteriorSampler().squared_gain(denoiser, xg, gamma, True, generator)

    x = denoiser.draw_prior(20, generator)
    truth = si.i_local.estimate(denoiser, x, passes=4000).value.mean()
    found = si.i_local.estimate(denoiser, x, passes=4000, sampler=sampler(gain), form="raw").value.mean()
    assert found == pytest.approx(truth, rel=0.02)


def test_completeness_for_a_poisson_population():
    """The average over a whole set is I(R;X), which nested Monte Carlo gives."""
    rng = np.random.default_rng(0)
    encoder = LinearNonlinearPoisson(rng.normal(size=(6, 40)) / 3, gain=1.5, amplitude=3.0)
    denoiser = FiniteSetDenoiser(rng.normal(size=(50, 40)), encoder)
    information, error = denoiser.mutual_information(samples=40_000)
    for measure in (si.i_local, si.i_kong2, si.i_cissi, si.i_ssi, si.i_surp):
        found = measure.estimate(denoiser, denoiser.stimuli, passes=4000)
        mean, spread = found.value.mean(), np.sqrt((found.stderr**2).sum()) / 50
        assert abs(mean - information) < 5 * np.hypot(spread, error), measure.name


def test_xor_has_both_features():
    found = si.i_local.estimate(FiniteSetDenoiser.from_model(XOR), XOR.stimuli, passes=40_000)
    assert np.abs((found.featurewise - 0.18403) / found.featurewise_stderr).max() < 5
    assert found.featurewise_stderr.max() < 0.01


def test_the_seed_decides():
    denoiser = FiniteSetDenoiser.from_model(XOR)
    runs = [si.i_local.estimate(denoiser, XOR.stimuli, passes=400, seed=seed).value for seed in (3, 3, 4)]
    assert (runs[0] == runs[1]).all()
    assert (runs[0] != runs[2]).any()


def test_a_goal_is_reached_or_its_budget_spent():
    denoiser = FiniteSetDenoiser.from_model(XOR)
    told = []
    found = si.i_local.estimate(denoiser, XOR.stimuli, rtol=0.05, progress=lambda *news: told.append(news))
    assert (found.stderr / found.value).max() <= 0.05 + found.cutoff.max()
    assert told[-1][0] == found.passes
    short = si.i_local.estimate(denoiser, XOR.stimuli, rtol=1e-6, passes=3000)
    assert short.passes <= 3000


def test_a_range_that_misses_the_integrand_says_so_in_its_error():
    denoiser = GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], 1.0))
    found = si.i_local.estimate(denoiser, [[0.0]], passes=400, gamma_range=(0.5, 1.5))
    truth = 0.5 * np.log(2)
    assert found.cutoff[0] > 0.3 * truth
    assert abs(found.value[0] - truth) < 2 * found.stderr[0]
    low, high = found.interval()
    assert low[0] < truth < high[0]


def test_batches_do_not_change_what_a_pass_is():
    denoiser = gaussian(8)
    calls = []
    whole = denoiser.posterior

    def counted(xg, *args, **options):
        calls.append(len(xg))
        return whole(xg, *args, **options)

    denoiser.posterior = counted
    found = si.i_local.estimate(denoiser, np.zeros((3, 8)), passes=200)
    assert sum(calls) == 3 * found.passes


DENOISER = FiniteSetDenoiser.from_model(XOR)
DENSITY = gaussian(3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: si.fisher.estimate(DENOISER, XOR.stimuli), si.NotApplicable, "finite sets of stimuli"),
        (lambda: si.i_local.estimate(DENOISER, [[0.5, 1.0]]), ModelError, "stimulus 0 is not in the set"),
        (lambda: si.i_local.estimate(DENOISER, [0.5, 1.0, 3.0]), ModelError, r"expected \(n, 2\)"),
        (lambda: si.i_local.estimate(DENSITY, [[np.nan] * 3]), ModelError, "not finite at stimulus 0"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], passes=20), ValueError, "needs at least 40"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], passes=2.5), ValueError, "positive whole number"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], rtol=2), ValueError, "between 0 and 1"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], sampler="exact"), ValueError, "unknown sampler"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], sampler="amortised"), ValueError, "fit_amortised"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], seed=-1), ValueError, "seed"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], form="best"), ValueError, "auto, raw or variance"),
        (lambda: si.i_kong2.estimate(DENSITY, [[0.0] * 3], form="variance"), si.NotApplicable, "no variance form"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], gamma_range=(2, 1)), ValueError, "0 < low < high"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], gamma_range=3), ValueError, "expected .low, high."),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], passes="a"), ValueError, "positive whole number"),
        (lambda: si.i_local.estimate(DENSITY, [[1j] * 3]), ModelError, "x holds complex128 values"),
        (lambda: si.i_local.estimate(DENSITY, None), ModelError, "x holds object values"),
        (lambda: si.i_local.estimate(DENSITY, [[0.0] * 3], sampler=3), ValueError, "expected a name or an object"),
        (lambda: PosteriorSampler(0), ValueError, "at least 2"),
    ],
)
def test_bad_requests(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_denoiser_that_answers_nonsense_is_named():
    class Nan(GaussianDenoiser):
        def xhat(self, xg, gamma, r=None):
            return torch.where(gamma[:, None] < 1e-3, torch.nan, super().xhat(xg, gamma, r))

    class Short(GaussianDenoiser):
        def xhat(self, xg, gamma, r=None):
            return super().xhat(xg, gamma, r)[:, :1]

    arguments = np.zeros(2), np.eye(2), LinearGaussian(np.eye(2), 1.0)
    with pytest.raises(EstimateError, match=r"NaN or infinity, at noise levels gamma from .* to 0\.000"):
        si.i_kong2.estimate(Nan(*arguments), [[0.0, 0.0]])
    with pytest.raises(EstimateError, match=r"Short.xhat returned shape \(\d+, 1\)"):
        si.i_kong2.estimate(Short(*arguments), [[0.0, 0.0]])


def far_component(weight, far):
    """A rare component so far away that it can be identified up to very high noise levels."""
    encoder = LinearGaussian([[1.0]], 1.0)
    return MixtureDenoiser([1 - weight, weight], [[0.0], [far]], np.ones((2, 1, 1)), encoder)


@pytest.mark.parametrize(("weight", "far", "exact"), [(1e-6, 1e3, 13.912), (1e-4, 300.0, 9.307)])
def test_a_rare_far_component(weight, far, exact):
    """There I_surp is that of the component alone, at its mean, and minus the log of its weight."""
    alone = 0.5 * (np.log(2) - 0.5)
    assert exact == pytest.approx(alone - np.log(weight), abs=0.01)
    found = si.i_surp.estimate(far_component(weight, far), [[far]], passes=40_000)
    assert abs(found.value[0] - exact) < 5 * found.stderr[0]
    assert found.stderr[0] < 0.5


def test_narrow_directions_are_not_left_out():
    denoiser = GaussianDenoiser(np.zeros(2), np.diag([1.0, 1e-6]), LinearGaussian(np.eye(2), 1.0))
    slope = si.fisher.estimate(denoiser, [[0.0, 0.0]], passes=20_000)
    assert (np.abs(slope.featurewise - 1) < 5 * slope.featurewise_stderr).all()
    found = si.i_local.estimate(denoiser, [[0.0, 0.0]], passes=2000)
    apart = np.abs(found.featurewise - denoiser.feature_information())
    assert (apart < 5 * found.featurewise_stderr).all()


def test_fisher_needs_a_density():
    denoiser = GaussianDenoiser(np.zeros(2), np.diag([1.0, 0.0]), LinearGaussian(np.eye(2), 1.0))
    with pytest.raises(si.NotApplicable, match="singular covariances"):
        si.fisher.estimate(denoiser, [[0.0, 0.0]])


RARE = 1e-4
HARD_JOINTS = {
    "small scale among rare stimuli": (
        [[0.0], [1.0], [2.0], [2.0001]],
        [1 - 3 * RARE, RARE, RARE, RARE],
        [[1, 0, 0, 0], [0, 0.5, 1, 0.1], [0, 0.5, 0, 0.9]],
    ),
    "responses too rare to be drawn": ([[0.0], [1.0]], [1e-12, 1 - 1e-12], [[1 - RARE, 1], [RARE, 0]]),
    "a rare neighbour": ([[0.0], [1.0]], [1 - 1e-5, 1e-5], [[1, 0], [0, 1]]),
    "stimuli close for their range": (
        [[1.0, 1.0], [1 + 1e-8, 1.0], [0.0, 0.0]],
        [1 / 3] * 3,
        [[0.9, 0.1, 0.3], [0.1, 0.9, 0.7]],
    ),
    "far from 0": ([[1e6], [1e6 + 0.01], [1e6 + 0.02]], [1 / 3] * 3, [[0.9, 0.1, 0.3], [0.1, 0.9, 0.7]]),
}


@pytest.mark.parametrize("measure", calibration.MEASURES[1:])
@pytest.mark.parametrize("name", list(HARD_JOINTS))
def test_hard_joints(name, measure):
    model = si.EncodingModel(*HARD_JOINTS[name])
    found = getattr(si, measure).estimate(FiniteSetDenoiser.from_model(model), model.stimuli, passes=20_000)
    assert (np.abs(found.value - getattr(si, measure)(model)) < 5 * found.stderr).all()


@pytest.mark.parametrize("measure", ["i_local", "i_kong2", "i_surp"])
def test_single_precision_keeps_close_stimuli_apart(measure):
    model = si.EncodingModel([0, 1e-4, 1], [1 / 3] * 3, [[0.9, 0.1, 0.3], [0.1, 0.9, 0.7]])
    denoiser = FiniteSetDenoiser.from_model(model, dtype=torch.float32)
    found = getattr(si, measure).estimate(denoiser, model.stimuli, passes=20_000)
    assert (np.abs(found.value - getattr(si, measure)(model)) < 5 * found.stderr).all()


def test_silent_neurons_have_specific_information():
    denoiser = FiniteSetDenoiser([[-1.0], [0.0], [2.0]], LinearNonlinearPoisson([[1.0]], gain=1e3))
    found = si.i_sp.estimate(denoiser, denoiser.stimuli, passes=20_000)
    information, error = denoiser.mutual_information(samples=20_000)
    assert abs(found.value.mean() - information) < 5 * np.hypot(error, np.sqrt((found.stderr**2).sum()) / 3)


def test_a_range_where_nothing_happens_says_so():
    model = si.EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]])
    found = si.i_local.estimate(
        FiniteSetDenoiser.from_model(model), model.stimuli, passes=2000, gamma_range=(1e-9, 1e-4)
    )
    assert (found.value == 0).all()
    assert (found.cutoff > 0.3).all()
    assert (found.stderr > 0.3).all()


def test_many_stimuli_are_taken_in_blocks(monkeypatch):
    monkeypatch.setattr("stiminfo.estimators.denoising.MOST_NUMBERS", 40 * 8 * 3)
    denoiser = gaussian(8)
    x = denoiser.draw_prior(7, denoiser.generator(0))
    found = si.i_kong2.estimate(denoiser, x, passes=4000)
    assert found.value.shape == found.stderr.shape == (7,)
    assert found.featurewise.shape == (7, 8)
    assert len(set(found.value)) == 7
    alone = si.i_kong2.estimate(denoiser, x[6:], passes=4000, seed=1)
    assert abs(found.value[6] - alone.value[0]) < 5 * np.hypot(found.stderr[6], alone.stderr[0])
