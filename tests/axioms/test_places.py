"""Stimuli on a circle and nominal stimuli are asked: a measure that goes wrong there alone does not hold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from mutants import information, measure, zero_mean

import stiminfo as si
from stiminfo.axioms import AXIOMS, Witness, places, replay
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.cases import ModelCase
from stiminfo.axioms.finding import place
from stiminfo.axioms.known import with_slopes
from stiminfo.axioms.places import PlacesCase
from stiminfo.axioms.registry import EVERY, case_from_json
from stiminfo.axioms.strategies import finite_specs
from stiminfo.errors import CaseError

local, surp = si.i_local, si.i_surp
FEW = settings(max_examples=30, deadline=None, database=None)


def on_circle(target):
    return target.geometry.period is not None


def nominal(target):
    return not target.geometry.distances


def more(share, where, form):
    return lambda target: form(target) * (1 + share * where(target))


def fewer_responses(where):
    return lambda model: surp(model) * (1 + 0.02 * where(model) / len(model.likelihood))


def first_response(where):
    return lambda model: surp(model) * (1 + 0.01 * where(model) * model.response_probability[0])


def below_the_mean(where):
    return lambda model: surp(model) - 0.5 * where(model) * information(model)


def by_number(where):
    """The number that stands for a stimulus weighs in."""
    return lambda model: surp(model) + 0.01 * where(model) * zero_mean(model, lambda m: np.tanh(m.stimuli[:, 0]))


def straight(model):
    """I_local as if angles were points of a line."""
    return local(model.replace(geometry=None))


def all_features(model):
    """Labels of one feature tell of the other."""
    values = local.featurewise(model.replace(geometry=None))
    leak = 0.1 * nominal(model)
    return (1 - leak) * values + leak * values.mean(axis=1, keepdims=True)


def labels(model):
    return local(model.replace(geometry=None))


WRONG = [
    *[("completeness", measure("1%", more(0.01, where, surp), surp.conditional)) for where in (on_circle, nominal)],
    *[("additivity", measure("1%", surp.pointwise, more(0.01, w, surp.conditional))) for w in (on_circle, nominal)],
    *[("data_processing", measure("fewer", fewer_responses(where))) for where in (on_circle, nominal)],
    *[("response_invariance", measure("first", first_response(where))) for where in (on_circle, nominal)],
    *[("positivity", measure("below", below_the_mean(where))) for where in (on_circle, nominal)],
    *[("stimulus_invariance", measure("number", by_number(where))) for where in (on_circle, nominal)],
    ("feature_insensitivity", measure("labels leak", labels, featurewise=all_features)),
    ("translation_invariance", measure("straight", straight)),
]


@pytest.mark.parametrize(("axiom", "wrong"), WRONG)
def test_what_is_wrong_there_alone_is_refuted_there(axiom, wrong):
    there = tuple(case for case in EVERY[axiom].known if not case.views[0].geometry.vectors)
    verdict = attack(replace(EVERY[axiom], known=there), wrong, examples=1)
    assert verdict.verdict == "refuted", verdict.says
    assert not verdict.case.views[0].geometry.vectors


@FEW
@given(places.turns(finite_specs()) | places.nominal(finite_specs()).map(lambda s: PlacesCase(s, s.stimuli[::-1])))
def test_the_joint_distribution_stays_as_it_is(case):
    before, after = case.views
    assert after.mutual_information() == pytest.approx(before.mutual_information(), abs=1e-12)
    assert case_from_json(case.to_json()) == case
    if on_circle(before):
        turn = np.exp(2j * np.pi * before.stimuli[:, 0] / before.geometry.period)
        moved = np.exp(2j * np.pi * after.stimuli[:, 0] / after.geometry.period)
        turn = turn if case.slope > 0 else turn.conj()
        assert moved / turn == pytest.approx(np.full(len(turn), moved[0] / turn[0]), abs=1e-9)


def test_slopes_go_with_the_circle():
    """Fisher information is that of the unit: of radians, in place of degrees, (180 / pi)^2 times as much."""
    case = places.turned(with_slopes(ModelCase(places.COMPASS)).model, 3, -1, "circle:2pi")
    assert si.fisher(case.mapped) == pytest.approx(si.fisher(case.built) * (180 / np.pi) ** 2)
    assert places.PlacesCase(case.model, case.model.stimuli).mapped.likelihood_gradient is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"slope": 0}, "slope"),
        ({"stimuli": [[0], [90], [360], [1]]}, "one and the same"),
        ({"stimuli": [[1]]}, "shape"),
    ],
)
def test_places_that_are_none(change, says):
    with pytest.raises(CaseError, match=says):
        case_from_json(places.CUT[0].to_json() | change)


def test_a_witness_there_replays_and_is_drawn():
    wrong = WRONG[10][1]
    verdict = attack(AXIOMS["stimulus_invariance"], wrong, examples=1)
    assert "another cut or unit of the circle changes I at x = " in verdict.says
    assert replay(Witness("number", "stimulus_invariance", verdict.case, verdict.finding), wrong).stands
    assert verdict.plot().axes


def test_a_stimulus_is_named_by_its_value():
    model = si.EncodingModel([[1.5], [7]], [0.5, 0.5], np.eye(2))
    assert place(model, 1) == "x = 7 (stimulus 1)"
    assert place(si.EncodingModel([[1.5, 0], [7, 2]], [0.5, 0.5], np.eye(2)), 0) == "x = (1.5, 0) (stimulus 0)"
    assert place(si.EncodingModel([[0], [1]], [0.5, 0.5], np.eye(2), geometry="nominal"), 1) == "stimulus 1"


def test_measures_decline_there_for_a_declared_reason():
    """Labels have no distances: the measure is judged on all else, and how many cases it declined is said."""
    verdict = attack(AXIOMS["positivity"], si.fisher, examples=5)
    assert verdict.verdict == "holds"
    assert "nominal stimuli have none" in verdict.says


@FEW
@given(places.turns(finite_specs()) | places.shuffled(places.nominal(finite_specs())))
def test_drawn_places_are_all_different(case):
    assert [len(model.stimuli) for model in case.views] == [len(case.model.stimuli)] * 2


@FEW
@given(places.on_circles(finite_specs(min_stimuli=6)))
def test_drawn_angles_are_all_different(spec):
    assert len(spec.build().stimuli) == 6
