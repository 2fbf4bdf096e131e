"""The bias estimate against simulation and by hand, and warnings by their rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stiminfo.estimators.sampling import panzeri_treves_bias, relevant_responses, stimulus_warnings, table_warnings

DENSE = np.array([[4, 3, 2, 1], [1, 2, 3, 4], [2, 3, 3, 2]]) / 30
INDEPENDENT = np.outer([0.5, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1])
#: Responses nearly tell the stimulus, but every response occurs at every stimulus.
TELLING = (np.full((3, 3), 0.05) + 0.85 * np.eye(3)) / 3


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
        assert table_warnings([[300, 100], [100, 300]]) == ()

    def test_bias_over_half(self):
        # I = 0.0107 nats, bias 1/80.
        (said,) = table_warnings([[12, 8], [9, 11]])
        assert "0.0125 nats, exceeds half of the plug-in I(R;X)" in said

    def test_single_stimulus(self):
        assert table_warnings([[8, 8]]) == ("There is one stimulus: I(R;X) is 0 whatever the responses.",)

    def test_corrected_above_the_entropy(self):
        (said,) = table_warnings(10 * np.eye(2))
        assert "exceeds the stimulus entropy, 0.6931 nats" in said

    def test_the_bias_is_the_one_that_is_given(self):
        """Values are corrected by another estimate than that of Panzeri and Treves; a warning quotes the same."""
        assert table_warnings([[12, 8], [9, 11]], 0.001) == ()
        assert table_warnings([[12, 8], [9, 11]], 0.02)[0].startswith("The estimated bias, 0.0200 nats")

    def test_the_prior_is_the_one_that_is_given(self):
        """Of 40 and 4 trials, the plug-in value is another for stimuli that are equally likely."""
        counts = [[30, 10], [1, 3]]
        ours, uniform = (table_warnings(counts, 0.08, prior)[0] for prior in (None, [0.5, 0.5]))
        joint = np.array([[0.75, 0.25], [0.25, 0.75]]) / 2
        truth = float((joint * np.log(4 * joint)).sum())
        assert f"{truth:.4f} nats: there" in uniform
        assert ours != uniform

    def test_the_unit_is_the_one_that_is_asked_for(self):
        said = table_warnings([[12, 8], [9, 11]], units="bits")[0]
        assert "The estimated bias, 0.0180 bits" in said
        assert "nats" not in said

    def test_most_stimuli_with_few_trials(self):
        assert table_warnings([[2, 0], [0, 2], [0, 9]])[-1].startswith("2 of 3 stimuli have fewer than 4 trials")
