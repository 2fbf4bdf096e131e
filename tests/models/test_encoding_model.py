import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import stiminfo as si
from stiminfo.axioms import strategies as draw
from stiminfo.models import ModelError

TWO = ([0, 1], [0.5, 0.5], [[0.5, 0.5], [0.5, 0], [0, 0.5]])


def test_equal_stimuli_are_merged_by_weight():
    model = si.EncodingModel([3, 5, 3], [0.2, 0.4, 0.4], [[1, 0.5, 0.25], [0, 0.5, 0.75]])
    assert model.stimuli.tolist() == [[3], [5]]
    assert np.allclose(model.prior, [0.6, 0.4])
    assert np.allclose(model.likelihood[:, 0], [(0.2 * 1 + 0.4 * 0.25) / 0.6, 0.4 * 0.75 / 0.6])


def test_what_cannot_occur_is_dropped():
    model = si.EncodingModel([0, 1, 2], [0.5, 0, 0.5], [[0.5, 0, 1], [0.5, 0, 0], [0, 1, 0]])
    assert model.stimuli.tolist() == [[0], [2]]
    assert model.likelihood.shape == (2, 2)


def test_arrays_are_read_only():
    model = si.EncodingModel(*TWO)
    for array in (model.stimuli, model.prior, model.likelihood, model.stimulus_volumes, model.response_volumes):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_mutual_information_of_shared_responses():
    assert si.EncodingModel(*TWO).mutual_information() == pytest.approx(np.log(2) / 2, abs=1e-15)


def test_a_tiny_atom_is_legitimate():
    model = si.EncodingModel([0, 1], [1, 1e-300], [[0.9, 0.2], [0.1, 0.8]])
    assert model.prior[1] == 1e-300
    assert np.isfinite(model.posterior).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prior": [0.5, 0.4]}, r"prior sums to 0\.9; expected 1"),
        ({"prior": [1.5, -0.5]}, r"prior\[1\] is -0\.5; expected no negative"),
        ({"prior": [0.5, np.nan]}, r"prior\[1\] is nan"),
        ({"prior": [1.0]}, r"prior has shape \(1,\); expected \(2\)"),
        ({"likelihood": [[0.5, 0.5], [0.5, 0.4]]}, r"likelihood column 1 \(stimulus \[1\.0\]\) sums to 0\.9"),
        ({"likelihood": [[0.5], [0.5]]}, r"likelihood has shape \(2, 1\); expected \(any, 2\) = \(K, J\)"),
        ({"likelihood": [[1j, 1], [0, 0]]}, "complex"),
        ({"likelihood": [[1, 1], [0]]}, "ragged"),
        ({"stimuli": []}, "at least one stimulus"),
        ({"stimuli": ["a", "b"]}, "real numbers"),
        ({"stimulus_volumes": [1, 0]}, "positive cell volumes"),
        ({"response_volumes": [1, 1]}, r"response_volumes has shape \(2,\)"),
        ({"likelihood_gradient": np.ones((3, 2, 1))}, "sums to 3 over the responses"),
        ({"likelihood_gradient": [[[0], [0]], [[1], [-1]], [[-1], [1]]]}, "infinite; expected 0 there"),
        ({"responses": [1, 2]}, r"responses has shape \(2,\)"),
    ],
)
def test_errors_say_what_where_and_what_was_expected(change, message):
    arguments = dict(zip(("stimuli", "prior", "likelihood"), TWO)) | change
    with pytest.raises(ModelError, match=message):
        si.EncodingModel(**arguments)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, -1]], r"counts\[0, 1\] is -1, negative"),
        ([[1, 0.5]], "fractional"),
        ([[1, np.nan]], "finite"),
        ([[1, 2], [3]], "ragged"),
        ([[0, 0]], "all zero"),
        ([[1, 1], [0, 0]], r"stimulus \[1\.0\] \(row 1\) has no trial"),
    ],
)
def test_counts_are_whole_numbers_of_trials(counts, message):
    with pytest.raises(ModelError, match=message):
        si.EncodingModel.from_counts(counts)


def test_from_counts_is_the_plug_in_joint():
    model = si.EncodingModel.from_counts([[3, 1], [2, 2]], [10, 20])
    assert model.prior.tolist() == [0.5, 0.5]
    assert model.likelihood.T.tolist() == [[0.75, 0.25], [0.5, 0.5]]


def test_repr_names_what_there_is():
    assert repr(si.EncodingModel(*TWO)) == "EncodingModel(2 stimuli in R^1, 3 responses, I(R;X) = 0.3466 nats)"


@given(draw.response_pairs(gradient=True))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_conditionals_of_a_pair_follow_from_bayes(pair):
    total = np.zeros((pair.likelihood.shape[1], len(pair.stimuli)))
    for k, given_x in enumerate(pair.first_given_stimulus):
        support = pair.support_given_first(k)
        if support.any():
            model = pair.given_first(k)
            assert model.stimuli.tolist() == pair.stimuli[support].tolist()
            kept = pair.likelihood[k].sum(axis=1) > 0
            # r' that never go with r_k are dropped from the model.
            table = np.zeros((len(kept), support.sum()))
            table[kept] = model.likelihood
            total[:, support] += given_x[support] * table
    assert np.allclose(total, pair.likelihood.sum(axis=0), atol=1e-12)


def test_gradient_of_a_conditional_is_the_quotient_rule():
    # p(r, r'|x) = 1/4 (1 + a x)(1 + b x) ... at x = 0 and 0.1, by hand: p(r'|r, x) does not depend on r here.
    table = np.array([[[0.36], [0.24]], [[0.24], [0.16]]])
    slope = np.array([[[[0.12 + 0.06]], [[0.08 - 0.06]]], [[[-0.12 + 0.04]], [[-0.08 - 0.04]]]])
    pair = si.ResponsePair([0], [1], table, likelihood_gradient=slope)
    assert np.allclose(pair.given_first(0).likelihood_gradient[:, 0, 0], [0.1, -0.1])
    assert np.allclose(pair.given_first(1).likelihood_gradient[:, 0, 0], [0.1, -0.1])


def test_pair_volumes_must_factor():
    with pytest.raises(ModelError, match="outer product"):
        si.ResponsePair([0], [1], np.full((2, 2, 1), 0.25), response_volumes=[[1, 1], [1, 2]])


def test_strategies_shrink_to_the_smallest_models():
    smallest = find(draw.finite_specs(), lambda spec: True)
    assert (smallest.stimuli, smallest.prior, smallest.responses) == (((0,),), (1,), ((1,),))
    two = find(draw.finite_specs(), lambda spec: spec.build().mutual_information() > 0.1)
    assert two.stimuli == ((0,), (1,))
    assert max(max(row) for row in two.responses) <= 1
    rare = find(draw.finite_specs(), lambda spec: min(spec.prior) < 1e-100, settings=settings(max_examples=5000))
    assert 2 <= len(rare.stimuli) <= 3


@given(draw.finite_specs(dimensions=2, gradient=True, volumes=True))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_finite_specs_build_what_they_say(spec):
    model = spec.build()
    assert len(model.stimuli) == len(spec.stimuli)
    assert model.likelihood_gradient is not None


@given(st.data())
@settings(deadline=None, max_examples=30, derandomize=True)
def test_every_continuous_spec_builds(data):
    data.draw(draw.continuous_specs()).build()
