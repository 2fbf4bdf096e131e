"""Coordinate-invariant SSI, I_CiSSI (Kostal & D'Onofrio 2018): how far responses to x move an observer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.arrays import Array
from .exact import PAPER, Integrand, PublishedMeasure, Sum
from .finite import Joint, posterior_of, xlogy

if TYPE_CHECKING:
    from torch import Tensor

    from .drawn import Drawn
    from .sight import Sight


def pointwise(joint: Joint) -> Any:
    """E_{r|x} KL(p(X|r) || p(X)) (Eq. 4)."""
    posterior = posterior_of(joint)
    divergence = xlogy(posterior, posterior / joint.prior).sum(axis=1)
    return divergence @ joint.likelihood


def gain(at: Sight) -> Tensor:
    """E_{r|x} E_{x'|r} E_{x'g|x'} |D|^2."""
    return at.elsewhere(lambda seen: seen.gain**2).sum(1)


def from_draws(at: Drawn) -> Array:
    """E_{r|x} KL(p(X|r) || p(X)), by replicate."""
    return at.given_stimulus(at.divergence)


i_cissi = PublishedMeasure(
    "i_cissi",
    "coordinate-invariant stimulus-specific information",
    symbol=("I", "CiSSI"),
    tells=(
        "How far the responses to this stimulus move an observer from the prior, however the stimulus is described."
    ),
    formula="I_CiSSI(x) = E_{r|x} KL(p(X|r) || p(X))",
    pointwise=Sum(pointwise),
    integrand=Integrand(gain, looks_elsewhere=True),
    drawn=from_draws,
    most=lambda prior: np.full(len(prior), -np.log(prior.min())),  # KL(p(X|r) || p(X)) of the rarest stimulus
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": True,
        "additivity": False,
        "data_processing": False,
        "response_invariance": True,
        "stimulus_invariance": True,
    },
    proofs={
        "completeness": (
            "E_X E_{R|X} = E_R, so the mean is E_R KL(p(X|R) || p(X)) = I(R;X). The conditional applies the same to "
            "the model given r and averages over r."
        ),
        "positivity": "Averages of Kullback-Leibler divergences, in the conditional too.",
        "response_invariance": (
            "Responses occur only in p(x|r) and in averages over p(r|x): a bijection permutes the sums, and its "
            "Jacobian cancels in p(x|r)."
        ),
        "stimulus_invariance": (
            "KL(p(X|r) || p(X)) does not change under a bijection of X: the ratio p(x|r)/p(x) keeps its value at each "
            "stimulus."
        ),
    },
    source="Kostal & D'Onofrio (2018); Eq. 4 of " + PAPER,
)
