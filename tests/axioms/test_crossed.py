"""Every number of stimuli and of responses in every kind of place, and ordinary probabilities, are asked."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from mutants import information, measure

import stiminfo as si
from stiminfo.axioms import AXIOMS, crossed, ordinary
from stiminfo.axioms.auditing.attack import SLOW_STEP, attack
from stiminfo.axioms.cases import ModelCase

surp = si.i_surp
ASKED = [
    *("completeness", "positivity", "additivity", "data_processing", "response_invariance", "stimulus_invariance"),
    "feature_insensitivity",
]


def alone(axiom, part):
    """The axiom with its cases of one part only: the others take most of the time, and find nothing here."""
    nothing = {name: lambda gradient: () for name in ("smallest", "sizes", "crossed", "families") if name != part}
    return replace(AXIOMS[axiom], known=(), **nothing)


def found(axiom, wrong, part="crossed"):
    verdict = attack(alone(axiom, part), wrong)
    assert verdict.verdict == "refuted", verdict.says


def on_circle(model):
    return model.geometry.period is not None


def nominal(model):
    return not model.geometry.distances


def in_the_plane(model):
    return model.stimuli.shape[1] == 2


def stimuli(low, high):
    return lambda model: low <= len(model.prior) <= high


def even(model):
    return np.ptp(model.prior) < 1e-12 and len(model.prior) > 3


def likely(model):
    return 0.92 < model.prior.max() < 0.98


def sparse(model):
    likeliest = model.likelihood.max(axis=0)
    return likeliest.min() > 0.92 and likeliest.max() < 0.998


def close(model):
    return model.dimensions == 1 and len(model.prior) > 1 and 0.01 < np.diff(np.sort(model.stimuli[:, 0])).min() < 0.08


PLACES = [on_circle, nominal, in_the_plane]
SIZES = [(5, 6), (7, 9), (10, 14), (15, 19), (20, 24)]
THERE = [
    *(lambda model, p=place, s=size: p(model) and stimuli(*s)(model) for place in PLACES for size in SIZES),
    *(lambda model, p=place: p(model) and len(model.likelihood) > 4 for place in PLACES),
    *(even, likely, sparse, close),
]


def where(there, wrong):
    return lambda model: wrong(model) if there(model) else surp(model)


def less(model):
    return surp(model) - 0.1 * information(model)


def first_response(model):
    return surp(model) * (1 + 0.1 * model.response_probability[0])


def place(model):
    return surp(model) * (1 + 0.1 * np.tanh(np.abs(model.stimuli[:, 0])))


@pytest.mark.parametrize("there", THERE)
def test_what_goes_wrong_there_alone_is_found(there):
    found("completeness", measure("more", where(there, lambda model: 1.1 * surp(model)), surp.conditional))
    found("positivity", measure("less", where(there, less), surp.conditional))
    found("response_invariance", measure("first", where(there, first_response)))
    found("stimulus_invariance", measure("place", where(there, place)))


@pytest.mark.parametrize("there", [*THERE[:15], even, likely])
def test_what_only_a_pair_or_a_garbled_response_shows_is_found(there):
    def conditional(pair):
        return surp.conditional(pair) * (1 + 0.1 * there(pair.first))

    found("additivity", measure("more", surp.pointwise, conditional))
    found("data_processing", measure("cissi", where(there, si.i_cissi)))


@pytest.mark.parametrize("bad", [si.i_cissi, si.i_ssi])
@pytest.mark.parametrize("n", range(2, 25))
def test_a_garbling_loses_information_at_every_size(bad, n):
    """In every place a response of each number of stimuli is garbled such that these measures rise."""
    cases = [case for case in crossed.garblings(lambda spec: None)(False) if case is not None]
    rises = {
        where: max(float((bad(case.garbled) - bad(case.built)).max()) for case in cases if at(case.model, n, where))
        for where in (None, "circle:360", "nominal", "plane")
    }
    assert min(rises.values()) > 1e-4


def at(spec, n, where):
    kind = "plane" if len(spec.stimuli[0]) == 2 else spec.geometry
    return len(spec.stimuli) == n and kind == where


@pytest.mark.parametrize("there", PLACES)
def test_numerical_responses_are_stretched_there(there):
    def by_rate(model):
        rate = model.responses @ model.likelihood
        return surp(model) * (1 + 0.1 * rate**2 / (1 + rate**2))

    wrong = measure("rate", where(lambda model: there(model) and model.responses is not None, by_rate))
    for part in ("crossed", "families"):
        found("response_invariance", wrong, part)


@pytest.mark.parametrize("told", [0, 1])
def test_a_feature_of_many_values_beside_another_is_asked(told):
    def featurewise(model):
        values = [len(np.unique(column)) for column in model.stimuli.T]
        shares = np.zeros(model.stimuli.shape)
        idle = int(all(np.ptp(surp(model)[model.stimuli[:, 0] == x]) < 1e-12 for x in model.stimuli[:, 0]))
        leak = 0.1 * (min(values) > 3 and idle != told)
        shares[:, 1 - idle], shares[:, idle] = (1 - leak) * surp(model), leak * surp(model)
        return shares

    wrong = measure("leaking", surp.pointwise, featurewise=featurewise)
    found("feature_insensitivity", wrong)


@pytest.mark.parametrize("axiom", ASKED)
def test_those_with_slopes_are_the_same(axiom):
    without, sloped = AXIOMS[axiom].crossed(False), AXIOMS[axiom].crossed(True)
    assert len(without) == len(sloped) > 20
    for case in sloped[::9]:
        assert case.views[0].likelihood_gradient is not None or axiom == "stimulus_invariance"


def test_a_slow_measure_is_asked_some_of_them():
    slow = si.Measure("slow", surp.pointwise, conditional=surp.conditional, slow=True)
    asked = AXIOMS["completeness"].crossed(False)
    assert attack(alone("completeness", "crossed"), slow).cases == len(asked[::SLOW_STEP])


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(ordinary.drawn(gradient=True))
def test_drawn_models_are_models_with_slopes(spec):
    model = spec.build()
    assert model.likelihood_gradient is not None
    assert len(model.prior) <= ordinary.MOST


@pytest.mark.parametrize(
    ("axiom", "there"),
    [
        ("completeness", lambda model: in_the_plane(model) and len(model.prior) > 6),
        ("completeness", lambda model: nominal(model) and len(model.prior) > 6),
        ("completeness", lambda model: sparse(model) and len(model.prior) > 4 and len(model.likelihood) > 2),
    ],
)
def test_a_search_draws_them(axiom, there):
    found(axiom, measure("more", where(there, lambda model: 1.1 * surp(model)), surp.conditional), "families")


def test_fixed_ones_are_what_they_say():
    models = [spec.build() for spec in ordinary.specs()]
    for kind in (even, likely, sparse, close):
        assert len({len(model.prior) for model in models if kind(model)}) > 4
    assert {len(spec.stimuli) for spec in map(crossed.grid, ordinary.specs())} == {*range(2, 25)}
    assert max(len(spec.stimuli) for spec in crossed.joints()) == 25
    assert ModelCase(crossed.like_others(ordinary.specs()[9])).built.mutual_information() > 1e-6


@pytest.mark.parametrize("bad", [si.i_cissi, si.i_ssi])
@pytest.mark.parametrize("place", [lambda model: True, *PLACES])
def test_many_responses_are_merged_with_loss(bad, place):
    def there(model):
        return 24 < len(model.likelihood) < 100 and 1 < len(model.prior) < 25 and place(model)

    merged = [case for case in crossed.garblings(lambda spec: None)(False) if case and there(case.built)]
    assert max(float((bad(case.garbled) - bad(case.built)).max()) for case in merged) > 1e-3
    found("data_processing", measure("of many", where(there, bad)))
