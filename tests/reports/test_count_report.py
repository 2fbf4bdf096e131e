"""The report on a count table: its numbers, what it declines, and that it reads at 80 columns."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from stiminfo.estimators import PUBLISHED
from stiminfo.estimators.sampling_bias import panzeri_treves_bias
from stiminfo.models import CountTable, ModelError
from stiminfo.reports.counts import count_report, print_count_report
from stiminfo.reports.terminal import plain_console, text_of

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("counts")

COUNTS = np.array([[18.0, 2.0, 0.0], [5.0, 15.0, 1.0], [1.0, 6.0, 20.0]])


def table_of(counts, stimuli=None, names=None):
    counts = np.asarray(counts, dtype=float)
    x = np.arange(len(counts), dtype=float)[:, None] if stimuli is None else np.asarray(stimuli, dtype=float)
    names = names or [f"s{j}" for j in range(len(counts))]
    return CountTable(counts, x, tuple(names), tuple(str(k) for k in range(counts.shape[1])))


def printed(report, width=80):
    console = plain_console(width)
    print_count_report(report, console)
    return text_of(console)


@pytest.fixture(scope="module")
def report():
    return count_report(table_of(COUNTS), resamples=80, seed=3)


def test_numbers(report):
    model = table_of(COUNTS).model()
    assert (report.trials, report.responses, report.resamples) == ((20, 21, 27), 3, 80)
    assert report.information == model.mutual_information()
    assert report.bias == panzeri_treves_bias(COUNTS)
    assert report.corrected == report.information - report.bias
    assert report.interval[0] < report.information < report.interval[1]
    assert [measure.name for measure in report.measures] == list(PUBLISHED)
    for measure in report.measures[1:]:
        assert measure.values == tuple(PUBLISHED[measure.name](model).tolist())
        assert max(measure.numerical_error) < 1e-4
        assert all(low < value < high for low, value, high in zip(measure.low, measure.values, measure.high)), measure


def test_complete_measures_average_to_the_information(report):
    share = np.array(report.trials) / sum(report.trials)
    for measure in report.measures[1:]:
        assert share @ measure.values == pytest.approx(report.information, abs=1e-5), measure.name


def test_fisher_is_declined_with_its_reason(report):
    fisher = report.measures[0]
    assert (fisher.name, fisher.values, fisher.low, fisher.high) == ("fisher", None, None, None)
    assert "gradient" in fisher.reason
    assert "fisher does not apply" in printed(report)


def test_beyond_space_the_integrals_are_declined():
    stimuli = np.random.default_rng(0).normal(size=(5, 4))
    report = count_report(table_of(np.concatenate([COUNTS, COUNTS[:2]]), stimuli), resamples=20)
    reasons = {measure.name: measure.reason for measure in report.measures if measure.reason}
    assert list(reasons) == ["fisher", "i_local", "i_kong2"]
    assert "R^4" in reasons["i_local"]
    assert "R^4" in reasons["i_kong2"]
    assert "i_local does not apply: 5 stimuli that span 4 dimensions of R^4" in printed(report)


def test_json_is_repeatable_and_complete(report):
    data = report.to_json()
    again = count_report(table_of(COUNTS), resamples=80, seed=3).to_json()
    assert json.dumps(data, allow_nan=False) == json.dumps(again, allow_nan=False)
    other = count_report(table_of(COUNTS), resamples=80, seed=4).to_json()
    assert data["mutual_information"]["interval"] != other["mutual_information"]["interval"]
    assert data["mutual_information"]["corrected"] == report.corrected
    assert (data["number_of_stimuli"], data["number_of_responses"], data["total_trials"]) == (3, 3, 68)
    assert list(data["measures"]) == list(PUBLISHED)
    assert data["measures"]["fisher"]["values"] is None
    assert len(data["measures"]["i_local"]["high"]) == 3
    assert (data["seed"], data["bootstrap"]) == (3, {"resamples": 80, "level": 0.95})


def test_deterministic_channel():
    report = count_report(table_of(8 * np.eye(3)), resamples=10)
    assert report.information == pytest.approx(math.log(3), abs=1e-14)
    assert report.interval == pytest.approx((math.log(3), math.log(3)), abs=1e-14)
    surprise = next(measure for measure in report.measures if measure.name == "i_surp")
    assert surprise.values == pytest.approx([math.log(3)] * 3, abs=1e-14)
    assert "exceeds the stimulus entropy" in printed(report).replace("\n", " ")
    assert report.stimulus_warnings == ()


def test_single_stimulus():
    report = count_report(table_of([[9, 9]]), resamples=10)
    assert (report.information, report.bias, report.interval) == (0, 0, (0, 0))
    for measure in report.measures[1:]:
        assert measure.values == pytest.approx([0], abs=1e-12), measure.name
    assert report.warnings == ("There is one stimulus: I(R;X) is 0 whatever the responses.",)
    assert "1 stimulus, 2 responses, 18 trials" in printed(report)


def test_stimulus_with_one_trial():
    report = count_report(table_of([[20, 4], [0, 1], [3, 17]]), resamples=20)
    assert report.trials == (24, 1, 20)
    (said,) = report.stimulus_warnings
    assert said.startswith("Stimulus s1 has 1 trial:")
    assert "Warning: Stimulus s1 has 1 trial" in printed(report)


@pytest.mark.parametrize("width", [80, 120, 240])
def test_reads_at_any_width(report, width):
    text = printed(report, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert "nats" in text
    rows = [line for line in lines if line.strip().startswith("s1 ")]
    assert len(rows) == {80: 3, 120: 2, 240: 1}[width]
    # Every value stands whole in its row, in order.
    cells = [cell.strip() for row in rows for cell in row.split("│")[1:]]
    for measure in report.measures[1:]:
        cell = f"{measure.values[1]:.3f} [{measure.low[1]:.3f}, {measure.high[1]:.3f}]"
        assert cell in cells
    assert cells[0] == "21"
    assert len(cells) == 8


def test_names_are_escaped_and_cut():
    names = ["[bold]", "a grating of long name, leftward", "c"]
    text = printed(count_report(table_of(COUNTS, names=names), resamples=5))
    assert " [bold] " in text
    assert " a grating of lo... " in text
    assert max(map(len, text.splitlines())) <= 80


def test_many_poor_stimuli_are_counted():
    report = count_report(table_of(np.tile([[1, 1], [2, 0]], (6, 1))), resamples=2)
    assert len(report.stimulus_warnings) == 12
    assert "Warning: 4 more stimuli have too few trials" in printed(report)


def test_str_is_what_is_printed(report):
    assert str(report) == printed(report, 100).rstrip("\n")


def test_progress_is_heard():
    heard = []
    count_report(table_of(COUNTS), resamples=3, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_repeated_stimuli_are_refused():
    with pytest.raises(ModelError, match="two rows"):
        count_report(table_of(COUNTS, [[0.0], [0.0], [1.0]]), resamples=2)
