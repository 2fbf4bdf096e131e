"""Stimuli whose features fall into independent parts, each with a response of its own: integrals over noise by part.

Let the prior be a product over parts of the features, and the response consist of one response per part, each
independent of all else given its own part (or saying nothing of it). Then E[X_i|Xg, r] depends on the part of feature i
alone, and so does I_i(x), for every integral over noise that is independent per feature: I_i(x) is that of the model of
the part. So features of any number cost what their parts cost one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array

#: Two probabilities are equal within this, relative to the larger one: rounding.
_EQUAL = 1e-9
#: Digits in which the posteriors of two responses agree if they say the same of a part.
_ALIKE = 9
#: Most features that vary among which parts are sought: independent ones have 2^20 stimuli at least.
_MOST = 20


class Part(NamedTuple):
    """The model of some of the features.

    Attributes
    ----------
    features : their indices
    own : (J,) which of the part's stimuli each stimulus has
    target : the model, or the pair of responses, of these features alone
    """

    features: Array
    own: Array
    target: EncodingModel | ResponsePair


def independent_parts(target: EncodingModel | ResponsePair) -> list[Part]:
    """The independent parts of the features that vary; none where there are fewer than two."""
    varying = np.flatnonzero(np.ptp(target.stimuli, axis=0) > 0)
    if not 2 <= len(varying) <= _MOST:
        return []
    joint = target.likelihood.reshape(-1, len(target.prior))
    tables = [joint]
    if isinstance(target, ResponsePair):
        tables.append(np.repeat(target.first_given_stimulus, target.likelihood.shape[1], axis=0))
    laws = [_posterior(table, target.prior) for table in tables]
    every = np.concatenate([target.prior[None], *laws])
    label = np.arange(target.stimuli.shape[1])
    codes = {i: _codes(target.stimuli[:, [i]]) for i in varying}
    for i in varying:
        for k in varying[varying < i]:
            if label[i] != label[k] and not _product(every, [codes[i], codes[k]], _codes(target.stimuli[:, [i, k]])):
                label[label == label[k]] = label[i]
    groups = [varying[label[varying] == name] for name in np.unique(label[varying])]
    owns = [_codes(target.stimuli[:, group]) for group in groups]
    if len(groups) < 2 or not _product(every, owns, np.arange(len(target.prior))):
        return []
    parts = []
    for group, own in zip(groups, owns):
        said = np.concatenate([_sums(law, own) for law in laws], axis=1)
        table = _sums(joint.T, np.unique(said.round(_ALIKE), axis=0, return_inverse=True)[1].ravel()).T
        at = np.unique(own, return_index=True)[1]
        if not np.allclose(table, table[:, at][:, own], rtol=_EQUAL, atol=1e-15):
            return []  # what is said of this part depends on another one
        parts.append(Part(group, own, _alone(target, group, own, at, table[:, at])))
    return parts


def by_parts(parts: list[Part], shape: tuple[int, ...], formula: Callable[[Any], Array]) -> Array:
    """The values of a formula at all stimuli (J, d), from those of each part: their sum, (J,), or one per feature."""
    values = [formula(part.target)[part.own] for part in parts]
    if values[0].ndim == 1:
        return np.asarray(sum(values))
    found = np.zeros(shape)  # a feature that does not vary has no information
    for part, value in zip(parts, values):
        found[:, part.features] = value
    return found


def _alone(
    target: EncodingModel | ResponsePair, group: Array, own: Array, at: Array, table: Array
) -> EncodingModel | ResponsePair:
    """The target with these features alone; `at` are stimuli that have each value of the part, `table` their rows."""
    stimuli, prior = target.stimuli[at][:, group], _sums(target.prior[None], own)[0]
    if isinstance(target, EncodingModel):
        return EncodingModel(stimuli, prior, table / table.sum(axis=0))
    both = _sums((target.likelihood * target.prior).reshape(-1, len(own)), own) / prior
    return ResponsePair(stimuli, prior, both.reshape(*target.likelihood.shape[:2], -1) / both.sum(axis=0))


def _posterior(table: Array, prior: Array) -> Array:
    """p(x|r) for each row of a table of responses, (K, J); a row of zeros for one that never occurs."""
    top = table.max(axis=1, keepdims=True)
    joint = np.divide(table, top, out=np.zeros_like(table), where=top > 0) * prior
    total = joint.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(joint, total, out=np.zeros_like(joint), where=total > 0))


def _codes(rows: Array) -> Array:
    """The number of each row among the different ones, (J,)."""
    return np.asarray(np.unique(rows, axis=0, return_inverse=True)[1]).ravel()


def _sums(laws: Array, codes: Array) -> Array:
    """Probabilities (L, J) summed over the stimuli of each code, (L, codes)."""
    found = np.zeros((codes.max() + 1, len(laws)))
    np.add.at(found, codes, laws.T)
    return found.T


def _product(laws: Array, parts: list[Array], whole: Array) -> bool:
    """Whether under each of these laws (L, J) the parts' codes are independent; `whole`: the codes of all together."""
    if math.prod(int(part.max()) + 1 for part in parts) != whole.max() + 1:
        return False
    at = np.unique(whole, return_index=True)[1]
    expected = np.prod([_sums(laws, part)[:, part[at]] for part in parts], axis=0)
    joint = _sums(laws, whole)
    return bool((np.abs(joint - expected) <= _EQUAL * np.maximum(joint, expected)).all())
