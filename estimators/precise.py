"""Finite-sum measures in 50 digits: the expressions of `finite_sums` over mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from .finite import Joint

DIGITS = 50


def _numbers(array: Array | None) -> Any:
    if array is None:
        return None
    from mpmath import mp

    return np.array([mp.mpf(float(value)) for value in array.flat], dtype=object).reshape(array.shape)


def precisely(formula: Callable[[Joint], Any], model: EncodingModel) -> Array:
    """`formula` on the model's doubles taken as exact and normalised in 50 digits, rounded to float64 at the end."""
    from mpmath import mp

    with mp.workdps(DIGITS):
        prior, likelihood = _numbers(model.prior), _numbers(model.likelihood)
        joint = Joint(
            prior / prior.sum(),
            likelihood / likelihood.sum(axis=0),
            _numbers(model.stimulus_volumes),
            _numbers(model.response_volumes),
            _numbers(model.likelihood_gradient),
        )
        return np.asarray(formula(joint), dtype=np.float64)
