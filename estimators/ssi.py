"""Stimulus-specific information I_SSI (Butts 2003): how certain the responses to x leave an observer."""

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
    """H(X) - E_{r|x} H(X|r) (Eq. 2), with differential entropies where the stimulus has cell volumes."""
    posterior, volumes = posterior_of(joint), joint.stimulus_volumes
    conditional = -xlogy(posterior, posterior / volumes).sum(axis=1)
    return -xlogy(joint.prior, joint.prior / volumes).sum() - conditional @ joint.likelihood


def gain(at: Sight) -> Tensor:
    """E_{r|x} [mmse(g) - mmse(g|r)], from the errors at X' ~ p(X) and at X' ~ p(X|r)."""
    return at.errors(at.response())


def from_draws(at: Drawn) -> Array:
    """The entropy before the response minus E_{r|x} H(X|r), by replicate."""
    volumes = at.population.stimulus_volumes
    before, after = (-xlogy(one, one / volumes).sum(axis=1) for one in (np.exp(at.before), np.exp(at.after)))
    return at.given_stimulus(before - after)


i_ssi = PublishedMeasure(
    "i_ssi",
    "stimulus-specific information",
    symbol=("I", "SSI"),
    tells=(
        "How certain an observer is about the stimulus, given the responses to this one; negative where the responses "
        "make the observer less certain."
    ),
    formula="I_SSI(x) = H(X) - E_{r|x} H(X|r)",
    pointwise=Sum(pointwise),
    integrand=Integrand(gain, variance=True, looks_elsewhere=True),
    drawn=from_draws,
    most=lambda prior: np.full(len(prior), -(prior @ np.log(prior))),  # H(X), where no response leaves a doubt
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": False,
        "additivity": True,
        "data_processing": False,
        "response_invariance": True,
        "stimulus_invariance": False,
    },
    proofs={
        "completeness": (
            "E_X E_{R|X} = E_R, so the mean is H(X) - H(X|R) = I(R;X). The conditional applies the same to the model "
            "given r and averages over r: the mean of I(R';X|R=r)."
        ),
        "additivity": (
            "[H(X) - E_{r|x} H(X|r)] + E_{r|x}[H(X|r) - E_{r'|r,x} H(X|r,r')] telescopes to H(X) - E_{r,r'|x} "
            "H(X|r,r')."
        ),
        "response_invariance": (
            "Responses occur only in p(x|r) and in averages over p(r|x): a bijection permutes the sums, and its "
            "Jacobian cancels in p(x|r)."
        ),
    },
    source="Butts (2003); Eq. 2 of " + PAPER,
)
