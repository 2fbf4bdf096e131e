"""The forms of a measure: finite sums, in 50 digits where asked, and integrals over noise with an error bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

import numpy as np

from ..errors import OutOfReach
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from . import finite
from .measure import with_likelihood
from .parts import by_parts, independent_parts
from .precise import precisely
from .resolution import CHECK, FINE, QUICK, ROUGH, STANDARD, Resolution, resolution_for
from .stacked import Stacked, integrate_each

Effort = Literal["quick", "standard", "fine"]
#: Values, and bounds on their numerical error.
Evaluation = tuple[Array, Array]

_LEVELS = {"rough": ROUGH, "quick": QUICK, "check": CHECK, "standard": STANDARD, "fine": FINE}
#: The coarser resolution: its difference to this one bounds this one's error.
_COARSER = {"standard": "check", "fine": "standard"}
#: Rounding of a float64 finite sum, relative to the largest term in its logarithms.
_ROUNDING = 1e-14
#: An error that two resolutions may share: both cut the noise's tails and the lowest levels.
_SHARED = 1e-8
#: Largest likelihood table (entries) that is summed in 50 digits, which takes a second.
_MOST_PRECISE = 4096


#: The effort of a measure that is called as a function.
_CALLED: ContextVar[Effort] = ContextVar("called", default="standard")


@contextmanager
def searching(effort: Effort) -> Iterator[None]:
    """Within this context, measures that are called as functions answer with this effort.

    An audit searches with few nodes and confirms with many. A user's measure may be built on ours, and takes part.
    """
    token = _CALLED.set(effort)
    try:
        yield
    finally:
        _CALLED.reset(token)


def called_effort() -> Effort:
    """The effort of a measure that is called as a function: "standard" outside of `searching`."""
    return _CALLED.get()


class ExactForm(Protocol):
    """One form of a measure: its values for a model or a pair, and bounds on their error."""

    def value(self, target: Any, effort: str) -> Array:
        """Values at the stimuli, (J,) or (J, d)."""
        ...

    def with_error(self, target: Any, effort: Effort) -> Evaluation:
        """Values and error bounds; with the effort "quick" the bounds are 0."""
        ...


class PointwiseForm(ExactForm, Protocol):
    """The pointwise form, which serves several response tables at once, too."""

    def each(self, model: EncodingModel, tables: Array, effort: str) -> Array:
        """Values (B, J) for each of the likelihoods ``tables`` (B, K, J) in place of the model's own."""
        ...


class Sum:
    """A finite sum over a joint distribution: in float64, or in 50 digits at the effort "fine"."""

    def __init__(self, formula: Callable[[finite.Joint], Any]) -> None:
        self.formula = formula

    def value(self, target: EncodingModel, effort: str) -> Array:
        return np.asarray(self.formula(finite.joint_of(target)))

    def with_error(self, target: EncodingModel, effort: Effort) -> Evaluation:
        if effort == "fine" and target.likelihood.size <= _MOST_PRECISE:
            value = precisely(self.formula, target)
            return value, 1e-15 * (1 + np.abs(value))
        value = self.value(target, effort)
        if effort == "quick":
            return value, np.zeros_like(value)
        scale = 1 + np.abs(np.log(target.prior.min())) + np.abs(value)
        return value, _ROUNDING * np.sqrt(target.likelihood.size) * scale

    def each(self, model: EncodingModel, tables: Array, effort: str) -> Array:
        ones, found = np.ones(len(model.prior)), []
        for table in tables:
            table = table[table.any(axis=1)]
            found.append(self.formula(finite.Joint(model.prior, table, ones, np.ones(len(table)), None)))
        return np.array(found)


class PairSum:
    """A finite sum over a pair of responses, in float64."""

    def __init__(self, formula: Callable[[ResponsePair], Any]) -> None:
        self.formula = formula

    def value(self, target: ResponsePair, effort: str) -> Array:
        return np.asarray(self.formula(target))

    def with_error(self, target: ResponsePair, effort: Effort) -> Evaluation:
        value = self.value(target, effort)
        return value, _ROUNDING * np.sqrt(target.likelihood.size) * (30 + np.abs(value))


class Integral:
    """An integral over the Gaussian channel; its error bound is the difference to a coarser resolution.

    Its contribution to an integral over several tables is declared where they can be computed at once.
    """

    def __init__(self, formula: Callable[[Any, Resolution], Array], stacked: Stacked | None = None) -> None:
        self.formula, self.stacked = formula, stacked

    def value(self, target: EncodingModel | ResponsePair, effort: str) -> Array:
        def alone(target: EncodingModel | ResponsePair) -> Array:
            return self.formula(target, resolution_for(target.stimuli, _LEVELS[effort]))

        try:
            return alone(target)
        except OutOfReach:
            if parts := independent_parts(target):
                return by_parts(parts, target.stimuli.shape, alone)
            raise

    def with_error(self, target: EncodingModel | ResponsePair, effort: Effort) -> Evaluation:
        value = self.value(target, effort)
        if effort == "quick":
            return value, np.zeros_like(value)
        apart = np.abs(value - self.value(target, _COARSER[effort]))
        # Where both happen to agree at a stimulus, the largest difference on this model shows how coarse they are.
        return value, 4 * apart + 0.05 * apart.max() + _SHARED * (1 + np.abs(value))

    def each(self, model: EncodingModel, tables: Array, effort: str) -> Array:
        if self.stacked is not None:
            return integrate_each(self.stacked, model, tables, resolution_for(model.stimuli, _LEVELS[effort]))
        return np.array([self.value(with_likelihood(model, table), effort) for table in tables])
