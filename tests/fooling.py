"""Wrong measures that an audit once said "holds" of: each stands for a class of cases that was not asked."""

from __future__ import annotations

import numpy as np
from mutants import measure

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


def _grouped(model: EncodingModel, key: np.ndarray) -> np.ndarray:
    """Specific surprise where stimuli with one key are one stimulus."""
    label = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    weight = np.bincount(label, model.prior)
    table = np.stack([np.bincount(label, model.prior * row) / weight for row in model.likelihood])
    p_r = model.response_probability[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(table > 0, table * np.log(table / p_r), 0.0).sum(axis=0)[label]


def rounded_coordinates(model: EncodingModel) -> np.ndarray:
    return _grouped(model, np.round(model.stimuli, 6))


def single_precision(model: EncodingModel) -> np.ndarray:
    return _grouped(model, model.stimuli.astype(np.float32))


def short_names(model: EncodingModel) -> np.ndarray:
    names = [",".join(f"{x:g}" for x in row) for row in model.stimuli]
    return _grouped(model, np.unique(names, return_inverse=True)[1][:, None])


def three_features(model: EncodingModel) -> np.ndarray:
    return _grouped(model, model.stimuli[:, :3])


def two_features(model: EncodingModel) -> np.ndarray:
    return _grouped(model, model.stimuli[:, :2])


def rounded_responses(model: EncodingModel) -> np.ndarray:
    if model.responses is None:
        return surp(model)
    label = np.unique(np.round(model.responses, 6), return_inverse=True)[1]
    table = np.zeros((label.max() + 1, len(model.prior)))
    np.add.at(table, label, model.likelihood)
    return surp(model.replace(likelihood=table, responses=None, response_volumes=None, likelihood_gradient=None))


def first_responses(model: EncodingModel) -> np.ndarray:
    """A sum over the first 128 responses, as if there were no larger count."""
    return _surprise(model, np.arange(len(model.likelihood)) < 128, 0.0)


def by_spread_of_means(model: EncodingModel) -> np.ndarray:
    """Surprise, divided among features as the posterior means vary: blind to features that act by their size."""
    moved = model.posterior @ model.stimuli - model.prior @ model.stimuli
    share = model.response_probability @ moved**2
    total = share.sum()
    return surp(model)[:, None] * (share / total if total > 0 else np.full(len(share), 1 / len(share)))


def rest_to_the_last(model: EncodingModel) -> np.ndarray:
    """The first feature's own surprise, and all that is left to the last feature."""
    first = _grouped(model, model.stimuli[:, :1])
    found = np.zeros_like(model.stimuli)
    found[:, 0] = first
    found[:, -1] += surp(model) - first
    return found


def smoothed(model: EncodingModel) -> np.ndarray:
    """Surprise of p(r|x) against its average over a kernel as wide as the prior."""
    centre = model.stimuli - model.prior @ model.stimuli
    width = max(float(np.sqrt(model.prior @ (centre**2).sum(axis=1))), 1e-12)
    square = ((model.stimuli[:, None] - model.stimuli) ** 2).sum(axis=-1)
    kernel = np.exp(-0.5 * square / width**2) * model.prior + 1e-300 * np.eye(len(square))
    around = model.likelihood @ (kernel / kernel.sum(axis=1, keepdims=True)).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(model.likelihood > 0, model.likelihood * np.log(model.likelihood / around), 0.0).sum(axis=0)


def half_surprise_half_ssi(model: EncodingModel) -> np.ndarray:
    return 0.5 * surp(model) + 0.5 * ssi(model)


def gaussian_variance(model: EncodingModel) -> np.ndarray:
    """1/2 log Var R / Var(R|x), of responses with numerical values."""
    if model.responses is None:
        raise NotApplicable("the responses have no numerical values")
    r, p_r = model.responses, model.response_probability
    mean = r @ model.likelihood
    given = (r**2) @ model.likelihood - mean**2
    return 0.5 * np.log((p_r @ (r - p_r @ r) ** 2 + 1e-3) / (given + 1e-3))


#: axiom id -> measures that break it and that were once said to meet it.
FOOLING = {
    "positivity": (measure("half surprise, half SSI", half_surprise_half_ssi),),
    "stimulus_invariance": (
        measure("rounded coordinates", rounded_coordinates),
        measure("single precision", single_precision),
    ),
    "locality_any_prior": (measure("smoothed", smoothed),),
    "completeness": (
        measure("rounded coordinates", rounded_coordinates),
        measure("single precision", single_precision),
        measure("short names", short_names),
        measure("three features", three_features),
        measure("first responses", first_responses),
        measure("no rare responses", without_rare_responses),
        measure("half turn", half_turn),
        measure("64 bins", in_64_bins),
        measure("of the plane", of_the_plane),
    ),
    "locality": (
        measure("share of Fisher", fisher_share, needs={"gradient"}),
        measure("log of Fisher", fisher_log, needs={"gradient"}),
        si.i_kong2,
    ),
    "additivity": (
        measure("two features", two_features),
        measure("a floor of 1e-12", with_a_floor),
        measure("conditional without volumes", ssi.pointwise, ssi_without_volumes),
        measure("conditional of whole numbers", local.pointwise, whole_conditional),
        measure("eight likeliest", surp.pointwise, likeliest_eight),
        measure("conditional of the plane", surp.pointwise, conditional_of_the_plane),
    ),
    "data_processing": (
        measure("half surprise, half SSI", half_surprise_half_ssi),
        measure("first responses", first_responses),
        measure("declines few", declines_few),
        measure("Fisher of few", fisher_of_few, needs={"gradient"}),
        measure("pseudo-counts", pseudo_counts),
        measure("more for more responses", more_for_more_responses),
    ),
    "response_invariance": (
        measure("rounded responses", rounded_responses),
        measure("first responses", first_responses),
        measure("variances", gaussian_variance),
    ),
    "feature_insensitivity": (
        measure("by the spread of means", surp.pointwise, featurewise=by_spread_of_means),
        measure("rest to the last", surp.pointwise, featurewise=rest_to_the_last),
        measure("leaks between", local.pointwise, featurewise=leaks_between_whole_numbers),
        measure("leaks beyond the plane", local.pointwise, featurewise=leaks_beyond_the_plane),
        measure("no features", local.pointwise, featurewise=no_features),
    ),
    "feature_insensitivity_marginal": (measure("no features", local.pointwise, featurewise=no_features),),
}
