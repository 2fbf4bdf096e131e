"""The measures of populations: against the exact engine, with errors that mean what they say."""

import sys

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import NeedsGradient, OutOfReach
from stiminfo.estimators import PUBLISHED, PublishedMeasure
from stiminfo.estimators import drawn as engine
from stiminfo.models import ResponsePair

INFORMATION = [name for name, measure in PUBLISHED.items() if measure.units == "nats"]
X = np.linspace(0, 1, 6)
CENTRES = np.array([0.1, 0.5, 0.8])
RATES = 0.3 + 4 * np.exp(-0.5 * ((X - CENTRES[:, None]) / 0.2) ** 2)
PRIOR = np.array([0.3, 0.2, 0.1, 0.1, 0.1, 0.2])
SMALL = {
    "poisson": si.Population(X, RATES[:2] / 2, prior=PRIOR),
    "bernoulli": si.Population(X, RATES / 5, "bernoulli"),
    "gaussian": si.Population(X, RATES[:1], "gaussian", sd=1.0),
    "negative_binomial": si.Population(X, RATES[:1], "negative_binomial", dispersion=0.3),
    "circle": si.Population(300 * X, RATES[:2] / 2, geometry="circle:360"),
    "told apart": si.Population(np.arange(4), 0.97 * np.eye(4), "bernoulli"),
    "nominal": si.Population(X, RATES[:2] / 2, geometry="nominal"),
}


def table_of(population):
    """All responses that are not very rare."""
    model = population.model()
    kept = model.likelihood.max(axis=1) > 1e-9
    table = model.likelihood[kept]
    return model.replace(likelihood=table / table.sum(axis=0), response_volumes=model.response_volumes[kept])


def deviations(population, name, exact, seeds, **options):
    """Deviations from the exact values in standard errors, (seeds, J)."""
    found = [PUBLISHED[name].estimate(population, seed=seed, **options) for seed in seeds]
    return np.stack([(one.value - exact) / one.stderr for one in found])


@pytest.mark.parametrize("kind", SMALL)
def test_against_the_exact_engine(kind):
    """Over 16 seeds: deviations of about one standard error. A broken error or a bias of one would be seen."""
    population, model = SMALL[kind], table_of(SMALL[kind])
    for name in INFORMATION:
        try:
            exact = PUBLISHED[name](model)
        except si.NotApplicable:
            with pytest.raises(si.NotApplicable, match="distances"):
                PUBLISHED[name].estimate(population)
            continue
        z = deviations(population, name, exact, range(16), passes=64)
        assert np.abs(z.mean()) < 1, name
        assert 0.4 < np.sqrt((z**2).mean()) < 1.6, name


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["poisson", "bernoulli", "gaussian", "negative_binomial", "circle"])
def test_intervals_cover(kind):
    """Over 200 seeds, 95% intervals hold the exact values 93 to 97% of the time; with half the error, far less."""
    from scipy.special import stdtrit

    population, model = SMALL[kind], table_of(SMALL[kind])
    half = stdtrit(63, 0.975)
    for name in INFORMATION:
        z = np.abs(deviations(population, name, PUBLISHED[name](model), range(200), passes=64))
        assert 0.925 < (z < half).mean() < 0.975, name
        assert (2 * z < half).mean() < 0.8, name


def test_one_neuron_given_the_others():
    """I(R'; X | R) per stimulus, as the exact conditional of the pair has it; with all others it is the chain rule."""
    population = si.Population(X, RATES / 5, "bernoulli", prior=PRIOR)
    others, own = (population.subset(some).model().likelihood for some in ([0, 2], [1]))
    pair = ResponsePair(X, PRIOR, others[:, None] * own[None])
    for name in INFORMATION:
        exact = PUBLISHED[name].conditional(pair)
        z = deviations(population, name, exact, range(10), passes=128, neuron=1)
        assert np.abs(z.mean()) < 1, name
        assert 0.4 < np.sqrt((z**2).mean()) < 1.6, name
    alone = si.Population(X, RATES[:1])
    assert si.i_surp.estimate(alone, neuron=0).value == pytest.approx(si.i_surp.estimate(alone).value, abs=1e-12)


def test_fisher_information_is_a_sum_over_neurons():
    slope = -(X - CENTRES[:, None]) / 0.2**2 * (RATES - 0.3)
    population = si.Population(X, RATES, rate_gradient=slope[..., None])
    found = si.fisher.estimate(population)
    assert found.value == pytest.approx((slope**2 / RATES).sum(axis=0))
    assert found.featurewise.shape == (6, 1)
    assert (found.stderr == 0).all()
    assert si.fisher.estimate(population, neuron=2).value == pytest.approx(slope[2] ** 2 / RATES[2])
    with pytest.raises(NeedsGradient, match="rate_gradient"):
        si.fisher.estimate(SMALL["poisson"])


def test_features():
    """Two features, of which one tells nothing: it gets nothing, and the sum is complete."""
    grid = np.stack(np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0]), axis=-1).reshape(-1, 2)
    population = si.Population(grid, [1 + 3 * grid[:, 0]])
    for measure in (si.i_local, si.i_kong2):
        found = measure.estimate(population, passes=16)
        assert np.abs(found.featurewise[:, 1]).max() < 1e-3
        assert found.featurewise.sum(axis=1) == pytest.approx(found.value)
        exact = measure(table_of(population))
        assert (np.abs(found.value - exact) < 5 * found.stderr).all()
        # The same plane, turned in R^3.
        turned = np.pad(grid, ((0, 0), (0, 1))) @ np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]
        in_space = measure.estimate(si.Population(turned, population.rates), passes=16)
        assert in_space.featurewise.shape == (6, 3)
        assert (np.abs(in_space.value - exact) < 5 * in_space.stderr).all()


def test_a_population_of_a_thousand():
    """I_local of 1,000 neurons on 64 stimuli, its errors below a fiftieth of its values: its mean is I(R;X)."""
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 64)
    population = si.Population(x, 0.1 + 3 * np.exp(-0.5 * ((x - rng.uniform(0, 1, 1000)[:, None]) / 0.05) ** 2))
    found = si.i_local.estimate(population, passes=32)
    assert (found.stderr < 0.02 * found.value).all()
    assert population.prior @ found.value == pytest.approx(population.mutual_information(256), abs=0.005)


def test_the_control_variate_pays(monkeypatch):
    """Where responses tell nearly all, the law of total variance takes most of the scatter; the value stays."""
    x = np.linspace(0, 1, 24)
    population = si.Population(x, 40 * np.exp(-0.5 * ((x - CENTRES[:, None]) / 0.3) ** 2))
    drawn = engine.Drawn(population, population.draws(32, np.random.default_rng(0)))
    found = drawn.squared_gain(of_noisy=True)
    monkeypatch.setattr(engine, "controlled", lambda values, *rest: values)
    plain = drawn.squared_gain(of_noisy=True)
    assert found.std(axis=0).mean() < 0.5 * plain.std(axis=0).mean()
    assert (np.abs(found.mean(axis=0) - plain.mean(axis=0)) < plain.std(axis=0)).all()


def test_rare_confusions_are_in_the_error():
    """Where few draws see a confusion of stimuli, their spread is no error: log 2 per draw is a floor."""
    population = si.Population(np.arange(6), 9 * np.eye(6))  # confused where a neuron is silent: one in 8,000
    found = si.i_cissi.estimate(population, passes=16)
    exact = np.log(6) - 1.5 * np.exp(-9)  # to within a factor of two of the loss
    assert (np.abs(found.value - exact) < 2 * found.stderr).all()
    assert found.stderr == pytest.approx(np.full(6, np.log(2) / 16), rel=0.01)
    # Where responses tell nothing, all draws count for all stimuli.
    silent = si.i_cissi.estimate(si.Population(np.arange(6), np.zeros((1, 6))), passes=16)
    assert silent.stderr == pytest.approx(np.full(6, np.log(2) / 96))


def test_until_a_relative_error_is_reached():
    spent = []
    population = si.Population(np.linspace(0, 1, 256), [np.linspace(0, 1, 256)])
    found = si.i_cissi.estimate(population, rtol=0.02, progress=lambda passes, error: spent.append((passes, error)))
    assert found.passes == spent[-1][0] < 4096
    assert spent[-1][1] <= 0.02 < spent[0][1]
    assert (found.stderr <= 0.02 * found.value).all()
    assert found.sampler == "responses"
    assert np.array_equal(si.i_surp.estimate(population, seed=3).value, si.i_surp.estimate(population, seed=3).value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"passes": 7}, "at least 8"),
        ({"passes": 20.5}, "whole number"),
        ({"rtol": 2}, "between 0 and 1"),
        ({"seed": -1}, "not negative"),
        ({"x": [0.0]}, "leave x out"),
        ({"neuron": 9}, "neuron is 9; expected a whole number from 0 to 1"),
        ({"neuron": -1}, "neuron is -1; expected a whole number from 0 to 1"),
        ({"neuron": 0.5}, "from 0 to 1"),
        ({"neuron": True}, "from 0 to 1"),
        ({"neuron": "0"}, "from 0 to 1"),
    ],
)
def test_wrong_options(options, says):
    with pytest.raises(ValueError, match=says):
        si.i_surp.estimate(SMALL["poisson"], **options)


def test_some_neurons_that_exist():
    assert si.Population(X, RATES).subset(np.array([2, 0])).rates.tolist() == RATES[[2, 0]].tolist()
    for wrong in ([0, 3], [-1], [0.5]):
        with pytest.raises(si.ModelError, match="expected a whole number from 0 to 2"):
            si.Population(X, RATES).subset(wrong)


def test_a_control_of_rounding_noise_is_left_out():
    """Where stimuli lie changes nothing; far from 0 the terms of a control round by more than it scatters."""
    rates = np.vstack([3 + 2 * np.sin(5 * X), np.full(6, 2.0)])
    near, far = (si.i_local.estimate(si.Population(x, rates), passes=16).value for x in (X, 1e4 + X))
    assert far == pytest.approx(near, abs=1e-8)


def test_measures_without_such_an_estimate():
    mine = PublishedMeasure("mine", "of my own", pointwise=PUBLISHED["i_surp"]._forms["pointwise"])
    with pytest.raises(si.NotApplicable, match="no estimate for populations"):
        mine.estimate(SMALL["poisson"])


def test_too_many_responses_are_refused_before_memory_is_taken():
    table = np.broadcast_to(np.float64(1 / 800_000), (800_000, 8))
    model = si.EncodingModel(np.arange(8), np.full(8, 1 / 8), table)
    model.__dict__["likelihood"] = table + np.arange(8) * 1e-9  # not all alike, or the rare ones would be merged
    with pytest.raises(OutOfReach, match=r"800,000 responses to 8 stimuli .* GiB and .* hours; .*si\.Population"):
        si.i_local(model)


def test_beyond_space_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "stiminfo.diffusion.encoders.of_population", None)
    with pytest.raises(si.InputError, match=r"span 4 dimensions .* pip install 'stiminfo\[diffusion\]'"):
        si.i_local.estimate(si.Population(np.eye(5), [[1, 2, 3, 4, 5]]), passes=400)


def test_beyond_space():
    """Where quadrature is out of reach, denoisers of the finite set take over, and are named."""
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    stimuli = rng.normal(size=(5, 4))
    rates = rng.uniform(0.2, 3, (3, 5))
    rates[0, 0] = 0
    population = si.Population(stimuli, rates)
    found = si.i_local.estimate(population, passes=1200)
    assert found.sampler == "posterior"
    information = population.mutual_information(512)
    assert abs(population.prior @ found.value - information) < 4 * np.hypot(found.stderr.mean(), information.stderr)
    probabilities = si.Population(stimuli, rates / 3 * (rates < 2) + (rates >= 2), "bernoulli")
    assert np.isfinite(si.i_kong2.estimate(probabilities, passes=400).value).all()
    # The same plane in R^3 and in R^2 has the same exact value; in R^3 a table takes the same way out.
    model = si.EncodingModel(stimuli, np.full(5, 0.2), rng.dirichlet(np.ones(4), 5).T)
    with pytest.raises(OutOfReach, match=r"si\.i_local\.estimate\(model"):
        si.i_local(model)
    estimate = si.i_local.estimate(model, passes=1200)
    assert abs(model.prior @ estimate.value - model.mutual_information()) < 4 * estimate.stderr.mean()
    for bad in ({"x": stimuli}, {"neuron": 0}):
        source = model if "x" in bad else population
        with pytest.raises(si.InputError, match=r"leave x out|span 4 dimensions"):
            si.i_local.estimate(source, passes=400, **bad)
    with pytest.raises(si.NotApplicable, match="circle:360"):
        si.i_local.estimate(si.EncodingModel([0, 90], [0.5, 0.5], np.eye(2), geometry="circle:360"))
