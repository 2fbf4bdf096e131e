"""A measure that declines where it would be caught does not hold; one with limits that a model shows does."""

import numpy as np
import pytest
from declining import DECLINING, FORGETFUL
from msgspec import structs
from mutants import measure

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.auditing.declines import kind_of
from stiminfo.axioms.auditing.verdict import Audit
from stiminfo.axioms.cases import ModelCase
from stiminfo.errors import NotApplicable
from stiminfo.models.data import FiniteSpec
from stiminfo.reports.page import audit_page

SLOW = {"locality": pytest.mark.soak}
CHEATS = [
    pytest.param(axiom, make, marks=SLOW.get(axiom, ())) for axiom, makers in DECLINING.items() for make in makers
]


@pytest.mark.parametrize(("axiom", "make"), CHEATS)
def test_what_declines_where_it_is_wrong_does_not_hold(axiom, make):
    verdict = attack(AXIOMS[axiom], make(), examples=4)
    assert verdict.verdict in ("inconclusive", "error", "refuted")
    if verdict.verdict == "refuted":  # it did not decline where it should have
        return
    assert "declined" in verdict.says
    assert "not defined here" in verdict.says


def test_the_count_and_the_reason_are_in_json_and_on_the_page():
    verdict = attack(AXIOMS["positivity"], DECLINING["positivity"][0](), examples=4)
    assert "of them are no other in kind and size than models that it answers" in verdict.says
    audit = Audit("mine", {"positivity": verdict}, 0, 10)
    assert audit.to_json()["axioms"]["positivity"]["message"] == verdict.says
    assert "(not defined here)" in audit_page({"mine": audit})


@pytest.mark.parametrize(("name", "make"), FORGETFUL.items())
def test_what_answers_a_question_only_sometimes_is_an_error(name, make):
    verdict = attack(AXIOMS["completeness"], make(), examples=40)
    assert verdict.verdict == "error"
    assert "declined it when asked again (not defined here)" in verdict.says


def test_what_answers_only_when_asked_again_is_an_error():
    calls = []

    def late(model):
        calls.append(model)
        if len(calls) % 2:
            raise NotApplicable("later")
        return si.i_surp(model)

    verdict = attack(AXIOMS["completeness"], measure("late", late), examples=3)
    assert (verdict.verdict, verdict.says) == (
        "error",
        "late(model) declined a question (later), and answered it when asked again",
    )


def _no_plane(model):
    return model.dimensions > 1


def _many(model):
    return len(model.stimuli) > 20


def _one(model):
    return len(model.stimuli) == 1


def _rare(model):
    return model.prior.min() < 1e-8


def _cells(model):
    return (model.response_volumes != 1).any()


def _wide(model):
    return np.abs(model.stimuli).max() > 500


@pytest.mark.parametrize(
    ("axiom", "limit"),
    [
        *[("completeness", limit) for limit in (_many, _one, _rare, _cells, _wide)],
        ("data_processing", _one),
        pytest.param("completeness", _no_plane, marks=pytest.mark.soak),
    ],
)
def test_limits_that_a_model_shows_keep_the_verdict(axiom, limit):
    def answer(model):
        if limit(model):
            raise NotApplicable(limit.__name__)
        return si.i_surp(model)

    verdict = attack(AXIOMS[axiom], measure("limited", answer), examples=5)
    assert verdict.verdict == "holds", verdict.says
    assert "limited declined" in verdict.says


@pytest.mark.parametrize("cells", ["stimulus_volumes", "response_volumes"])
def test_cells_are_a_kind_of_their_own_whether_larger_or_smaller(cells):
    spec = FiniteSpec(((0,), (1,)), (1, 1), ((1, 2), (2, 1)))
    plain, small, large = (kind_of(ModelCase(structs.replace(spec, **{cells: (v, v)}))) for v in (1, 0.5, 2))
    assert plain == kind_of(ModelCase(spec))
    assert small == large != plain


def test_what_stimuli_span_is_a_kind_of_its_own_beyond_the_plane():
    """Few measures compute more than a plane in R^3, or grids without independent features."""
    flat = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0))
    solid = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    apart = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (2, 2, 0))
    kinds = {kind_of(ModelCase(FiniteSpec(x, (1,) * 4, ((1, 2),) * 4))) for x in (flat, solid, apart)}
    assert len(kinds) == 3
    plane = {
        kind_of(ModelCase(FiniteSpec(x, (1,) * len(x), ((1, 2),) * len(x)))) for x in (((0, 0),), ((0, 0), (1, 2)))
    }
    assert len(plane) == 1


def test_the_reason_is_that_of_what_is_within():
    """Not the one that is given most often, of a limit that a model shows."""

    def answer(model):
        if model.dimensions > 1:
            raise NotApplicable("no planes")
        if len(model.prior) == 3:
            raise NotApplicable("no threes")
        return si.i_surp(model)

    verdict = attack(AXIOMS["completeness"], measure("limited", answer), examples=5)
    assert verdict.verdict == "inconclusive"
    assert "no other in kind and size than models that it answers (no threes)" in verdict.says
