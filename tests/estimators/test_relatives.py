"""The relatives of I_local equal their definitions, and differ from each other."""

import numpy as np
import pytest
from scipy.linalg import expm

from stiminfo.estimators import NotApplicable, i_local, i_surp
from stiminfo.estimators.relatives import _ROOT_INVERSE, RELATIVES, walk
from stiminfo.models import EncodingModel, ResponsePair

RNG = np.random.default_rng(4)
LINE = EncodingModel([0.0, 1.0, 2.5, 3.0], [0.1, 0.4, 0.3, 0.2], RNG.dirichlet(np.ones(3), 4).T)
PLANE = EncodingModel(RNG.normal(size=(4, 2)), [0.1, 0.4, 0.3, 0.2], RNG.dirichlet(np.ones(3), 4).T)
_TABLE = RNG.dirichlet(np.ones(6), 4).T.reshape(2, 3, 4)


@pytest.mark.parametrize("model", [LINE, PLANE], ids=["line", "plane"])
@pytest.mark.parametrize("name", RELATIVES)
def test_complete_and_positive(name, model):
    if name == "walk" and model is PLANE:
        with pytest.raises(NotApplicable, match="line"):
            walk(model)
        return
    values = RELATIVES[name](model)
    assert model.prior @ values == pytest.approx(model.mutual_information(), abs=1e-6)
    assert (values > 0).all()


@pytest.mark.parametrize("name", RELATIVES)
def test_additive_with_a_conditional_that_is_complete_and_positive(name):
    pair = ResponsePair(LINE.stimuli, LINE.prior, _TABLE)
    measure = RELATIVES[name]
    given = measure.conditional(pair)
    assert measure(pair.first) + given == pytest.approx(measure(pair.both), abs=1e-5)
    assert pair.prior @ given == pytest.approx(pair.conditional_information(), abs=1e-5)
    assert (given > 0).all()


def test_the_walk_by_matrix_exponentials():
    """p(r | X_t) by brute force; the loss by differences of I(R;X_t), pointwise by its density."""
    p, table = LINE.prior, LINE.likelihood.T
    link = np.minimum(p[1:], p[:-1])
    rates = np.diag(link / p[:-1], 1) + np.diag(link / p[1:], -1)
    generator = rates - np.diag(rates.sum(axis=1))
    times = np.linspace(np.log(1e-7), np.log(1e3), 600)
    lost = []
    for t in np.exp(times):
        kernel = expm(t * generator)
        f = kernel @ table
        pull = ((f[None] - f[:, None]) * (np.log(f)[None] - np.log(f)[:, None])).sum(axis=2)
        lost.append(t * kernel @ (0.5 * (rates * pull).sum(axis=1)))
    assert np.trapezoid(lost, times, axis=0) == pytest.approx(walk(LINE), abs=1e-5)


def test_the_walk_sees_order_and_not_distance():
    moved = EncodingModel([-5.0, 1.0, 1.1, 40.0], LINE.prior, LINE.likelihood)
    assert walk(moved) == pytest.approx(walk(LINE), abs=1e-12)
    order = [2, 0, 3, 1]
    shuffled = EncodingModel(LINE.stimuli[order], LINE.prior[order], LINE.likelihood[:, order])
    assert walk(shuffled) == pytest.approx(walk(LINE)[order], abs=1e-12)
    assert walk(EncodingModel([0.0], [1.0], [[1.0]])).tolist() == [0.0]


def test_they_differ_where_they_should():
    values = {name: measure(PLANE) for name, measure in RELATIVES.items() if name != "walk"}
    assert values["erasure"] == pytest.approx(i_surp(PLANE), abs=1e-12)
    for name in ("warped stimulus", "expanded stimulus", "unequal noise", "correlated noise", "whitened noise"):
        assert np.abs(values[name] - i_local(PLANE)).max() > 1e-3, name


def test_the_maps_are_those_that_their_sources_name():
    x = LINE.stimuli
    for name, moved in (("warped stimulus", x + np.tanh(2 * x) / 2), ("expanded stimulus", np.sinh(x))):
        there = EncodingModel(moved, LINE.prior, LINE.likelihood)
        assert RELATIVES[name](LINE) == pytest.approx(i_local(there), abs=1e-9)
    covariance = np.linalg.inv(_ROOT_INVERSE.T @ _ROOT_INVERSE)
    assert covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]) == pytest.approx(0.8)
    assert covariance[0, 0] == pytest.approx(covariance[1, 1])


def test_stimuli_on_a_line_in_the_plane_are_not_whitened():
    line = EncodingModel(LINE.stimuli * [[1.0, 2.0]], LINE.prior, LINE.likelihood)
    assert RELATIVES["whitened noise"](line) == pytest.approx(i_local(line), abs=1e-9)


@pytest.mark.parametrize("name", ["correlated noise", "whitened noise"])
def test_many_stimuli_off_their_grid_are_declined_and_not_left_to_hang(name):
    x = np.array([(i, j) for i in range(8) for j in range(7)], dtype=float)
    prior = 1.0 + (x[:, 0] * x[:, 1]) % 3
    model = EncodingModel(x, prior / prior.sum(), RNG.dirichlet(np.ones(2), len(x)).T)
    with pytest.raises(NotApplicable, match="off their grid"):
        RELATIVES[name](model)
    assert i_local(model) @ model.prior == pytest.approx(model.mutual_information(), abs=1e-5)


def test_whitened_noise_needs_no_unit_where_stimuli_span_less_than_their_space():
    """Three features of which the third is the sum of the others, each in a unit of its own or not."""
    places = np.array([[0.0, 0, 0], [1, 0, 1], [0, 2, 2], [1, 3, 4]])
    table = np.array([[0.7, 0.2, 0.5, 0.1], [0.3, 0.8, 0.5, 0.9]])
    prior = np.array([0.1, 0.4, 0.3, 0.2])
    one, other = (EncodingModel(places * unit, prior, table) for unit in (1.0, np.array([1.0, 5.0, 0.5])))
    whitened = RELATIVES["whitened noise"]
    assert whitened(other) == pytest.approx(whitened(one), abs=1e-6)
    assert np.abs(i_local(other) - i_local(one)).max() > 1e-3
