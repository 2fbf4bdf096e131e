"""Locality: a measure may have a length of its own, and what is near may change in other ways than by its response."""

import numpy as np
import pytest
import seldom_wrong
from msgspec import structs

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.ball_cases import CHANGES, ball_case
from stiminfo.axioms.cases import case_of
from stiminfo.axioms.evaluator import evaluator
from stiminfo.axioms.locality import check
from stiminfo.axioms.locality_cases import DecayCase
from stiminfo.errors import CaseError
from stiminfo.models import Mixture, Sigmoid
from stiminfo.models.data import FiniteSpec

KNOWN = AXIOMS["locality"].known
BLOB, READING, PLANE = (next(case for case in KNOWN if case.kind == kind) for kind in ("decay", "reading", "beside"))
LATTICE = next(case for case in KNOWN if case.kind == "atoms")
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


def divergence(p, q):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(q > 0, q, 1)), 0).sum(axis=0)


def windowed(size):
    """How far p(r|x) is from p(r | X within a distance of x): what happens farther away does not change it."""

    def values(model):
        apart = np.sqrt(((model.stimuli[:, None] - model.stimuli) ** 2).sum(axis=-1))
        weights = (apart <= size) * model.prior
        return divergence(model.likelihood, model.likelihood @ (weights / weights.sum(axis=1, keepdims=True)).T)

    return si.Measure(f"within {size}", values)


def blurred(size):
    """Fisher information about X + N(0, size^2), in one dimension."""

    def values(model):
        x, log, total = model.stimuli[:, 0], np.log(model.prior), 0.0
        for z, share in zip(NODES, WEIGHTS / WEIGHTS.sum()):
            slope = (x[None] - x[:, None] - size * z) / size**2
            energy = log - 0.5 * (size * slope) ** 2
            weight = np.exp(energy - energy.max(axis=1, keepdims=True))
            weight /= weight.sum(axis=1, keepdims=True)
            seen = weight @ model.likelihood.T
            change = (weight * (slope - (weight * slope).sum(axis=1, keepdims=True))) @ model.likelihood.T
            total = total + share * np.where(seen > 1e-290, change**2 / np.where(seen > 1e-290, seen, 1), 0).sum(axis=1)
        return total

    return si.Measure(f"Fisher at noise {size}", values)


@pytest.mark.parametrize("case", [BLOB, READING, PLANE, LATTICE], ids=["decay", "reading", "beside", "atoms"])
@pytest.mark.parametrize("size", [20, 200, 1000])
def test_a_measure_with_a_length_of_its_own_is_not_refuted(case, size):
    finding = check(evaluator(windowed(size), "quick"), case)
    assert not finding.broken
    assert finding.sound or "does not last to thousands" in finding.says


def test_a_change_that_rises_over_all_levels_is_not_refuted():
    case = DecayCase(Mixture((1,), (0,), (0.5,)), (Sigmoid(0, 0.25, 0),), 0, 0.25, 0, (1, 0))
    assert not check(evaluator(blurred(2.0), "fine"), case).broken


@pytest.mark.parametrize("case", [BLOB, READING, PLANE, LATTICE], ids=["decay", "reading", "beside", "atoms"])
def test_what_is_not_local_is_refuted_as_far_out(case):
    mean = si.Measure("mean surprise", lambda model: model.prior @ si.i_surp(model) + si.i_surp(model))
    assert check(evaluator(mean, "quick"), case).broken


def test_what_cannot_be_asked_farther_is_as_it_is():
    def values(model):
        if np.abs(model.stimuli).max() > 50:
            raise si.NotApplicable("too far")
        return si.i_surp(model)

    assert check(evaluator(si.Measure("near only", values), "quick"), BLOB).broken


# -- what is near changes in all ways, and is seen from far away in all directions ------------------------------------


def fisher_and(more):
    """Fisher information and something that depends on what is far."""
    return lambda model: si.fisher(model) + more(model, si.fisher(model))


def apart(model):
    return np.abs(model.stimuli[:, None] - model.stimuli)


def smallest_gap(model):
    between = np.sqrt((apart(model) ** 2).sum(axis=-1))
    return between[between > 0].min()


def mean_where(asked):
    return fisher_and(
        lambda model, fisher: 0.5 * model.prior @ fisher * asked(*model.likelihood.shape, model.dimensions)
    )


NOT_LOCAL = {
    "shared among stimuli": lambda model: si.fisher(model) / len(model.prior),
    "per smallest gap": lambda model: si.fisher(model) * smallest_gap(model) ** 2,
    "window of three gaps": lambda model: windowed(3.01 * smallest_gap(model))(model),
    "per response": lambda model: si.fisher(model) * (1 + 0.1 * len(model.likelihood)),
    "at most the mean": lambda model: np.minimum(si.fisher(model), 10 * model.prior @ si.fisher(model)),
    "beyond 100": fisher_and(lambda model, fisher: 0.5 * (apart(model) > 100).any(axis=-1) @ (model.prior * fisher)),
    "far in both": fisher_and(
        lambda model, fisher: (model.dimensions == 2) * (apart(model) > 4).all(axis=-1) @ (model.prior * fisher)
    ),
    "4 to 20 responses": mean_where(lambda responses, stimuli, d: 4 <= responses <= 20),
    "9 or 10 responses": mean_where(lambda responses, stimuli, d: 9 <= responses <= 10),
    "7 to 20 stimuli": mean_where(lambda responses, stimuli, d: 7 <= stimuli <= 20),
    "4 responses in the plane": mean_where(lambda responses, stimuli, d: d == 2 and responses >= 4),
    "three features": mean_where(lambda responses, stimuli, d: d == 3),
}


@pytest.mark.parametrize("name", NOT_LOCAL)
def test_what_depends_on_what_is_far_is_refuted(name):
    measure = si.Measure(name, NOT_LOCAL[name], needs=("gradient",))
    verdict = attack(AXIOMS["locality"], measure, examples=1, shrink=False)
    assert verdict.verdict == "refuted"
    assert case_of(verdict.case.to_json(), AXIOMS["locality"].cases) == verdict.case


@pytest.mark.parametrize("measure", [si.fisher, windowed(3)], ids=lambda measure: measure.name)
def test_what_is_local_holds_on_every_known_case(measure):
    asked = evaluator(measure, "quick")
    cases = [*AXIOMS["locality"].known_cases(True), *AXIOMS["locality"].sizes(True)]
    assert {case.kind for case in cases} == {"atoms", "ball", "beside", "decay", "laid", "reading"}
    assert all(check(asked, case).sound for case in cases if case.kind == "ball")


@pytest.mark.parametrize("case", [*KNOWN[-4:], ball_case("new response", each=3, share=0.001)])
def test_i_local_is_local_where_stimuli_come_and_go(case):
    assert check(evaluator(si.i_local, "quick"), case).sound


def test_a_small_share_of_what_is_far_is_not_sound():
    """A hundredth of the change near by: where stimuli reach so far, less is left of what is local."""
    mixed = si.Measure("mixed", lambda model: windowed(3)(model) + 0.003 * len(model.likelihood))
    assert not check(evaluator(mixed, "quick"), ball_case("new response")).sound


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_confined_to_the_ball(change):
    case = ball_case(change, (1, -1), aside=True)
    before, after, count = case.built, case.changed, len(case.distances)
    assert np.allclose(before.prior[:count], after.prior[:count])
    assert np.allclose(before.likelihood[:2, :count], after.likelihood[:2, :count])
    assert np.allclose(before.likelihood_gradient[:2, :count], after.likelihood_gradient[:2, :count])
    assert (np.linalg.norm(before.stimuli[count:], axis=1) < 1).all()
    assert (np.linalg.norm(after.stimuli[count:], axis=1) < 1).all()
    same = before.stimuli.shape == after.stimuli.shape and (before.stimuli == after.stimuli).all()
    assert same == (change in ("answered", "new response", "steeper"))
    assert (len(before.prior), len(after.prior)) == (count + 3, count + 3 + (change == "split") - (change == "removed"))
    assert len(after.likelihood) == 2 + (change == "new response")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("each", 0, "each is 0"),
        ("octaves", 13, "2 to 12 octaves"),
        ("rate", 1.0, "a rate above 0"),
        ("share", 1.0, "share between 0 and 1"),
        ("rows", ((1, -1),), "not be negative"),
        ("direction", (0.5,), "of length 1 at least"),
        ("behind", (0.5,), "stimuli behind, 1 or more away"),
        ("behind", (2.0,) * 65, "at most 64 stimuli behind"),
        ("behind", (float("inf"),), "stimuli behind, 1 or more away"),
        ("cell", 0.0, "expected a cell above 0"),
        ("before", FiniteSpec(((1.0,),), (1,), ((1, 1),)), "lies outside it"),
    ],
)
def test_a_case_that_is_none_says_why(field, value, message):
    with pytest.raises(CaseError, match=message):
        _ = structs.replace(ball_case("split"), **{field: value}).views


@pytest.mark.parametrize("name", seldom_wrong.ALMOST_LOCAL)
def test_a_ball_that_becomes_large_or_tells_much_shows_what_depends_on_that(name):
    measure = evaluator(seldom_wrong.ALMOST_LOCAL[name], "quick")
    # Where exact values can be had: not in R^4 and beyond.
    asked = [case for case in KNOWN if case.kind == "ball" and case.built.dimensions < 3]
    broken = [case for case in asked if check(measure, case).broken]
    assert broken
    assert not any(check(evaluator(si.i_local, "quick"), case).broken for case in broken)
