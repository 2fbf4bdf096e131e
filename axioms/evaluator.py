"""How the audit asks a measure: published ones through their own error bounds, a user's function on probation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..estimators import Measure, NotApplicable, PublishedMeasure
from ..estimators.published import Effort, Form
from ..models import EncodingModel, ResponsePair
from ..models.transforms import split_response
from ..models.validation import Array
from .findings import Values

#: The noise floor of a user's float function, in nats.
FLOOR = 1e-6
#: Two answers to one question that differ by more than this (relative to their size) are two answers.
REPEATABLE = 1e-9
#: A split of a response cell that moves a value by more than this is a property of the measure, not rounding.
SPLIT_NOISE = 1e-4


class MeasureError(Exception):
    """The measure raised, or answered with something that is not values at the stimuli."""


class Evaluator(Protocol):
    """What checks need of a measure."""

    name: str
    has_featurewise: bool

    def pointwise(self, model: EncodingModel) -> Values:
        """I(x), shape (J,)."""
        ...

    def conditional(self, pair: ResponsePair) -> Values:
        """I_{R'|R}(x), shape (J,)."""
        ...

    def featurewise(self, model: EncodingModel) -> Values:
        """I_i(x), shape (J, d)."""
        ...


def evaluator(measure: Measure, effort: Effort, answered: Callable[[], None] = lambda: None) -> Evaluator:
    """The evaluator for a measure at an effort: "quick" to search, "fine" to confirm.

    `answered` is called after each of the measure's answers: a case may ask for dozens, so a time limit for one that
    hangs must know of them.
    """
    if isinstance(measure, PublishedMeasure):
        return _Trusted(measure, effort, answered)
    return _Probation(measure, effort != "quick", answered)


class _Trusted:
    """A published measure: it knows its own error."""

    def __init__(self, measure: PublishedMeasure, effort: Effort, answered: Callable[[], None]) -> None:
        self.measure, self.effort, self.answered = measure, effort, answered
        self.name, self.has_featurewise = measure.name, measure.has_featurewise

    def _ask(self, target: EncodingModel | ResponsePair, form: Form) -> Values:
        effort = self.effort
        # Beyond a handful of stimuli the fine resolution takes seconds a case; the standard one reaches 1e-6 or better.
        if effort == "fine" and (target.stimuli.shape[1] > 1 or len(target.stimuli) > 12):
            effort = "standard"
        values = Values(*self.measure.evaluate(target, form, effort))
        self.answered()
        return values

    def pointwise(self, model: EncodingModel) -> Values:
        return self._ask(model, "pointwise")

    def conditional(self, pair: ResponsePair) -> Values:
        return self._ask(pair, "conditional")

    def featurewise(self, model: EncodingModel) -> Values:
        return self._ask(model, "featurewise")


class _Probation:
    """A user's functions: every answer is checked; to confirm, the noise of equivalent presentations is measured."""

    def __init__(self, measure: Measure, confirm: bool, answered: Callable[[], None]) -> None:
        self.measure, self.confirm, self.answered = measure, confirm, answered
        self.name, self.has_featurewise = measure.name, measure.has_featurewise

    def pointwise(self, model: EncodingModel) -> Values:
        value = self._answer(self.measure.pointwise, model, (len(model.stimuli),), f"{self.name}(model)")
        return Values(value, self._noise(self.measure.pointwise, model, value))

    def featurewise(self, model: EncodingModel) -> Values:
        what = f"{self.name}.featurewise(model)"
        value = self._answer(self.measure.featurewise, model, model.stimuli.shape, what)
        return Values(value, self._noise(self.measure.featurewise, model, value))

    def conditional(self, pair: ResponsePair) -> Values:
        what = f"{self.name}.conditional(pair)"
        value = self._answer(self.measure.conditional, pair, (len(pair.stimuli),), what)
        if not self.confirm:
            return Values(value, np.zeros_like(value))
        order = np.arange(len(pair.stimuli))[::-1]
        other = self._answer(self.measure.conditional, pair.reordered(order), value.shape, what)[order]
        return Values(value, np.abs(other - value) + FLOOR / 4)

    def _noise(self, function: Callable[[Any], Any], model: EncodingModel, value: Array) -> Array:
        """The spread of the value over equivalent presentations of the same joint."""
        if not self.confirm:
            return np.zeros_like(value)
        noise = np.full(value.shape, FLOOR / 4)
        count = len(model.stimuli)
        for order in (np.arange(count)[::-1], np.roll(np.arange(count), 1)):
            turned = self._answer(function, model.reordered(order), value.shape, self.name)
            noise = np.maximum(noise, np.abs(turned[np.argsort(order)] - value))
        split = self._answer(function, split_response(model, len(model.likelihood) - 1), value.shape, self.name)
        moved = np.abs(split - value)
        # An entropy of r may really see the split; only what looks like rounding counts as noise.
        return np.where(moved < SPLIT_NOISE, np.maximum(noise, moved), noise)

    def _answer(self, function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str) -> Array:
        """The function's answer, twice, as real finite numbers of the right shape, the target untouched."""
        first = _ask(function, target, shape, what)
        self.answered()
        second = _ask(function, target, shape, what)
        self.answered()
        apart = np.abs(first - second)
        if (apart > REPEATABLE * (1 + np.abs(first))).any():
            j = np.unravel_index(int(apart.argmax()), apart.shape)
            raise MeasureError(
                f"{what} answered the same question twice differently: {first[j]:.10g}, then {second[j]:.10g}"
            )
        return first


def _ask(function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str) -> Array:
    before = _fingerprint(target)
    try:
        with np.errstate(all="ignore"):
            answer = function(target)
    except NotApplicable:
        raise
    except Exception as error:
        text = str(error).strip().splitlines()
        raise MeasureError(f"{what} raised {type(error).__name__}: {text[0] if text else ''}".rstrip(": ")) from error
    if _fingerprint(target) != before:
        raise MeasureError(f"{what} changed the model that it was given")
    try:
        values = np.asarray(answer)
    except (ValueError, TypeError) as error:
        raise MeasureError(f"{what} returned something that is no array ({error})") from None
    if values.dtype.kind == "c":
        raise MeasureError(f"{what} returned complex values; expected real ones")
    if values.dtype.kind not in "buif":
        raise MeasureError(f"{what} returned {type(answer).__name__} of {values.dtype}; expected real numbers")
    if values.shape != shape:
        raise MeasureError(f"{what} returned shape {values.shape}; expected {shape}, one value per stimulus")
    values = values.astype(float)
    if not np.isfinite(values).all():
        j = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
        raise MeasureError(f"{what} returned {values[tuple(j)]} at stimulus {j[0]}; expected finite numbers")
    return values


def _fingerprint(target: Any) -> tuple[Any, ...]:
    names = ("stimuli", "prior", "likelihood", "stimulus_volumes", "response_volumes", "likelihood_gradient")
    arrays = [getattr(target, name, None) for name in names]
    return tuple(
        None if a is None else (a.shape, a.tobytes()) if isinstance(a, np.ndarray) else repr(a) for a in arrays
    )
