"""What strategies promise of their cases: the axiom's premise, and the smallest case that they shrink to."""

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis.strategies import just
from msgspec.structs import replace

from stiminfo.axioms.feature_insensitivity import irrelevant_feature_cases
from stiminfo.axioms.feature_insensitivity_marginal import xor_like_cases
from stiminfo.axioms.locality import BLOB_PLANE, decay_cases
from stiminfo.axioms.locality_any_prior import jump_cases
from stiminfo.axioms.registry import AXIOMS, case_from_json
from stiminfo.axioms.spaces import beside_others, irrelevant_of_many
from stiminfo.models.data import FiniteSpec
from stiminfo.models.features import insensitive_features


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize(
    ("cases", "jointly"),
    [
        (irrelevant_feature_cases, True),
        (irrelevant_of_many, True),
        (xor_like_cases, False),
        (lambda gradient: beside_others(xor_like_cases(gradient), gradient), False),
    ],
)
def test_the_feature_is_insensitive(cases, jointly, gradient):
    @settings(max_examples=60, deadline=None, database=None)
    @given(cases(gradient))
    def check(case):
        model = case.built
        assert {*case.silent} <= {*insensitive_features(model, jointly)}
        assert (model.likelihood_gradient is not None) == gradient
        assert case_from_json(case.to_json()).to_json() == case.to_json()

    check()


def test_xor_is_the_smallest_of_its_kind():
    def tells(case):
        """Both features together tell something, so that an insensitive one cannot be left out."""
        return case.built.mutual_information() > 0.1

    case = find(xor_like_cases(), tells, settings=settings(max_examples=2000, database=None, deadline=None))
    model = case.built
    assert len(model.prior) == 4
    assert set(model.likelihood.ravel()) == {0.0, 1.0}
    assert not insensitive_features(model, True)


@pytest.mark.parametrize(
    "case",
    [*AXIOMS["locality"].known[:2], BLOB_PLANE, replace(BLOB_PLANE, along=1), *AXIOMS["locality_any_prior"].known[:1]],
)
@pytest.mark.parametrize("view", ["built", "changed"])
def test_a_mirrored_case_is_the_same_turned_round(case, view):
    model, turned = getattr(case, view), getattr(replace(case, mirror=True), view)
    flip = np.ones(model.dimensions)
    flip[getattr(case, "along", 0)] = -1

    def sorted_by_place(one, sign):
        x = np.round(one.stimuli * sign, 9)
        order = np.lexsort(x.T)
        gradient = None if one.likelihood_gradient is None else one.likelihood_gradient[:, order] * sign
        return x[order], one.prior[order], one.likelihood[:, order], gradient

    for mine, other in zip(sorted_by_place(model, 1.0), sorted_by_place(turned, flip)):
        np.testing.assert_allclose(mine, other, atol=1e-12)
    assert sorted(replace(case, mirror=True).distances) == pytest.approx(sorted(case.distances))


@pytest.mark.parametrize("dimensions", [1, 2])
def test_locality_cases_travel_as_json(dimensions):
    @settings(max_examples=40, deadline=None, database=None)
    @given(decay_cases(dimensions, dimensions - 1) | jump_cases())
    def check(case):
        assert case_from_json(case.to_json()) == case

    check()


@pytest.mark.parametrize("geometry", ["nominal", "circle:4"])
@pytest.mark.parametrize("axiom", ["completeness", "positivity", "additivity", "data_processing"])
def test_cases_of_a_users_model_keep_its_geometry(axiom, geometry):
    """Pairs of nominal stimuli were once asked as if these lay on a line."""
    spec = FiniteSpec(
        ((0,), (1,), (2,)), (1, 2, 1), ((3, 1, 1), (1, 3, 2), (1, 1, 4)), values=(0, 1, 2), geometry=geometry
    )
    for family in AXIOMS[axiom].of_models(just(spec)):

        @settings(max_examples=10, deadline=None, database=None)
        @given(family.cases)
        def check(case):
            assert {str(view.geometry) for view in case.views} == {geometry}

        check()
