"""Counts of trials, checked, and the joint distribution that they estimate by their shares (plug-in)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ModelError
from .arrays import Array, as_real_array, as_stimuli, refuse

#: The largest count: from here on, float64 does not tell a number from the next one.
MOST = 2**53


def why_no_count(value: float) -> str | None:
    """Why a number counts nothing, in words that follow it; None if it may."""
    if value < 0:
        return "negative"
    if value != np.floor(value):
        return "fractional"
    return "beyond 2^53, up to which numbers are told apart" if value > MOST else None


def no_counts(values: Array) -> Array:
    """Which of the numbers count nothing, an array of bool: those that are negative, fractional or beyond `MOST`."""
    return np.asarray((values < 0) | (values != np.floor(values)) | (values > MOST))


def as_counts(counts: Any) -> Array:
    """A ``(J, K)`` table of whole numbers from 0 to 2^53, not all zero, or `ModelError`."""
    table = as_real_array(counts, "counts", (None, None), "(J, K), stimuli by responses")
    if table.size == 0:
        raise ModelError(f"counts have shape {table.shape}; expected at least one stimulus and one response")
    wrong = no_counts(table)
    if wrong.any():
        refuse(wrong, table, "counts", f", {why_no_count(table[wrong][0])}; expected whole numbers of trials")
    if not table.any():
        raise ModelError("counts are all zero; expected at least one trial")
    return table


def joint_of_counts(counts: Any, stimuli: Any = None) -> tuple[Array, Array, Array]:
    """Stimuli, prior and likelihood of the plug-in joint; raises `ModelError`, also for a stimulus without a trial."""
    table = as_counts(counts)
    x = as_stimuli(np.arange(len(table)) if stimuli is None else stimuli)
    if len(x) != len(table):
        raise ModelError(f"{len(x)} stimuli for a table of {len(table)} rows; expected one stimulus per row")
    trials = table.sum(axis=1)
    if (trials == 0).any():
        j = int(np.argmin(trials))
        raise ModelError(f"stimulus {x[j].tolist()} (row {j}) has no trial; leave its row out")
    return x, trials / trials.sum(), (table / trials[:, None]).T
