"""Integrals over the Gaussian channel for several response tables at once, with one set of stimuli and one prior.

The tables are stacked into one: which of B tables a response belongs to is drawn uniformly and tells nothing of the
stimulus, so p(x|xg) stays, and p(x|xg, r) is that of the response's own table. The nodes, and what depends on stimuli
and noise alone, are computed once instead of B times.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .channel import integrate
from .nodes import Contribution, Nodes
from .resolution import Resolution

#: Responses stacked at once: with more, the arrays of a batch of nodes leave a processor's cache.
_STACKED = 2048


class Stacked(Protocol):
    """Turns a batch of nodes into its part of the integral for each of the tables (B, K, J), shape (J, B)."""

    def __call__(self, nodes: Nodes, tables: Array) -> Array: ...


def integrate_each(contribution: Stacked, model: EncodingModel, tables: Array, resolution: Resolution) -> Array:
    """The integral for each of B response tables, (B, J), nats; the sum over features where there are several.

    Parameters
    ----------
    contribution : turns a batch of nodes into its part of the integral
    model : gives the stimuli (J, d) and the prior (J,)
    tables : (B, K, J); rows of zeros are allowed
    """
    stimuli = model.stimuli
    if len(stimuli) == 1:
        return np.zeros((len(tables), 1))
    tables = _without_needless_rows(tables)
    size = max(1, _STACKED // tables.shape[1])
    found = []
    for start in range(0, len(tables), size):
        part = tables[start : start + size]
        stack = part.reshape(-1, len(stimuli)) / len(part)
        of_part = Contribution(partial(contribution, tables=part), len(part), turns=True)
        found.append(integrate(of_part, model, stack, resolution).T)
    return np.concatenate(found)


def _without_needless_rows(tables: Array) -> Array:
    """Tables with fewer rows and the same integrals: responses that only one stimulus evokes are merged."""
    possible = tables > 0
    shared = possible.sum(axis=2) > 1
    most, (_, count, stimuli) = int(shared.sum(axis=1).max()), tables.shape
    if most + stimuli >= count:
        return tables
    first = np.argsort(~shared, axis=1, kind="stable")[:, :most, None]
    own = np.where(shared[..., None], 0.0, tables).sum(axis=1)
    kept = np.take_along_axis(np.where(shared[..., None], tables, 0.0), first, axis=1)
    return np.concatenate([kept, own[:, :, None] * np.eye(stimuli)], axis=1)
