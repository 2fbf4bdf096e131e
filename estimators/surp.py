"""Specific surprise I_surp (DeWeese & Meister 1999): how unusual the responses to x are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.arrays import Array
from ..models.draws import log_ratio
from .exact import PAPER, Integrand, PublishedMeasure, Sum
from .finite import Joint, over, scaled_likelihood, xlogy

if TYPE_CHECKING:
    from torch import Tensor

    from .drawn import Drawn
    from .sight import Sight


def pointwise(joint: Joint) -> Any:
    """KL(p(R|x) || p(R)) (Eq. 3)."""
    scaled = scaled_likelihood(joint)
    return xlogy(joint.likelihood, over(scaled, (scaled @ joint.prior)[:, None])).sum(axis=0)


def error_gain(at: Sight) -> Tensor:
    """E_{r|x} E_{xg|x} [(x_i - xhat_i(xg))^2 - (x_i - xhat_i(xg, r))^2]."""
    return at.own(lambda seen: seen.gain * (2 * seen.offset - seen.gain))


def gain(at: Sight) -> Tensor:
    """E_{r|x} E_{xg|x} [|x - xhat(xg)|^2 - |x - xhat(xg, r)|^2], by the pointwise I-MMSE identity."""
    return error_gain(at).sum(1)


def largest(prior: Array) -> Array:
    """-log p(x): where a response tells that the stimulus is x, p(r) is p(x) p(r|x)."""
    return np.asarray(-np.log(prior))


def from_draws(at: Drawn) -> Array:
    """E_{r|x} log p(x|r) / p(x), by replicate."""
    return at.given_stimulus(log_ratio(at.after, at.before))


i_surp = PublishedMeasure(
    "i_surp",
    "specific surprise",
    symbol=("I", "surp"),
    tells="How unusual the responses to this stimulus are: large for rare stimuli with distinctive responses.",
    formula="I_surp(x) = KL(p(R|x) || p(R))",
    pointwise=Sum(pointwise),
    integrand=Integrand(gain),
    drawn=from_draws,
    most=largest,
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": True,
        "additivity": True,
        "data_processing": True,
        "response_invariance": True,
        "stimulus_invariance": True,
    },
    proofs={
        "completeness": (
            "E_X KL(p(R|x) || p(R)) = I(R;X) by definition. The conditional applies the same to the model given r and "
            "averages over r: the mean of I(R';X|R=r)."
        ),
        "positivity": (
            "A Kullback-Leibler divergence is not negative; the conditional is an average of such divergences."
        ),
        "additivity": (
            "This is the chain rule of KL(p(R,R'|x) || p(R,R')): the conditional is E_{r|x} KL(p(R'|r,x) || p(R'|r))."
        ),
        "data_processing": (
            "R' has the laws p(r'|x) and p(r') that one channel makes of p(r|x) and p(r); a channel does not raise a "
            "Kullback-Leibler divergence."
        ),
        "response_invariance": (
            "Only the ratio p(r|x)/p(r), averaged over p(r|x), occurs: a bijection permutes the sum, and its Jacobian "
            "cancels."
        ),
        "stimulus_invariance": "Only p(.|x) at the stimulus itself and p(r) occur; where the stimulus lies does not.",
    },
    source="DeWeese & Meister (1999); Eq. 3 of " + PAPER,
)
