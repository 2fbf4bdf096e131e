"""Wrong measures that an audit once said "holds" of: each stands for a class of cases that was not asked."""

from __future__ import annotations

import numpy as np

import stiminfo as si
from stiminfo.errors import NotApplicable
from stiminfo.models import EncodingModel, ResponsePair

local, surp, ssi = si.i_local, si.i_surp, si.i_ssi


def fisher_share(model: EncodingModel) -> np.ndarray:
    """J(x), rescaled so that its mean is I(R;X): silent where every tuning curve saturates."""
    slope = si.fisher(model)
    mean = float(model.prior @ slope)
    return slope * (model.mutual_information() / mean if mean > 0 else 0.0)


def fisher_log(model: EncodingModel) -> np.ndarray:
    """1/2 log(1 + Var(X) J(x))."""
    mean = model.prior @ model.stimuli
    variance = float(model.prior @ ((model.stimuli - mean) ** 2).sum(axis=1))
    return 0.5 * np.log1p(variance * si.fisher(model))


def declines_few(model: EncodingModel) -> np.ndarray:
    """SSI, of many stimuli only."""
    if len(model.stimuli) < 12:
        raise NotApplicable("expected twelve stimuli or more")
    return ssi(model)


def fisher_of_few(model: EncodingModel) -> np.ndarray:
    """Fisher information, and another formula above 20 stimuli."""
    return si.fisher(model) * (1 if len(model.stimuli) <= 20 else 1 + 0.1 / len(model.likelihood))


def pseudo_counts(model: EncodingModel) -> np.ndarray:
    """Specific surprise of p(r|x) + 1e-4 for each response: never an exactly lossless merge."""
    table = model.likelihood + 1e-4
    return surp(model.replace(likelihood=table / table.sum(axis=0), likelihood_gradient=None))


def more_for_more_responses(model: EncodingModel) -> np.ndarray:
    return surp(model) + (len(model.likelihood) - 1) / 2000


def _surprise(model: EncodingModel, kept: np.ndarray, floor: float) -> np.ndarray:
    p_r = model.response_probability[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = model.likelihood * np.log((model.likelihood + floor) / (p_r + floor))
    return np.where((model.likelihood > 0) & kept[:, None], parts, 0.0).sum(axis=0)


def without_rare_responses(model: EncodingModel) -> np.ndarray:
    return _surprise(model, model.response_probability > 1e-6, 0.0)


def with_a_floor(model: EncodingModel) -> np.ndarray:
    return _surprise(model, np.ones(len(model.likelihood), dtype=bool), 1e-12)


def ssi_without_volumes(pair: ResponsePair) -> np.ndarray:
    plain = si.Measure("plain", lambda model: ssi(model.replace(stimulus_volumes=np.ones(len(model.stimuli)))))
    return plain.conditional(pair)


def _at(model: EncodingModel, stimuli: np.ndarray) -> np.ndarray:
    """I_local with the stimuli at these places, where equal ones are one."""
    moved = model.replace(stimuli=stimuli, likelihood_gradient=None)
    values = dict(zip(map(tuple, moved.stimuli.tolist()), local(moved)))
    return np.array([values[tuple(row)] for row in stimuli.tolist()])


def whole_conditional(pair: ResponsePair) -> np.ndarray:
    return si.Measure("whole", lambda model: _at(model, np.trunc(model.stimuli))).conditional(pair)


def leaks_between_whole_numbers(model: EncodingModel) -> np.ndarray:
    between = 0.1 * float((model.stimuli % 1 != 0).any())
    values = local.featurewise(model)
    return (1 - between) * values + between * values.sum(axis=1, keepdims=True) / model.dimensions


def half_turn(model: EncodingModel) -> np.ndarray:
    return _at(model, model.stimuli % 180)


def likeliest_eight(pair: ResponsePair) -> np.ndarray:
    chosen = np.argsort(-pair.first.response_probability, kind="stable")[:8]
    total = np.zeros(len(pair.stimuli))
    for k in chosen:
        support = pair.support_given_first(k)
        if support.any():
            total[support] += pair.first_given_stimulus[k, support] * surp(pair.given_first(k))
    return total


def in_64_bins(model: EncodingModel) -> np.ndarray:
    """Above 100 stimuli neighbours are pooled."""
    count = len(model.stimuli)
    if count <= 100:
        return surp(model)
    label = np.argsort(np.argsort(model.stimuli[:, 0], kind="stable")) * 64 // count
    pooled = model.replace(stimuli=label[:, None].astype(float), likelihood_gradient=None)
    values = dict(zip(pooled.stimuli[:, 0].tolist(), surp(pooled)))
    return np.array([values[float(n)] for n in label])


def of_the_plane(model: EncodingModel) -> np.ndarray:
    """Specific surprise, and 1% more beyond the plane."""
    return surp(model) * (1 + 0.01 * (model.dimensions > 2))


def conditional_of_the_plane(pair: ResponsePair) -> np.ndarray:
    return surp.conditional(pair) * (1 + 0.01 * (pair.stimuli.shape[1] > 2))


def leaks_beyond_the_plane(model: EncodingModel) -> np.ndarray:
    leak = 0.1 * (model.dimensions > 2)
    values = local.featurewise(model)
    return (1 - leak) * values + leak * values.sum(axis=1, keepdims=True) / model.dimensions


def no_features(model: EncodingModel) -> np.ndarray:
    return np.zeros_like(model.stimuli)


def gaussian_variance(model: EncodingModel) -> np.ndarray:
    """1/2 log Var R / Var(R|x), of responses with numerical values."""
    if model.responses is None:
        raise NotApplicable("the responses have no numerical values")
    r, p_r = model.responses, model.response_probability
    mean = r @ model.likelihood
    given = (r**2) @ model.likelihood - mean**2
    return 0.5 * np.log((p_r @ (r - p_r @ r) ** 2 + 1e-3) / (given + 1e-3))


def _measure(name, pointwise, conditional=None, featurewise=None, needs=()):
    return si.Measure(name, pointwise, conditional=conditional, featurewise=featurewise, needs=needs)


#: axiom id -> measures that break it and that were once said to meet it.
FOOLING = {
    "completeness": (
        _measure("no rare responses", without_rare_responses),
        _measure("half turn", half_turn),
        _measure("64 bins", in_64_bins),
        _measure("of the plane", of_the_plane),
    ),
    "locality": (
        _measure("share of Fisher", fisher_share, needs={"gradient"}),
        _measure("log of Fisher", fisher_log, needs={"gradient"}),
        si.i_kong2,
    ),
    "additivity": (
        _measure("a floor of 1e-12", with_a_floor),
        _measure("conditional without volumes", ssi.pointwise, ssi_without_volumes),
        _measure("conditional of whole numbers", local.pointwise, whole_conditional),
        _measure("eight likeliest", surp.pointwise, likeliest_eight),
        _measure("conditional of the plane", surp.pointwise, conditional_of_the_plane),
    ),
    "data_processing": (
        _measure("declines few", declines_few),
        _measure("Fisher of few", fisher_of_few, needs={"gradient"}),
        _measure("pseudo-counts", pseudo_counts),
        _measure("more for more responses", more_for_more_responses),
    ),
    "response_invariance": (_measure("variances", gaussian_variance),),
    "feature_insensitivity": (
        _measure("leaks between", local.pointwise, featurewise=leaks_between_whole_numbers),
        _measure("leaks beyond the plane", local.pointwise, featurewise=leaks_beyond_the_plane),
        _measure("no features", local.pointwise, featurewise=no_features),
    ),
    "feature_insensitivity_marginal": (_measure("no features", local.pointwise, featurewise=no_features),),
}
