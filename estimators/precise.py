"""Finite sums in 50 digits: the expressions of the measures over mpmath numbers."""

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
    """A formula in 50 digits, rounded to float64; the model's doubles count as exact and are normalised first."""
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
