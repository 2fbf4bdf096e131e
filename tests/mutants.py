"""Measures broken on purpose: for each axiom at least three, each breaking that axiom and as few others as possible."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import stiminfo as si
from stiminfo.models import EncodingModel, ResponsePair

local, surp = si.i_local, si.i_surp


def information(model: EncodingModel) -> np.ndarray:
    """I(R;X) at every stimulus: complete, positive, additive, and not local."""
    return np.full(len(model.stimuli), model.mutual_information())


def conditional_information(pair: ResponsePair) -> np.ndarray:
    return np.full(len(pair.stimuli), pair.conditional_information())


def by_subtraction(pointwise: Callable) -> Callable:
    return lambda pair: pointwise(pair.both) - pointwise(pair.first)


def zero_mean(model: EncodingModel, shape: Callable) -> np.ndarray:
    ripple = shape(model)
    return ripple - model.prior @ ripple


def measure(
    name: str, pointwise: Callable, conditional: Callable | None = None, featurewise: Callable | None = None, needs=()
):
    return si.Measure(name, pointwise, conditional=conditional, featurewise=featurewise, needs=needs)


def averaged_over_marginal(model: EncodingModel) -> np.ndarray:
    """Log ratios averaged over p(r) where p(r|x) is due (0.01 keeps them finite)."""
    p_r = model.response_probability[:, None]
    return (p_r * np.log((0.99 * model.likelihood + 0.01 * p_r) / p_r)).sum(axis=0)


def leaky(model: EncodingModel) -> np.ndarray:
    """Feature leakage: 2% of every feature's information is booked on the others."""
    d = model.dimensions
    leak = 0.98 * np.eye(d) + 0.02 * (1 - np.eye(d)) / max(d - 1, 1)
    return local.featurewise(model) @ leak


def equal_shares(model: EncodingModel) -> np.ndarray:
    return np.repeat(local(model)[:, None] / model.dimensions, model.dimensions, axis=1)


def swapped_features(model: EncodingModel) -> np.ndarray:
    return local.featurewise(model)[:, ::-1]


def feature_offset(model: EncodingModel) -> np.ndarray:
    return local.featurewise(model) + 1e-3 * model.mutual_information()


def response_index(model: EncodingModel) -> np.ndarray:
    """Depends on which response stands first in the table."""
    return surp(model) + 0.1 * zero_mean(model, lambda m: m.likelihood[0])


def response_entropy(model: EncodingModel) -> np.ndarray:
    return si.i_sp(model)


def squared_volumes(model: EncodingModel) -> np.ndarray:
    weight = model.response_volumes / model.response_volumes.sum()
    return surp(model) + zero_mean(model, lambda m: weight @ m.likelihood) * 0.2


def sorted_response_gap(model: EncodingModel) -> np.ndarray:
    steps = np.abs(np.diff(model.likelihood, axis=0)).sum(axis=0) if len(model.likelihood) > 2 else 0 * model.prior
    return surp(model) + 0.05 * (steps - model.prior @ steps)


def stimulus_position(model: EncodingModel) -> np.ndarray:
    return surp(model) * (1 + 0.05 * zero_mean(model, lambda m: np.tanh(m.stimuli[:, 0])))


def stimulus_density(model: EncodingModel) -> np.ndarray:
    share = model.stimulus_volumes / model.stimulus_volumes.sum()
    return surp(model) + 0.1 * (share - model.prior @ share)


def far_fisher(model: EncodingModel, distance: float) -> np.ndarray:
    """Mean Fisher information of the stimuli that lie farther than this along every feature."""
    far = (np.abs(model.stimuli[:, None] - model.stimuli) > distance).all(axis=-1)
    return far @ (model.prior * si.fisher(model))


def inconsistent(model: EncodingModel) -> np.ndarray:
    return local(model) * local(model)


#: axiom id -> the measures that break it.
MUTANTS = {
    "completeness": (
        measure("1% too large", lambda m: 1.01 * local(m), lambda p: 1.01 * local.conditional(p)),
        measure("conditional 2% too small", local.pointwise, lambda p: 0.98 * local.conditional(p)),
        measure("average over p(r)", averaged_over_marginal),
        measure("half the information", lambda m: 0.5 * information(m), lambda p: 0.5 * conditional_information(p)),
    ),
    "locality": (
        measure("I(R;X) everywhere", information, conditional_information),
        measure("a fifth of I(R;X)", lambda m: 0.8 * local(m) + 0.2 * information(m)),
        measure("half surprise, half local", lambda m: 0.5 * local(m) + 0.5 * surp(m)),
        measure("half i_cissi, half local", lambda m: 0.5 * local(m) + 0.5 * si.i_cissi(m)),
        measure("mean Fisher beyond 100", lambda m: si.fisher(m) + far_fisher(m, 100), needs=("gradient",)),
        measure("Fisher shared among stimuli", lambda m: si.fisher(m) / len(m.stimuli), needs=("gradient",)),
        measure("mean Fisher far along every feature", lambda m: si.fisher(m) + far_fisher(m, 4), needs=("gradient",)),
    ),
    "locality_any_prior": (
        measure("I(R;X) everywhere", information, conditional_information),
        measure("half of i_local, half surprise", lambda m: 0.5 * local(m) + 0.5 * surp(m)),
        measure("i_local itself", local.pointwise, local.conditional),
    ),
    "positivity": (
        measure("a zero-mean ripple", lambda m: surp(m) + 0.5 * zero_mean(m, lambda n: np.cos(n.stimuli[:, 0]))),
        measure("over the mean", lambda m: surp(m) - 0.5 * information(m)),
        measure("conditional by subtraction", si.i_cissi.pointwise, by_subtraction(si.i_cissi.pointwise)),
        measure("conditional less a little", surp.pointwise, lambda p: surp.conditional(p) - 1e-3),
    ),
    "additivity": (
        measure("i_kong2", si.i_kong2.pointwise),
        measure("squared", inconsistent),
        measure("conditional of the other order", surp.pointwise, lambda p: surp.conditional(p.swapped)),
        measure("conditional averaged over p(r)", surp.pointwise, lambda p: conditional_over_marginal(p)),
    ),
    "data_processing": (
        measure("surprise of the likeliest", lambda m: np.log(m.likelihood.max(axis=0) / m.response_probability.max())),
        measure("i_ssi", si.i_ssi.pointwise),
        measure("a bonus for few responses", lambda m: surp(m) * (1 + 0.1 / len(m.likelihood))),
    ),
    "response_invariance": (
        measure("first response weighs more", response_index),
        measure("entropy of cells", response_entropy),
        measure("volumes leak in", squared_volumes),
        measure("steps between neighbours", sorted_response_gap),
    ),
    "feature_insensitivity": (
        measure("leaky features", local.pointwise, featurewise=leaky),
        measure("equal shares", local.pointwise, featurewise=equal_shares),
        measure("swapped features", local.pointwise, featurewise=swapped_features),
        measure("offset", local.pointwise, featurewise=feature_offset),
    ),
    "feature_insensitivity_marginal": (
        measure("i_local", local.pointwise, featurewise=local.featurewise),
        measure("kong2", si.i_kong2.pointwise, featurewise=si.i_kong2.featurewise),
        measure("leaky features", local.pointwise, featurewise=leaky),
    ),
    "stimulus_invariance": (
        measure("position", stimulus_position),
        measure("i_local", local.pointwise, local.conditional),
        measure("volumes of the stimulus", stimulus_density),
    ),
}


def conditional_over_marginal(pair: ResponsePair) -> np.ndarray:
    """The canonical conditional, averaged over p(r) where p(r|x) is due."""
    total = np.zeros(len(pair.stimuli))
    for k, weight in enumerate(pair.first.response_probability):
        if pair.support_given_first(k).any():
            support = pair.support_given_first(k)
            total[support] += weight * surp(pair.given_first(k))
    return total
