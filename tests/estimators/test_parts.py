"""Features in independent parts, in any number: exact part by part, and equal to quadrature where that reaches."""

import itertools

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import OutOfReach
from stiminfo.estimators import kong1, kong2, local
from stiminfo.estimators.parts import by_parts, independent_parts
from stiminfo.estimators.resolution import QUICK

MEASURES = (si.i_local, si.i_kong1, si.i_kong2)
ON = pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)


def product(d, seen=None, count=2):
    """Independent features, of which the first `seen` have a response each: the whole, each by itself, and where."""
    rng = np.random.default_rng(d)
    lines = []
    for i in range(d):
        table = rng.dirichlet(np.ones(2), size=count).T if seen is None or i < seen else np.full((2, count), 0.5)
        lines.append(
            si.EncodingModel(rng.choice(9, size=count, replace=False), rng.dirichlet(3 * np.ones(count)), table)
        )
    at = np.array(list(itertools.product(range(count), repeat=d)))
    whole = np.ones((1, len(at)))
    for line, column in zip(lines, at.T):
        whole = (whole[:, None] * line.likelihood[:, column]).reshape(-1, len(at))
    stimuli = np.stack([line.stimuli[column, 0] for line, column in zip(lines, at.T)], axis=1)
    prior = np.prod([line.prior[column] for line, column in zip(lines, at.T)], axis=0)
    return si.EncodingModel(stimuli, prior, whole), lines, at


@pytest.mark.parametrize("d", [4, 6, 8])
@ON
def test_each_feature_has_the_values_that_it_has_by_itself(measure, d):
    model, lines, at = product(d)
    expected = np.stack([measure(line)[column] for line, column in zip(lines, at.T)], axis=1)
    features, errors = measure.with_error(model, "featurewise")
    assert features == pytest.approx(expected, abs=1e-7)
    assert (np.abs(features - expected) <= errors).all()
    assert measure(model) == pytest.approx(expected.sum(axis=1), abs=1e-6)
    assert model.prior @ measure(model) == pytest.approx(model.mutual_information(), abs=1e-7)


@ON
def test_one_response_of_one_feature_leaves_nothing_for_the_others(measure):
    model, lines, at = product(5, seen=1)
    features = measure.featurewise(model)
    assert features[:, 0] == pytest.approx(measure(lines[0])[at[:, 0]], abs=1e-7)
    assert np.abs(features[:, 1:]).max() < 1e-12


@pytest.mark.parametrize("formula", [local, kong1, kong2], ids=["i_local", "i_kong1", "i_kong2"])
def test_parts_give_what_quadrature_in_space_gives(formula):
    model, _, _ = product(3)
    whole = formula.featurewise(model, QUICK[3])
    apart = by_parts(independent_parts(model), model.stimuli.shape, formula.featurewise)
    assert apart == pytest.approx(whole, abs=2e-5)


def corners(d, *chances):
    """Corners of a cube, equally likely, and responses of these probabilities (functions of x), each with its own."""
    x = np.array(list(itertools.product((0.0, 1.0), repeat=d)))
    whole = np.ones((1, len(x)))
    for chance in chances:
        p = chance(x.T)
        whole = (whole[:, None] * np.stack([p, 1 - p])).reshape(-1, len(x))
    return si.EncodingModel(x, np.full(len(x), 1 / len(x)), whole)


def test_features_that_matter_together_are_one_part():
    model = corners(4, lambda x: np.where(x[0] != x[2], 0.9, 0.2), lambda x: 0.4 + 0.3 * x[1])
    assert [part.features.tolist() for part in independent_parts(model)] == [[1], [0, 2], [3]]
    together = corners(2, lambda x: np.where(x[0] != x[1], 0.9, 0.2))
    assert si.i_local.featurewise(model)[:, 0].max() == pytest.approx(
        si.i_local.featurewise(together)[:, 0].max(), abs=1e-6
    )


@ON
def test_a_conditional_adds_up_part_by_part(measure):
    model, _, _ = product(4)
    pair = si.ResponsePair(model.stimuli, model.prior, model.likelihood.reshape(4, 4, -1))
    assert [len(part.features) for part in independent_parts(pair)] == [1, 1, 1, 1]
    assert measure(pair.first) + measure.conditional(pair) == pytest.approx(measure(model), abs=1e-7)


def test_a_part_may_be_a_feature_that_never_varies():
    model, _, _ = product(4)
    wider = model.replace(stimuli=np.insert(model.stimuli, 2, 7.0, axis=1))
    features = si.i_local.featurewise(wider)
    assert np.delete(features, 2, axis=1) == pytest.approx(si.i_local.featurewise(model), abs=1e-12)
    assert not features[:, 2].any()


def test_responses_with_noise_in_common_join_their_features():
    flips = np.array([[0.4, 0.1], [0.1, 0.4]])
    x = corners(4, lambda x: x[0]).stimuli
    first, second = x[:, 1].astype(int), x[:, 3].astype(int)
    table = np.stack([flips[(a - first) % 2, (b - second) % 2] for a in (0, 1) for b in (0, 1)])
    model = si.EncodingModel(x, np.full(16, 1 / 16), table)
    assert [part.features.tolist() for part in independent_parts(model)] == [[0], [2], [1, 3]]
    assert model.prior @ si.i_local(model) == pytest.approx(model.mutual_information(), abs=1e-7)


def every(model, tilt=0.0, chance=None):
    weight = 1 + tilt * (model.stimuli.sum(axis=1) == 0)
    likelihood = model.likelihood if chance is None else corners(4, chance).likelihood
    return si.EncodingModel(model.stimuli, weight / weight.sum(), likelihood)


@pytest.mark.parametrize(
    "how",
    [
        {"tilt": 0.1},
        {"chance": lambda x: np.where(x.sum(axis=0) % 2, 0.9, 0.2)},
        {"chance": lambda x: 0.1 + 0.2 * x.sum(axis=0)},
        {"chance": lambda x: np.exp(-x.sum(axis=0) - 0.1)},
    ],
    ids=["prior", "parity", "sum", "factors in one response"],
)
def test_features_that_depend_on_one_another_stay_out_of_reach(how):
    model = every(corners(4, lambda x: 0.4 + 0.3 * x[1]), **how)
    with pytest.raises(OutOfReach, match="16 stimuli that span 4"):
        si.i_local(model)


def test_a_product_under_every_response_is_not_enough():
    """The posteriors are products, but what a response says of x_1 occurs as often as x_2 has it."""
    s, t, p = np.array([[-1, 0, 1], [1, -1, 1], [1, 2, 1]])[..., None]
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=4)))
    table = p / 4 * (1 + 0.8 * s * signs[:, 0]) * (1 + 0.8 * t * signs[:, 1])
    model = si.EncodingModel(signs, np.full(16, 1 / 16), table)
    assert independent_parts(model) == []
    plane = si.EncodingModel(signs[::4, :2], np.full(4, 1 / 4), table[:, ::4])
    first = si.EncodingModel([-1.0, 1.0], [0.5, 0.5], (p / 4 * (1 + 0.8 * s * [-1.0, 1.0])))
    alone = si.i_local(first)[(plane.stimuli[:, 0] > 0).astype(int)]
    assert np.abs(si.i_local.featurewise(plane)[:, 0] - alone).max() > 1e-3
