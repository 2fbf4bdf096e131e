"""Finite sums over a joint distribution: the arrays of a model in either arithmetic, and what the formulas share.

Each formula is written once, over arrays of float64 or of mpmath numbers, so that the audit confirms a verdict in 50
digits with the same expression that found it. Shapes: prior (J,), likelihood (K, J). Values are in nats.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..models import EncodingModel


class Joint(NamedTuple):
    """The arrays of an `EncodingModel`, in float64 or mpmath numbers."""

    prior: Any
    likelihood: Any
    stimulus_volumes: Any
    response_volumes: Any
    gradient: Any


def joint_of(model: EncodingModel) -> Joint:
    """The model's float64 arrays."""
    return Joint(
        model.prior, model.likelihood, model.stimulus_volumes, model.response_volumes, model.likelihood_gradient
    )


def xlogy(x: Any, y: Any) -> Any:
    """X log y, where 0 log y = 0, for float64 or mpmath numbers."""
    x, y = np.broadcast_arrays(x, y)
    if x.dtype != object and y.dtype != object:
        safe = np.where((x == 0) | (y <= 0), 1.0, y)
        return x * np.log(safe)
    from mpmath import mp

    return np.array([a * mp.log(b) if a != 0 else mp.mpf(0) for a, b in zip(x.flat, y.flat)], dtype=object).reshape(
        x.shape
    )


def over(a: Any, b: Any) -> Any:
    """The ratio a / b, and 0 where a is 0."""
    a, b = np.broadcast_arrays(a, b)
    out = np.zeros(a.shape, dtype=np.result_type(a, b))
    return np.divide(a, b, out=out, where=a != 0)


def scaled_likelihood(joint: Joint) -> Any:
    """p(r|x) divided by its largest value for each r: ratios of it do not underflow where a rare r meets a rare x."""
    return joint.likelihood / joint.likelihood.max(axis=1, keepdims=True)


def posterior_of(joint: Joint) -> Any:
    """p(x|r), shape (K, J)."""
    table = scaled_likelihood(joint) * joint.prior
    top = table.max(axis=1, keepdims=True)
    table = table / np.where(top == 0, 1, top)  # rows of subnormal numbers would lose digits
    return table / table.sum(axis=1, keepdims=True)
