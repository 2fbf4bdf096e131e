"""Locality of measures that are local but in some models: far from 0, in other units, of ordinary size elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms import AXIOMS, locality_known
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.evaluator import evaluator
from stiminfo.axioms.locality import check

#: The known cases and those of every size; the generated ones are left out, which find no more of these.
KNOWN = replace(AXIOMS["locality"], families=lambda gradient: ())


def apart(model):
    return np.sqrt(((model.stimuli[:, None] - model.stimuli) ** 2).sum(axis=-1))


def divergence(p, q):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(q > 0, q, 1)), 0).sum(axis=0)


def among(model, weights):
    """How far p(r|x) is from its mean over the stimuli that `weights`, (J, J), choose for each x."""
    weights = weights * model.prior
    return divergence(model.likelihood, model.likelihood @ (weights / weights.sum(axis=1, keepdims=True)).T)


def local(model):
    return among(model, np.exp(-0.5 * apart(model) ** 2))


def where(asked):
    """Half of I(R;X) beside it, in models of which `asked` is true."""
    return lambda model: local(model) + 0.5 * asked(model) * model.mutual_information()


def from_others(chosen):
    """Half the surprise of the stimuli that ``chosen(model)`` marks, (J,) or for each x (J, J), beside it."""
    return lambda model: local(model) + 0.5 * chosen(model) @ (model.prior * si.i_surp(model))


def within_share(share):
    return lambda model: among(model, apart(model) <= share * apart(model).max())


def nearest(share):
    """The nearest stimuli, a share of their number."""

    def values(model):
        distances = np.round(apart(model), 9)
        edge = np.sort(distances, axis=1)[:, max(1, int(share * len(distances)) - 1)]
        return among(model, distances <= edge[:, None])

    return values


def gaps(model):
    distances = apart(model)
    return np.where(distances > 0, distances, np.inf).min(axis=1)


def spread(model):
    return np.sqrt((model.prior @ (model.stimuli - model.prior @ model.stimuli) ** 2).sum())


def differ(model, size):
    return np.abs(model.stimuli[:, None] - model.stimuli) > size


def both_sides(model):
    x = model.stimuli[:, 0]
    return min(x.max() - model.prior @ x, model.prior @ x - x.min()) > 12


REFUTED = {
    "within three tenths of the range": within_share(0.3),
    "within six tenths of the range": within_share(0.6),
    "the nearest quarter": nearest(0.25),
    "neighbours nearer than a hundredth": from_others(lambda model: gaps(model) < 0.01),
    "stimuli far on both sides": where(both_sides),
    "a wide prior": where(lambda model: spread(model) > 30),
    "two nats": where(lambda model: model.mutual_information() > 2),
    "far in three features": from_others(lambda model: differ(model, 4).sum(axis=-1) >= 3),
    "far in the sixth feature": from_others(lambda model: differ(model, 2)[..., 5:].any(axis=-1)),
    "4 responses in the plane": where(lambda model: model.dimensions == 2 and len(model.likelihood) >= 4),
    "9 responses in R^3": where(lambda model: model.dimensions == 3 and len(model.likelihood) >= 9),
}
#: What is left of the change is too small a share of the near one for a refutation, and too large to hold.
IN_DOUBT = {
    "beyond 50": from_others(lambda model: np.abs(model.stimuli).max(axis=1) > 50),
    "all below 0": where(lambda model: (model.stimuli < 0).all()),
    "all above 0": where(lambda model: (model.stimuli > 0).all()),
    "30 to 40 responses": where(lambda model: 30 <= len(model.likelihood) <= 40),
    "cells of different volumes": where(lambda model: np.ptp(model.stimulus_volumes) > 1),
}


@pytest.mark.parametrize("name", REFUTED)
def test_what_is_not_local_in_some_models_is_refuted(name):
    assert attack(KNOWN, si.Measure(name, REFUTED[name])).verdict == "refuted"


@pytest.mark.parametrize("name", IN_DOUBT)
def test_what_is_not_local_in_some_models_does_not_hold(name):
    assert attack(KNOWN, si.Measure(name, IN_DOUBT[name])).verdict in ("refuted", "inconclusive")


def test_what_is_local_in_all_models_holds():
    assert attack(KNOWN, si.Measure("local", local)).verdict == "holds"


@pytest.mark.parametrize("case", [*locality_known.AROUND, *locality_known.ELSEWHERE, *locality_known.sizes(False)[-5:]])
def test_i_local_is_local_in_them(case):
    assert check(evaluator(si.i_local, "quick"), case).sound
