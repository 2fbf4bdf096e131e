"""Corrections of few trials against closed forms, and their standard errors against the scatter of experiments."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from stiminfo.errors import NotApplicable
from stiminfo.estimators import PUBLISHED, Measure
from stiminfo.estimators.sampling import TITLES, WHOLE, Settings, limited_sampling, panzeri_treves_bias
from stiminfo.estimators.sampling.corrections import CORRECTIONS, corrections, extrapolated, panzeri_treves, shuffled
from stiminfo.estimators.sampling.permutation import information_of
from stiminfo.estimators.sampling.simulation import Simulation
from stiminfo.models import EncodingModel

#: What the plug-in share of response 0 is, and p (1 - p), whose bias and correction are known exactly.
SHARE = Measure("share", lambda model: model.likelihood[0])
SPREAD = Measure("spread", lambda model: model.likelihood[0] * (1 - model.likelihood[0]))
TOY = {"share": SHARE, "spread": SPREAD}
UNEQUAL = np.array([[9.0, 3.0], [4.0, 16.0], [2.0, 6.0]])


def simulation_of(table, measures, prior=None):
    table = np.asarray(table, dtype=float)
    trials = table.sum(axis=1)
    prior = trials / trials.sum() if prior is None else prior
    return Simulation(table, EncodingModel(np.arange(len(table)), prior, (table / trials[:, None]).T), measures)


def rng():
    return np.random.default_rng(5)


class TestShuffle:
    def test_information_and_surprise_of_four_trials(self):
        # With two trials each, 2 of the 6 ways to deal two responses tell the stimuli apart: log 2, otherwise 0.
        found = shuffled(
            simulation_of([[1, 1], [1, 1]], {"i_surp": PUBLISHED["i_surp"]}), np.ones((2, 2)), rng(), 20_000
        )
        assert found[WHOLE] == pytest.approx([np.log(2) / 3], abs=0.01)
        assert found["i_surp"] == pytest.approx([np.log(2) / 3] * 2, abs=0.01)


class TestExtrapolation:
    def test_a_quadratic_in_one_over_n_has_no_rest(self):
        """Whatever the tables, values a + b/n + c/n^2 lose exactly b/n + c/n^2."""

        def values(tables):
            n = tables.sum(axis=(1, 2)) / tables.shape[1]
            return {WHOLE: (0.7 + 1.5 / n - 2.5 / n**2)[:, None]}

        toy = SimpleNamespace(values=values)
        for trials in (3, 8, 21):
            table = np.array([[trials - 1.0, 1.0], [1.0, trials - 1.0]])
            assert extrapolated(toy, table, rng())[WHOLE] == pytest.approx([1.5 / trials - 2.5 / trials**2], rel=1e-9)

    def test_a_variance_becomes_unbiased(self):
        # In m of n trials without replacement p (1 - p) is, on average, (m - 1) / m of n / (n - 1) p (1 - p).
        def values(tables):
            p = tables[..., 0] / tables.sum(axis=2)
            return {"share": p, "spread": p * (1 - p)}

        table = np.array([[6.0, 18.0], [12.0, 12.0]])
        bias = extrapolated(SimpleNamespace(values=values), table, rng(), 100_000)
        p = table[:, 0] / 24
        assert p * (1 - p) - bias["spread"] == pytest.approx(24 / 23 * p * (1 - p), abs=1.5e-3)
        assert bias["share"] == pytest.approx([0, 0], abs=3e-3)

    def test_halves_and_quarters_by_the_formula_of_the_paper(self):
        """(8 I - 6 I_half + I_quarter) / 3 with every half and quarter of four trials per stimulus."""
        table = np.array([[3.0, 1.0], [1.0, 3.0]])
        dealt = [[0, 0, 0, 1], [0, 1, 1, 1]]

        def mean(size):
            parts = itertools.product(*(itertools.combinations(trials, size) for trials in dealt))
            tables = [[np.bincount(row, minlength=2) for row in part] for part in parts]
            return information_of(np.array(tables, dtype=float), np.full(2, 0.5)).mean()

        whole = information_of(table, np.full(2, 0.5))
        bias = extrapolated(simulation_of(table, {}), table, rng(), 20_000)[WHOLE]
        assert whole - bias == pytest.approx([(8 * whole - 6 * mean(2) + mean(1)) / 3], abs=0.02)

    def test_two_trials_are_not_divided(self):
        with pytest.raises(NotApplicable, match="3 trials of each stimulus"):
            extrapolated(simulation_of([[2, 0], [9, 9]], {}), np.array([[2.0, 0.0], [9.0, 9.0]]), rng())


class TestPanzeriTreves:
    def test_by_hand(self):
        table = np.array([[20.0, 20.0], [10.0, 30.0]])
        found = panzeri_treves(
            simulation_of(table, {name: PUBLISHED[name] for name in ("i_sp", "i_ssi")}), table, rng()
        )
        assert found.keys() == {WHOLE, "i_sp"}
        assert found[WHOLE].tolist() == [1 / 160]
        assert found["i_sp"].tolist() == [1 / 80 - 1 / 160] * 2

    def test_the_mean_at_stimuli_is_that_of_the_information(self):
        simulation = simulation_of(UNEQUAL, {"i_sp": PUBLISHED["i_sp"]})
        at_x = panzeri_treves(simulation, UNEQUAL, rng())["i_sp"]
        assert simulation.model.prior @ at_x == pytest.approx(panzeri_treves_bias(UNEQUAL), rel=1e-12)
        assert len(set(at_x)) == 3

    def test_another_prior_than_the_formula_supposes(self):
        simulation = simulation_of(UNEQUAL, {}, np.full(3, 1 / 3))
        with pytest.raises(NotApplicable, match="share of the trials"):
            panzeri_treves(simulation, UNEQUAL, rng())


def found_by(table, measures, effect=1.0, number=40, seed=2, **options):
    simulation, generator = simulation_of(table, measures), np.random.default_rng(seed)
    simulation.run(number, generator, None)
    plug_in = {name: value[0] for name, value in simulation.values(simulation.table[None]).items()}
    return simulation, plug_in, corrections(simulation, plug_in, plug_in, effect, generator, **options)


class TestAll:
    def test_the_jackknife_by_closed_forms(self):
        table = np.array([[6.0, 18.0], [12.0, 12.0]])
        found = found_by(table, TOY)[2]
        p = table[:, 0] / 24
        assert found["spread"]["jackknife"].value == pytest.approx(24 / 23 * p * (1 - p), rel=1e-10)
        assert found["share"]["jackknife"].value == pytest.approx(p, rel=1e-10)
        assert found["share"]["jackknife"].error == pytest.approx(np.sqrt(p * (1 - p) / 23), rel=1e-10)

    def test_each_has_a_value_and_an_error_or_a_reason(self):
        steps = []
        names = ("i_sp", "i_local")
        _, plug_in, found = found_by(
            UNEQUAL, {name: PUBLISHED[name] for name in names}, progress=lambda *done: steps.append(done)
        )
        assert steps[-1][0] == steps[-1][1] == len(steps)
        for name, by_correction in found.items():
            assert by_correction.keys() == TITLES.keys()
            for key, one in by_correction.items():
                if (name, key) == ("i_local", "panzeri_treves"):
                    assert (one.value, one.error) == (None, None)
                    assert "not known" in one.reason
                    continue
                assert one.reason is None
                assert one.value.shape == one.error.shape == plug_in[name].shape
                assert (one.error > 0).all()
                assert (one.value != plug_in[name]).all() == (key not in ("none", "chosen"))
        whole = found[WHOLE]
        assert plug_in[WHOLE] - whole["panzeri_treves"].value == pytest.approx(
            [panzeri_treves_bias(UNEQUAL)], rel=1e-10
        )

    def test_dependent_trials_make_biases_and_variances_larger(self):
        once, fourfold = (found_by(UNEQUAL, {}, effect)[2][WHOLE] for effect in (1.0, 4.0))
        plug_in = once["none"].value
        for key in ("jackknife", *CORRECTIONS):
            assert plug_in - fourfold[key].value == pytest.approx(4 * (plug_in - once[key].value), rel=1e-9), key
            assert fourfold[key].error == pytest.approx(2 * once[key].error, rel=1e-9), key

    def test_errors_are_the_scatter_of_experiments(self):
        likelihood = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])
        drawn = np.random.default_rng(8)
        found = [found_by(drawn.multinomial(30, likelihood), {}, seed=k)[2][WHOLE] for k in range(60)]
        for key in TITLES:
            if key == "chosen":  # not computed here
                continue
            scatter = np.std([one[key].value[0] for one in found])
            said = np.sqrt(np.mean([one[key].error[0] ** 2 for one in found]))
            assert 0.75 < said / scatter < 1.35, key


def test_what_is_chosen_stays_as_it_is():
    measures = {"i_sp": PUBLISHED["i_sp"]}
    without, asked = (
        limited_sampling(UNEQUAL, np.arange(3), measures, Settings(resamples=20, corrections=asked))
        for asked in (False, True)
    )
    assert asked.information == without.information
    assert asked.measures["i_sp"].low.tolist() == without.measures["i_sp"].low.tolist()
    assert not without.corrections
    assert asked.corrections["i_sp"]["chosen"].value.tolist() == asked.measures["i_sp"].corrected.tolist()


@pytest.mark.parametrize("table", [[[5, 3]], [[5], [3]], [[1, 1], [0, 2]]], ids=["one stimulus", "one response", "few"])
def test_the_smallest_tables(table):
    found = limited_sampling(table, np.arange(len(table)), {}, Settings(resamples=10, corrections=True))
    for key, one in found.corrections[WHOLE].items():
        assert one.reason or (np.isfinite(one.value).all() and np.isfinite(one.error).all()), key
