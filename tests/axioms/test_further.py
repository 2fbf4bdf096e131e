"""The axioms beyond the ten: a holder for each, and what each kills."""

import pytest

from stiminfo.axioms.cases import case_from_json
from stiminfo.axioms.further import FURTHER
from stiminfo.axioms.search import search
from stiminfo.axioms.specs import SpecError
from stiminfo.axioms.witness import witness_json
from stiminfo.estimators.relatives import RELATIVES

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
    assert search(FURTHER[axiom], RELATIVES[name], examples=6).verdict == "holds"


@pytest.mark.parametrize(("axiom", "name"), BROKEN)
def test_kills_by_a_known_case(axiom, name):
    found = search(FURTHER[axiom], RELATIVES[name], examples=1)
    assert found.verdict == "refuted"
    assert found.examples <= 1
    assert found.margin > 1e-3
    assert witness_json(name, axiom, found.case, found.finding)["case"]["kind"] == "linear map"


def test_cases_are_judged_and_not_passed_over():
    """A turned plane model is no coordinatewise map: it must count as a case all the same."""
    found = search(FURTHER["rotation_invariance"], RELATIVES["isotropic noise"], examples=12)
    assert found.examples == 13


@pytest.mark.parametrize(
    ("matrix", "shift", "message"),
    [
        (((1, 0), (2, 0)), (0, 0), "not invertible"),
        (((1, 0),), (0, 0), "square matrix"),
        (((1, 0), (0, 1)), (0,), "square matrix"),
        ("x", (0, 0), "matrix"),
    ],
)
def test_maps_that_are_none(matrix, shift, message):
    model = {"stimuli": [[0, 0], [0, 1]], "prior": [1, 1], "responses": [[1, 0], [0, 1]]}
    with pytest.raises(SpecError, match=message):
        case_from_json({"kind": "linear map", "model": model, "matrix": matrix, "shift": shift})
