"""How the audit asks a measure: a published one gives its own error bounds, a user's function is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..errors import NotApplicable
from ..estimators import Measure, PublishedMeasure
from ..estimators.exact import Effort, Form
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.transforms import split_response
from .answers import ask, follow
from .finding import Values

#: The numerical noise that is assumed of any user's function, in nats.
FLOOR = 1e-6
#: If splitting a response cell moves a value by more than this (nats), the measure really sees the split: it is no
#: rounding error.
SPLIT_NOISE = 1e-4
#: What is done to a model that leaves it the same model, in words.
_ORDER, _SPLIT = "listing the stimuli in another order", "splitting a response into two of the same likelihood ratio"


class Evaluator(Protocol):
    """What the checks of axioms need of a measure.

    Attributes
    ----------
    doubt : what made the error of the latest answers larger than rounding, in words; "" where nothing did
    """

    doubt: str

    def pointwise(self, model: EncodingModel) -> Values:
        """I(x), shape (J,)."""
        ...

    def conditional(self, pair: ResponsePair) -> Values:
        """I_{R'|R}(x), shape (J,)."""
        ...

    def featurewise(self, model: EncodingModel) -> Values:
        """I_i(x), shape (J, d)."""
        ...


def finest(measure: Measure, answered: Callable[[], None] = lambda: None) -> Evaluator | None:
    """At the finest resolution, for the rare case that "fine" leaves in doubt; None where there is none finer."""
    return _Published(measure, "fine", answered, patient=True) if isinstance(measure, PublishedMeasure) else None


def evaluator(measure: Measure, effort: Effort, answered: Callable[[], None] = lambda: None) -> Evaluator:
    """The evaluator for a measure at an effort: "quick" to search, "fine" to confirm.

    `answered` is called after each of the measure's answers: one case may take dozens, and the time limit is per
    answer.
    """
    if isinstance(measure, PublishedMeasure):
        return _Published(measure, effort, answered)
    return _Users(measure, effort != "quick", answered)


class _Published:
    """A published measure: it gives its own error."""

    def __init__(
        self, measure: PublishedMeasure, effort: Effort, answered: Callable[[], None], *, patient: bool = False
    ) -> None:
        self.patient = patient
        self.measure, self.effort, self.answered = measure, effort, answered
        self.doubt = ""

    def _ask(self, target: EncodingModel | ResponsePair, form: Form) -> Values:
        effort = self.effort
        # Beyond a handful of stimuli the fine resolution takes seconds per case; the standard one reaches 1e-6 nats.
        if effort == "fine" and not self.patient and (target.stimuli.shape[1] > 1 or len(target.stimuli) > 12):
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


def _least(values: Values) -> Array:
    """The error that a user's values have in any case: noise, and the rounding of their format."""
    return np.asarray(FLOOR / 4 + values.rounding * np.abs(values.value))


class _Users:
    """A user's functions: every answer is checked.

    To confirm, the error is measured: the same joint distribution is presented in other ways, and the values' spread is
    the error.
    """

    def __init__(self, measure: Measure, confirm: bool, answered: Callable[[], None]) -> None:
        self.measure, self.name, self.confirm, self.answered = measure, measure.name, confirm, answered
        self.doubt, self._moved = "", 0.0

    def pointwise(self, model: EncodingModel) -> Values:
        value = self._ask(self.measure.pointwise, model, (len(model.stimuli),), f"{self.name}(model)")
        return self._with_noise(self.measure.pointwise, model, value)

    def featurewise(self, model: EncodingModel) -> Values:
        value = self._ask(self.measure.featurewise, model, model.stimuli.shape, f"{self.name}.featurewise(model)")
        return self._with_noise(self.measure.featurewise, model, value)

    def conditional(self, pair: ResponsePair) -> Values:
        what = f"{self.name}.conditional(pair)"
        value = self._ask(self.measure.conditional, pair, (len(pair.stimuli),), what)
        if not self.confirm:
            return value
        order = np.arange(len(pair.stimuli))[::-1]
        other = self._ask(self.measure.conditional, pair.reordered(order), value.value.shape, what).value[order]
        follow(value, other, what)
        apart = np.abs(other - value.value)
        self._doubts(apart, _ORDER)
        return Values(value.value, np.maximum(value.error, apart + _least(value)))

    def _with_noise(self, function: Callable[[Any], Any], model: EncodingModel, given: Values) -> Values:
        """The values, with their spread over equivalent presentations of the same joint distribution as the error."""
        if not self.confirm:
            return given
        value, noisy = given.value, bool(given.error.any())
        noise = np.maximum(given.error, _least(given))
        count = len(model.stimuli)
        for order in (np.arange(count)[::-1], np.roll(np.arange(count), 1)):
            turned = self._ask(function, model.reordered(order), value.shape, self.name).value[np.argsort(order)]
            follow(given, turned, self.name)
            apart = np.abs(turned - value)
            self._doubts(apart, _ORDER)
            noise = np.maximum(noise, apart)
        try:
            split = self._ask(function, split_response(model, len(model.likelihood) - 1), value.shape, self.name).value
        except NotApplicable:
            return Values(value, noise)  # the measure needs numerical responses, and a split cell has none
        moved = np.abs(split - value)
        # An entropy of the response may really see the split; only small changes, or a noisy measure's, are errors.
        counts = (moved < SPLIT_NOISE) | noisy
        self._doubts(moved * counts, _SPLIT)
        return Values(value, np.where(counts, np.maximum(noise, moved), noise))

    def _doubts(self, moved: Array, why: str) -> None:
        """Keep the reason for the largest spread since the last case began."""
        largest = float(moved.max(initial=0.0))
        if largest > FLOOR and (not self.doubt or largest > self._moved):
            self._moved, self.doubt = largest, f"{why} moves a value by {largest:.2g}"

    def _ask(self, function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str) -> Values:
        return ask(function, target, shape, what, self.answered)
