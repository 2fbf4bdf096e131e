"""Transforms of the response: garblings (R -> R') and invertible maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ModelError
from .arrays import Array, as_real_array
from .encoding_model import EncodingModel
from .response_pair import ResponsePair


def _garbling(matrix: Any, responses: int) -> Array:
    table = as_real_array(matrix, "garbling", (None, responses), "(K', K), new responses by old")
    if (table < 0).any() or (np.abs(table.sum(axis=0) - 1) > 1e-9).any():
        raise ModelError("garbling columns must be probabilities p(r'|r) that sum to 1")
    return np.asarray(table / table.sum(axis=0))


def garble(model: EncodingModel, matrix: Any) -> EncodingModel:
    """The model of R' where X -> R -> R' and ``matrix[k', k]`` = p(r'_k' | r_k).

    If each old response becomes one new response, the volumes of merged cells add. Otherwise R' counts as discrete, and
    its cell volumes are 1.
    """
    table = _garbling(matrix, len(model.likelihood))
    deterministic = bool(((table == 0) | (table == 1)).all())
    volumes = table @ model.response_volumes if deterministic else np.ones(len(table))
    kept = table.any(axis=1)
    gradient = model.likelihood_gradient
    return model.replace(
        likelihood=(table @ model.likelihood)[kept],
        response_volumes=volumes[kept],
        likelihood_gradient=None if gradient is None else np.einsum("lk,kji->lji", table, gradient)[kept],
        responses=None,
    )


def merge_responses(model: EncodingModel, groups: Sequence[int]) -> EncodingModel:
    """Merge responses: old response k becomes the new response ``groups[k]`` (0, 1, ...)."""
    return garble(model, merging_matrix(groups))


def merging_matrix(groups: Sequence[int]) -> Array:
    """The matrix for `garble` that merges responses: old response k becomes ``groups[k]``."""
    labels = np.asarray(groups)
    if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ModelError("groups must be whole numbers 0, 1, ..., one per response")
    return np.asarray((np.arange(labels.max() + 1)[:, None] == labels).astype(float))


def map_responses(model: EncodingModel, function: Callable[[Array], Array]) -> EncodingModel:
    """R' = function(R), for a model whose responses have numerical values; equal values are merged.

    Cells of a continuous response are merged if their images fall into one cell of the same width.

    For example, ``map_responses(model, np.abs)`` gives |r|, ``np.round`` rounds, and ``lambda r: np.clip(r, 0, 5)``
    clips. Raises `ModelError` if the responses have no numerical values.
    """
    values = as_real_array(function(_values(model)), "function(responses)", model.response_volumes.shape)
    if (model.response_volumes != 1).any():
        label = np.floor(values / model.response_volumes.min() + 1e-9)
    else:
        # Values that differ only by rounding, such as 3 * 0.1 and 0.3, are one response.
        label = np.round(values / np.abs(values).max(initial=1.0), 12)
    _, first, group = np.unique(label, return_index=True, return_inverse=True)
    mapped = garble(model, merging_matrix(group.ravel().tolist()))
    return mapped.replace(responses=values[first]) if len(mapped.likelihood) == len(first) else mapped


def add_response_noise(model: EncodingModel, sd: float) -> EncodingModel:
    """R' = R + N(0, sd^2), restricted to the response values of the model; raises `ModelError` if it has none."""
    values = _values(model)
    if not sd > 0:
        raise ModelError(f"sd is {sd}; expected a positive number")
    t = (values[:, None] - values) / sd
    kernel = np.exp(-0.5 * t * t)
    noisy = garble(model, kernel / kernel.sum(axis=0))
    return noisy.replace(response_volumes=model.response_volumes, responses=values)


def _values(model: EncodingModel) -> Array:
    if model.responses is None:
        raise ModelError("this model's responses have no numerical values; give responses= to EncodingModel")
    return model.responses


def permute_responses(model: EncodingModel, order: Sequence[int]) -> EncodingModel:
    """The same responses in another order: new response k is old response ``order[k]``."""
    index = np.asarray(order)
    if sorted(index.tolist()) != list(range(len(model.likelihood))):
        raise ModelError(f"order {index.tolist()} is not a permutation of 0 to {len(model.likelihood) - 1}")
    return model.replace(
        likelihood=model.likelihood[index],
        response_volumes=model.response_volumes[index],
        likelihood_gradient=None if model.likelihood_gradient is None else model.likelihood_gradient[index],
        responses=None if model.responses is None else model.responses[index],
    )


def stretch_responses(model: EncodingModel, factors: Any) -> EncodingModel:
    """A smooth bijection phi of a continuous response: the volume of cell k grows by ``factors[k]`` = |phi'(r_k)|."""
    growth = as_real_array(factors, "factors", model.response_volumes.shape)
    if (growth <= 0).any():
        raise ModelError("factors of a bijection must be positive")
    return model.replace(response_volumes=model.response_volumes * growth, responses=None)


def revalue_responses(model: EncodingModel, values: Any) -> EncodingModel:
    """The same responses with other numerical values, ``values[k]`` that of response k; distinct ones stay distinct."""
    if model.responses is None:
        raise ModelError("this model's responses have no numerical values; give responses= to EncodingModel")
    found = as_real_array(values, "values", model.responses.shape)
    if len(np.unique(found)) < len(np.unique(model.responses)):
        raise ModelError("new values of an invertible map must tell apart what the old ones do")
    return model.replace(responses=found)


def split_response(model: EncodingModel, k: int, share: float = 0.5) -> EncodingModel:
    """Split cell k into two; `share` of its probability and volume goes to the first. No information changes."""
    if not 0 < share < 1:
        raise ModelError(f"share is {share}; expected a number between 0 and 1")
    if not 0 <= k < len(model.likelihood):
        raise IndexError(f"response {k} of {len(model.likelihood)} responses")
    gradient, parts = model.likelihood_gradient, np.array([share, 1 - share])
    table = np.concatenate([np.delete(model.likelihood, k, axis=0), parts[:, None] * model.likelihood[k]])
    return model.replace(
        likelihood=table,
        response_volumes=np.concatenate([np.delete(model.response_volumes, k), parts * model.response_volumes[k]]),
        likelihood_gradient=None
        if gradient is None
        else np.concatenate([np.delete(gradient, k, axis=0), parts[:, None, None] * gradient[k]]),
        responses=None,
    )


def coarse_and_fine(model: EncodingModel, matrix: Any) -> ResponsePair:
    """The pair (R', R) of a garbled response and the response itself: p(r', r | x) = p(r'|r) p(r|x).

    ``matrix[k', k]`` = p(r'_k' | r_k), as for `garble`.
    """
    table = _garbling(matrix, len(model.likelihood))
    table = table[table.any(axis=1)]
    gradient = model.likelihood_gradient
    return ResponsePair(
        model.stimuli,
        model.prior,
        table[:, :, None] * model.likelihood,
        stimulus_volumes=model.stimulus_volumes,
        likelihood_gradient=None if gradient is None else table[:, :, None, None] * gradient,
        geometry=model.geometry,
    )
