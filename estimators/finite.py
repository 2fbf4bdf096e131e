"""The measures that are finite sums on a finite joint: Fisher, I_sp, I_SSI, I_surp, I_CiSSI.

Each formula is written once, over arrays that hold either float64 or mpmath numbers, so that the audit can confirm a
verdict in 50 digits with the very expression that found it. Shapes: prior (J,), likelihood (K, J); nats.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import NotApplicable
from ..models import EncodingModel, ResponsePair


class Joint(NamedTuple):
    """The arrays of an `EncodingModel`, in either arithmetic."""

    prior: Any
    likelihood: Any
    stimulus_volumes: Any
    response_volumes: Any
    gradient: Any


def joint_of(model: EncodingModel) -> Joint:
    """The model's own float64 arrays."""
    return Joint(
        model.prior, model.likelihood, model.stimulus_volumes, model.response_volumes, model.likelihood_gradient
    )


def xlogy(x: Any, y: Any) -> Any:
    """X log y, with 0 log y = 0, in float64 or mpmath numbers."""
    x, y = np.broadcast_arrays(x, y)
    if x.dtype != object and y.dtype != object:
        safe = np.where((x == 0) | (y <= 0), 1.0, y)
        return x * np.log(safe)
    from mpmath import mp

    return np.array([a * mp.log(b) if a != 0 else mp.mpf(0) for a, b in zip(x.flat, y.flat)], dtype=object).reshape(
        x.shape
    )


def over(a: Any, b: Any) -> Any:
    """A / b, and 0 where a is 0."""
    a, b = np.broadcast_arrays(a, b)
    out = np.zeros(a.shape, dtype=np.result_type(a, b))
    return np.divide(a, b, out=out, where=a != 0)


def scaled_likelihood(joint: Joint) -> Any:
    """p(r|x) over its largest value for each r: what ratios need, without the underflow of rare r at rare x."""
    return joint.likelihood / joint.likelihood.max(axis=1, keepdims=True)


def posterior_of(joint: Joint) -> Any:
    """p(x|r), shape (K, J)."""
    table = scaled_likelihood(joint) * joint.prior
    top = table.max(axis=1, keepdims=True)
    table = table / np.where(top == 0, 1, top)  # rows of subnormal size would lose digits
    return table / table.sum(axis=1, keepdims=True)


def fisher(joint: Joint) -> Any:
    """J_ii(x) = sum_r (d_i p(r|x))^2 / p(r|x), shape (J, d); responses of probability 0 carry none."""
    if joint.gradient is None:
        raise NotApplicable("Fisher information needs the likelihood's gradient, which this model does not carry")
    return over(joint.gradient**2, joint.likelihood[..., None]).sum(axis=0)


def i_sp(joint: Joint) -> Any:
    """H(R) - H(R|x) (Eq. 1), with differential entropies where the response has cell volumes."""
    volumes = joint.response_volumes
    p_r = joint.likelihood @ joint.prior
    conditional = -xlogy(joint.likelihood, joint.likelihood / volumes[:, None]).sum(axis=0)
    return -xlogy(p_r, p_r / volumes).sum() - conditional


def i_ssi(joint: Joint) -> Any:
    """H(X) - E_{r|x} H(X|r) (Eq. 2), with differential entropies where the stimulus has cell volumes."""
    posterior, volumes = posterior_of(joint), joint.stimulus_volumes
    conditional = -xlogy(posterior, posterior / volumes).sum(axis=1)
    return -xlogy(joint.prior, joint.prior / volumes).sum() - conditional @ joint.likelihood


def i_surp(joint: Joint) -> Any:
    """KL(p(R|x) || p(R)) (Eq. 3)."""
    scaled = scaled_likelihood(joint)
    return xlogy(joint.likelihood, over(scaled, (scaled @ joint.prior)[:, None])).sum(axis=0)


def i_cissi(joint: Joint) -> Any:
    """E_{r|x} KL(p(X|r) || p(X)) (Eq. 4)."""
    posterior = posterior_of(joint)
    divergence = xlogy(posterior, posterior / joint.prior).sum(axis=1)
    return divergence @ joint.likelihood


def i_sp_conditional(pair: ResponsePair) -> Any:
    """H(R'|R) - H(R'|R,x): the first averaged over p(r), the second over p(r|x) (the entropy chain rule)."""
    volumes = pair.response_volumes / pair.response_volumes[:, :1]
    joint, given = pair.likelihood, pair.likelihood.sum(axis=1, keepdims=True)
    at_x = -xlogy(joint, over(joint, given) / volumes[..., None]).sum(axis=(0, 1))
    marginal = pair.likelihood @ pair.prior
    on_average = -xlogy(marginal, over(marginal, marginal.sum(axis=1, keepdims=True)) / volumes).sum()
    return on_average - at_x


def fisher_conditional(pair: ResponsePair) -> Any:
    """E_{r|x} of the Fisher information of p(r'|r,.), trace, shape (J,)."""
    gradient, joint = pair.likelihood_gradient, pair.likelihood
    if gradient is None:
        raise NotApplicable("Fisher information needs the likelihood's gradient, which this pair does not carry")
    given, slope = joint.sum(axis=1, keepdims=True), gradient.sum(axis=1, keepdims=True)
    score = over(gradient, joint[..., None]) - over(slope, given[..., None])
    return (joint[..., None] * score**2).sum(axis=(0, 1, 3))
