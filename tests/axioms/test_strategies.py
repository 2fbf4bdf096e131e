"""What strategies promise of their cases: the axiom's premise, and the smallest case that they shrink to."""

import pytest
from hypothesis import find, given, settings

from stiminfo.axioms import strategies as draw
from stiminfo.axioms.case_json import case_from_json
from stiminfo.axioms.features import insensitive_features


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize(("cases", "jointly"), [(draw.irrelevant_feature_cases, True), (draw.xor_like_cases, False)])
def test_the_feature_is_insensitive(cases, jointly, gradient):
    @settings(max_examples=60, deadline=None, database=None)
    @given(cases(gradient))
    def check(case):
        model = case.built
        assert case.feature in insensitive_features(model, jointly)
        assert (model.likelihood_gradient is not None) == gradient
        assert case_from_json(case.to_json()).to_json() == case.to_json()

    check()


def test_xor_is_the_smallest_of_its_kind():
    def tells(case):
        """Both features together tell something, so that an insensitive one cannot be left out."""
        return case.built.mutual_information() > 0.1

    case = find(draw.xor_like_cases(), tells, settings=settings(max_examples=2000, database=None, deadline=None))
    model = case.built
    assert len(model.prior) == 4
    assert set(model.likelihood.ravel()) == {0.0, 1.0}
    assert not insensitive_features(model, True)
