"""Local information I_local: Fisher information about X + noise, averaged given x and integrated over noise levels.

On a circle the noise is that of the circle, which makes a relative of I_local: see `ring`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..models import EncodingModel, ResponsePair
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


#: Where there are at least so many stimuli, responses less probable than this at every one of them are merged; together
#: they carry less than 1e-10 nats.
RARE, MANY = 1e-14, 64


@remembered
def featurewise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """I_i(x) = int dg / (2 g^2) E_{Xg|x} E_{r|Xg}[(E[X_i|Xg, r] - E[X_i|Xg])^2], shape (J, d), nats."""
    resolution = resolution or resolution_for(model.stimuli)

    contribution = Contribution(lambda nodes: nodes.average(nodes.squared_gain), model.dimensions, True, True)
    return integrate(contribution, model, _likely(model.likelihood), resolution)


@remembered
def pointwise(model: EncodingModel, resolution: Resolution | None = None) -> Array:
    """I_local(x), the sum of its features, shape (J,), nats."""

    def of(nodes: Nodes) -> Array:
        return nodes.average(nodes.squared_gain.sum(axis=1, keepdims=True))

    contribution = Contribution(of, 1, by_posterior=True, sums_responses=True, turns=True)
    resolution = resolution or resolution_for(model.stimuli)
    return sum_of_features(featurewise, contribution, model, _likely(model.likelihood), resolution)


def _likely(likelihood: Array) -> Array:
    """The likelihood table with its almost impossible responses, the far tails of a count, merged into one."""
    rare = likelihood.max(axis=1) < RARE
    if rare.sum() < 2 or likelihood.shape[1] < MANY:
        return likelihood
    return np.concatenate([likelihood[~rare], likelihood[rare].sum(axis=0, keepdims=True)])


def stacked(nodes: Nodes, tables: Array) -> Array:
    """The part of I_local(x) from a batch of nodes for each of (B, K, J) tables, (J, B), see `integrate_each`."""
    square = nodes.gain_squared * nodes.response_probability
    blocks, _, size = square.shape
    return nodes.average(square.reshape(blocks, len(tables), -1, size).sum(axis=2)) * len(tables)


@remembered
def conditional(pair: ResponsePair, resolution: Resolution | None = None) -> Array:
    """``int dg / 2 E_{Xg|x} E_{R|Xg}[J_{R'|R}(Xg)]``, shape (J,), nats.

    The average over r is over p(r|xg), inside the integral. The score of r' given r is the score of (r, r') minus that
    of r, so the integrand is E_{r,r'|xg} |E[X|xg, r, r'] - E[X|xg, r]|^2 / g^2.
    """
    resolution = resolution or resolution_for(pair.stimuli)
    first, second, count = pair.likelihood.shape

    def of(nodes: Nodes) -> Array:
        weight = nodes.response_probability.reshape(len(nodes.mass), first, second, -1)
        given = weight.sum(axis=2)
        square = np.zeros(weight.shape)
        for gain in nodes.gains():
            gain = gain.reshape(weight.shape)
            mean = np.einsum("nklb,nklb->nkb", weight, gain)
            gain -= np.divide(mean, given, out=np.zeros_like(mean), where=given > 0)[:, :, None]
            square += np.multiply(gain, gain, out=gain)
        return nodes.average(np.einsum("nklb,nklb->nb", weight, square)[:, None])

    joint = pair.likelihood.reshape(-1, count)
    contribution = Contribution(of, 1, by_posterior=True, turns=True)
    return integrate(contribution, pair, joint, resolution)[:, 0]


def gain(at: Sight) -> Tensor:
    """E_{xg|x} E_{r|xg} D_i^2, with D = xhat(xg, r) - xhat(xg), the gain of a response."""
    return at.local()


def from_draws(at: Drawn) -> Array:
    """Int dg / (2 g^2) E_{Xg|x} E_{r|Xg}[gain^2], by replicate."""
    return at.squared_gain(of_noisy=True)


i_local = PublishedMeasure(
    "i_local",
    "local information",
    symbol=("I", "local"),
    tells=(
        "How well this stimulus can be distinguished from others, near and far, weighted by the prior. "
        "It depends on how the stimulus is described: it changes with the scale of x."
    ),
    formula="I_local(x) = 1/2 int_0^oo E_{xg|x} tr J(xg) dg",
    pointwise=Integral(pointwise, stacked),
    featurewise=Integral(featurewise),
    conditional=Integral(conditional),
    drawn=from_draws,
    integrand=Integrand(gain, passes=None, featurewise=True, variance=True),
    claims={
        "completeness": True,
        "locality": True,
        "locality_any_prior": False,
        "positivity": True,
        "additivity": True,
        "data_processing": True,
        "response_invariance": True,
        "feature_insensitivity": True,
        "feature_insensitivity_marginal": False,
        "stimulus_invariance": False,
    },
    proofs={
        "completeness": (
            "De Bruijn's identity for the finite Gaussian mixtures p(xg) and p(xg|r): d/dg I(R;Xg) = -1/2 E tr J(Xg). "
            "I(R;Xg) runs from I(R;X) at g = 0 to 0 as g grows, so E_X[I(x)] = 1/2 int E tr J(Xg) dg = I(R;X). Given "
            "r, Xg has the law that it has in the model of R' given r, so the conditional's mean is that of "
            "I(R';X|R=r)."
        ),
        "locality": (
            "For every prior with E exp(c|X|) finite for some c > 0 and any response; the page 'Why I_local is local' "
            "(reports/site/pages/locality.md) has every step. Let w be the posterior at xg, m its mass in the ball, w0 "
            "the rest, which no change in the ball alters, V and M second and fourth moments of w0, and a the distance "
            "from its mean to the far side of the ball. Lemma: tr Cov E[X|R] under w and under w0 differ by at most "
            "sqrt(m M) + m V + 2 m a^2. With t = |x|/g, m is at most C exp(-eps t). Theorem A: if E exp(a|X|^(1+d)) is "
            "finite, a, d > 0, moments at large g are powers of log|x|, and I(x) changes by O((log|x|)^k/|x|), "
            "k = 1 + 2 max(1, 1/d). Theorem B, the whole class: an entropy bound on E[pi log(1/pi)], with "
            "pi = p(ball|r,xg), makes the integral over t of E0[pi |X|^2]/|x|, and so the change, go to 0. No rate "
            "holds for the whole class. Whether the exponential moment is necessary for each prior is open."
        ),
        "positivity": (
            "J_ii(xg) = E_{r|xg}(E[X_i|xg,r] - E[X_i|xg])^2 / g^2 is not negative; the conditional is an average of "
            "the same."
        ),
        "additivity": (
            "At each xg, E[X|xg,R] is a martingale in what is known: E|xhat_{R,R'} - xhat|^2 = E|xhat_R - xhat|^2 + "
            "E|xhat_{R,R'} - xhat_R|^2, for each feature. Integrate over g."
        ),
        "data_processing": (
            "Xg - X - R - R' is a Markov chain, so E[X|xg,r'] = E[E[X|xg,R] | xg,r'] at each xg: a conditional mean "
            "has no larger variance. Integrate over g."
        ),
        "response_invariance": (
            "Responses occur only in E[X|xg,r] and in averages over p(r|xg): a bijection permutes the sums, and its "
            "Jacobian cancels."
        ),
        "feature_insensitivity": (
            "I(x) is the sum over features by definition. If X_i is independent of (R, X_-i), then so is (X_i)g, as "
            "the noise of the features is independent: E[X_i|xg,r] = E[X_i|(x_i)g] = E[X_i|xg], and I_i = 0."
        ),
    },
    slow=True,
    needs=("distances",),
    source="Eqs. 8, 9 of " + PAPER,
)
