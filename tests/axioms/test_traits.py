"""Measures that are wrong where two unusual traits of a model meet: audits without such models said "holds" of them."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from mutants import information, measure

import stiminfo as si
from stiminfo.axioms import AXIOMS, crossed, traits
from stiminfo.axioms.auditing.attack import attack

surp = si.i_surp


@pytest.fixture(autouse=True)
def _of_these_models(monkeypatch):
    """Cases are made of these models only: those of others take most of the time, and find nothing here."""
    monkeypatch.setattr(crossed, "specs", traits.specs)


def found(axiom, wrong):
    """Refuted by such cases, without known, smallest and generated ones."""
    nothing = {name: lambda gradient: () for name in ("smallest", "sizes", "families")}
    verdict = attack(replace(AXIOMS[axiom], known=(), **nothing), wrong, shrink=False)
    assert verdict.verdict == "refuted", verdict.says


def on_circle(model):
    return model.geometry.period is not None


def nominal(model):
    return not (on_circle(model) or model.geometry.distances)


def in_the_plane(model):
    return model.stimuli.shape[1] == 2


def rare(model):
    return model.prior.min() < 1e-6


def many(model):
    return len(model.prior) > 25


def negative(model):
    return model.stimuli.min() < 0


def tiny(model):
    return np.abs(model.stimuli).max() < 1e-4


def far(model):
    return np.abs(model.stimuli).max() > 1e5


def noiseless(model):
    return (model.likelihood.max(axis=0) > 1 - 1e-12).all() and len(model.likelihood) > 1


def numbered(model):
    return model.responses is not None


def cells(model):
    return np.ptp(model.stimulus_volumes) > 0


def response_cells(model):
    return np.ptp(model.response_volumes) > 0


def several(model):
    return len(model.prior) > 4


def sloped(model):
    return model.likelihood_gradient is not None


def in_three_dimensions(model):
    return model.stimuli.shape[1] == 3


def untuned(model):
    return model.mutual_information() < 1e-12


def where(traits, wrong, right=surp):
    return lambda model: wrong(model) if all(trait(model) for trait in traits) else right(model)


def both(one, other):
    return pytest.param((one, other), id=f"{one.__name__} {other.__name__}")


PAIRS = [
    *(both(place, rare) for place in (on_circle, nominal, in_the_plane)),
    *(both(place, noiseless) for place in (on_circle, nominal, in_the_plane)),
    *(both(place, many) for place in (on_circle, nominal)),
    *(both(in_the_plane, trait) for trait in (tiny, far, numbered, cells, sloped)),
    *(both(several, trait) for trait in (tiny, numbered, cells, response_cells)),
    *(both(several, lambda model, p=period: model.geometry.period == p) for period in (180, 1)),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_what_goes_wrong_where_two_meet_is_found(pair):
    found("completeness", measure("more", where(pair, lambda model: 1.1 * surp(model)), surp.conditional))


@pytest.mark.parametrize(
    "pair", [(in_the_plane, rare), (in_the_plane, negative), (in_three_dimensions, several), (nominal, many)]
)
def test_negative_information_there_is_found(pair):
    less = where(pair, lambda model: surp(model) - 0.1 * information(model))
    found("positivity", measure("less", less, surp.conditional))


def parts(pair):
    return min(pair.likelihood.shape[:2]) > 4


PAIRS_OF_RESPONSES = {
    "parts circle": lambda pair: parts(pair) and on_circle(pair),
    "parts labels": lambda pair: parts(pair) and nominal(pair),
    "rare circle": lambda pair: rare(pair) and on_circle(pair),
    "slopes plane": lambda pair: sloped(pair) and in_the_plane(pair),
    **{trait.__name__: lambda pair, t=trait: several(pair) and t(pair) for trait in (tiny, negative, cells)},
    "many": many,
    "response cells": lambda pair: response_cells(pair) and len(pair.response_volumes) > 2,
}


@pytest.mark.parametrize("there", PAIRS_OF_RESPONSES.values(), ids=PAIRS_OF_RESPONSES)
def test_a_conditional_that_goes_wrong_there_is_found(there):
    more = measure("more", surp.pointwise, lambda pair: surp.conditional(pair) * (1 + 0.1 * there(pair)))
    found("additivity", more)


@pytest.mark.parametrize("pair", [both(place, rare) for place in (on_circle, nominal, in_the_plane)] + PAIRS[6:10])
def test_a_garbling_there_loses_information(pair):
    found("data_processing", measure("cissi", where(pair, si.i_cissi)))


def test_all_responses_mixed_tell_nothing():
    one = where((lambda model: len(model.prior) > 6 and len(model.likelihood) == 1,), lambda model: surp(model) + 0.01)
    found("data_processing", measure("one", one))
    wrong = where((untuned, lambda model: len(model.likelihood) > 1), lambda model: surp(model) + 0.01)
    found("data_processing", measure("untuned", wrong))


def test_numbers_that_are_lost_add_nothing():
    found("data_processing", measure("numbers", where((numbered, several), lambda model: 0.9 * surp(model))))


def smoothed(model):
    """Each response together with its neighbours, which turning their order round does not change."""
    table = np.array(model.likelihood)
    table[1:] += model.likelihood[:-1]
    table[:-1] += model.likelihood[1:]
    return surp(model.replace(likelihood=table / table.sum(axis=0), likelihood_gradient=None))


def test_responses_are_shuffled_not_only_turned_round(monkeypatch):
    monkeypatch.setattr(crossed, "specs", crossed.joints)
    found("response_invariance", measure("smooth", where((lambda model: 10 <= len(model.likelihood) <= 24,), smoothed)))


def featurewise(wrong):
    """The surprise of each feature alone, with a leak where ``wrong(model)``."""

    def shares(model):
        alone = np.stack([_marginal(model, x) for x in model.stimuli.T], axis=1)
        return 0.9 * alone + 0.1 * alone.mean(axis=1, keepdims=True) if wrong(model) else alone

    return measure("leaking", lambda model: shares(model).sum(axis=1), featurewise=shares)


def _marginal(model, feature):
    values, which = np.unique(feature, return_inverse=True)
    member = (which == np.arange(len(values))[:, None]) * model.prior
    table = model.likelihood @ (member / member.sum(axis=1, keepdims=True)).T
    return surp(si.EncodingModel(values, member.sum(axis=1), table))[which]


LEAKS = {
    "uniform": lambda model: len(model.prior) > 9 and np.ptp(model.prior) < 1e-12,
    "sloped": sloped,
    "numbered": numbered,
    "cells": cells,
    "response cells": response_cells,
    "tiny": tiny,
    "noiseless": lambda model: len(model.prior) > 6 and noiseless(model),
    "many of both": lambda model: min(len(np.unique(x)) for x in model.stimuli.T) > 6,
    "many responses": lambda model: len(model.likelihood) > 8,
    "seven features": lambda model: model.dimensions == 7 and len(model.prior) > 8,
}


@pytest.mark.parametrize("wrong", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("axiom", ["feature_insensitivity", "feature_insensitivity_marginal"])
def test_a_feature_that_leaks_there_is_found(axiom, wrong):
    """The axiom as the paper states it is asked the cases of the other: they meet its premise as well."""
    found(axiom, featurewise(wrong))


@pytest.mark.parametrize("axiom", ["feature_insensitivity", "feature_insensitivity_marginal"])
def test_a_sound_sum_of_features_holds(axiom):
    assert attack(AXIOMS[axiom], featurewise(lambda model: False), examples=20).verdict == "holds"


def test_any_two_traits_meet():
    kinds = [traits.kinds(place, table) for place in range(6) for table in range(8)]
    for one, other in combinations(range(5), 2):
        met = {(each[one], each[other]) for each in kinds}
        assert len(met) == len({each[one] for each in kinds}) * len({each[other] for each in kinds})
    assert len(traits.specs()) == len(set(traits.specs())) > len(kinds)
    for spec in traits.specs():
        assert len(spec.build().prior) == len(spec.stimuli)
