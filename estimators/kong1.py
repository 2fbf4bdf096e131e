"""Kong's first decomposition: denoising errors at fixed r; in sum the specific surprise, on a circle too (`ring`)."""

from __future__ import annotations

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .channel import centred, integrate
from .exact import PAPER, Integral, Integrand, PublishedMeasure, Sum
from .finite import joint_of
from .nodes import Contribution, Nodes
from .resolution import Resolution, resolution_for
from .surp import error_gain, from_draws, largest
from .surp import pointwise as surprise


def featurewise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """E_{r|x} int dg / (2 g^2) E_{Xg|x}[(x_i - E[X_i|Xg])^2 - (x_i - E[X_i|Xg, r])^2], shape (J, d), nats (Eq. 18).

    Its sum over features is I_surp(x) exactly; single features may be negative. With y = Xg and D the gain, the
    bracket is -D (E[X|y] + E[X|y, r] - 2 x) = -D (shift + response_shift) - 2 D (y - x).
    """
    if model.geometry.period is not None:
        return np.asarray(surprise(joint_of(model)))[:, None]  # the one feature is the sum, see `ring`
    resolution = resolution or resolution_for(model.stimuli)
    stimuli, chance = centred(model.stimuli), model.likelihood.T

    def of(nodes: Nodes) -> Array:
        parts = []
        for x, y, shift, gain in zip(stimuli.T, nodes.positions, nodes.shift, nodes.gains()):
            bracket = nodes.average(-gain * (2 * shift[:, None] + gain))
            drift = nodes.average(gain * y[:, None]) - x[:, None] * nodes.average(gain)
            parts.append(((bracket - 2 * drift) * chance).sum(axis=-1))
        return np.stack(parts, axis=-1)

    return integrate(Contribution(of, model.dimensions), model, model.likelihood, resolution)


i_kong1 = PublishedMeasure(
    "i_kong1",
    "Kong's first decomposition",
    symbol=("I", "Kong1"),
    tells="Its sum over features is the specific surprise; single features may be negative.",
    formula="I_Kong1(x) = int_0^oo E_{xg,r|x}[|x - xhat(xg)|^2 - |x - xhat(xg,r)|^2] dg / (2 g^2)",
    # Its sum over features is I_surp exactly (the pointwise I-MMSE identity), so the sum is computed as such.
    pointwise=Sum(surprise),
    featurewise=Integral(featurewise),
    drawn=from_draws,  # the sum over features
    most=largest,
    integrand=Integrand(error_gain, featurewise=True),
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": True,
        "additivity": True,
        "data_processing": True,
        "response_invariance": True,
        "feature_insensitivity": True,
        "feature_insensitivity_marginal": False,
        "stimulus_invariance": True,
    },
    proofs={
        "completeness": (
            "Its sum over features is i_surp at each x: E|x - xhat(Xg)|^2 / 2g^2 given x integrates to -log p(x) over "
            "g, and with p(x|r) in place of the prior to -log p(x|r). The difference is log p(x|r)/p(x) = log "
            "p(r|x)/p(r); average over r given x. i_surp is complete."
        ),
        "positivity": "Its sum over features is i_surp at each x (see completeness), a Kullback-Leibler divergence.",
        "additivity": (
            "|x - xhat|^2 - |x - xhat_r|^2 + |x - xhat_r|^2 - |x - xhat_{r,r'}|^2 telescopes, for each feature."
        ),
        "data_processing": "Its sum over features is i_surp at each x (see completeness), which meets it.",
        "response_invariance": (
            "Responses occur only in E[X|xg,r] and in averages over p(r|x): a bijection permutes the sums, and its "
            "Jacobian cancels."
        ),
        "feature_insensitivity": (
            "If X_i is independent of (R, X_-i), E[X_i|xg,r] = E[X_i|xg], so that the two squared errors of feature i "
            "are equal and I_i = 0."
        ),
        "stimulus_invariance": (
            "Its sum over features is i_surp at each x (see completeness), which does not depend on where stimuli lie."
        ),
    },
    needs=("distances",),
    source="Kong, Brekelmans, Ver Steeg (2023); Eq. 18 of " + PAPER,
)
