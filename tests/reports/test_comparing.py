"""Two recordings compared: the difference, its interval, and what cannot be compared."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

import stiminfo as si
from stiminfo.errors import ModelError, UnknownName
from stiminfo.reports.comparing import _change

BEFORE = si.Recording.from_counts([[90, 10], [30, 70]], [0, 1])
AFTER = si.Recording.from_counts([[60, 40], [45, 55]], [0, 1])


def test_independent_errors_add_in_quadrature():
    change = _change(*np.array([[2.0], [1.7], [2.6]]), *np.array([[3.0], [2.6], [3.8]]))
    assert change.value == 1
    assert change.low == pytest.approx(1 - np.hypot(0.4, 0.6))
    assert change.high == pytest.approx(1 + np.hypot(0.8, 0.3))


def test_the_other_way_round_is_minus_that():
    one, two = si.compare(BEFORE, AFTER, ["i_surp"], resamples=60), si.compare(AFTER, BEFORE, ["i_surp"], resamples=60)
    assert one.information.value == pytest.approx(-two.information.value)
    assert one.information.low == pytest.approx(-two.information.high)
    np.testing.assert_allclose(one.measures["i_surp"].value, -two.measures["i_surp"].value)
    assert "*" in str(one)


def test_stimuli_are_matched_by_their_labels():
    turned = si.Recording.from_counts([[45, 55], [60, 40]], [1, 0])
    one, two = (si.compare(BEFORE, after, ["i_ssi"], resamples=60) for after in (AFTER, turned))
    np.testing.assert_allclose(one.measures["i_ssi"].value, two.measures["i_ssi"].value)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ModelError, match="the stimuli differ: only one recording has"):
        si.compare(BEFORE, si.Recording.from_counts([[60, 40], [45, 55]], [0, 2]), resamples=60)
    with pytest.raises(ModelError, match="the second recording says nothing"):
        si.compare(BEFORE, si.Recording.from_counts([[1, 0], [0, 1]], [0, 1]), resamples=60)
    measured = si.measure(BEFORE, resamples=60)
    with pytest.raises(ModelError, match=r"in nats at level 0\.95, the second in bits"):
        si.compare(measured, measured.in_bits())
    with pytest.raises(ModelError, match="has its own"):
        si.compare(measured, AFTER, resamples=60)
    with pytest.raises(UnknownName):
        si.compare(BEFORE, AFTER, ["i_loacl"])


def test_other_priors_are_said():
    more = si.Recording.from_counts([[120, 80], [45, 55]], [0, 1])
    assert "the priors differ" in str(si.compare(BEFORE, more, ["i_surp"], resamples=60))
    assert "the priors differ" not in str(si.compare(BEFORE, more, ["i_surp"], resamples=60, prior="uniform"))


@pytest.mark.soak
@pytest.mark.parametrize("trials", [20, 50])
def test_intervals_cover(trials):
    """A gain that halves: intervals of 95% hold the true difference in at least 92% of 200 simulated experiments."""
    rng = np.random.default_rng(trials)
    x = np.arange(8.0)
    tables = [poisson.pmf(np.arange(40)[:, None], 1 + h * np.exp(-0.5 * ((x - 3.5) / 1.5) ** 2)) for h in (6, 3)]
    tables = [table / table.sum(axis=0) for table in tables]
    models = [si.EncodingModel(x, np.ones(8) / 8, table) for table in tables]
    total = models[1].mutual_information() - models[0].mutual_information()
    single = si.i_ssi(models[1]) - si.i_ssi(models[0])
    covered, singly = [], []
    for seed in range(200):
        pair = [
            si.Recording.from_counts(np.array([rng.multinomial(trials, column) for column in table.T]), x)
            for table in tables
        ]
        found = si.compare(*pair, ["i_ssi"], resamples=100, seed=seed)
        covered.append(found.information.low <= total <= found.information.high)
        change = found.measures["i_ssi"]
        singly.append((change.low <= single) & (single <= change.high))
    assert np.mean(covered) >= 0.92
    assert np.mean(singly) >= 0.92


def test_a_place_on_a_circle_has_many_names():
    counts = np.array([[9, 1], [2, 8], [5, 5], [7, 3]])
    turn = [2, 3, 0, 1]
    line = [
        si.Recording.from_counts(table, places)
        for table, places in ((counts, [0, 90, 180, 270]), (counts[turn], [-180, -90, 0, 90]))
    ]
    first, second = (replace(read, geometry="circle:360") for read in line)
    found = si.compare(first, second, ["i_surp"], resamples=20)
    plug_in = si.i_surp(first.model())
    assert np.abs(found.measures["i_surp"].value).max() < 0.05 < np.ptp(plug_in)  # corrections are drawn
    with pytest.raises(ModelError, match="only one recording has -180"):
        si.compare(*line, ["i_surp"], resamples=20)
