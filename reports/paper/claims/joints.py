"""Small models that several statements are tried on."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....models import EncodingModel
from ....models.arrays import Array

#: What integrals may be off by, in nats.
CLOSE = 1e-6


@cache
def models() -> tuple[EncodingModel, ...]:
    """Small joints of every shape, from fixed random numbers."""
    rng = np.random.default_rng(5)
    found = [EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])]
    for stimuli, responses in ((3, 2), (4, 3), (6, 5), (9, 4)):
        x = np.cumsum(rng.uniform(0.3, 1.5, stimuli))
        found.append(EncodingModel(x, rng.dirichlet(np.ones(stimuli)), rng.dirichlet(np.ones(responses), stimuli).T))
    return tuple(found)


def xor_model() -> EncodingModel:
    """X uniform on the corners of a square; p(R = 1 | x) is 0.9 on one diagonal and 0.1 on the other."""
    x = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    p = np.where(x[:, 0] * x[:, 1] > 0, 0.9, 0.1)
    return EncodingModel(x, np.full(4, 0.25), np.stack([p, 1 - p]))


@cache
def shared_response() -> EncodingModel:
    """W1: two stimuli that share one response and have one each of their own."""
    return EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])


def data_of(model: EncodingModel) -> dict[str, object]:
    """A model as JSON data, to be a claim's witness."""
    return {
        "stimuli": model.stimuli.tolist(),
        "prior": model.prior.tolist(),
        "likelihood": model.likelihood.tolist(),
    }


def mean(model: EncodingModel, values: Array) -> float:
    """E_X of values (J,)."""
    return float(model.prior @ values)
