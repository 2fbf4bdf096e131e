"""Every number of stimuli and of responses up to 24 is asked in every audit: nothing there is left to luck."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from mutants import measure, zero_mean

import stiminfo as si
from stiminfo.axioms import AXIOMS, ladders, sizes
from stiminfo.axioms.auditing.attack import attack

surp = si.i_surp


def sizes_only(axiom):
    """The axiom without other cases: they take most of the time, and find nothing here."""
    return replace(AXIOMS[axiom], known=(), smallest=lambda gradient: (), families=lambda gradient: ())


SIZES = range(2, sizes.MOST + 1)


def test_every_size_is_there():
    specs = sizes.joints()
    assert [len(spec.stimuli) for spec in specs[: sizes.MOST]] == [*range(1, sizes.MOST + 1)]
    assert {len(spec.stimuli[0]) for spec in specs} == {*range(1, sizes.FEATURES + 1)}
    assert {case.built.stimuli.shape[1] for case in sizes.pairs(False)} == {*range(1, sizes.FEATURES + 1)}
    between = {count for _, count in sizes.BETWEEN}
    assert {len(spec.responses[0]) for spec in specs} == {*range(1, sizes.MOST + 1), *between, *sizes.LARGER}
    assert min(spec.build().mutual_information() for spec in specs[1:] if len(spec.prior) < 600) > 1e-2
    assert {len(case.built.stimuli) for case in sizes.pairs(False)} == {*range(1, sizes.MOST + 1), 40, 300}
    assert all(case.built.likelihood_gradient is not None for case in sizes.models(True))


def test_every_number_of_responses_is_there():
    assert {len(case.built.likelihood) for case in sizes.features(False)} == {*range(2, 9)}
    numbers = [tuple(len(model.likelihood) for model in case.views) for case in AXIOMS["data_processing"].sizes(False)]
    assert {pair for pair in numbers if max(pair) > 100} == {
        pair for count in sizes.LARGER for pair in ((2, count), (count, 2))
    }


def more(n, of_responses):
    def answer(model):
        return surp(model) * (1 + 0.02 * (len(model.likelihood if of_responses else model.stimuli) == n))

    return measure("more", answer, surp.conditional)


@pytest.mark.parametrize("of_responses", [False, True])
@pytest.mark.parametrize("n", SIZES)
def test_two_hundredths_more_for_one_size_is_found(n, of_responses):
    verdict = attack(sizes_only("completeness"), more(n, of_responses))
    assert verdict.verdict == "refuted"


def test_an_audit_asks_them_beside_all_else():
    verdict = attack(AXIOMS["completeness"], more(11, False), examples=1)
    assert verdict.verdict == "refuted"
    assert len(verdict.case.views[0].stimuli) == 11


@pytest.mark.parametrize("d", range(3, sizes.FEATURES + 1))
def test_what_goes_wrong_in_one_number_of_dimensions_is_found(d):
    def conditional(pair):
        return surp.conditional(pair) * (1 + 0.02 * (pair.stimuli.shape[1] == d))

    for axiom in ("completeness", "additivity"):
        assert attack(sizes_only(axiom), measure("there", surp.pointwise, conditional)).verdict == "refuted"


@pytest.mark.parametrize(
    ("axiom", "least"),
    [
        ("additivity", 300),  # pairs have up to 512 values together
        *product(["completeness", "positivity", "data_processing", "response_invariance"], [300, 4000]),
    ],
)
def test_what_goes_wrong_for_many_responses_is_found(axiom, least):
    def there(model):
        first = model.likelihood[0] - model.likelihood[0].mean()
        return surp(model) + (len(model.likelihood) > least) * (first - 0.05)

    wrong = measure("many", there, surp.conditional)
    assert attack(sizes_only(axiom), wrong).verdict == "refuted"


def at(n, wrong):
    return lambda model: surp(model) + wrong(model) * (len(model.stimuli) == n)


def first_response(model):
    return 0.01 * zero_mean(model, lambda m: m.likelihood[0])


def position(model):
    return 0.01 * zero_mean(model, lambda m: np.tanh(m.stimuli[:, 0] - m.stimuli[:, 0].mean()))


@pytest.mark.parametrize("n", [2, 11, 17, 24])
@pytest.mark.parametrize(
    ("axiom", "make"),
    [
        ("positivity", lambda n: measure("less", at(n, lambda model: -1.0))),
        ("additivity", lambda n: measure("more", at(n, surp), lambda pair: surp.conditional(pair))),
        ("data_processing", lambda n: more(n, True)),
        ("response_invariance", lambda n: measure("first", at(n, first_response))),
        ("stimulus_invariance", lambda n: measure("position", at(n, position))),
    ],
)
def test_what_breaks_another_axiom_at_one_size_is_found(axiom, make, n):
    assert attack(sizes_only(axiom), make(n)).verdict == "refuted"


def informed(model):
    return 1.5 < model.mutual_information() < 1.6


def certain(model):
    return bool(model.likelihood.max(axis=0).min() > 0.95 and (model.likelihood < 1).all())


def common(model):
    return bool(0.95 < model.response_probability.max() < 1)


def likely(model):
    return bool(0.9 < model.prior.max() < 1)


@pytest.mark.parametrize("beyond", [informed, certain, common, likely])
def test_what_goes_wrong_beyond_a_threshold_is_found(beyond):
    wrong = measure("beyond", lambda model: surp(model) * (1 + 0.02 * beyond(model)), surp.conditional)
    assert attack(sizes_only("completeness"), wrong).verdict == "refuted"


@pytest.mark.parametrize("least", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_conditional_that_goes_wrong_where_responses_are_rare_is_found(least):
    def conditional(pair):
        rarest = float(pair.likelihood.sum(axis=1).min())
        return surp.conditional(pair) * (1 + 0.02 * (least / 10 < rarest < least))

    for axiom in ("completeness", "additivity"):
        assert attack(sizes_only(axiom), measure("rare", surp.pointwise, conditional)).verdict == "refuted"


def test_a_conditional_that_goes_wrong_where_there_is_a_gradient_is_found():
    def conditional(pair):
        return surp.conditional(pair) * (1 + 0.02 * (pair.likelihood_gradient is not None))

    assert attack(sizes_only("additivity"), measure("slopes", surp.pointwise, conditional)).verdict == "refuted"


def test_the_steps_are_small():
    found = [spec.build() for spec in ladders.specs()]
    for values, step in (
        ([model.mutual_information() for model in found if model.mutual_information() <= 3], 0.11),
        ([model.prior.max() for model in found], 0.1),
        ([model.response_probability.max() for model in found], 0.1),
        ([model.likelihood.max(axis=0).min() for model in found], 0.1),
    ):
        assert np.diff(np.sort(values)).max() < step


def without_zeros(model):
    return bool((model.likelihood > 0).all())


def without_values(model):
    return model.responses is None


@pytest.mark.parametrize(
    "more_for", [without_zeros, without_values, *(lambda m, k=k: k < len(m.likelihood) < 2 * k for k in (3, 30, 60))]
)
def test_what_a_lossless_or_nearly_lossless_garbling_shows(more_for):
    known = replace(sizes_only("data_processing"), known=AXIOMS["data_processing"].known)
    wrong = measure("more", lambda model: surp(model) * (1 + 0.02 * more_for(model)))
    assert attack(known, wrong).verdict == "refuted"


def test_neighbours_of_many_stimuli_are_shuffled():
    def answer(model):
        order = np.argsort(model.stimuli[:, 0])
        steps = np.abs(np.diff(model.likelihood[0][order])).max(initial=0.0)
        return surp(model) * (1 + 0.01 * (len(order) > 6) * steps)

    assert attack(sizes_only("stimulus_invariance"), measure("neighbours", answer)).verdict == "refuted"


def test_numbers_of_other_kinds_are_asked():
    def answer(model):
        return surp(model) * (1 + 0.01 * (model.responses is not None and bool((model.responses % 2 == 1).all())))

    known = replace(sizes_only("response_invariance"), known=AXIOMS["response_invariance"].known)
    assert attack(known, measure("odd", answer)).verdict == "refuted"


@pytest.mark.parametrize(
    "there",
    [
        *(lambda m, d=d: m.dimensions == d for d in range(2, sizes.FEATURES + 1)),
        lambda m: len(m.likelihood) > 6,
        *(lambda m, n=n: len(m.stimuli) == n for n in (9, 10, 12, 16)),
        lambda m: (m.stimuli < 0).all(),
    ],
)
def test_features_that_leak_there_alone_are_found(there):
    def featurewise(model):
        values, leak = si.fisher.featurewise(model), 0.05 * there(model)
        return (1 - leak) * values + leak * values.mean(axis=1, keepdims=True)

    leaking = measure("leaking", si.fisher.pointwise, featurewise=featurewise, needs={"gradient"})
    assert attack(sizes_only("feature_insensitivity"), leaking).verdict == "refuted"
