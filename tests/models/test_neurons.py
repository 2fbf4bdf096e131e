"""Populations of neurons: their laws, what is drawn from them, tuning from trials, and wrong input."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import InputError, OutOfReach
from stiminfo.models.draws import divergence, log_posterior_of, weights_of
from stiminfo.models.laws import law_of

RATES = np.array([[0.0, 0.4, 0.9], [0.7, 0.2, 0.5]])
LAWS = {
    "poisson": {},
    "bernoulli": {},
    "gaussian": {"sd": [0.5, 1.5]},
    "negative_binomial": {"dispersion": 0.8},
}


@pytest.mark.parametrize("noise", LAWS)
def test_laws(noise):
    """Draws, tables, entropies, likelihoods and Fisher information of a law belong to each other."""
    law = law_of(noise, RATES, **LAWS[noise])
    rng = np.random.default_rng(0)
    drawn = np.stack([law.draw(rng) for _ in range(4000)])
    assert pytest.approx(RATES, abs=0.1) == drawn.mean(axis=0).T
    population = si.Population([0, 1, 2], RATES, noise, **LAWS[noise])
    for n in range(2):
        table, volumes, values = law.table(n)
        mean = values @ table
        assert mean == pytest.approx(RATES[n], abs=1e-6)
        assert drawn[:, :, n].var(axis=0) == pytest.approx(values**2 @ table - mean**2, rel=0.15, abs=0.02)
        density = table / volumes[:, None]
        assert -(table * np.log(np.where(table > 0, density, 1))).sum(axis=0) == pytest.approx(
            law.entropy()[n], abs=1e-3
        )
        # Up to a term of r, log likelihoods are those of the table.
        log = population.subset([n]).log_likelihood(values[:, None])
        with np.errstate(divide="ignore"):
            expected = np.log(table)
        finite = np.isfinite(expected[:20]).all(axis=1)
        apart = log[:20][finite] - expected[:20][finite]
        assert apart - apart[:, :1] == pytest.approx(np.zeros_like(apart), abs=1e-6)
        assert (np.isneginf(log[:20]) == np.isneginf(expected[:20])).all()
    # The Fisher information about the mean: that of the table, by a small step.
    step = law_of(noise, RATES + [[0, 1e-4, 1e-4]] * 2, **LAWS[noise])
    for n in range(2):
        before, after = law.table(n)[0], step.table(n)[0]
        size = min(len(before), len(after))
        kept = before[:size] > 1e-9
        change = np.where(kept, (after[:size] - before[:size]) / 1e-4, 0)[:, 1:]
        found = (change**2 / np.where(kept, before[:size], 1)[:, 1:]).sum(axis=0)
        assert found == pytest.approx(law.information()[n, 1:], rel=0.02)


def test_certain_spikes_and_certain_silence():
    """Probabilities 0 and 1 exclude stimuli, without a warning; a silent neuron tells nothing."""
    population = si.Population([0, 1, 2], [[0, 1, 0.5], [0, 0, 0]], "bernoulli")
    log = population.log_likelihood(np.array([[0.0, 0.0], [1.0, 0.0]]))
    assert np.exp(log_posterior_of(population.prior, log)) == pytest.approx(np.array([[2, 0, 1], [0, 2, 1]]) / 3)
    assert weights_of(log).sum(axis=1) == pytest.approx([3, 3])
    exact = population.model().mutual_information()
    found = population.mutual_information(passes=400)
    assert abs(found - exact) < 4 * found.stderr
    assert divergence(np.log([[1.0]]), np.log([[1.0]])) == 0
    silent = si.Population([0, 1], [[0, 0]])
    assert float(silent.mutual_information()) == 0
    assert silent.mutual_information().stderr > 0  # an event too rare to be drawn cannot be excluded


def test_information_of_a_large_population():
    """1,000 neurons, 256 stimuli: to a few thousandths of a nat; the seed decides; it is a number."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 256)
    rates = 0.1 + 4 * np.exp(-0.5 * ((x - rng.uniform(0, 1, 1000)[:, None]) / 0.05) ** 2)
    population = si.Population(x, rates)
    found = population.mutual_information(passes=8)
    assert repr(population) == "Population(1000 poisson neurons, 256 stimuli, R^1)"
    assert found.stderr < 0.005
    assert found == population.mutual_information(passes=8)
    assert abs(found - population.mutual_information(passes=8, seed=1)) < 6 * found.stderr
    assert found.value == float(found)
    assert "±" in repr(found)


def test_tuning_from_trials():
    rng = np.random.default_rng(2)
    shown = np.repeat([10.0, 20.0, 30.0], [50, 100, 50])
    true = np.array([[2.0, 5.0, 9.0], [4.0, 4.0, 1.0]])[:, (shown / 10 - 1).astype(int)].T
    counts = rng.poisson(true)
    population = si.Population.from_trials(shown, counts, geometry="circle:180")
    assert population.stimuli.ravel().tolist() == [10, 20, 30]
    assert population.prior.tolist() == [0.25, 0.5, 0.25]
    assert population.rates[0, 0] == counts[:50, 0].mean()
    assert str(population.geometry) == "circle:180"
    even = si.Population.from_trials(shown, counts, prior=[1 / 3] * 3)
    assert even.prior == pytest.approx([1 / 3] * 3)
    gaussian = si.Population.from_trials(shown, true + rng.normal(0, [0.5, 2], true.shape), "gaussian")
    assert gaussian.law.sd == pytest.approx([0.5, 2], rel=0.2)
    scattered = rng.poisson(true * rng.gamma(2, 1 / 2, true.shape))
    assert si.Population.from_trials(shown, scattered, "negative_binomial").law.dispersion == pytest.approx(
        [0.5, 0.5], rel=0.5
    )
    assert si.Population.from_trials(shown, np.ones((200, 1)), "negative_binomial").law.dispersion == [1e-6]
    with pytest.raises(si.ModelError, match="sd"):
        si.Population.from_trials(shown, np.ones((200, 1)), "gaussian")
    with pytest.raises(si.ModelError, match="trials by neurons"):
        si.Population.from_trials(shown, counts[:-1])


def test_tuning_by_poisson_regression(monkeypatch):
    """A smooth curve through noisy counts is nearer to the truth than their means; wrong questions are refused."""
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(3)
    shown = np.tile(np.arange(0, 360, 15.0), 6)
    true = np.exp(1.5 * np.cos(np.radians(shown[:, None] - [40, 200])))
    counts = np.concatenate([rng.poisson(true), np.zeros((len(shown), 1))], axis=1)
    for options in ({"terms": 2, "geometry": "circle:360"}, {"terms": 5}):
        smooth, means = (si.Population.from_trials(shown, counts, **some) for some in (options, {}))
        errors = [np.abs(one.rates[:2] - true[:24].T).mean() for one in (smooth, means)]
        assert errors[0] < 0.7 * errors[1]
        assert (smooth.rates[2] == 0).all()
    # The best constant rate: where the basis is flat, the mean over trials.
    flat = si.Population.from_trials(shown, np.full((len(shown), 1), 3.0), geometry="circle:360", terms=1)
    assert flat.rates == pytest.approx(np.full((1, 24), 3.0), abs=1e-3)
    for wrong in ({"terms": 0}, {"terms": 2.5}, {"terms": 2, "geometry": "nominal"}, {"terms": 2, "noise": "gaussian"}):
        with pytest.raises(si.ModelError, match="terms"):
            si.Population.from_trials(shown, counts, **wrong)
    monkeypatch.setitem(__import__("sys").modules, "sklearn.linear_model", None)
    with pytest.raises(InputError, match="scikit-learn"):
        si.Population.from_trials(shown, counts, terms=4)


def test_a_table_of_all_responses_is_for_few():
    one = si.Population([0, 1, 2], RATES, prior=[0.2, 0.3, 0.5], stimulus_volumes=[1, 2, 1])
    model = one.model()
    assert model.prior.tolist() == [0.2, 0.3, 0.5]
    assert model.stimulus_volumes.tolist() == [1, 2, 1]
    assert model.mutual_information() > one.subset([0]).model().mutual_information()
    for measure in (si.i_surp, si.i_local):
        with pytest.raises(si.NotApplicable, match=r"si\.i_local\.estimate\(population\)"):
            measure(one)
    five = si.Population(np.arange(8), np.full((5, 8), 20.0))
    with pytest.raises(OutOfReach, match=r"GiB.*si\.i_local\.estimate\(population"):
        five.model()
    with pytest.raises(OutOfReach, match="spikes"):
        si.Population([0, 1], [[1e6, 2e6]]).model()


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        (([0, 1], [[1, 2]], "gauss"), {}, "did you mean"),
        (([0, 1], [[1, -2]]), {}, r"rates\[0, 1\]"),
        (([0, 1], [[0.5, 1.5]], "bernoulli"), {}, "from 0 to 1"),
        (([0, 1], [[1, 2, 3]]), {}, "3 stimuli; 2"),
        (([0, 1], [1, 2]), {}, "neurons by stimuli"),
        (([0, 1], np.zeros((0, 2))), {}, "at least one neuron"),
        (([0, 1], [[1, 2]], "gaussian"), {}, "needs sd"),
        (([0, 1], [[1, 2]], "gaussian"), {"sd": 0}, "positive"),
        (([0, 1], [[1, 2]], "gaussian"), {"sd": [1, 2]}, "one per neuron"),
        (([0, 1], [[1, 2]]), {"sd": 1}, "no effect"),
        (([0, 1], [[1, 2]], "negative_binomial"), {"dispersion": -1}, "positive"),
        (([0, 0], [[1, 2]]), {}, "no two that are equal"),
        (([0, 360], [[1, 2]]), {"geometry": "circle:360"}, "no two that are equal"),
        (([0], [[1]]), {}, "at least two"),
        (([0, 1], [[1, 2]], "poisson", [0.5, 0.6]), {}, "prior sums to"),
        (([0, 1], [[1, 2]]), {"rate_gradient": [[1, 2]]}, "rate_gradient has shape"),
        (([0, 1], [[np.nan, 2]]), {}, "finite"),
    ],
)
def test_wrong_input(arguments, options, says):
    with pytest.raises(si.ModelError, match=says):
        si.Population(*arguments, **options)


def test_wrong_questions():
    population = si.Population([0, 1], [[1, 2]])
    for passes in (1, 2.5, True):
        with pytest.raises(InputError, match="passes"):
            population.mutual_information(passes=passes)
    for neuron in (1, -2, 0.0, True):
        with pytest.raises(InputError, match="neuron is"):
            population.draws(2, np.random.default_rng(0), neuron)
