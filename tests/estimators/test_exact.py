"""The measures against closed forms, against an independent brute force, and against exact arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings

import stiminfo as si
from stiminfo.axioms import strategies as draw
from stiminfo.estimators import PUBLISHED, layouts, line, local, resolution, spacing
from stiminfo.models import BernoulliNoise, Gaussian, Sigmoid

SHARED = si.EncodingModel([0, 1], [0.5, 0.5], [[0.5, 0.5], [0.5, 0], [0, 0.5]])
XOR = si.EncodingModel([[-1, -1], [-1, 1], [1, -1], [1, 1]], [0.25] * 4, [[0.9, 0.1, 0.1, 0.9], [0.1, 0.9, 0.9, 0.1]])
AND = si.EncodingModel([[0, 0], [0, 1], [1, 0], [1, 1]], [0.25] * 4, [[1, 1, 1, 0], [0, 0, 0, 1]])
COMPLETE = [measure for name, measure in PUBLISHED.items() if name != "fisher"]


def brute_force(model, kong, levels=400, nodes=2001):
    """I_local or I_Kong2 of a finite 1-d joint by plain trapezoids: slow, and independent of the package's code."""
    x, p, table = model.stimuli[:, 0], model.prior, model.likelihood
    z = np.linspace(-9.5, 9.5, nodes)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    log_g = np.linspace(np.log(1e-5), np.log(1e9), levels)
    curve = np.zeros((levels, len(x)))
    for n, g in enumerate(np.exp(log_g)):
        for j, here in enumerate(x):
            y = here + np.sqrt(g) * z
            kernel = p[:, None] * np.exp(-((y - x[:, None]) ** 2) / (2 * g) + (y - here) ** 2 / (2 * g))
            by_response = table @ kernel
            mean = (x[:, None] * kernel).sum(axis=0) / kernel.sum(axis=0)
            given_r = np.divide(
                (table * x) @ kernel, by_response, where=by_response > 0, out=np.tile(mean, (len(table), 1))
            )
            chance = table[:, j : j + 1] if kong else by_response / kernel.sum(axis=0)
            curve[n, j] = ((chance * (given_r - mean) ** 2).sum(axis=0) * weight).sum() / (2 * g)
    return np.trapezoid(curve, log_g, axis=0)


@pytest.mark.parametrize("measure", COMPLETE, ids=lambda m: m.name)
def test_two_stimuli_with_a_shared_response(measure):
    assert measure(SHARED) == pytest.approx([np.log(2) / 2] * 2, abs=1e-7)


def test_brute_force_agrees():
    model = si.EncodingModel([0, 1, 3.5], [0.5, 0.2, 0.3], [[0.7, 0.1, 0.3], [0.3, 0.6, 0.0], [0, 0.3, 0.7]])
    assert si.i_local(model) == pytest.approx(brute_force(model, kong=False), abs=1e-6)
    assert si.i_kong2(model) == pytest.approx(brute_force(model, kong=True), abs=1e-6)


def test_three_stimuli_moved():
    still = si.EncodingModel([0, 1, 2], [1 / 3] * 3, [[1, 0, 0], [0, 1, 1]])
    moved = si.EncodingModel([0, 1, 3], [1 / 3] * 3, [[1, 0, 0], [0, 1, 1]])
    assert [si.i_local(still)[1], si.i_local(moved)[1]] == pytest.approx([0.8273, 0.8584], abs=1e-4)
    assert [si.i_kong2(still)[1], si.i_kong2(moved)[1]] == pytest.approx([0.7125, 0.7419], abs=1e-4)


def test_xor_splits_evenly():
    for measure in (si.i_local, si.i_kong1, si.i_kong2):
        assert measure.featurewise(XOR) == pytest.approx(np.full((4, 2), XOR.mutual_information() / 2), abs=1e-5)


def test_kong1_features_may_be_negative():
    assert si.i_kong1.featurewise(AND)[1] == pytest.approx([0.5205, -0.2328], abs=1e-4)


@given(draw.encoding_models(max_stimuli=6))
@settings(deadline=None, max_examples=80, derandomize=True)
def test_complete_measures_are_complete(model):
    for measure in COMPLETE:
        value, error = measure.with_error(model)
        off = abs(model.prior @ value - model.mutual_information())
        assert off <= 1e-7, measure.name
        assert off <= 1e-13 + model.prior @ error, measure.name


@given(draw.encoding_models(max_stimuli=6))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_kong1_features_sum_to_the_surprise(model):
    value, error = si.i_kong1.with_error(model, "featurewise")
    assert (np.abs(value[:, 0] - si.i_surp(model)) <= error[:, 0] + 1e-9).all()


@given(draw.encoding_models(dimensions=2, max_stimuli=4, max_responses=3))
@settings(deadline=None, max_examples=12, derandomize=True)
def test_completeness_in_the_plane(model):
    for measure in (si.i_local, si.i_kong2):
        assert abs(model.prior @ measure(model) - model.mutual_information()) < 1e-5
    assert np.abs(si.i_kong1.featurewise(model).sum(axis=1) - si.i_surp(model)).max() < 1e-4


@given(draw.encoding_models(gradient=True))
@settings(deadline=None, max_examples=80, derandomize=True)
def test_finite_sums_match_exact_arithmetic(model):
    for name in ("fisher", "i_sp", "i_ssi", "i_surp", "i_cissi"):
        value, error = PUBLISHED[name].with_error(model)
        exact, _ = PUBLISHED[name].evaluate(model, "pointwise", "fine")
        off = np.abs(value - exact)
        assert (off <= 1e-12 * (1 + np.abs(exact))).all(), name
        assert (off <= error).all(), name


@given(draw.response_pairs(gradient=True))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_own_conditionals_add_up(pair):
    for measure in (si.fisher, si.i_sp, si.i_local):
        total = measure(pair.first) + measure.conditional(pair)
        assert np.allclose(total, measure(pair.both), atol=1e-7)


@pytest.mark.slow
def test_gaussian_closed_form_in_the_plane():
    from scipy.linalg import logm

    cov, gain = np.array([[1.0, 0.3], [0.3, 1.0]]), np.array([1.0, 0.5])
    axis = np.arange(-5.04, 5.05, 0.18)
    x = np.stack([grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij")], axis=1)
    prior = np.exp(-0.5 * np.einsum("ji,ik,jk->j", x, np.linalg.inv(cov), x))
    r = np.arange(-12.0, 12.1, 0.8)
    table = np.exp(-0.5 * (r[:, None] - x @ gain) ** 2)
    model = si.EncodingModel(x, prior / prior.sum(), table / table.sum(axis=0))
    posterior = np.linalg.inv(np.linalg.inv(cov) + np.outer(gain, gain))
    truth = 0.5 * np.diag(logm(cov) - logm(posterior)).real
    near = np.abs(x).max(axis=1) < 1.2
    assert np.abs(si.i_local.featurewise(model)[near] - truth).max() < 1e-5


@pytest.mark.parametrize("rare", [1e-3, 1e-20, 1e-300])
def test_rare_atoms(rare):
    model = si.EncodingModel([0, 1, 2.5], [0.5, rare, 0.5 - rare], [[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]])
    fine = resolution.FINE
    for measure in (si.i_local, si.i_kong2):
        value, error = measure.with_error(model)
        best = measure._forms["pointwise"].formula(model, fine[1])
        assert (np.abs(value - best) <= error + 1e-9).all()
        assert error.max() < 1e-4
    value, error = si.i_kong1.with_error(model, "featurewise")
    assert np.abs(value[:, 0] - si.i_surp(model)).max() < 1e-6


def test_one_lattice_and_one_each_agree(monkeypatch):
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0, 10, 60))
    table = rng.dirichlet([1, 1, 1], 60).T
    model = si.EncodingModel(x, np.full(60, 1 / 60), table)
    shared = si.i_local(model)
    for module in (layouts, line, spacing):
        monkeypatch.setattr(module, "MANY", 100)
    assert shared == pytest.approx(si.i_local(model), abs=1e-7)
    assert model.prior @ shared == pytest.approx(model.mutual_information(), abs=1e-7)


@pytest.mark.parametrize("measure", [*COMPLETE], ids=lambda m: m.name)
def test_a_single_stimulus_carries_nothing(measure):
    assert measure(si.EncodingModel([[4.0]], [1.0], [[0.5], [0.5]])) == pytest.approx([0.0], abs=1e-15)


def test_fisher_needs_a_gradient():
    with pytest.raises(si.NotApplicable, match="gradient"):
        si.fisher(SHARED)


def test_no_featurewise_form():
    with pytest.raises(si.NotApplicable, match="no feature-wise form"):
        si.i_ssi.featurewise(SHARED)


def test_stimuli_that_span_more_than_space_are_declined():
    model = si.EncodingModel(np.eye(5), [1 / 5] * 5, [[1, 0, 0, 1, 0], [0, 1, 1, 0, 1]])
    with pytest.raises(ValueError, match=r"span 4 dimensions of R\^5: .*on a line or in a plane"):
        si.i_local(model)


def test_flat_prior_makes_ssi_and_cissi_equal():
    model = si.EncodingModel([0, 1, 2], [1 / 3] * 3, [[0.7, 0.1, 0.3], [0.3, 0.9, 0.7]])
    assert si.i_ssi(model) == pytest.approx(si.i_cissi(model), abs=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", lambda m: 0), "non-empty string"),
        (("x", 3), "must be a function"),
    ],
)
def test_measures_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        si.Measure(*arguments)
    with pytest.raises(TypeError, match="must be True or False"):
        si.Measure("x", lambda m: 0, claims={"positivity": "yes"})


def test_the_given_functions_are_kept():
    def pointwise(model):
        return si.i_surp(model)

    measure = si.Measure("mine", pointwise, conditional=pointwise, featurewise=pointwise)
    assert (measure.pointwise, measure.conditional, measure.featurewise) == (pointwise,) * 3


def test_conditional_entropies_see_the_cells_of_the_second_response():
    """Cells of other sizes for R and R': the chain rule holds, I(both) = I(first) + I(second given first)."""
    rng = np.random.default_rng(6)
    volumes = np.outer([1.0, 2.0], [1.0, 3.0, 0.5])
    pair = si.ResponsePair(
        [0, 1, 3], [0.2, 0.3, 0.5], rng.dirichlet(np.ones(6), 3).T.reshape(2, 3, 3), response_volumes=volumes
    )
    given = si.i_sp.conditional(pair)
    assert si.i_sp(pair.first) + given == pytest.approx(si.i_sp(pair.both), abs=1e-12)
    assert pair.prior @ given == pytest.approx(pair.conditional_information(), abs=1e-12)
    # H(R'|R) - H(R'|R, x) with cells of size w: -E log(p / w), by hand.
    joint, sizes = pair.likelihood, volumes[0] / volumes[0, 0]
    marginal = joint @ pair.prior

    def entropy(table):
        share = table / table.sum(axis=1, keepdims=True)
        return -(table * np.log(share / sizes.reshape(1, -1, *(1,) * (table.ndim - 2)))).sum(axis=(0, 1))

    assert given == pytest.approx(entropy(marginal) - entropy(joint), abs=1e-12)


def test_a_conditional_of_two_features_adds_up_too():
    rng = np.random.default_rng(6)
    table = rng.dirichlet(np.ones(4), 3).T.reshape(2, 2, 3)
    pair = si.ResponsePair([[0, 0], [1, 0], [0, 2]], [0.2, 0.3, 0.5], table)
    given = si.i_local.conditional(pair)
    assert si.i_local(pair.first) + given == pytest.approx(si.i_local(pair.both), abs=1e-5)


def test_merging_what_is_hardly_possible_changes_nothing(monkeypatch):
    from stiminfo.estimators import local
    from stiminfo.models import Bump, Gaussian, PoissonNoise, encoding_model

    model = encoding_model(prior=Gaussian(), tuning=Bump(height=20.0, baseline=0.1), noise=PoissonNoise(), nodes=70)
    merged = local._likely(model.likelihood)
    assert len(merged) < len(model.likelihood)
    assert merged.sum(axis=0) == pytest.approx(1, abs=1e-12)
    values = si.i_local(model)
    monkeypatch.setattr(local, "RARE", 0.0)
    assert si.i_local(model) == pytest.approx(values, abs=1e-9)


@pytest.mark.parametrize("name", ["i_local", "i_kong1", "i_kong2"])
@pytest.mark.parametrize("feature", [0, 1])
def test_a_feature_that_never_varies_adds_nothing(name, feature):
    """This also holds for more stimuli than are treated one by one."""
    line = si.encoding_model(Gaussian(), Sigmoid(0.0, 0.5), BernoulliNoise(), 60)
    x, still = line.stimuli, np.full_like(line.stimuli, 3.0)
    plane = si.EncodingModel(np.hstack([x, still] if feature else [still, x]), line.prior, line.likelihood)
    measure = getattr(si, name)
    np.testing.assert_allclose(measure(plane), measure(line), atol=1e-5)
    np.testing.assert_allclose(measure.featurewise(plane)[:, feature], 0, atol=1e-20)


def test_a_grid_with_a_far_corner_is_laid_about_its_points():
    """One lattice for all would have 10^12 nodes per level."""
    places = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1e6])
    x = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
    rng = np.random.default_rng(0)
    model = si.EncodingModel(x, rng.dirichlet(np.full(len(x), 3.0)), rng.dirichlet(np.ones(2), len(x)).T)
    values = local.pointwise(model, resolution.QUICK[2])
    # The quick resolution, that of a search; the standard one takes half a minute and is 1e-8 off.
    assert model.prior @ values == pytest.approx(model.mutual_information(), abs=2e-4)


def test_what_quadrature_cannot_reach_is_told(monkeypatch):
    monkeypatch.setattr(spacing, "_MOST_NODES", 1e4)
    x = np.random.default_rng(0).normal(size=(60, 2))
    model = si.EncodingModel(x, np.full(60, 1 / 60), np.full((2, 60), 0.5))
    with pytest.raises(si.NotApplicable, match="too far apart"):
        si.i_local(model)
