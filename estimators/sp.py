"""Specific information I_sp (DeWeese & Meister 1999): how much more certain the response is at x than on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..models import ResponsePair
from ..models.arrays import Array
from .exact import PAPER, Integrand, PairSum, PublishedMeasure, Sum
from .finite import Joint, over, xlogy

if TYPE_CHECKING:
    from torch import Tensor

    from .drawn import Drawn
    from .sight import Sight


def pointwise(joint: Joint) -> Any:
    """H(R) - H(R|x) (Eq. 1), with differential entropies where the response has cell volumes."""
    volumes = joint.response_volumes
    p_r = joint.likelihood @ joint.prior
    conditional = -xlogy(joint.likelihood, joint.likelihood / volumes[:, None]).sum(axis=0)
    return -xlogy(p_r, p_r / volumes).sum() - conditional


def conditional(pair: ResponsePair) -> Any:
    """H(R'|R) - H(R'|R,x), nats, (J,): the first is averaged over p(r), the second over p(r|x) (chain rule)."""
    volumes = pair.response_volumes / pair.response_volumes[:, :1]
    joint, given = pair.likelihood, pair.likelihood.sum(axis=1, keepdims=True)
    at_x = -xlogy(joint, over(joint, given) / volumes[..., None]).sum(axis=(0, 1))
    marginal = pair.likelihood @ pair.prior
    on_average = -xlogy(marginal, over(marginal, marginal.sum(axis=1, keepdims=True)) / volumes).sum()
    return on_average - at_x


def gain(at: Sight) -> Tensor:
    """mmse_R(g) - mmse_R(g|x), with the denoiser of the responses, which is `at.denoiser` here."""
    return at.errors(at.x)


def from_draws(at: Drawn) -> Array:
    """I(R;X) + E_X H(R|X) - H(R|x) by replicate: only the first is drawn, the entropies of neurons are sums."""
    entropy = at.population.entropy if at.neuron is None else at.population.subset([at.neuron]).entropy
    return np.asarray(at.on_average(at.divergence)[:, None] + (entropy @ at.population.prior - entropy))


i_sp = PublishedMeasure(
    "i_sp",
    "specific information",
    symbol=("I", "sp"),
    tells=(
        "How much more certain the response is at this stimulus than on average: large where the neuron is reliable, "
        "even if it is silent."
    ),
    formula="I_sp(x) = H(R) - H(R|x)",
    pointwise=Sum(pointwise),
    conditional=PairSum(conditional),
    integrand=Integrand(gain, variance=True, of_responses=True),
    drawn=from_draws,
    of_entropies=True,
    claims={
        "completeness": True,
        "locality": False,
        "locality_any_prior": False,
        "positivity": False,
        "additivity": True,
        "data_processing": False,
        "response_invariance": False,
        "stimulus_invariance": True,
    },
    proofs={
        "completeness": (
            "E_X[H(R) - H(R|x)] = H(R) - H(R|X) = I(R;X). The conditional H(R'|R) - E_{r|x} H(R'|r,x) has the mean "
            "H(R'|R) - H(R'|R,X) = I(X;R'|R)."
        ),
        "additivity": (
            "By the chain rule of entropies [H(R) - H(R|x)] + [H(R'|R) - E_{r|x} H(R'|r,x)] = H(R,R') - H(R,R'|x)."
        ),
        "stimulus_invariance": "Only p(.|x) at the stimulus itself and p(r) occur; where the stimulus lies does not.",
    },
    source="DeWeese & Meister (1999); Eq. 1 of " + PAPER,
)
