"""Asking a user's function and checking its answer: finite numbers of the right shape, with standard errors or not."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MeasureError, NeedsGradient, NotApplicable, printable
from ..models.arrays import Array
from ..models.encoding_model import ARRAYS
from .finding import Values

#: Two exact answers to one question may differ by this much, relative to 1 + their size.
REPEATABLE = 1e-9
#: Two noisy answers may differ by this many standard errors. The same bound decides when a violation is more than
#: noise: a normal error exceeds it twice in 10^9, so that over the 10^4 to 10^5 comparisons of a search the chance of a
#: false refutation stays below one in a thousand.
SIGMAS = 6.0
#: Values that are sums in float32 are taken to be off by so many units in the last place of 1 + their size: a sum's
#: terms are larger than it.
ROUNDING = 32.0
#: Bits of a number with few digits.
_SHORT = 12
#: This package's own code.
_PACKAGE = str(Path(__file__).parents[1])


def ask(
    function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str, answered: Callable[[], None]
) -> Values:
    """The function's answer; the function is asked twice, or three times, and must not change the target.

    Returns
    -------
    Values
        The error is ``SIGMAS / 2`` standard errors for a noisy answer (a violation must exceed twice the error), and 0
        for an exact one.

    Raises
    ------
    MeasureError
        The function raised, changed the target, did not return finite real numbers of that shape, returned values that
        differ from the first time by more than their errors, or declined the question at one time only.
    NotApplicable
        The function declined it both times.
    """
    try:
        first, stderr, rounding = _once(function, target, shape, what)
    except NeedsGradient:
        raise
    except NotApplicable as reason:
        answered()
        _decline_again(function, target, what, reason)
        answered()
        raise
    answered()
    second, other = _once_more(function, target, shape, what, answered)
    apart, allowed = np.abs(first - second), _allowed(first, stderr, other)
    noise = SIGMAS / 2 * np.maximum(stderr, other)
    if not (apart > allowed).any():
        return Values(first, noise, rounding)
    if stderr.any() or other.any():
        # A standard error of a few draws is itself noise, and sometimes far too small: a third answer decides.
        third, last = _once_more(function, target, shape, what, answered)
        agree = (np.abs(third - first) <= _allowed(first, stderr, last)) | (
            np.abs(third - second) <= _allowed(second, other, last)
        )
        if agree.all():
            three = np.sort([first, second, third], axis=0)
            return Values(three[1], np.maximum(noise, three[2] - three[0]), rounding)
        apart = np.where(agree, -np.inf, apart)
    j = np.unravel_index(int((apart - allowed).argmax()), apart.shape)
    noisy = f" (standard errors {stderr[j]:.3g} and {other[j]:.3g})" if stderr.any() or other.any() else ""
    raise MeasureError(
        f"{what} answered the same question twice differently: {first[j]:.10g}, then {second[j]:.10g}{noisy}"
    )


def _once_more(
    function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str, answered: Callable[[], None]
) -> tuple[Array, Array]:
    """Another answer to a question that was answered, and its standard errors."""
    try:
        values, stderr, _ = _once(function, target, shape, what)
    except NotApplicable as reason:
        raise MeasureError(
            printable(f"{what} answered a question, and declined it when asked again ({reason})")
        ) from None
    answered()
    return values, stderr


def _allowed(value: Array, stderr: Array, other: Array) -> Array:
    """By how much two answers to one question may differ."""
    return np.asarray(REPEATABLE * (1 + np.abs(value)) + SIGMAS * np.hypot(stderr, other))


def _decline_again(function: Callable[[Any], Any], target: Any, what: str, reason: NotApplicable) -> None:
    """Raise `MeasureError` if a function that declined a question answers it when asked again."""
    try:
        function(target)
    except Exception:  # whatever it is, it is no answer
        return
    raise MeasureError(printable(f"{what} declined a question ({reason}), and answered it when asked again"))


def follow(given: Values, turned: Array, what: str) -> None:
    """Raise `MeasureError` if exact values are listed in an order that is not the order of the stimuli.

    Noisy values are not checked: noise with a fixed seed rightly goes by position.

    Parameters
    ----------
    given : (J, ...) values at the stimuli
    turned : (J, ...) values asked for with the stimuli in another order, and brought back into the first order
    """
    if given.error.any():
        return
    value = given.value
    apart = np.abs(turned - value)
    same = np.allclose(np.sort(turned, axis=0), np.sort(value, axis=0), rtol=REPEATABLE, atol=REPEATABLE)
    if same and (apart > 1e-6 * (1 + np.abs(value))).any():
        j = np.unravel_index(int(apart.argmax()), apart.shape)
        raise MeasureError(
            f"{what} depends on the order in which stimuli are listed: in another order, stimulus {j[0]} gets "
            f"{turned[j]:.6g} in place of {value[j]:.6g}. Each value belongs at its stimulus's place"
        )


def users_own(file: str) -> bool:
    """Whether code in a file of a traceback is the user's: not this package, Python's or an installed one's."""
    return not (file.startswith((_PACKAGE, sys.base_prefix, "<frozen")) or "site-packages" in file)


def _where(error: Exception) -> str:
    """The innermost line of the user's own code; "" where there is none."""
    own = [place for place in traceback.extract_tb(error.__traceback__) if users_own(place.filename)]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def _once(function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str) -> tuple[Array, Array, float]:
    """The values, their standard errors, and the rounding of the numbers returned, relative to 1 + their size."""
    before = _fingerprint(target)
    try:
        with np.errstate(all="ignore"):
            answer = function(target)
    except (NotApplicable, MeasureError):
        raise
    except Exception as error:
        text = str(error).strip().splitlines()
        says = f"{what} raised {type(error).__name__}: {text[0] if text else ''}".rstrip(": ")
        raise MeasureError(printable(says + _where(error))) from error
    if _fingerprint(target) != before:
        raise MeasureError(f"{what} changed the model that it was given")
    if hasattr(answer, "value") and hasattr(answer, "stderr"):
        values, rounding = _numbers(answer.value, shape, what)
        stderr, _ = _numbers(answer.stderr, shape, f"the standard error of {what}")
        if (stderr < 0).any():
            raise MeasureError(f"the standard error of {what} is negative: {stderr.min():.3g}")
        return values, stderr, rounding
    values, rounding = _numbers(answer, shape, what)
    return values, np.zeros_like(values), rounding


def _in_single_precision(values: Array) -> bool:
    """Whether values in float64 were computed in float32: all have its few bits, and one needs most of them.

    Numbers such as 0.5 show nothing. A number in float64 is one of these by chance once in 10^8.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.array_equal(values.astype(np.float32), values):
            return False
    digits = np.frexp(values)[0] * 2.0**_SHORT
    return bool((digits != np.rint(digits)).any())


def _numbers(answer: Any, shape: tuple[int, ...], what: str) -> tuple[Array, float]:
    """The answer in float64, and what numbers of a coarser format may be off by, relative to 1 + their size."""
    try:
        values = np.asarray(answer)
    except Exception as error:  # whatever the object's own conversion raises (a torch tensor with a gradient, say)
        raise MeasureError(f"{what} returned something that is not an array ({error})") from None
    if np.ma.is_masked(answer):
        raise MeasureError(f"{what} returned masked values; expected one number per stimulus")
    if values.dtype.kind == "c":
        raise MeasureError(f"{what} returned complex values; expected real ones")
    if values.dtype.kind not in "buif":
        raise MeasureError(f"{what} returned {type(answer).__name__} of {values.dtype}; expected real numbers")
    if values.shape != shape:
        raise MeasureError(f"{what} returned shape {values.shape}; expected {shape}, one value per stimulus")
    coarse = values.dtype.kind == "f" and values.dtype.itemsize < 8
    dtype: Any = values.dtype if coarse else np.float32
    values = values.astype(float)
    rounding = ROUNDING * float(np.finfo(dtype).eps) if coarse or _in_single_precision(values) else 0.0
    if not np.isfinite(values).all():
        j = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
        raise MeasureError(f"{what} returned {values[tuple(j)]} at stimulus {j[0]}; expected finite numbers")
    return values, rounding


def _fingerprint(target: Any) -> tuple[Any, ...]:
    arrays = [getattr(target, name, None) for name in ARRAYS]
    return tuple(
        None if a is None else (a.shape, a.tobytes()) if isinstance(a, np.ndarray) else repr(a) for a in arrays
    )
