"""Models beyond the plane: they are what they say, exact measures reach them all, and axioms are asked there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stiminfo as si
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.families import spaces
from stiminfo.axioms.registry import AXIOMS, EVERY
from stiminfo.axioms.spaces import independent_features, product_of, solids
from stiminfo.axioms.strategies import finite_specs
from stiminfo.estimators.parts import independent_parts
from stiminfo.estimators.resolution import QUICK, resolution_for, span_of
from stiminfo.models.features import insensitive_features

LINES = finite_specs(gradient=True, min_stimuli=2, max_stimuli=3, max_responses=2, rare=False)
FEW = settings(max_examples=25, deadline=None, database=None)


@FEW
@given(st.lists(LINES, min_size=2, max_size=3))
def test_a_product_has_each_model_as_a_part(specs):
    whole = product_of(specs).build()
    assert len(whole.stimuli) == np.prod([len(spec.stimuli) for spec in specs])
    lines = [spec.build() for spec in specs]
    assert whole.mutual_information() == pytest.approx(sum(line.mutual_information() for line in lines))
    fisher = si.fisher.featurewise(whole)
    for i, line in enumerate(lines):
        at = (whole.stimuli[:, [i]] == line.stimuli.T).argmax(axis=1)
        assert fisher[:, i] == pytest.approx(si.fisher(line)[at])


@FEW
@given(solids() | solids(gradient=True))
def test_solids_span_three_dimensions_at_most(spec):
    model = spec.build()
    assert 4 <= len(model.stimuli) <= 8
    assert 3 <= model.dimensions <= 8
    assert resolution_for(model.stimuli, QUICK)
    assert (spec.gradient is None) == (model.likelihood_gradient is None)


@FEW
@given(independent_features())
def test_independent_features_are_parts_of_their_own(spec):
    model = spec.build()
    parts = independent_parts(model)
    assert [part.features.tolist() for part in parts] == [[i] for i in range(model.dimensions)]
    assert model.dimensions - len(insensitive_features(model, jointly=True)) <= 4


@settings(max_examples=10, deadline=None, database=None)
@given(spaces(gradient=False))
def test_exact_measures_reach_all_of_them(spec):
    model = spec.build()
    values = si.i_local.evaluate(model, "pointwise", "quick")[0]
    assert model.prior @ values == pytest.approx(model.mutual_information(), abs=1e-4)


def beyond(least, wrong):
    """The specific surprise, wrong where stimuli vary in so many dimensions or more."""
    spans = lambda model: len(span_of(model.stimuli).axes) >= least  # noqa: E731
    return lambda model: wrong(model) if spans(model) else si.i_surp(model)


WRONG = {
    "completeness": lambda model: 1.01 * si.i_surp(model),
    "positivity": lambda model: -si.i_surp(model),
    "data_processing": lambda model: si.i_surp(model) + 0.01 / len(model.likelihood),
    "response_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * model.likelihood[0]),
    "stimulus_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * np.tanh(model.stimuli[:, -1])),
    "translation_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * np.tanh(model.stimuli[:, -1])),
    "scale_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * np.tanh(model.stimuli[:, -1])),
    "unit_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * np.tanh(np.ptp(model.stimuli[:, -1]) / 9)),
    "rotation_invariance": lambda model: si.i_surp(model) * (1 + 0.01 * np.tanh(model.stimuli[:, -1])),
}


#: Turned, independent features are independent no longer, and out of reach of exact measures.
ASKED = [(axiom, least) for axiom in WRONG for least in (3, 5) if (axiom, least) != ("rotation_invariance", 5)]


@pytest.mark.parametrize(("axiom", "least"), ASKED)
def test_axioms_are_asked_beyond_the_plane(axiom, least):
    verdict = attack(EVERY[axiom], si.Measure("mutant", beyond(least, WRONG[axiom])), shrink=False)
    assert verdict.verdict == "refuted", verdict.message
    assert len(span_of(verdict.case.views[0].stimuli).axes) >= least


def leaking(least, where):
    """The specific surprise in the features that are told; from so many dimensions on, 1% leaks into one of them."""

    def featurewise(model):
        values = si.i_surp(model)[:, None] * np.zeros(model.dimensions)
        told = [i for i in range(model.dimensions) if i not in insensitive_features(model, jointly=True)] or [0]
        values[:, told] = si.i_surp(model)[:, None] / len(told)
        leak = 0.01 * (len(span_of(model.stimuli).axes) >= least)
        found = (1 - leak) * values
        found[:, where % model.dimensions] += leak * values.sum(axis=1)
        return found

    return si.Measure("leaking", si.i_surp.pointwise, featurewise=featurewise)


@pytest.mark.parametrize(("least", "where"), [(4, 0), (5, 2), (6, -1)])
def test_features_are_asked_in_any_number(least, where):
    verdict = attack(AXIOMS["feature_insensitivity"], leaking(least, where), shrink=False)
    assert verdict.verdict == "refuted", verdict.message
    assert verdict.case.built.dimensions >= least
