"""How the audit asks a measure: a published one gives its own error bounds, a user's function is checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ..errors import NotApplicable
from ..estimators import Measure, PublishedMeasure
from ..estimators.exact import Effort, Form
from ..estimators.forms import searching
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.transforms import split_response
from .answers import SIGMAS, ask, follow
from .finding import Doubt, Values

#: The numerical noise that is assumed of any user's function, in nats.
FLOOR = 1e-6
#: If splitting a response cell moves a value by more than this (nats), the measure really sees the split: it is no
#: rounding error.
SPLIT_NOISE = 1e-4
#: What is done to a model that leaves it the same model, in words.
_ORDER, _SPLIT = "listing the stimuli in another order", "splitting a response into two of the same likelihood ratio"


class Evaluator(Protocol):
    """What the checks of axioms need of a measure."""

    def pointwise(self, model: EncodingModel) -> Values:
        """I(x), shape (J,)."""
        ...

    def conditional(self, pair: ResponsePair) -> Values:
        """I_{R'|R}(x), shape (J,)."""
        ...

    def featurewise(self, model: EncodingModel) -> Values:
        """I_i(x), shape (J, d)."""
        ...


class Asked:
    """An evaluator for one case, which keeps what is answered."""

    def __init__(self, how: Evaluator) -> None:
        self.how, self.answers = how, list[Values]()

    def pointwise(self, model: EncodingModel) -> Values:
        return self._kept(self.how.pointwise(model))

    def conditional(self, pair: ResponsePair) -> Values:
        return self._kept(self.how.conditional(pair))

    def featurewise(self, model: EncodingModel) -> Values:
        return self._kept(self.how.featurewise(model))

    def _kept(self, values: Values) -> Values:
        self.answers.append(values)
        return values

    @property
    def doubt(self) -> str:
        """What made the error of an answer larger than rounding, in words; "" where nothing did."""
        doubts = [values.doubt for values in self.answers if values.doubt]
        return max(doubts, key=lambda doubt: doubt.moved).says if doubts else ""


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

    def _ask(self, target: EncodingModel | ResponsePair, form: Form) -> Values:
        effort = self.effort
        # Beyond a handful of stimuli the fine resolution takes seconds per case; the standard one reaches 1e-6 nats.
        if effort == "fine" and not self.patient and (target.stimuli.shape[1] > 1 or len(target.stimuli) > 12):
            effort = "standard"
        values = Values(*self.measure.evaluate(target, form, effort), units=self.measure.units)
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
    return np.asarray(FLOOR / 4 + values.rounding * (1 + np.abs(values.value)))


def _doubt(moved: Array, why: str) -> Doubt | None:
    """The doubt that values raise which differ between presentations by `moved`; None where it is rounding."""
    largest = float(moved.max(initial=0.0))
    return Doubt(largest, f"{why} moves a value by {largest:.2g}") if largest > FLOOR else None


def _of_format(values: Values) -> Doubt | None:
    """The doubt that numbers in single precision raise; None for others."""
    if not values.rounding:
        return None
    largest = float(_least(values).max())
    return Doubt(largest, f"the measure's values are in single precision, which may be off by {largest:.2g}")


def _own_errors(values: Values) -> Doubt:
    """The doubt that the standard errors raise which a measure gives."""
    largest = float(values.error.max())
    return Doubt(largest, f"the measure's own standard errors are up to {2 * largest / SIGMAS:.2g}")


def _largest(one: Doubt | None, other: Doubt | None) -> Doubt | None:
    return max((doubt for doubt in (one, other) if doubt), key=lambda doubt: doubt.moved, default=None)


class _Users:
    """A user's functions: every answer is checked.

    To confirm, the error is measured: the same joint distribution is presented in other ways, and the values' spread is
    the error. Published measures that a user's is built on answer quickly until then.
    """

    def __init__(self, measure: Measure, confirm: bool, answered: Callable[[], None]) -> None:
        self.measure, self.name, self.confirm, self.answered = measure, measure.name, confirm, answered

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
        return replace(
            value,
            error=np.maximum(value.error, apart + _least(value)),
            doubt=_largest(_of_format(value), _doubt(apart, _ORDER)),
        )

    def _with_noise(self, function: Callable[[Any], Any], model: EncodingModel, given: Values) -> Values:
        """The values, with their spread over equivalent presentations of the same joint distribution as the error.

        What lies within the errors that the measure gives is their doing, and not that of the presentation.
        """
        if not self.confirm:
            return given
        value, noisy = given.value, bool(given.error.any())
        noise = np.maximum(given.error, _least(given))
        sums = noise.sum(axis=1) if value.ndim > 1 else None
        count, doubt = len(model.stimuli), _own_errors(given) if noisy else _of_format(given)
        orders = [np.arange(count)[::-1], np.roll(np.arange(count), 1)]
        for order in orders[: 1 if self.measure.slow else 2]:
            turned = self._ask(function, model.reordered(order), value.shape, self.name).value[np.argsort(order)]
            follow(given, turned, self.name)
            apart = np.abs(turned - value)
            doubt = _largest(doubt, _doubt(apart * (apart > 2 * given.error), _ORDER))
            noise = np.maximum(noise, apart)
            # Features that tie may change places, and their sum does not.
            sums = None if sums is None else np.maximum(sums, np.abs((turned - value).sum(axis=1)))
        try:
            split = self._ask(function, split_response(model, len(model.likelihood) - 1), value.shape, self.name).value
        except NotApplicable:
            # The measure needs numerical responses, and a split cell has none.
            return replace(given, error=noise, doubt=doubt, of_sums=sums)
        moved = np.abs(split - value)
        # An entropy of the response may really see the split; only small changes, or a noisy measure's, are errors.
        counts = (moved < SPLIT_NOISE) | noisy
        doubt = _largest(doubt, _doubt(moved * (counts & (moved > 2 * given.error)), _SPLIT))
        error = np.where(counts, np.maximum(noise, moved), noise)
        if sums is not None:
            together = np.abs((split - value).sum(axis=1))
            sums = np.where((together < SPLIT_NOISE) | noisy, np.maximum(sums, together), sums)
        return replace(given, error=error, doubt=doubt, of_sums=sums)

    def _ask(self, function: Callable[[Any], Any], target: Any, shape: tuple[int, ...], what: str) -> Values:
        with searching("standard" if self.confirm else "quick"):
            found = ask(function, target, shape, what, self.answered)
        return replace(found, units=self.measure.units)
