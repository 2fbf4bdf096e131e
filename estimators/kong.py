"""Kong's two decompositions: from denoising errors at fixed r, averaged over p(r|x)."""

from __future__ import annotations

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .channel import centred, integrate
from .channel_nodes import Nodes
from .resolution import STANDARD, Resolution, resolution_for


def kong1_featurewise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """E_{r|x} int dg / (2 g^2) E_{Xg|x}[(x_i - E[X_i|Xg])^2 - (x_i - E[X_i|Xg, r])^2], shape (J, d), nats (Eq. 18).

    Its sum over features is I_surp(x) exactly; single features may be negative. With y = Xg and D the gain, the
    bracket is -D (E[X|y] + E[X|y, r] - 2 x) = -D (shift + response_shift) - 2 D (y - x).
    """
    resolution = resolution or resolution_for(model.dimensions, STANDARD)
    stimuli, chance = centred(model.stimuli), model.likelihood.T

    def contribution(nodes: Nodes) -> Array:
        gain = nodes.gain
        bracket = -gain * (nodes.shift[:, None] + nodes.response_shift)
        parts = []
        for i in range(model.dimensions):
            drift = nodes.average_from(stimuli[:, i : i + 1], nodes.positions[:, i : i + 1], gain[:, :, i])
            parts.append(((nodes.average(bracket[:, :, i]) - 2 * drift) * chance).sum(axis=1))
        return np.stack(parts, axis=1)

    return integrate(contribution, model.stimuli, model.prior, model.likelihood, resolution)


def kong2_featurewise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """E_{r|x} int dg / (2 g^2) E_{Xg|x}[(E[X_i|Xg, r] - E[X_i|Xg])^2], shape (J, d), nats (Eqs. 19, 20)."""
    resolution = resolution or resolution_for(model.dimensions, STANDARD)

    def contribution(nodes: Nodes) -> Array:
        square = nodes.gain**2
        parts = [(nodes.average(square[:, :, i]) * model.likelihood.T).sum(axis=1) for i in range(model.dimensions)]
        return np.stack(parts, axis=1)

    return integrate(contribution, model.stimuli, model.prior, model.likelihood, resolution)


def kong2_pointwise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """I_Kong2(x), the sum of its features, shape (J,), nats."""
    return np.asarray(kong2_featurewise(model, resolution).sum(axis=1))
