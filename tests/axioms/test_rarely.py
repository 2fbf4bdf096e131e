"""Measures that go wrong where something is rare, at some sizes, or at a place that few models have: each once held."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms import AXIOMS, rarely, sizes
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.cases import ModelCase
from stiminfo.axioms.evaluator import evaluator
from stiminfo.estimators import PUBLISHED


def chances(model):
    """p(r|x), (K, J), and p(r), (K, 1)."""
    return model.likelihood, (model.likelihood @ model.prior)[:, None]


def parts(p, q):
    """The terms p log(p / q) of the divergence of each stimulus."""
    with np.errstate(all="ignore"):
        return np.where(p > 0, p * (np.log(p) - np.log(q)), 0)


def surprise(model):
    return parts(*chances(model)).sum(0)


def dropped_responses(least):
    """Responses that are rarer than a threshold are left out."""

    def answer(model):
        p, q = chances(model)
        return np.where(q < least, 0, parts(p, q)).sum(0)

    return answer


def dropped_likelihoods(least):
    def answer(model):
        p, q = chances(model)
        return np.where(p < least, 0, parts(p, q)).sum(0)

    return answer


def inside_the_logarithm(small):
    def answer(model):
        p, q = chances(model)
        return (p * (np.log(p + small) - np.log(q + small))).sum(0)

    return answer


def floored(small):
    def answer(model):
        p, q = chances(model)
        return parts(p, np.maximum(q, small)).sum(0)

    return answer


def skipping(least):
    """The conditional of the surprise, without first responses that are as rare as this."""

    def conditional(pair):
        found = np.zeros(len(pair.stimuli))
        first = pair.first_given_stimulus
        for k in range(len(first)):
            if first[k] @ pair.both.prior > least:
                support = pair.support_given_first(k)
                found[support] += first[k][support] * surprise(pair.given_first(k))
        return found

    return conditional


def blocks(size, least=0, most=np.inf):
    """Responses are summed in blocks; what is left of the last one is lost, if there are more than `least` of them."""

    def answer(model):
        terms = parts(*chances(model))
        count = len(terms)
        return terms[: count // size * size].sum(0) if max(size, least) < count < most else terms.sum(0)

    return answer


def blocks_of_stimuli(size):
    def answer(model):
        order = np.lexsort(model.stimuli.T)
        order = order[: len(order) // size * size] if len(order) > size else order
        p, weights = model.likelihood, model.prior[order] / model.prior[order].sum()
        q = p[:, order] @ weights
        return parts(p, np.where(q > 0, q, p @ model.prior)[:, None]).sum(0)

    return answer


def times(factor):
    """The surprise times a factor of the model."""
    return lambda model: surprise(model) * factor(model)


def bonus_if_falling(model):
    often = (model.likelihood @ model.prior)[:, None]
    return 1 + 1e-3 * float(len(often) > 6 and (np.diff(often[:, 0]) < 0).all())


def gaps(model):
    return np.diff(np.sort(model.stimuli[:, 0]))


def outlier(model):
    found = gaps(model)
    return 1.01 if len(found) > 2 and found.max() > 1e4 * np.median(found) else 1.0


def sentinel(number):
    """Stimuli with this number are read as 0, and those with the same number share their response."""

    def answer(model):
        places = np.where(model.stimuli == number, 0, model.stimuli)
        same = (places[:, None] == places[None]).all(2) * model.prior
        p = model.likelihood @ (same / same.sum(1, keepdims=True)).T
        return parts(p, (p @ model.prior)[:, None]).sum(0)

    return answer


def fisher_times(factor):
    return lambda model: si.fisher(model) * factor(model)


def entropy_given(model):
    return -parts(model.likelihood, 1.0).sum(0)


def surprise_if_own(model):
    """I_local, but the specific surprise at stimuli with a response that no other stimulus has."""
    alone = (model.likelihood > 0).sum(1) == 1
    own = ((model.likelihood == 1) & alone[:, None]).any(0)
    return np.where(own, -np.log(model.prior), si.i_local(model))


def bins_of_a_circle(model):
    """Stimuli on a circle in bins of ten degrees, if they are more than the bins."""
    if model.geometry.period is None or len(model.prior) <= 36:
        return surprise(model)
    bins = np.floor(model.stimuli[:, 0] / model.geometry.period * 36 % 36)
    same = (bins[:, None] == bins) * model.prior
    p = model.likelihood @ (same / same.sum(1, keepdims=True)).T
    return parts(p, (p @ model.prior)[:, None]).sum(0)


RARE = (1e-5, 1e-8, 1e-12)
WRONG = [
    *(("positivity", dropped_responses(least)) for least in RARE),
    *(("data_processing", dropped_responses(least)) for least in RARE),
    *(("data_processing", inside_the_logarithm(small)) for small in (1e-12, 1e-30)),
    *(("data_processing", floored(small)) for small in (1e-16, 1e-100)),
    *(("positivity", dropped_likelihoods(least)) for least in (1e-5, 3e-5)),
    ("data_processing", dropped_likelihoods(1e-5)),
    *(("completeness", blocks(size)) for size in (50, 128, 512)),
    ("completeness", times(lambda model: 0.9 if len(model.likelihood) > 4096 else 1)),
    ("data_processing", times(lambda model: 0.9 if len(model.likelihood) > 4096 else 1)),
    ("completeness", lambda model: parts(*chances(model))[:5000].sum(0)),
    *(("completeness", blocks_of_stimuli(size)) for size in (64, 256)),
    ("response_invariance", blocks(50, 100, 500)),
    ("data_processing", times(lambda model: 0.9 if 30 < len(model.prior) < 60 and len(model.likelihood) > 20 else 1)),
    ("response_invariance", times(bonus_if_falling)),
    ("stimulus_invariance", times(outlier)),
    ("stimulus_invariance", bins_of_a_circle),
    ("locality", surprise_if_own),
    *(("stimulus_invariance", sentinel(number)) for number in (-999, 9999)),
    ("locality", lambda model: entropy_given(model) * (1.01 if len(model.likelihood) > 8 else 1)),
]
WITH_GRADIENT = [
    fisher_times(lambda model: 1.1 if model.mutual_information() > 1 else 1.0),
    fisher_times(lambda model: 1 + 0.01 * gaps(model).max()),
]


@pytest.mark.parametrize(("axiom", "answer"), WRONG)
def test_what_once_held_is_refuted_by_a_case_that_every_audit_asks(axiom, answer):
    needs = ("vectors",) if axiom == "locality" else ()
    verdict = attack(AXIOMS[axiom], si.Measure("wrong", answer, needs=needs), examples=1)
    assert verdict.verdict == "refuted", verdict.says


@pytest.mark.parametrize("answer", WITH_GRADIENT)
def test_so_are_those_that_need_slopes(answer):
    verdict = attack(AXIOMS["locality"], si.Measure("wrong", answer, needs=("gradient", "vectors")), examples=1)
    assert verdict.verdict == "refuted", verdict.says


def test_what_depends_on_the_widest_gap_does_not_hold():
    """Evenly spaced stimuli show it as far as they go; lone ones, farther out, have wider gaps than the ball."""
    wrong = si.Measure("w", lambda model: entropy_given(model) * (1 + np.tanh(gaps(model).max())), needs=("vectors",))
    verdict = attack(AXIOMS["locality"], wrong, examples=1)
    assert verdict.verdict == "inconclusive"
    assert "it does not last to thousands of times that" in verdict.says


@pytest.mark.parametrize("least", [1e-4, 1e-9, 1e-16])
def test_a_conditional_that_skips_rare_first_responses(least):
    wrong = si.Measure("wrong", surprise, conditional=skipping(least))
    assert attack(AXIOMS["additivity"], wrong, examples=1).verdict == "refuted"
    assert attack(AXIOMS["additivity"], si.Measure("right", surprise, conditional=skipping(0)), examples=1).verdict == (
        "holds"
    )


ASKED = {
    "positivity": rarely.MODELS + rarely.PAIRS,
    "completeness": tuple(map(ModelCase, rarely.SELDOM)),
    "data_processing": rarely.GARBLINGS,
    "response_invariance": rarely.RENAMINGS,
    "additivity": rarely.PAIRS,
}


@pytest.mark.parametrize("measure", ["i_surp", "i_local", "i_kong1"])
@pytest.mark.parametrize("axiom", ASKED)
def test_what_is_sound_is_sound_there(axiom, measure):
    for case in ASKED[axiom]:
        assert AXIOMS[axiom].check(evaluator(PUBLISHED[measure], "quick"), case).sound, case


def test_sizes_between_are_no_whole_blocks():
    counts = {len(spec.responses[0]) for spec in sizes.joints()}
    assert {600, 1000, 3000, 5000, 60, 70, 90, 120, 150, 300} <= counts
    assert {30, 40, 50, 65, 100, 150, 300, 600} <= {len(spec.prior) for spec in sizes.joints()}
    for case in sizes.moves(False):
        assert len(case.views) == 2  # every map is invertible


@pytest.mark.parametrize("bound", [5, 6.5, 10, 15, 20, 25])
def test_a_bound_on_log_ratios_is_found_at_data_processing(bound):
    def bounded(model):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(model.likelihood / (model.likelihood @ model.prior)[:, None])
            return np.where(model.likelihood > 0, model.likelihood * np.minimum(ratio, bound), 0).sum(0)

    assert attack(AXIOMS["data_processing"], si.Measure("bounded", bounded), examples=1).verdict == "refuted"


MANY = {
    "few stimuli": lambda model: len(model.likelihood) > 50 and len(model.prior) < 10,
    "very many": lambda model: len(model.likelihood) > 256 and len(model.prior) < 100,
    "on a circle": lambda model: model.geometry.period is not None and len(model.likelihood) > 40,
    "in the plane": lambda model: model.dimensions == 2 and len(model.likelihood) > 12 and len(model.prior) >= 36,
    "sparse": lambda model: (
        len(model.likelihood) > 7 and model.likelihood.max() < 1 and (model.likelihood > 0).mean() < 0.3
    ),
    "much is told": lambda model: model.mutual_information() > 2 and model.likelihood.max() < 0.9,
}


@pytest.mark.parametrize("where", MANY)
def test_positivity_is_asked_where_there_are_many_responses(where):
    """A share of the mean is taken off in some models only: there a stimulus has to be that tells nothing."""

    def less(model):
        return si.i_surp(model) - 0.05 * MANY[where](model) * model.mutual_information()

    assert attack(AXIOMS["positivity"], si.Measure("less", less), examples=1).verdict == "refuted"
