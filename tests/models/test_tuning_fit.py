"""Tuning fitted to trials: the scale of counts against sums of its own, and what shrinkage does against simulation."""

import numpy as np
import pytest

from stiminfo.errors import ModelError
from stiminfo.models.laws import law_of
from stiminfo.models.stabilising import scale_of
from stiminfo.models.trial_means import LAWS, trial_means
from stiminfo.models.tuning_fit import _sizes, fitted

X = np.arange(8.0)
INDEX = np.repeat(np.arange(8), 20)
TUNING = 0.5 + 2 * np.exp(-0.5 * ((X - np.linspace(0, 7, 30)[:, None]) / 1.2) ** 2)


@pytest.mark.parametrize("size", [np.inf, -20.0, 4.0])
def test_the_scale_of_counts(size):
    """Mean and variance against drawn sums, and the way back."""
    scale, rng = scale_of(size), np.random.default_rng(0)
    for mean in (0.3, 2.0, 11.0):
        if size < 0:
            sums = rng.binomial(20, mean / 20, 40_000)
        else:
            sums = rng.poisson(mean if np.isinf(size) else rng.gamma(size, mean / size, 40_000), 40_000)
        value = scale.value(sums)
        assert scale.mean_value(np.array([mean]))[0] == pytest.approx(value.mean(), abs=5 * value.std() / 200)
        assert scale.scatter(np.array([mean]))[0] == pytest.approx(value.var(), rel=0.05)
        assert scale.mean_of(scale.mean_value(np.array([mean])))[0] == pytest.approx(mean, rel=1e-3)


@pytest.mark.parametrize("size", [np.inf, 30.0])
def test_sums_beyond_the_table(size):
    scale, means = scale_of(size), np.array([390.0, 400.0, 410.0, 5e4])
    value = scale.mean_value(means)
    assert (np.diff(value) > 0).all()
    assert scale.mean_of(value) == pytest.approx(means, rel=1e-6)
    assert value[2] - value[1] == pytest.approx(value[1] - value[0], rel=0.1)


def responses_of(noise, rng, tuning=TUNING):
    rates = tuning.T[INDEX]
    if noise == "bernoulli":
        return (rng.random(rates.shape) < rates / 3).astype(float)
    if noise == "gaussian":
        return rng.normal(rates, 0.7)
    return rng.poisson(rates if noise == "poisson" else rng.gamma(2.0, rates / 2)).astype(float)


@pytest.mark.parametrize("noise", LAWS)
def test_means_of_trials_and_their_repetition(noise):
    rng = np.random.default_rng(1)
    responses = responses_of(noise, rng)
    found = trial_means(responses, INDEX, 8, noise)
    assert found.means == pytest.approx(np.stack([responses[j == INDEX].mean(axis=0) for j in range(8)], axis=1))
    law = fitted(found).value()
    again = np.mean([found.again(law, rng).means for _ in range(200)], axis=0)
    assert np.abs(again - law.rates).max() < 0.2
    if noise == "gaussian":
        assert law.sd == pytest.approx(np.full(30, 0.7), rel=0.3)
    if noise == "negative_binomial":
        assert np.median(law.dispersion) == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize("noise", LAWS)
def test_distances_between_stimuli_are_without_bias(noise):
    """Means of few trials seem to tell stimuli apart; of the fitted tuning, distances are right on average."""

    def apart(rates):
        return ((rates[:, :, None] - rates[:, None]) ** 2).sum(axis=0)[np.triu_indices(8, 1)].mean()

    weak = 0.5 + 0.35 * (TUNING - 0.5)
    true = apart(weak / 3 if noise == "bernoulli" else weak)
    raw, kept = [], []
    for seed in range(12):
        found = trial_means(responses_of(noise, np.random.default_rng(seed), weak), INDEX, 8, noise)
        raw.append(apart(found.means) / true)
        kept.append(apart(fitted(found).value().rates) / true)
    assert np.mean(raw) > 1.3
    assert abs(np.mean(kept) - 1) < 0.3 * (np.mean(raw) - 1)


def test_neurons_without_tuning_get_none():
    rng = np.random.default_rng(2)
    found = trial_means(rng.poisson(1.0, (160, 40)).astype(float), INDEX, 8, "poisson")
    law = fitted(found).value()
    assert law.rates.var(axis=1).mean() < 0.2 * found.means.var(axis=1).mean()


def test_what_never_occurred_is_not_impossible():
    responses = np.where(INDEX == 3, 5.0, 0.0)[:, None] * np.ones(3)
    for noise in ("poisson", "bernoulli"):
        table = np.minimum(responses, 1) if noise == "bernoulli" else responses
        fit = fitted(trial_means(table, INDEX, 8, noise))
        for law in (fit.value(), fit.drawn(np.random.default_rng(0))):
            assert (law.rates > 0).all()
            assert noise == "poisson" or (law.rates < 1).all()
    silent = fitted(trial_means(np.zeros((160, 2)), INDEX, 8, "poisson"))
    assert not silent.value().rates.any()


def test_unequal_trials_do_not_look_like_tuning():
    """A neuron that nearly never fires, with 2 trials of one stimulus and 200 of another."""
    index = np.repeat([0, 1], [2, 200])
    responses = np.zeros((202, 1))
    responses[[50, 100, 150]] = 1
    rates = fitted(trial_means(responses, index, 2, "poisson")).value().rates[0]
    assert rates == pytest.approx([3 / 202, 3 / 202], rel=0.5)


def test_sizes_by_hand():
    """What lies below the noise is paid for by all that lie above it, small ones first."""
    assert _sizes(np.array([1.2, 1.0, 0.9, 0.5])).tolist() == [0.0] * 4
    # Shares are 6 / 5 and 1.5 / 0.5; the second is too small for its part of 1.5, and the first pays the rest.
    assert _sizes(np.array([6.0, 1.5, 0.3, 0.2])) == pytest.approx([4.0, 0, 0, 0])
    # 4 / 3 and 3 / 2 of 17 / 6, of a loss of 1.
    assert _sizes(np.array([4.0, 3.0, 0.5, 0.5])) == pytest.approx([3 - 8 / 17, 2 - 9 / 17, 0, 0])
    assert _sizes(np.array([3.0, 2.0])) == pytest.approx([2.0, 1.0])


def test_few_neurons_keep_the_spread_of_their_responses():
    """I_sp is H(R) - H(R|x): three neurons, of five, have so few components that a lost one flattens H(R|x)."""
    bump = np.exp(2 * (np.cos(2 * np.pi * (X - 1.6 * np.arange(5)[:, None]) / 8) - 1))
    bump[::3] = 0.3
    slopes = []
    law = law_of("negative_binomial", 0.5 + 2 * bump, None, 0.5)
    true = law.entropy().sum(axis=0)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        responses = np.concatenate([law.draw(rng) for _ in range(50)])
        found = fitted(trial_means(responses, np.tile(np.arange(8), 50), 8, "negative_binomial")).value()
        slopes.append(np.polyfit(true, found.entropy().sum(axis=0), 1)[0])
    assert np.mean(slopes) > 0.65


def test_refusals():
    with pytest.raises(ModelError, match="unknown law 'poison'; did you mean 'poisson'"):
        trial_means(np.ones((160, 1)), INDEX, 8, "poison")
    with pytest.raises(ModelError, match="response 1 does not differ between trials"):
        trial_means(np.stack([np.arange(160.0), INDEX], axis=1), INDEX, 8, "gaussian")
