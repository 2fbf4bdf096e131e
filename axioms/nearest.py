"""Is it new? The published measure, or relative of one, whose values are nearest to those of a measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from msgspec import Struct

from ..errors import NotApplicable
from ..estimators import PUBLISHED, Measure
from ..estimators.relatives import RELATIVES
from ..models.arrays import Array
from . import known
from .answers import ask
from .cases import ModelCase
from .finding import Values

#: Models on which measures differ: uneven, deterministic and rare responses, cells, features, a plane in space.
_SPECS = (
    known.UNEVEN,
    known.SEEN_RARELY,
    known.THREE,
    known.CELLS,
    known.TRIANGLE,
    known.TOGETHER,
    known.SPACE,
    known.BETWEEN,
)
#: Values that differ by less than this, in nats or relative to their size, are those of the same measure.
_SAME = 1e-6
#: A factor smaller than this makes no multiple: what is 0 everywhere is one of any measure.
_LEAST = 1e-3


class Likeness(Struct, frozen=True, forbid_unknown_fields=True):
    """How near a known measure comes to another one.

    Attributes
    ----------
    measure : the name of the known measure
    apart : the largest difference of their values, nats; of a multiple, from the multiple
    models : on how many models they were compared
    equal : whether the difference is no larger than rounding, or the errors that the measure gives
    times : the factor, where the measure is a multiple of the known one and equals none
    """

    measure: str
    apart: float
    models: int
    equal: bool
    times: float = 1.0

    def __str__(self) -> str:
        if not self.equal:
            return f"nearest known measure: {self.measure}, up to {self.apart:.3g} nats away on {self.models} models"
        factor = "" if self.times == 1 else f"{self.times:.6g} times "
        unit = " (it is in bits)" if abs(self.times * math.log(2) - 1) < _SAME else ""
        return (
            f"its values are {factor}those of {self.measure}{unit}, on all of {self.models} models "
            f"(within {self.apart:.1g} nats)"
        )


def nearest(measure: Measure, answered: Callable[[], None] = lambda: None) -> Likeness | None:
    """The nearest of the published measures and their relatives; None if the measure answers on no model.

    A measure that equals none may be a multiple of one.

    Raises
    ------
    MeasureError
        As for an audit: the measure raises, or its answer is not one number per stimulus.
    """
    models = [known.with_slopes(ModelCase(spec)).built for spec in _SPECS]
    mine = {}
    for n, model in enumerate(models):
        try:
            mine[n] = ask(measure.pointwise, model, (len(model.stimuli),), measure.name, answered)
        except NotApplicable:
            continue
    found = []
    for name, other in (PUBLISHED | RELATIVES).items():
        theirs = {}
        for n in mine:
            try:
                theirs[n] = np.asarray(other(models[n]))
            except NotApplicable:
                continue
        if theirs:
            found += [_compared(name, mine, theirs, times) for times in (1.0, _factor(mine, theirs))]
    equal = [one for one in found if one.equal]
    plain = [one for one in found if one.times == 1]
    # A relative that declines models is compared on fewer: of equals the one with the most.
    return min(equal or plain, key=lambda one: (one.times != 1, one.apart, -one.models), default=None)


def _factor(mine: Mapping[int, Values], theirs: Mapping[int, Array]) -> float:
    """The best multiple of the known measure's values, by least squares; 1 where these are 0."""
    own, known = (np.concatenate([one[n] for n in theirs]) for one in ({n: mine[n].value for n in mine}, theirs))
    square = float(known @ known)
    return float(own @ known) / square if square > 0 else 1.0


def _compared(name: str, mine: Mapping[int, Values], theirs: Mapping[int, Array], times: float) -> Likeness:
    apart, allowed = 0.0, -1.0
    for n, values in theirs.items():
        gap = np.abs(mine[n].value - times * values)
        apart = max(apart, float(gap.max()))
        allowed = max(allowed, float((gap - _SAME * (1 + np.abs(values)) - 2 * mine[n].error).max()))
    # All but 0 is a multiple of nothing.
    known = len(theirs) == len(mine) and (times == 1 or abs(times) > _LEAST)
    return Likeness(name, apart, len(theirs), allowed <= 0 and known, times)
