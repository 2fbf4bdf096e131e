"""Checks of the arrays that make a model; each error says what is wrong, where, and what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[Any]

#: A probability vector whose sum is within this of 1 is renormalised; any other is refused.
SUM_TOLERANCE = 1e-9


def as_real_array(value: Any, name: str, shape: tuple[int | None, ...] | None = None, letters: str = "") -> Array:
    """Return `value` as a finite float64 array of this `shape` (``None`` leaves an axis free), or raise `ModelError`.

    `letters` says in the message what the axes of `shape` are.
    """
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise ModelError(f"{name} is ragged or not an array of numbers ({error})") from None
    if isinstance(value, np.ma.MaskedArray):
        raise ModelError(f"{name} is a masked array; expected every number to be there")
    if raw.dtype.kind in "mMc":
        raise ModelError(f"{name} holds {raw.dtype} values; expected real numbers")
    if raw.dtype.kind not in "buif":
        try:
            raw = raw.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise ModelError(f"{name} holds {raw.dtype} values; expected real numbers") from None
    array = raw.astype(np.float64)
    if shape is not None and (array.ndim != len(shape) or any(w not in (None, h) for w, h in zip(shape, array.shape))):
        wanted = ", ".join("any" if w is None else str(w) for w in shape)
        note = f" = {letters}" if letters else ""
        raise ModelError(f"{name} has shape {array.shape}; expected ({wanted}){note}")
    refuse(~np.isfinite(array), array, name, "; expected finite numbers")
    return array


def refuse(wrong: Array, array: Array, name: str, says: str) -> None:
    """Raise `ModelError` if the mask `wrong` holds anywhere: the first such entry, its value, then `says`."""
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ModelError(f"{name}{list(where)} is {array[where]:g}{says}")


def as_stimuli(value: Any) -> Array:
    """Stimuli as a ``(J, d)`` array; a vector of J numbers is J stimuli in R^1."""
    array = as_real_array(value, "stimuli")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] == 0:
        raise ModelError(f"stimuli have shape {array.shape}; expected (J, d) with at least one stimulus")
    return array


def as_distribution(value: Any, name: str, size: int) -> Array:
    """A probability vector of length `size`, normalised exactly."""
    array = as_real_array(value, name, (size,), "(J,), one per stimulus")
    refuse(array < 0, array, name, "; expected no negative probability")
    total = float(array.sum())
    if abs(total - 1) > SUM_TOLERANCE:
        raise ModelError(f"{name} sums to {total:.12g}; expected 1 (within {SUM_TOLERANCE:g})")
    return array / total


def as_likelihood(value: Any, stimuli: Array, response_axes: int) -> Array:
    """p(r|x), its `response_axes` response axes first and the stimulus last; normalised for each stimulus."""
    count = len(stimuli)
    letters = "(K, J), responses by stimuli" if response_axes == 1 else "(K1, K2, J), two responses by stimuli"
    array = as_real_array(value, "likelihood", (None,) * response_axes + (count,), letters)
    if 0 in array.shape:
        raise ModelError(f"likelihood has shape {array.shape}; expected at least one response")
    refuse(array < 0, array, "likelihood", "; expected no negative probability")
    totals = array.sum(axis=tuple(range(response_axes)))
    wrong = np.abs(totals - 1) > SUM_TOLERANCE
    if wrong.any():
        j = int(np.argmax(wrong))
        raise ModelError(
            f"likelihood column {j} (stimulus {stimuli[j].tolist()}) sums to {totals[j]:.12g}; "
            f"expected 1 (within {SUM_TOLERANCE:g})"
        )
    return np.asarray(array / totals)


def as_volumes(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Cell volumes of a discretised variable; ones if none are given (a truly discrete variable)."""
    if value is None:
        return np.ones(shape)
    array = as_real_array(value, name, shape)
    refuse(array <= 0, array, name, "; expected positive cell volumes")
    return array


def as_gradient(value: Any, likelihood: Array, dimensions: int) -> Array | None:
    """The derivatives of p(r|x) by x_i, ``likelihood.shape + (d,)``; they sum to 0 over r, and are 0 where p is 0."""
    if value is None:
        return None
    array = as_real_array(value, "likelihood_gradient", (*likelihood.shape, dimensions), "likelihood's shape and d")
    scale = 1 + np.abs(array).max()
    totals = np.abs(array.sum(axis=tuple(range(likelihood.ndim - 1))))
    if (totals > 1e-6 * scale).any():
        j, i = (int(n) for n in np.argwhere(totals > 1e-6 * scale)[0])
        raise ModelError(
            f"likelihood_gradient of stimulus {j} along axis {i} sums to {totals[j, i]:g} over the responses; "
            "expected 0, since probabilities sum to 1 at every x"
        )
    loose = (likelihood == 0)[..., None] & (array != 0)
    refuse(
        loose,
        array,
        "likelihood_gradient",
        " where the likelihood is 0: a probability would turn negative, and the Fisher information is infinite; "
        "expected 0 there",
    )
    return array


def frozen(array: Array) -> Array:
    """The same array, read-only and contiguous."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
