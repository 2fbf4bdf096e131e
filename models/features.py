"""Which features of a model in R^d are independent of the response; exact up to rounding."""

from __future__ import annotations

import numpy as np

from . import EncodingModel

#: Two probabilities are equal within this, relative to the larger: those of rare stimuli are all small.
_EQUAL = 1e-9


def insensitive_features(model: EncodingModel, jointly: bool) -> list[int]:
    """Indices of the features independent of R, or with `jointly` of R and the other features together; none in R^1."""
    if model.dimensions < 2:
        return []
    joint = model.likelihood * model.prior
    found = []
    for i in range(model.dimensions):
        values = np.unique(model.stimuli[:, i], return_inverse=True)[1].ravel()
        rest = np.unique(np.delete(model.stimuli, i, axis=1), axis=0, return_inverse=True)[1].ravel()
        groups = rest if jointly else np.zeros_like(rest)
        table = np.zeros((len(joint) * (groups.max() + 1), values.max() + 1))
        for k, row in enumerate(joint):
            np.add.at(table, (k * (groups.max() + 1) + groups, values), row)
        product = np.outer(table.sum(axis=1), table.sum(axis=0))
        if (np.abs(table - product) <= _EQUAL * np.maximum(table, product)).all():
            found.append(i)
    return found
