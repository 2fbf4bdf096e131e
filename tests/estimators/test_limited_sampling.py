"""The bias estimate against simulation and by hand, the bootstrap against closed forms, warnings by their rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stiminfo.estimators import PUBLISHED, Measure
from stiminfo.estimators.sampling_bias import (
    bootstrap_intervals,
    default_resamples,
    panzeri_treves_bias,
    relevant_responses,
    stimulus_warnings,
    table_warnings,
)
from stiminfo.models import CountTable, ModelError

DENSE = np.array([[4, 3, 2, 1], [1, 2, 3, 4], [2, 3, 3, 2]]) / 30
INDEPENDENT = np.outer([0.5, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1])
#: Responses nearly tell the stimulus, but every response occurs at every stimulus.
TELLING = (np.full((3, 3), 0.05) + 0.85 * np.eye(3)) / 3


def table_of(counts, stimuli=None):
    counts = np.asarray(counts, dtype=float)
    x = np.arange(len(counts), dtype=float)[:, None] if stimuli is None else np.asarray(stimuli, dtype=float)
    return CountTable(counts, x, tuple("abcdefgh"[: len(counts)]), tuple(str(k) for k in range(counts.shape[1])))


def information(joint):
    p = joint / joint.sum()
    independent = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    return float((p[p > 0] * np.log(p[p > 0] / independent[p > 0])).sum())


def simulated(joint, trials, tables, fixed):
    """Mean upward bias of the plug-in values, its standard error, and the mean estimate."""
    rng = np.random.default_rng(7)
    share = joint.sum(axis=1, keepdims=True)
    drawn = [
        rng.multinomial(np.rint(trials * share[:, 0]).astype(int), joint / share)
        if fixed
        else rng.multinomial(trials, joint.ravel()).reshape(joint.shape)
        for _ in range(tables)
    ]
    off = np.array([information(table) for table in drawn]) - information(joint)
    return off.mean(), off.std() / math.sqrt(tables), np.mean([panzeri_treves_bias(table) for table in drawn])


class TestRelevantResponses:
    def test_by_hand(self):
        # Two trials, two responses: expected 1.5, 1.666, 1.743, 1.735 occur with 0, 1, 2, 3 more; so 2 more.
        assert relevant_responses([[1, 1, 0, 0, 0, 0], [20] * 6]).tolist() == [4, 6]

    def test_not_more_than_occurred_at_all(self):
        assert relevant_responses([[1, 1, 0, 0, 0, 0], [20, 20, 20, 0, 0, 0]]).tolist() == [3, 3]

    def test_nothing_missed_nothing_added(self):
        # One response in every trial: none is expected to have been missed.
        assert relevant_responses([[50, 0, 0], [0, 1, 0], [0, 0, 7]]).tolist() == [1, 1, 1]

    def test_nearer_the_truth_than_the_number_that_occurred(self):
        rng = np.random.default_rng(3)
        draws = rng.multinomial(10, np.full(12, 1 / 12), size=300)
        estimated = [relevant_responses(np.stack([row, np.full(12, 9)]))[0] for row in draws]
        occurred = (draws > 0).sum(axis=1)
        assert abs(np.mean(estimated) - 12) < 0.5 * abs(occurred.mean() - 12)


class TestBias:
    def test_by_hand(self):
        assert panzeri_treves_bias([[20, 20], [10, 30]]) == 1 / 160
        assert panzeri_treves_bias([[1, 1, 0, 0, 0, 0], [20] * 6]) == pytest.approx((3 + 5 - 5) / (2 * 122), rel=1e-14)

    def test_what_never_occurred_does_not_matter(self):
        few = np.array([[3, 1, 0], [1, 0, 5]])
        padded = np.pad(few, ((0, 1), (1, 3)))
        assert panzeri_treves_bias(padded) == panzeri_treves_bias(few)

    def test_single_stimulus_has_none(self):
        assert panzeri_treves_bias([[3, 1, 1]]) == 0

    def test_deterministic_channel_gets_minus_the_response_term(self):
        assert panzeri_treves_bias(10 * np.eye(3)) == pytest.approx(-2 / 60, rel=1e-14)

    @pytest.mark.parametrize("joint", [DENSE, INDEPENDENT, TELLING], ids=["dense", "independent", "telling"])
    def test_against_simulation_with_many_trials(self, joint):
        bias, error, estimate = simulated(joint, 600, 1500, fixed=False)
        assert abs(estimate - bias) < 4 * error
        assert error < 0.6 * abs(estimate)

    def test_against_simulation_with_few_trials(self):
        # 15 trials a stimulus: the estimate is low, but takes most of the bias away.
        bias, error, estimate = simulated(INDEPENDENT, 60, 1000, fixed=True)
        assert 10 * error < bias
        assert 0.75 * bias < estimate < bias

    def test_fixed_numbers_of_trials_add_phi_squared(self):
        bias, error, estimate = simulated(TELLING, 300, 12000, fixed=True)
        phi = (TELLING**2 / np.outer(TELLING.sum(axis=1), TELLING.sum(axis=0))).sum() - 1
        assert abs(estimate + phi / 600 - bias) < 4 * error
        assert 4 * error < phi / 600


class TestBootstrap:
    def test_deterministic_channel_has_no_scatter(self):
        table = table_of(5 * np.eye(3))
        intervals = bootstrap_intervals(table, {"i_surp": PUBLISHED["i_surp"]}, resamples=20)
        assert intervals.information == pytest.approx((math.log(3), math.log(3)), abs=1e-14)
        assert intervals.measures["i_surp"] == pytest.approx(np.full((3, 2), math.log(3)), abs=1e-14)

    def test_quantiles_of_a_binomial(self):
        # A measure that reads p(response 0 | x): its resamples are binomial, with known quantiles.
        rate = Measure("rate", lambda model: model.likelihood[0])
        intervals = bootstrap_intervals(
            table_of([[20, 80], [50, 50]]), {"rate": rate}, resamples=4000, level=0.9, seed=1
        )
        # Binomial(100, 0.2) has 5 % and 95 % quantiles 14 and 27; Binomial(100, 0.5) 42 and 58.
        assert intervals.measures["rate"] == pytest.approx(np.array([[0.14, 0.27], [0.42, 0.58]]), abs=0.0101)

    def test_trials_of_each_stimulus_stay(self):
        shares = Measure("share", lambda model: model.prior)
        intervals = bootstrap_intervals(table_of([[3, 1], [6, 6]]), {"share": shares}, resamples=50)
        assert intervals.measures["share"] == pytest.approx(np.array([[0.25, 0.25], [0.75, 0.75]]), abs=1e-14)

    def test_every_published_measure_that_applies(self):
        measures = {name: measure for name, measure in PUBLISHED.items() if name != "fisher"}
        table = table_of([[30, 10, 2], [10, 30, 5], [2, 9, 20]])
        intervals = bootstrap_intervals(table, measures, resamples=60, seed=5)
        assert list(intervals.measures) == list(measures)
        for name, measure in measures.items():
            low, high = intervals.measures[name].T
            value = measure(table.model())
            assert (low < value).all(), name
            assert (value < high).all(), name

    def test_not_a_correction(self):
        # Independent in truth: resamples are biased upward once more, above the table's own value.
        table = table_of(np.random.default_rng(0).multinomial(12, np.full(4, 0.25), size=5))
        intervals = bootstrap_intervals(table, {}, resamples=300)
        assert intervals.information[0] > 0
        assert (
            sum(intervals.information) / 2 > table.model().mutual_information() + panzeri_treves_bias(table.counts) / 2
        )

    def test_same_seed_same_intervals(self):
        table, measures = table_of([[3, 5], [4, 1]]), {"i_sp": PUBLISHED["i_sp"]}
        first, again, other = (bootstrap_intervals(table, measures, resamples=40, seed=seed) for seed in (1, 1, 2))
        assert first.information == again.information
        assert (first.measures["i_sp"] == again.measures["i_sp"]).all()
        assert first.information != other.information

    def test_progress(self):
        heard = []
        bootstrap_intervals(
            table_of([[3, 5]]), {}, resamples=3, progress=lambda done, total: heard.append((done, total))
        )
        assert heard == [(1, 3), (2, 3), (3, 3)]

    @pytest.mark.parametrize("wrong", [{"resamples": 0}, {"level": 1.0}, {"level": 0.0}])
    def test_refuses(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            bootstrap_intervals(table_of([[3, 5]]), {}, **wrong)

    def test_refuses_repeated_stimuli(self):
        with pytest.raises(ModelError, match="two rows"):
            bootstrap_intervals(table_of([[3, 5], [1, 2]], [[1.0], [1.0]]), {}, resamples=2)

    def test_fewer_resamples_where_they_cost_more(self):
        few, many = np.full((5, 2), 9.0), np.full((300, 2), 9.0)
        uneven = many.copy()
        uneven[0] = 500
        x = np.arange(300.0)[:, None]
        counts = [default_resamples(CountTable(c, x[: len(c)], (), ())) for c in (few, many, uneven)]
        assert counts[0] == 1000
        assert counts[0] > counts[1] > counts[2] == 200


class TestWarnings:
    def test_stimuli_with_too_few_trials(self):
        counts = [[30, 30, 30, 30], [1, 0, 0, 0], [1, 1, 0, 0], [3, 3, 3, 1]]
        said = stimulus_warnings(counts, ["good", "one", "two", "ten"])
        assert relevant_responses(counts).tolist() == [4, 1, 4, 4]
        assert len(said) == 3
        assert said[0].startswith("Stimulus one has 1 trial: one response")
        assert said[1].startswith("Stimulus two has 2 trials for about 4 relevant responses, fewer than one each")
        assert said[2].startswith("Stimulus ten has 10 trials for about 4 relevant responses, fewer than 4 each")

    def test_exactly_four_trials_a_response_are_enough(self):
        assert stimulus_warnings([[8, 8]], ["x"]) == ()
        assert stimulus_warnings([[4, 4]], ["x"]) == ()
        assert len(stimulus_warnings([[4, 3]], ["x"])) == 1

    def test_nothing_to_say_of_a_good_table(self):
        assert table_warnings([[300, 100], [100, 300]], (0.1, 0.2)) == ()

    def test_bias_over_half(self):
        # I = 0.0107 nats, bias 1/80.
        (said,) = table_warnings([[12, 8], [9, 11]])
        assert "0.0125 nats, exceeds half of the plug-in I(R;X)" in said

    def test_single_stimulus(self):
        assert table_warnings([[8, 8]]) == ("There is one stimulus: I(R;X) is 0 whatever the responses.",)

    def test_corrected_above_the_entropy(self):
        (said,) = table_warnings(10 * np.eye(2))
        assert "exceeds the stimulus entropy, 0.6931 nats" in said

    def test_outside_the_interval(self):
        assert "lies below its bootstrap interval" in table_warnings([[300, 100], [100, 300]], (0.2, 0.3))[0]
        assert "lies above its bootstrap interval" in table_warnings([[300, 100], [100, 300]], (0.0, 0.1))[0]

    def test_most_stimuli_with_few_trials(self):
        assert table_warnings([[2, 0], [0, 2], [0, 9]])[-1].startswith("2 of 3 stimuli have fewer than 4 trials")
