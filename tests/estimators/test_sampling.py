"""Few trials: intervals that cover where percentile ones do not, exact identities, the test, dependent trials."""

import math

import numpy as np
import pytest
from scipy.stats import kstest, poisson

from stiminfo.errors import ModelError, NotApplicable
from stiminfo.estimators import PUBLISHED, Measure
from stiminfo.estimators.sampling import (
    Settings,
    TrialOrder,
    autocorrelation_warning,
    block_length,
    default_resamples,
    design_effect,
    limited_sampling,
    permutation_test,
    prior_of,
)
from stiminfo.estimators.sampling.bias import DELETIONS, deletions, jackknife
from stiminfo.estimators.sampling.permutation import information_of
from stiminfo.estimators.sampling.shrinkage import CONCENTRATIONS, concentration_weights, posterior_draws
from stiminfo.models import EncodingModel

DEFINED = {name: measure for name, measure in PUBLISHED.items() if name != "fisher"}
FAST = {name: measure for name, measure in DEFINED.items() if not measure.slow}
X = np.arange(8.0)
UNIFORM = np.full(8, 1 / 8)


def spikes(rates):
    table = poisson.pmf(np.arange(40), np.asarray(rates, dtype=float)[:, None])
    return table / table.sum(axis=1, keepdims=True)


BUMP = spikes(1 + 9 * np.exp(-0.5 * ((X - 3.5) / 1.2) ** 2))
SAME = spikes(np.full(8, 3.0))
#: A neuron that answers one stimulus alone, and seldom; and one that spikes in 95% of trials, or in 5%.
ALONE = spikes(np.where(X == 3, 0.3, 0))
SELDOM = np.where(X[:, None] % 4 == 2, [0.05, 0.95], [0.95, 0.05])
SMALL = Settings(resamples=40, permutations=20)


def percentile_intervals(counts, measures):
    """The bootstrap without correction: quantiles of the values of resampled trials, by measure."""
    drawn = np.random.default_rng(0).multinomial(counts.sum(axis=1), counts / counts.sum(axis=1)[:, None], size=(40, 8))
    models = [EncodingModel.from_counts(table, X) for table in drawn]
    values = {name: [measure(model) for model in models] for name, measure in measures.items()}
    values["I"] = [model.mutual_information() for model in models]
    return {name: np.quantile(value, [0.025, 0.975], axis=0) for name, value in values.items()}


def coverage(likelihood, trials, experiments, measures, *, percentiles):
    """Shares of intervals, chosen and percentile, that contain the truth, by measure; I(R;X) is the measure "I"."""
    model = EncodingModel(X, UNIFORM, likelihood.T)
    truth = {name: measure(model) for name, measure in measures.items()} | {"I": information_of(likelihood, UNIFORM)}
    hits = {name: ([], []) for name in truth}
    for seed in range(experiments):
        counts = np.random.default_rng([7, seed]).multinomial(trials, likelihood)
        result = limited_sampling(counts, X, measures, SMALL)
        old = percentile_intervals(counts, percentiles)
        for name in truth:
            new = result.information if name == "I" else result.measures[name]
            percentile = old.get(name, (0, 0))
            for kept, (low, high) in zip(hits[name], ((new.low, new.high), percentile)):
                kept.append(np.mean((low <= truth[name] + 1e-9) & (truth[name] - 1e-9 <= high)))
    return {name: tuple(map(np.mean, both)) for name, both in hits.items()}


def test_no_interval_exceeds_what_a_measure_can_be():
    """Responses that tell the stimulus: I_surp and I_Kong1 are at most -log p(x), I_SSI H(X), I_CiSSI -log min p."""
    counts, prior = 4 * np.eye(3) + [[0, 1, 0], [0, 0, 0], [0, 0, 0]], np.array([0.7, 0.2, 0.1])
    found = limited_sampling(counts, X[:3], FAST, Settings(prior=prior, resamples=40, permutations=20)).measures
    for name in ("i_surp", "i_kong1"):
        assert (found[name].high <= -np.log(prior) + 1e-12).all()
    assert (found["i_ssi"].high <= -prior @ np.log(prior) + 1e-12).all()
    assert (found["i_cissi"].high <= -np.log(0.1) + 1e-12).all()


class TestCoverage:
    @pytest.mark.parametrize(("likelihood", "trials"), [(BUMP, 20), (SAME, 20)], ids=["bump", "independent"])
    def test_intervals_cover_where_percentile_intervals_do_not(self, likelihood, trials):
        measures = {name: FAST[name] for name in ("i_ssi", "i_surp")}
        found = coverage(likelihood, trials, 40, measures, percentiles=measures)
        for name, (chosen, percentile) in found.items():
            assert chosen >= 0.9, name
            assert percentile < 0.5, name

    @pytest.mark.parametrize(
        ("likelihood", "least"), [(ALONE, {"I": 0.95}), (SELDOM, {"i_surp": 0.95, "I": 0.95})], ids=["alone", "seldom"]
    )
    def test_intervals_cover_where_a_neuron_answers_few_stimuli(self, likelihood, least):
        found = coverage(likelihood, 20, 100, {"i_surp": FAST["i_surp"]}, percentiles={})
        for name, share in least.items():
            assert found[name][0] >= share, name

    def test_without_a_trace_of_information_every_interval_contains_0(self):
        for seed in range(8):
            counts = np.random.default_rng(seed).multinomial(5, SAME)
            found = limited_sampling(counts, X, FAST, SMALL)
            if found.information.p_value > 0.05:
                assert all((one.low <= 0).all() and (one.high >= 0).all() for one in found.measures.values())

    @pytest.mark.soak
    @pytest.mark.parametrize("likelihood", [BUMP, SAME], ids=["bump", "independent"])
    def test_every_measure_covers(self, likelihood):
        for name, (chosen, _) in coverage(likelihood, 50, 60, DEFINED, percentiles={}).items():
            assert chosen >= 0.93, name

    def test_corrected_values_of_a_complete_measure_have_the_corrected_information_as_mean(self):
        counts = np.random.default_rng(0).multinomial(20, BUMP)
        result = limited_sampling(counts, X, DEFINED, SMALL)
        for name, found in result.measures.items():
            assert result.prior @ found.corrected == pytest.approx(result.information.corrected, abs=1e-4), name
            assert found.plug_in == pytest.approx(DEFINED[name](EncodingModel.from_counts(counts, X)), abs=1e-12)
            assert (found.low <= np.maximum(found.corrected, 0)).all()
            assert (found.corrected <= found.high).all()
            assert (found.correction_error > 0).all()
        assert result.information.corrected < result.information.plug_in
        # What claims positivity has no negative end; i_ssi does not claim it.
        assert result.measures["i_surp"].low.min() >= 0
        independent = limited_sampling(np.random.default_rng(0).multinomial(20, SAME), X, FAST, SMALL)
        assert independent.measures["i_ssi"].low.min() < 0
        assert independent.information.low == 0

    def test_a_wider_level_is_wider(self):
        counts = np.random.default_rng(0).multinomial(20, BUMP)
        narrow, wide = (limited_sampling(counts, X, {}, Settings(resamples=40, level=level)) for level in (0.5, 0.99))
        assert wide.information.low < narrow.information.low < narrow.information.high < wide.information.high

    def test_many_trials_leave_nothing_to_correct(self):
        counts = np.rint(1e5 * BUMP)
        found = limited_sampling(counts[:, counts.any(axis=0)], X, {}, SMALL).information
        assert abs(found.corrected - found.plug_in) < 4 * found.correction_error < 4e-3
        assert found.high - found.low < 0.02

    def test_same_seed_same_result(self):
        counts = np.random.default_rng(0).multinomial(10, BUMP)
        first, again, other = (
            limited_sampling(counts, X, FAST, Settings(resamples=20, permutations=20, seed=seed)) for seed in (1, 1, 2)
        )
        assert first.information == again.information != other.information
        assert (first.measures["i_ssi"].low == again.measures["i_ssi"].low).all()

    def test_a_measure_of_the_user(self):
        twice = Measure("twice", lambda model: 2 * PUBLISHED["i_surp"](model))
        counts = np.random.default_rng(0).multinomial(10, BUMP)
        result = limited_sampling(counts, X, {"twice": twice, "i_surp": PUBLISHED["i_surp"]}, SMALL)
        assert result.measures["twice"].corrected == pytest.approx(2 * result.measures["i_surp"].corrected, abs=1e-12)

    def test_progress(self):
        heard = []
        limited_sampling([[9, 1], [2, 8]], [0, 1], {}, SMALL, progress=lambda done, total: heard.append((done, total)))
        assert heard == [(40, 40)]

    def test_fewer_resamples_for_large_tables(self):
        assert [default_resamples(np.zeros(shape)) for shape in ((8, 20), (64, 500), (64, 5000))] == [200, 125, 60]


class TestSilence:
    @pytest.mark.parametrize(
        ("counts", "why"),
        [
            (np.eye(4), "one trial"),
            ([[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]], "occurred once"),
            ([[1, 0], [1, 0], [0, 1]], "one trial"),
        ],
    )
    def test_trials_that_say_nothing(self, counts, why):
        result = limited_sampling(counts, np.arange(len(counts)), FAST, SMALL)
        assert why in result.silent
        found = result.information
        assert (found.corrected, found.low, found.high, found.p_value, found.z) == (None, None, None, 1.0, 0.0)
        assert found.null_mean == pytest.approx(found.plug_in, abs=1e-12)
        assert result.measures["i_surp"].low is None

    @pytest.mark.parametrize("counts", [[[3], [2]], [[3, 4]]], ids=["one response", "one stimulus"])
    def test_nothing_to_tell_apart(self, counts):
        result = limited_sampling(counts, np.arange(len(counts)), DEFINED, SMALL)
        found = result.information
        assert result.silent is None
        assert (found.plug_in, found.corrected, found.high, found.p_value) == (0, 0, 0, 1)
        assert (result.measures["i_local"].high < 1e-12).all()

    def test_a_single_trial_of_one_stimulus_is_never_deleted(self):
        result = limited_sampling([[6, 3], [1, 0]], [0, 1], FAST, SMALL)
        assert result.information.corrected is not None


class TestJackknife:
    COUNTS = np.array([[3.0, 4.0, 1.0], [2.0, 0.0, 6.0]])

    def test_a_linear_value_has_no_bias(self):
        (*_, left) = deletions(self.COUNTS, np.random.default_rng(0))
        weights = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, 1.0]])
        bias, error = jackknife((self.COUNTS / 8 * weights).sum(), (left / 7 * weights).sum(axis=(1, 2)))
        assert bias == pytest.approx(0, abs=1e-14)
        assert error > 0

    def test_a_square_is_corrected_exactly(self):
        # E[p^2] is p^2 + p (1 - p) / n, and (n p^2 - p) / (n - 1) has no bias.
        (*_, left) = deletions(self.COUNTS, np.random.default_rng(0))
        p = self.COUNTS / 8
        bias, error = jackknife(p**2, (left / 7) ** 2)
        assert p**2 - bias == pytest.approx((8 * p**2 - p) / 7, abs=1e-14)
        mean_error = jackknife(p, left / 7)[1]
        assert mean_error == pytest.approx(np.sqrt(p * (1 - p) / 7), abs=1e-14)
        assert error.shape == p.shape

    def test_each_trial_is_deleted_once(self):
        deals = list(deletions(np.array([[30.0, 40.0], [1.0, 0.0], [2.0, 1.0]]), np.random.default_rng(0)))
        assert len(deals) == math.ceil(DELETIONS / 3)
        for left in deals:
            deleted = np.array([[30, 40], [1, 0], [2, 1]]) - left
            assert deleted.sum(axis=0).tolist() == [[30, 40], [0, 0], [2, 1]]
            assert (deleted >= 0).all()


class TestShrinkage:
    def test_concentration_follows_how_much_stimuli_differ(self):
        rng = np.random.default_rng(0)
        same, apart = (rng.multinomial(50, likelihood) for likelihood in (SAME, BUMP))
        found = [CONCENTRATIONS @ concentration_weights(t[:, t.any(axis=0)]) for t in (same, apart)]
        assert found[0] > 30 * found[1]

    def test_draws_are_the_posterior(self):
        # Two stimuli that never share a response: little is lent, and the mean is near the shares.
        draws = posterior_draws(np.array([[40.0, 60.0, 0, 0], [0, 0, 50.0, 50.0]]), 4000, np.random.default_rng(0))
        assert draws.sum(axis=2) == pytest.approx(np.ones((4000, 2)), abs=1e-12)
        assert draws.mean(axis=0)[0, :2] == pytest.approx([0.4, 0.6], abs=0.02)
        assert draws[:, 0, 0].std() == pytest.approx(math.sqrt(0.4 * 0.6 / 101), rel=0.1)


class TestManyTables:
    @pytest.mark.parametrize("name", DEFINED)
    @pytest.mark.parametrize("stimuli", [X[:5, None], np.array([[0.0, 0], [0, 1], [1, 0], [1, 1], [3, 1]])])
    def test_each_is_what_single_models_give(self, name, stimuli):
        rng = np.random.default_rng(0)
        tables = rng.multinomial(12, rng.dirichlet(np.ones(6), 5), size=(3, 5)).swapaxes(1, 2) / 12
        prior, measure = np.array([0.1, 0.2, 0.3, 0.2, 0.2]), DEFINED[name]
        single = np.array([measure(EncodingModel(stimuli, prior, table)) for table in tables])
        assert measure.each(EncodingModel(stimuli, prior, tables[0]), tables) == pytest.approx(
            single, abs=2e-3 if measure.slow else 1e-12
        )

    @pytest.mark.parametrize("name", ["i_local", "i_kong2"])
    def test_responses_of_one_stimulus_are_merged(self, name):
        # 40 of 44 responses are evoked by one stimulus only.
        rng = np.random.default_rng(0)
        table = np.concatenate([np.kron(np.eye(4), rng.uniform(0.1, 1, (10, 1))), rng.uniform(0.1, 1, (4, 4))])
        table /= table.sum(axis=0)
        x, prior, measure = np.arange(4.0)[:, None], np.full(4, 0.25), PUBLISHED[name]
        found = measure.each(EncodingModel(x, prior, table), np.stack([table, table[::-1]]))
        assert found == pytest.approx(np.stack([measure(EncodingModel(x, prior, table))] * 2), abs=2e-3)

    def test_a_measure_that_needs_a_gradient_declines(self):
        with pytest.raises(NotApplicable, match="gradient"):
            limited_sampling([[9, 1], [2, 8]], [0, 1], {"fisher": PUBLISHED["fisher"]}, SMALL)


class TestPermutation:
    def test_p_is_uniform_where_responses_tell_nothing(self):
        rng = np.random.default_rng(5)
        likelihood = rng.dirichlet(np.ones(12))
        found = [
            permutation_test(rng.multinomial(30, np.tile(likelihood, (4, 1))), np.full(4, 0.25), 199, rng)
            for _ in range(200)
        ]
        assert kstest([one.p_value for one in found], "uniform").pvalue > 0.01
        assert abs(np.mean([one.z for one in found])) < 4 / math.sqrt(200)

    def test_p_of_a_deterministic_table_is_the_smallest_possible(self):
        found = permutation_test(20 * np.eye(3), np.full(3, 1 / 3), 99, np.random.default_rng(0))
        assert found.p_value == 1 / 100
        assert found.z > 10
        assert 0 < found.null_mean < 0.2

    def test_null_mean_is_the_bias_of_independent_responses(self):
        # To first order (J - 1) (K - 1) / (2 N).
        found = permutation_test(np.full((4, 3), 100), np.full(4, 0.25), 500, np.random.default_rng(0))
        assert found.null_mean == pytest.approx(6 / 2400, rel=0.1)

    def test_ties_count(self):
        assert permutation_test(np.array([[1, 1], [1, 1]]), np.full(2, 0.5), 50, np.random.default_rng(0)).p_value == 1


class TestPrior:
    def test_kinds(self):
        assert prior_of([1, 3]).tolist() == [0.25, 0.75]
        assert prior_of([1, 3], "uniform").tolist() == [0.5, 0.5]
        assert prior_of([1, 3], [0.1, 0.9]).tolist() == [0.1, 0.9]

    @pytest.mark.parametrize("wrong", ["flat", [0.5, 0.6], [1.0], [0.0, 1.0], [[0.5, 0.5]]])
    def test_refuses(self, wrong):
        with pytest.raises(ModelError, match="prior"):
            prior_of([1, 3], wrong)

    def test_the_result_respects_it(self):
        counts = [[9, 1, 3], [20, 80, 10], [1, 5, 40]]
        prior = np.array([0.6, 0.3, 0.1])
        result = limited_sampling(counts, [0, 1, 2], FAST, Settings(prior=prior, resamples=20, permutations=20))
        likelihood = (np.array(counts) / np.sum(counts, axis=1, keepdims=True)).T
        model = EncodingModel([0, 1, 2], prior, likelihood)
        assert result.information.plug_in == pytest.approx(model.mutual_information(), abs=1e-14)
        assert prior @ result.measures["i_ssi"].corrected == pytest.approx(result.information.corrected, abs=1e-12)


def drifting(trials, persistence, rng):
    """Stimuli in blocks of presentation and spike counts whose gain drifts; independent of the stimulus."""
    gain = np.zeros(trials)
    for t in range(1, trials):
        gain[t] = persistence * gain[t - 1] + math.sqrt(1 - persistence**2) * rng.normal()
    responses = rng.poisson(4 * np.exp(0.4 * gain - 0.08))
    stimulus = np.arange(trials) // min(100, trials // 8) % 4
    counts = np.zeros((4, responses.max() + 1))
    np.add.at(counts, (stimulus, responses), 1)
    return stimulus, responses, counts


class TestDependentTrials:
    def test_independent_trials_are_seldom_warned_of(self):
        rng = np.random.default_rng(0)
        said = 0
        for number in range(200):
            stimulus, responses, counts = drifting(200, 0.0, rng)
            values = responses if number % 2 else None
            said += autocorrelation_warning(TrialOrder(stimulus, responses, values), counts) is not None
        assert said <= 8

    @pytest.mark.parametrize("numerical", [True, False])
    def test_a_drift_is_warned_of_and_gets_blocks(self, numerical):
        stimulus, responses, counts = drifting(1000, 0.95, np.random.default_rng(1))
        order = TrialOrder(stimulus, responses, responses if numerical else None)
        assert "not independent" in autocorrelation_warning(order, counts)
        assert 5 < block_length(order, counts) < 100

    def test_no_block_without_dependence(self):
        rng = np.random.default_rng(2)
        lengths = []
        for _ in range(20):
            stimulus, responses, counts = drifting(400, 0.0, rng)
            lengths.append(block_length(TrialOrder(stimulus, responses, responses), counts))
        assert np.median(lengths) == 1

    def test_design_effect_of_repeated_trials_is_how_often_they_repeat(self):
        # Each response is written down five times in a row: there are a fifth as many trials.
        rng = np.random.default_rng(3)
        stimulus, responses = (np.repeat(rng.integers(n, size=400), 5) for n in (2, 3))
        counts = np.zeros((2, 3))
        np.add.at(counts, (stimulus, responses), 1)
        order = TrialOrder(stimulus, responses)
        assert design_effect(order, counts, 50, rng) == pytest.approx(5, rel=0.25)
        assert design_effect(order, counts, 1, rng) == pytest.approx(1, abs=0.15)

    def test_blocks_keep_a_drift_from_passing_as_information(self):
        rng = np.random.default_rng(4)
        blind, aware = [], []
        for _ in range(20):
            stimulus, responses, counts = drifting(2000, 0.97, rng)
            order = TrialOrder(stimulus, responses, responses)
            settings = Settings(resamples=20, permutations=99)
            blind.append(limited_sampling(counts, np.arange(4), {}, settings).information)
            aware.append(limited_sampling(counts, np.arange(4), {}, settings, order))
        assert np.mean([one.p_value < 0.05 for one in blind]) > 0.5
        assert np.mean([one.low == 0 for one in blind]) < 0.6
        assert np.mean([one.information.p_value < 0.05 for one in aware]) <= 0.2
        assert np.mean([one.information.low == 0 for one in aware]) >= 0.8
        assert all(one.block > 1 and one.effect > 1 and one.warnings for one in aware)

    def test_a_block_of_one_takes_trials_as_independent(self):
        stimulus, responses, counts = drifting(100, 0.9, np.random.default_rng(0))
        result = limited_sampling(counts, np.arange(4), {}, SMALL, TrialOrder(stimulus, responses, block=1))
        assert (result.block, result.effect) == (1, 1.0)

    def test_few_trials_or_one_response(self):
        few = TrialOrder(np.array([0, 1]), np.array([0, 0]))
        assert autocorrelation_warning(few, np.ones((2, 1))) is None
        assert block_length(few, np.ones((2, 1))) == 1
        same = TrialOrder(np.arange(40) % 2, np.zeros(40, dtype=int))
        assert autocorrelation_warning(same, np.full((2, 1), 20)) is None
        assert design_effect(same, np.full((2, 1), 20), 3, np.random.default_rng(0)) == 1

    @pytest.mark.parametrize(
        ("order", "message"),
        [
            (TrialOrder(np.array([0, 1, 1]), np.array([0, 1])), "one row and one column"),
            (TrialOrder(np.array([0.0, 1.0]), np.array([0, 1])), "whole numbers"),
            (TrialOrder(np.array([0, 2]), np.array([0, 1])), "not those of the count table"),
            (TrialOrder(np.array([0, 1]), np.array([1, 0])), "not those of the count table"),
            (TrialOrder(np.array([0, 1]), np.array([0, 1]), values=[1.0]), "1 values of responses for 2 trials"),
            (TrialOrder(np.array([0, 1]), np.array([0, 1]), block=5), "block is 5 trials"),
        ],
    )
    def test_refuses(self, order, message):
        with pytest.raises(ModelError, match=message):
            limited_sampling(np.eye(2), [0, 1], {}, SMALL, order)


class TestErrors:
    @pytest.mark.parametrize(
        "wrong", [{"resamples": 1}, {"permutations": 0}, {"level": 1.0}, {"level": 0.0}], ids=lambda wrong: str(wrong)
    )
    def test_settings(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Settings(**wrong)

    @pytest.mark.parametrize(
        ("counts", "stimuli", "message"),
        [
            ([[3, 5], [1, 2]], [1.0, 1.0], "two rows"),
            ([[3, 5], [0, 0]], [0.0, 1.0], "has no trial"),
            ([[3, -5], [1, 2]], [0.0, 1.0], "negative"),
            ([[3, 5], [1, 2]], [0.0], "1 stimuli for a table of 2 rows"),
        ],
    )
    def test_tables(self, counts, stimuli, message):
        with pytest.raises(ModelError, match=message):
            limited_sampling(counts, stimuli, {}, SMALL)
