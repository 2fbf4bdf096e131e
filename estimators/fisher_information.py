"""Fisher information J(x): how well a small change of the stimulus can be seen. It is not a share of I(R;X)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NeedsGradient
from ..models import ResponsePair
from ..models.arrays import Array
from .exact import Integrand, PairSum, PublishedMeasure, Sum
from .finite import Joint, over
from .kong2 import squared_gain

if TYPE_CHECKING:
    from .drawn import Drawn


def featurewise(joint: Joint) -> Any:
    """J_ii(x) = sum_r (d_i p(r|x))^2 / p(r|x), shape (J, d); responses of probability 0 contribute nothing.

    Raises
    ------
    NeedsGradient
        The model has no likelihood gradient.
    """
    if joint.gradient is None:
        raise NeedsGradient("Fisher information needs the likelihood's gradient, which a table of probabilities lacks")
    return over(joint.gradient**2, joint.likelihood[..., None]).sum(axis=0)


def pointwise(joint: Joint) -> Any:
    """J(x), the trace, shape (J,)."""
    return featurewise(joint).sum(axis=1)


def conditional(pair: ResponsePair) -> Any:
    """E_{r|x} of the trace of the Fisher information of p(r'|r,x) about x, shape (J,)."""
    gradient, joint = pair.likelihood_gradient, pair.likelihood
    if gradient is None:
        raise NeedsGradient("Fisher information needs the likelihood's gradient, which this pair does not carry")
    given, slope = joint.sum(axis=1, keepdims=True), gradient.sum(axis=1, keepdims=True)
    score = over(gradient, joint[..., None]) - over(slope, given[..., None])
    return (joint[..., None] * score**2).sum(axis=(0, 1, 3))


def from_draws(at: Drawn) -> Array:
    """J_ii(x) of neurons is the sum of their own; nothing is drawn, so that replicates (two) do not differ.

    Raises
    ------
    NeedsGradient
        The population has no gradient of its rates.
    """
    population = at.population
    if population.rate_gradient is None:
        raise NeedsGradient("Fisher information needs the gradient of the rates; give rate_gradient= to Population")
    own = slice(None) if at.neuron is None else [at.neuron]
    found = np.einsum("njd,nj->jd", population.rate_gradient[own] ** 2, population.law.information()[own])
    return np.broadcast_to(found, (2, *found.shape))


fisher = PublishedMeasure(
    "fisher",
    "Fisher information",
    symbol=("J", ""),
    tells=(
        "How well a small change of the stimulus can be seen. It does not depend on the prior, and is not a share "
        "of the mutual information."
    ),
    formula="J(x) = E_{r|x} (d log p(r|x) / dx)^2",
    pointwise=Sum(pointwise),
    featurewise=Sum(featurewise),
    conditional=PairSum(conditional),
    drawn=from_draws,
    # As g tends to 0, D / g tends to the difference of the scores.
    integrand=Integrand(squared_gain, passes=4, featurewise=True, small_noise=True),
    claims={
        "completeness": False,
        "locality": True,
        "locality_any_prior": True,
        "positivity": True,
        "additivity": True,
        "data_processing": True,
        "response_invariance": True,
        "feature_insensitivity": True,
        "feature_insensitivity_marginal": False,
        "stimulus_invariance": False,
    },
    proofs={
        "locality": (
            "J(x) depends on p(r|.) in a neighbourhood of x only, so a change inside a ball does not change it outside."
        ),
        "locality_any_prior": "As locality: the prior does not occur in J(x).",
        "positivity": "J(x) is the mean of a squared score; the conditional is an average of such means.",
        "additivity": (
            "The score of (r, r') is s(r) + s(r'|r), and E[s(r'|r) | r, x] = 0. So the mean squares add: J_{R,R'}(x) "
            "= J_R(x) + E_{r|x} J_{R'|R=r}(x)."
        ),
        "data_processing": (
            "The score of R' is the conditional mean of the score of R, given R' and x. A conditional mean has no "
            "larger second moment."
        ),
        "response_invariance": (
            "A bijection of discrete responses permutes the sum over r. A smooth one multiplies p(r|x) by a factor "
            "that does not depend on x, so it leaves the score."
        ),
        "feature_insensitivity": (
            "J is the trace, so the J_ii sum to it. If X_i is independent of (R, X_-i), p(r|x) does not depend on "
            "x_i, and its derivative along x_i is 0."
        ),
    },
    units="nats per squared unit of the stimulus",
    needs=("gradient", "distances"),
    source="Fisher (1925)",
)
