"""Locality: a measure may have a length of its own, and what is near may change in other ways than by its response."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.evaluator import evaluator
from stiminfo.axioms.locality import check
from stiminfo.axioms.locality_cases import DecayCase
from stiminfo.models import Mixture, Sigmoid

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
    assert not check(evaluator(windowed(size), "quick"), case).broken


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
