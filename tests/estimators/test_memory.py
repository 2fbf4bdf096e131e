"""Within an audit the latest integrals are remembered; elsewhere each is computed anew."""

import numpy as np

import stiminfo as si
from stiminfo.estimators import local, memory
from stiminfo.estimators.memory import remembering

MODEL = si.EncodingModel([0, 1, 3], [0.2, 0.3, 0.5], [[0.5, 0.1, 0.6], [0.5, 0.9, 0.4]])


def counting(monkeypatch):
    asked, integrate = [], local.integrate
    monkeypatch.setattr(local, "integrate", lambda *question: asked.append(0) or integrate(*question))
    return asked


def test_the_same_question_is_computed_once_within_an_audit(monkeypatch):
    asked = counting(monkeypatch)
    usual = si.i_local(MODEL)
    with remembering():
        first, again, features = si.i_local(MODEL), si.i_local(MODEL.replace()), si.i_local.featurewise(MODEL)
        assert len(asked) == 2
        features += 1  # what is remembered cannot be written to
        np.testing.assert_array_equal([first, again, si.i_local(MODEL)], [usual] * 3)
    si.i_local(MODEL)
    assert len(asked) == 3


def test_another_question_is_another_answer(monkeypatch):
    others = [
        MODEL.replace(stimuli=[0, 1, 4], likelihood_gradient=None),
        MODEL.replace(prior=[0.3, 0.2, 0.5]),
        MODEL.replace(likelihood=MODEL.likelihood[:, ::-1]),
    ]
    usual = [si.i_local(model) for model in others]
    monkeypatch.setattr(memory, "_KEPT", 1)
    asked = counting(monkeypatch)
    with remembering():
        np.testing.assert_array_equal([si.i_local(model) for model in [MODEL, *others]][1:], usual)
        np.testing.assert_array_equal(si.i_local(MODEL), si.i_local(MODEL))
        assert not np.array_equal(si.i_kong2(MODEL), si.i_local(MODEL))
    assert len(asked) == 6  # the oldest was forgotten


def test_a_circle_is_another_question_than_its_line():
    table = [[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]]
    line = si.EncodingModel([0, 100, 300], [1 / 3] * 3, table)
    ring = si.EncodingModel([0, 100, 300], [1 / 3] * 3, table, geometry="circle:360")
    alone = [si.i_local(model) for model in (line, ring)]
    with remembering():
        assert [si.i_local(model).tolist() for model in (line, ring)] == [found.tolist() for found in alone]
    assert abs(alone[0] - alone[1]).max() > 0.01


def test_an_audit_of_several_axioms_remembers_from_one_to_the_next(monkeypatch):
    asked = counting(monkeypatch)
    pair = si.ResponsePair.independent(MODEL, MODEL)
    with remembering():
        with remembering():
            first = si.i_local(MODEL), si.i_local.conditional(pair)
        with remembering():
            again = si.i_local(MODEL), si.i_local.conditional(pair)
    assert len(asked) == 2
    for one, other in zip(first, again):
        np.testing.assert_array_equal(one, other)
    with remembering():
        si.i_local(MODEL)
    assert len(asked) == 3


def test_each_model_given_a_response_is_built_once():
    pair = si.ResponsePair.independent(MODEL, MODEL)
    assert pair.given_first(1) is pair.given_first(1)
    assert not np.array_equal(pair.given_first(0).prior, pair.given_first(1).prior)
