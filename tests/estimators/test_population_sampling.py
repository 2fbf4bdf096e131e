"""Populations fitted to trials: simulated experiments, whose truth is known, and closed forms."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.estimators import PUBLISHED
from stiminfo.estimators.sampling import PopulationTrials, Settings, population_sampling
from stiminfo.estimators.sampling.independence import dependence, permutation_of_trials
from stiminfo.estimators.sampling.neurons import information_alone
from stiminfo.models.laws import law_of

X = np.arange(6.0)
CENTRES = np.linspace(-0.5, 5.5, 12)
RATES = 0.4 + 0.8 * np.exp(-0.5 * ((X - CENTRES[:, None]) / 1.2) ** 2)
UNIFORM = np.full(6, 1 / 6)
INDEX = np.repeat(np.arange(6), 20)
FINITE = {name: PUBLISHED[name] for name in ("i_ssi", "i_surp")}


def trials_of(rates, seed, repeats=20, **options):
    rng = np.random.default_rng(seed)
    return PopulationTrials(
        rng.poisson(np.repeat(rates.T, repeats, axis=0)).astype(float),
        np.repeat(np.arange(rates.shape[1]), repeats),
        X[: rates.shape[1], None],
        "line",
        "poisson",
        **options,
    )


def sampled(trials, measures=FINITE, resamples=20, **options):
    prior = np.full(len(trials.points), 1 / len(trials.points))
    settings = Settings(prior=prior, resamples=resamples, permutations=60)
    return population_sampling(trials, measures, settings, **options)


def test_intervals_cover_and_means_of_trials_do_not():
    """The population whose tuning is the mean of the trials tells far too much; the corrected value does not."""
    truth = si.Population(X, RATES)
    true = truth.mutual_information(2048)
    values = {name: measure.estimate(truth, passes=2048).value for name, measure in FINITE.items()}
    inside, means, corrected, hits = [], [], [], []
    for seed in range(6):
        trials = trials_of(RATES, seed)
        found = sampled(trials)
        inside.append(found.information.low <= true <= found.information.high)
        corrected.append(found.information.corrected)
        means.append(si.Population.from_trials(X[INDEX], trials.responses).mutual_information(128))
        hits += [(one.low <= values[n]) & (values[n] <= one.high) for n, one in found.measures.items()]
        assert found.information.p_value < 0.02
    assert np.mean(inside) >= 5 / 6
    assert np.mean(hits) > 0.85
    assert np.mean(means) > 1.3 * true
    assert np.mean(corrected) == pytest.approx(true, rel=0.15)


def test_no_information():
    """Values may be positive by chance; if a permutation test does not reject that all are 0, intervals contain it."""
    for seed in range(4):
        found = sampled(trials_of(np.ones((12, 6)), seed))
        assert found.information.p_value > 0.05
        assert found.information.low == 0
        assert found.information.plug_in < 0.15
        assert all((one.low <= 0).all() for one in found.measures.values())
        assert (found.alone.low == 0).all()


def test_all_measures_and_what_is_refused():
    told = []
    found = sampled(trials_of(RATES[::3], 1), PUBLISHED, 5, progress=lambda *done: told.append(done))
    assert set(found.measures) == set(PUBLISHED) - {"fisher"}
    assert "rate_gradient" in str(found.refused["fisher"])
    assert told[-1] == (5, 5)
    prior, whole = UNIFORM, found.information
    for name, one in found.measures.items():
        assert (one.low <= np.maximum(one.corrected, 0)).all(), name
        assert (one.corrected <= one.high).all(), name
        # Complete measures: their mean is I(R;X), but for the drawing of responses.
        assert prior @ one.plug_in == pytest.approx(whole.plug_in, abs=5 * found.numerical_error[name].max()), name
    assert (found.measures["i_surp"].high <= np.log(6)).all()


def test_one_neuron_given_the_others():
    """Neuron 0 alone tells what neuron 0 twice tells less; a copy of the stimulus leaves nothing to add."""
    alone = trials_of(np.array([[1.0, 9.0], [400.0, 1.0]]), 2)
    given = sampled(alone, neuron=0)
    free = sampled(PopulationTrials(alone.responses[:, :1], alone.stimulus, alone.points, "line", "poisson"))
    assert given.information.plug_in < 0.01
    assert free.information.plug_in > 0.5
    assert given.alone.plug_in[0] == pytest.approx(free.information.plug_in, abs=0.02)


def test_one_trial_of_each_stimulus_says_nothing():
    found = sampled(trials_of(RATES, 0, repeats=1))
    assert found.silent is not None
    assert found.information.low is None
    assert found.alone.high is None


@pytest.mark.parametrize("noise", ["poisson", "bernoulli", "gaussian", "negative_binomial"])
def test_neurons_alone_against_the_table(noise):
    options = {"gaussian": {"sd": 0.5}, "negative_binomial": {"dispersion": 0.4}}.get(noise, {})
    rates = np.vstack([RATES[:2] / 2, np.full((1, 6), 0.5)])
    found = information_alone(law_of(noise, rates, **options), UNIFORM)
    for n in range(2):
        exact = si.Population(X, rates[n : n + 1], noise, **options).model().mutual_information()
        assert found[n] == pytest.approx(exact, rel=1e-6)
    assert found[2] == 0


class TestIndependence:
    RNG = np.random.default_rng(3)
    NOISE = RNG.normal(size=(120, 8))

    def test_permutations_are_right_with_dependent_neurons(self):
        """A drive that all neurons share is no information; a small effect is found."""
        rng, small = np.random.default_rng(0), []
        for seed in range(40):
            shared = np.random.default_rng(seed).normal(size=(120, 1)) + self.NOISE
            small.append(permutation_of_trials(shared, INDEX, 6, 99, rng).p_value)
        assert np.mean(np.array(small) < 0.1) < 0.3
        told = permutation_of_trials(self.NOISE + 0.4 * INDEX[:, None], INDEX, 6, 99, rng)
        assert told.p_value == 0.01
        assert told.z > 5
        # A neuron that never changes says nothing.
        silent = permutation_of_trials(np.zeros((120, 2)), INDEX, 6, 99, rng)
        assert (silent.p_value, silent.z) == (1.0, 0.0)

    def test_warnings(self):
        def trial_warnings(responses, index, count):
            return dependence(responses, index, count, np.random.default_rng(0)).warnings

        assert trial_warnings(self.NOISE, INDEX, 6) == ()
        assert trial_warnings(self.NOISE[:, :1], INDEX, 6) == ()
        (said,) = trial_warnings(self.NOISE + self.NOISE[:, :1], INDEX, 6)
        assert "they are not conditionally independent" in said
        drift = np.cumsum(self.NOISE, axis=0)
        assert any("Successive responses are alike" in one for one in trial_warnings(drift, INDEX % 6, 6))

    def test_dependent_trials_widen_intervals(self):
        """Stimuli in runs, and noise that lasts for some trials: means scatter as those of fewer trials."""
        rates, sd, index = 1 + 3 * RATES, 1.5, np.repeat(np.arange(6), 30)
        truth = si.Population(X, rates, "gaussian", sd=sd)
        values = {name: measure.estimate(truth, passes=1024).value for name, measure in FINITE.items()}
        hits = []
        for seed in range(4):
            rng = np.random.default_rng(seed)
            noise = [rng.normal(size=12)]
            for _ in index[1:]:
                noise.append(0.6 * noise[-1] + 0.8 * rng.normal(size=12))
            responses = rates[:, index].T + sd * np.array(noise)
            found = sampled(PopulationTrials(responses, index, X[:, None], "line", "gaussian"))
            assert found.block > 3
            assert found.effect > 1.4
            assert f"blocks of {found.block} trials raise variances" in found.warnings[-1]
            hits += [(one.low <= values[n]) & (values[n] <= one.high) for n, one in found.measures.items()]
        assert np.mean(hits) > 0.75

    def test_shifts_keep_the_dependence_of_null_trials(self):
        """Runs of stimuli and drifting noise without information: shuffled trials see information that is none."""
        index = np.repeat(np.arange(6), 20)
        shuffled, shifted = [], []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            drift = np.cumsum(rng.normal(size=(120, 4)), axis=0)
            block = dependence(drift, index, 6, rng).block
            shuffled.append(permutation_of_trials(drift, index, 6, 99, rng).p_value)
            shifted.append(permutation_of_trials(drift, index, 6, 99, rng, block).p_value)
        assert np.mean(np.array(shuffled) < 0.05) > 0.8
        assert np.mean(np.array(shifted) < 0.05) < 0.3
