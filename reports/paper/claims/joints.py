"""Small models that several statements are tried on."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....models import EncodingModel
from ....models.arrays import Array

#: Largest error of an integral, in nats.
CLOSE = 1e-6


@cache
def models() -> tuple[EncodingModel, ...]:
    """Small models of several shapes, the same each time."""
    rng = np.random.default_rng(5)
    found = [shared_response()]
    for stimuli, responses in ((3, 2), (4, 3), (6, 5), (9, 4)):
        x = np.cumsum(rng.uniform(0.3, 1.5, stimuli))
        found.append(EncodingModel(x, rng.dirichlet(np.ones(stimuli)), rng.dirichlet(np.ones(responses), stimuli).T))
    return tuple(found)


def shared_response() -> EncodingModel:
    """Two stimuli that share one response and have one more response each."""
    return EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])


def three_stimuli() -> EncodingModel:
    """Stimuli 0, 1 and 2, of which the response tells only whether it is 0."""
    return EncodingModel([0.0, 1.0, 2.0], [1 / 3] * 3, [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])


def xor_model() -> EncodingModel:
    """X uniform on the corners of a square; p(R = 1 | x) is 0.9 on one diagonal and 0.1 on the other."""
    x = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    p = np.where(x[:, 0] * x[:, 1] > 0, 0.9, 0.1)
    return EncodingModel(x, np.full(4, 0.25), np.stack([p, 1 - p]))


def and_model() -> EncodingModel:
    """The response is the AND of two features, each 0 or 1; all four stimuli are equally likely."""
    return EncodingModel([[0, 0], [0, 1], [1, 0], [1, 1]], [0.25] * 4, [[1, 1, 1, 0], [0, 0, 0, 1]])


def data_of(model: EncodingModel) -> dict[str, object]:
    """A model as JSON data, for a claim's witness."""
    return {name: getattr(model, name).tolist() for name in ("stimuli", "prior", "likelihood")}


def mean(model: EncodingModel, values: Array) -> float:
    """E_X of values (J,)."""
    return float(model.prior @ values)


def distance(one: Array, two: Array) -> float:
    """The largest absolute difference between two arrays."""
    return float(np.abs(one - two).max())
