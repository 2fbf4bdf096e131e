"""Kong's second decomposition: like I_local, but with the responses to x itself; on a circle, see `ring`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .channel import integrate, sum_of_features
from .exact import PAPER, Integral, Integrand, PublishedMeasure
from .memory import remembered
from .nodes import Contribution, Nodes
from .resolution import Resolution, resolution_for

if TYPE_CHECKING:
    from torch import Tensor

    from .drawn import Drawn
    from .sight import Sight


@remembered
def featurewise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """E_{r|x} int dg / (2 g^2) E_{Xg|x}[(E[X_i|Xg, r] - E[X_i|Xg])^2], shape (J, d), nats (Eqs. 19, 20)."""
    resolution = resolution or resolution_for(model.stimuli)

    def of(nodes: Nodes) -> Array:
        parts = [(nodes.average(gain * gain) * model.likelihood.T).sum(axis=-1) for gain in nodes.gains()]
        return np.stack(parts, axis=-1)

    return integrate(Contribution(of, model.dimensions), model, model.likelihood, resolution)


@remembered
def pointwise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """I_Kong2(x), the sum of its features, shape (J,), nats."""

    def of(nodes: Nodes) -> Array:
        return np.asarray((nodes.average(nodes.gain_squared) * model.likelihood.T).sum(axis=-1, keepdims=True))

    resolution = resolution or resolution_for(model.stimuli)
    return sum_of_features(featurewise, Contribution(of, 1, turns=True), model, model.likelihood, resolution)


def stacked(nodes: Nodes, tables: Array) -> Array:
    """The part of I_Kong2(x) from a batch of nodes for each of (B, K, J) tables, (J, B), see `integrate_each`."""
    square = nodes.average(nodes.gain_squared)
    square = square.reshape(*square.shape[:-1], *tables.shape[:2])
    return np.asarray(np.einsum("...jbk,bkj->...jb", square, tables))


def squared_gain(at: Sight) -> Tensor:
    """E_{r|x} E_{xg|x} D_i^2, with D = xhat(xg, r) - xhat(xg), the gain of a response."""
    return at.own(lambda seen: seen.gain**2)


def from_draws(at: Drawn) -> Array:
    """E_{r|x} int dg / (2 g^2) E_{Xg|x}[gain^2], by replicate."""
    return at.squared_gain(of_noisy=False)


i_kong2 = PublishedMeasure(
    "i_kong2",
    "Kong's second decomposition",
    symbol=("I", "Kong2"),
    notes={
        "locality": "holds with finitely many responses where E exp(|X|^(1+d)) is finite for some d > 0 (Gaussian "
        "tails, say). With responses as unbounded as the stimulus it fails; with two responses it fails under an "
        "exponential tail: even atoms y = 0, 2, ... of weight exp(-y) and R = 0, odd ones of weight exp(-y^2 / 2) and "
        "R = 1, and R = 1 at 0 too."
    },
    tells="Like I_local, but with the responses to x itself instead of those to the noisy stimulus.",
    formula="I_Kong2(x) = int_0^oo E_{xg,r|x}[|xhat(xg,r) - xhat(xg)|^2] dg / (2 g^2)",
    pointwise=Integral(pointwise, stacked),
    featurewise=Integral(featurewise),
    drawn=from_draws,
    # It follows the response to each stimulus, which scatters five times as much as I_local's average over neighbours:
    # 0.017 nats for 1,000 neurons and 64 stimuli.
    passes=160,
    integrand=Integrand(squared_gain, featurewise=True),
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": True,
        "additivity": False,
        "data_processing": False,
        "response_invariance": True,
        "feature_insensitivity": True,
        "feature_insensitivity_marginal": False,
        "stimulus_invariance": False,
    },
    proofs={
        "completeness": (
            "p(x) p(r|x) p(xg|x), summed over x, is p(xg) p(r|xg): (Xg, R) has one joint law, whether r comes from x "
            "or from xg. So its mean is that of i_local."
        ),
        "positivity": "A mean of squares; the conditional is an average of such means.",
        "response_invariance": (
            "Responses occur only in E[X|xg,r] and in averages over p(r|x): a bijection permutes the sums, and its "
            "Jacobian cancels."
        ),
        "feature_insensitivity": (
            "If X_i is independent of (R, X_-i), E[X_i|xg,r] = E[X_i|xg], so I_i = 0; I(x) is the sum over features "
            "by definition."
        ),
    },
    slow=True,
    needs=("distances",),
    source="Kong et al. (2024); Eqs. 19, 20 of " + PAPER,
)
