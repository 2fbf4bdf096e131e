"""Stimuli in R^d, d > 2: exact where they lie on a line or in a plane, and up to eight that span three dimensions."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.errors import OutOfReach
from stiminfo.estimators import local
from stiminfo.estimators.resolution import CHECK, QUICK, span_of
from stiminfo.models.features import insensitive_features

#: Quadrature in the plane depends a little on how the lattice lies.
PLANE = 1e-6
MEASURES = (si.i_local, si.i_kong1, si.i_kong2)


def three(seed, d):
    rng = np.random.default_rng(seed)
    return si.EncodingModel(rng.normal(size=(3, d)), rng.dirichlet(5 * np.ones(3)), rng.dirichlet(np.ones(4), size=3).T)


def turned(model, d, seed=0):
    """The model in R^d, its plane turned by a random rotation and moved; and the d x 2 matrix that turns it."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(d, 2)))[0]
    return model.replace(stimuli=model.stimuli @ axes.T + rng.normal(size=d)), axes


@pytest.mark.parametrize("d", range(3, 9))
@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_a_plane_keeps_its_values_wherever_it_lies(measure, d):
    model = three(d, 2)
    lying, _ = turned(model, d)
    assert measure(lying) == pytest.approx(measure(model), abs=PLANE)
    assert lying.prior @ measure(lying) == pytest.approx(model.mutual_information(), abs=1e-7)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_are_those_of_the_space_and_not_of_the_plane(measure):
    model = three(1, 2)
    # An axis of R^4 that the plane does not leave, in the place of its second feature; the others are constant.
    flat = model.replace(stimuli=np.insert(model.stimuli, [1, 1], 5.0, axis=1))
    features = measure.featurewise(flat)
    assert features[:, [0, 3]] == pytest.approx(measure.featurewise(model), abs=PLANE)
    assert np.abs(features[:, 1:3]).max() < 1e-12
    assert features.sum(axis=1) == pytest.approx(measure(flat), abs=PLANE)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_on_a_line_are_shares_by_its_direction(measure):
    rng = np.random.default_rng(2)
    line = si.EncodingModel([0.0, 1.0, 3.0, 4.0], rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(3), size=4).T)
    direction = np.array([1.0, -2.0, 2.0]) / 3
    model = line.replace(stimuli=line.stimuli * direction)
    shares = direction**2
    assert measure.featurewise(model) == pytest.approx(measure.featurewise(line) * shares, abs=1e-8)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_features_agree_with_an_estimate_from_the_posterior(measure):
    torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
    from stiminfo.diffusion import FiniteSetDenoiser

    model = three(3, 3)
    denoiser = FiniteSetDenoiser.from_model(model)
    found = measure.estimate(denoiser, torch.as_tensor(model.stimuli.copy()), passes=20_000, seed=1)
    exact = measure.featurewise(model)
    assert (np.abs(found.featurewise - exact) < 5 * found.featurewise_stderr + 1e-6).all()


def four(seed, d=3, apart=1.0):
    """Four stimuli that span three dimensions, the first of them `apart` from the others."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(4, d))
    points[0] *= apart
    return si.EncodingModel(points, rng.dirichlet(3 * np.ones(4)), rng.dirichlet(np.ones(3), size=4).T)


@pytest.mark.parametrize(("seed", "d", "apart"), [(1, 3, 4.0), (2, 6, 1.0)])
def test_four_stimuli_in_space_are_complete_within_the_error(seed, d, apart):
    model = four(seed, d, apart)
    values, errors = si.i_local.with_error(model)
    off = abs(model.prior @ values - model.mutual_information())
    assert off < 1e-7
    assert off < model.prior @ errors
    assert errors.max() < 1e-4


@pytest.mark.parametrize(("seed", "apart"), [(1, 4.0), (3, 1.0)])
def test_the_error_in_space_is_no_smaller_than_it_should_be(seed, apart):
    """Kong's first measure, summed over features, is the specific surprise at each stimulus: a finite sum."""
    model = four(seed, apart=apart)
    target = si.i_surp(model)
    features, errors = si.i_kong1.with_error(model, "featurewise")
    off = np.abs(features.sum(axis=1) - target)
    assert off.max() < 3e-6
    assert (off <= errors.sum(axis=1)).all()


def test_features_in_space_are_those_of_its_own_axes():
    """A response that sees the third feature only, of eight corners: the others get nothing, and it gets all."""
    corners = np.array(list(np.ndindex(2, 2, 2)), dtype=float) * [1.0, 2.0, 1.5]
    table = np.array([[0.9, 0.2], [0.1, 0.8]])[:, corners[:, 2].astype(bool).astype(int)]
    model = si.EncodingModel(corners, np.full(8, 1 / 8), table)
    features = local.featurewise(model, CHECK[3])
    line = si.i_local(si.EncodingModel([0.0, 1.5], [0.5, 0.5], [[0.9, 0.2], [0.1, 0.8]]))
    assert np.abs(features[:, :2]).max() < 1e-10
    assert features[:, 2] == pytest.approx(line[(corners[:, 2] > 0).astype(int)], abs=1e-5)


def test_a_conditional_in_space_adds_up():
    rng = np.random.default_rng(4)
    stimuli, prior = rng.normal(size=(4, 3)), np.full(4, 0.25)
    table = rng.dirichlet(np.ones(4), size=4).T.reshape(2, 2, 4)
    pair = si.ResponsePair(stimuli, prior, table)
    first, both = (local.pointwise(model, QUICK[3]) for model in (pair.first, pair.both))
    assert first + local.conditional(pair, QUICK[3]) == pytest.approx(both, abs=1e-12)  # node by node


@pytest.mark.parametrize(
    ("count", "d", "said"), [(5, 5, "5 stimuli that span 4 dimensions of R\\^5"), (9, 3, "9 stimuli that span 3")]
)
def test_more_in_space_is_out_of_reach(count, d, said):
    rng = np.random.default_rng(0)
    model = si.EncodingModel(
        rng.normal(size=(count, d)), np.full(count, 1 / count), rng.dirichlet(np.ones(2), size=count).T
    )
    with pytest.raises(OutOfReach, match=said):
        si.i_local(model)


def wrong_in_space(model):
    """The specific surprise, wrong by 1% where stimuli span three dimensions."""
    spans = model.dimensions > 2 and len(span_of(model.stimuli).axes) > 2
    return si.i_surp(model) * (1.01 if spans else 1.0)


def leaking_in_space(model):
    """All of it in the first feature; in three dimensions 1% leaks into the last one."""
    spans = model.dimensions > 2 and len(span_of(model.stimuli).axes) > 2
    share = np.zeros(model.dimensions)
    told = next((i for i in range(model.dimensions) if i not in insensitive_features(model, jointly=True)), 0)
    share[told] = 0.99 if spans else 1.0
    share[-1] += 1 - share[told]
    return si.i_surp(model)[:, None] * share


@pytest.mark.parametrize("axiom", ["completeness", "feature_insensitivity"])
def test_axioms_are_asked_of_stimuli_that_span_three_dimensions(axiom):
    pointwise = wrong_in_space if axiom == "completeness" else si.i_surp.pointwise
    verdict = attack(AXIOMS[axiom], si.Measure("mutant", pointwise, featurewise=leaking_in_space), examples=1)
    assert verdict.verdict == "refuted"
    assert len(span_of(verdict.case.views[0].stimuli).axes) == 3


def test_a_rare_stimulus_in_space_is_out_of_reach():
    model = four(0).replace(prior=np.array([1e-3, 0.333, 0.333, 0.333]))
    with pytest.raises(OutOfReach, match="differ by a factor of 148 at most"):
        si.i_local(model)


def test_the_span_is_found_in_spite_of_rounding():
    model, axes = turned(three(0, 2), 6)
    span = span_of(model.stimuli)
    assert span.axes.shape == (2, 6)
    assert span.axes @ span.axes.T == pytest.approx(np.eye(2))
    assert np.abs(span.axes @ axes @ axes.T - span.axes).max() < 1e-12
    assert span.within(model.stimuli) @ span.axes + span.origin == pytest.approx(model.stimuli)
    one = span_of(np.ones((2, 3)) * [[1.0], [1.0]])
    assert one.axes.shape == (1, 3)


@pytest.mark.parametrize("measure", [si.i_local, si.i_kong2])
def test_stimuli_that_coincide_in_their_line_are_out_of_reach(measure):
    """One feature is so large that the others are taken for rounding; this was a math domain error."""
    stimuli = [[0, 0, 0], [0, 0, 0.25], [0.25, 6e13, 0], [0.25, 6e13, 0.25]]
    model = si.EncodingModel(stimuli, [0.25] * 4, [[0.9, 0.1, 0.5, 0.5], [0.1, 0.9, 0.5, 0.5]])
    with pytest.raises(OutOfReach, match="give features in units in which they vary alike"):
        measure(model)


@pytest.mark.parametrize("measure", [si.i_local, si.i_kong1, si.i_kong2], ids=lambda one: one.name)
def test_stimuli_on_a_line_of_the_plane_are_those_of_the_line(measure):
    """A feature has the share of the sum that the square of its direction is."""
    rng = np.random.default_rng(2)
    x, table = np.array([0.0, 1.0, 2.5, 7.0]), rng.dirichlet(np.ones(3), 4).T
    line = si.EncodingModel(x, [0.4, 0.3, 0.2, 0.1], table)
    plane = si.EncodingModel(np.outer(x, [3.0, -4.0]) / 5 + 2.0, line.prior, table)
    assert measure(plane) == pytest.approx(measure(line), abs=1e-9)
    shares = np.outer(measure(line), [0.36, 0.64])
    assert measure.featurewise(plane) == pytest.approx(shares, abs=2e-8)
