"""The axioms beyond the ten: a holder for each, and what each kills."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.groups import scaled_cases
from stiminfo.axioms.registry import FURTHER, case_from_json
from stiminfo.axioms.rotation_invariance import turned_cases
from stiminfo.axioms.spaces import solids
from stiminfo.axioms.strategies import finite_specs
from stiminfo.axioms.translation_invariance import shifted_cases
from stiminfo.errors import CaseError
from stiminfo.estimators.relatives import RELATIVES

PLANES = finite_specs(dimensions=2, max_stimuli=4, max_responses=3)
HELD = [
    ("translation_invariance", "isotropic noise"),
    ("scale_invariance", "isotropic noise"),
    ("rotation_invariance", "isotropic noise"),
    ("unit_invariance", "whitened noise"),
    ("unit_invariance", "erasure"),
    ("translation_invariance", "walk"),
]
BROKEN = [
    ("translation_invariance", "warped stimulus"),
    ("scale_invariance", "warped stimulus"),
    ("rotation_invariance", "unequal noise"),
    ("rotation_invariance", "correlated noise"),
    ("rotation_invariance", "warped stimulus"),
    ("unit_invariance", "isotropic noise"),
]


@pytest.mark.parametrize(("axiom", "name"), HELD)
def test_holds(axiom, name):
    few = FURTHER[axiom].crossed(False)[::5]
    found = attack(replace(FURTHER[axiom], crossed=lambda gradient: few), RELATIVES[name], examples=30)
    assert found.verdict == "holds", found.says


@pytest.mark.parametrize(("axiom", "name"), BROKEN)
def test_kills_by_a_known_case(axiom, name):
    found = attack(FURTHER[axiom], RELATIVES[name], examples=1)
    assert found.verdict == "refuted"
    assert found.examples <= 1
    assert found.margin > 1e-3
    assert found.witness["case"]["kind"] == "linear map"


@settings(max_examples=60, deadline=None, database=None)
@given(turned_cases(PLANES) | turned_cases(solids()))
def test_turns_are_turns(case):
    matrix = np.array(case.matrix)
    assert matrix @ matrix.T == pytest.approx(np.eye(len(matrix)), abs=1e-12)
    assert not any(case.shift)
    apart = np.linalg.norm(case.built.stimuli[:, None] - case.built.stimuli, axis=2)
    moved = np.linalg.norm(case.mapped.stimuli[:, None] - case.mapped.stimuli, axis=2)
    assert moved == pytest.approx(apart)


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_shifts_and_scales_are_what_they_say(data):
    shifted = data.draw(shifted_cases(PLANES))
    assert np.ptp(shifted.mapped.stimuli - shifted.built.stimuli, axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert min(shifted.shift) >= 1
    scaled = data.draw(scaled_cases(PLANES))
    assert scaled.matrix[0][0] == scaled.matrix[1][1] >= 2
    assert scaled.matrix[0][1] == scaled.matrix[1][0] == 0
    assert scaled.shift == (0, 0)


def test_units_are_scaled_apart():
    for family in FURTHER["unit_invariance"].families(False):
        case = find(family.cases, lambda case: case.matrix[0][0] != case.matrix[-1][-1])
        assert case.matrix[0][0] >= 2


def test_cases_are_judged_and_not_passed_over():
    """A turned plane model is no coordinatewise map: it must count as a case all the same."""
    drawn = replace(FURTHER["rotation_invariance"], crossed=lambda gradient: ())
    found = attack(drawn, RELATIVES["isotropic noise"], examples=12)
    assert found.examples == 23  # ten known and fourteen drawn, of which one was there before
    assert "declined" not in found.message


@pytest.mark.parametrize(
    ("matrix", "shift", "message"),
    [
        (((1, 0), (2, 0)), (0, 0), "not invertible"),
        (((1e9, 1e9), (1e9, 1e9)), (0, 0), "not invertible"),
        (((1, 0),), (0, 0), "square matrix"),
        (((1, 0), (0, 1)), (0,), "square matrix"),
        ("x", (0, 0), "matrix"),
    ],
)
def test_maps_that_are_none(matrix, shift, message):
    model = {"stimuli": [[0, 0], [0, 1]], "prior": [1, 1], "responses": [[1, 0], [0, 1]]}
    with pytest.raises(CaseError, match=message):
        case_from_json({"kind": "linear map", "model": model, "matrix": matrix, "shift": shift})


def test_a_map_to_tiny_units_is_invertible():
    tiny = ((1e-9, 0), (0, 1e-9))
    model = {"stimuli": [[0, 0], [0, 1]], "prior": [1, 1], "responses": [[1, 0], [0, 1]]}
    case = case_from_json({"kind": "linear map", "model": model, "matrix": tiny, "shift": [0, 0]})
    assert case.mapped.stimuli == pytest.approx(1e-9 * case.built.stimuli)
