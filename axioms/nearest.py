"""Is it new? The published measure, or relative of one, whose values are nearest to those of a measure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from ..errors import NotApplicable
from ..estimators import PUBLISHED, Measure
from ..estimators.relatives import RELATIVES
from . import known
from .answers import ask
from .cases import ModelCase

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


class Likeness(Struct, frozen=True, forbid_unknown_fields=True):
    """How near a known measure comes to another one.

    Attributes
    ----------
    measure : the name of the known measure
    apart : the largest difference of their values, nats
    models : on how many models they were compared
    equal : whether the difference is no larger than rounding, or the errors that the measure gives
    """

    measure: str
    apart: float
    models: int
    equal: bool

    def __str__(self) -> str:
        if self.equal:
            return (
                f"its values are those of {self.measure}, on all of {self.models} models (within {self.apart:.1g} nats)"
            )
        return f"nearest known measure: {self.measure}, up to {self.apart:.3g} nats away on {self.models} models"


def nearest(measure: Measure, answered: Callable[[], None] = lambda: None) -> Likeness | None:
    """The nearest of the published measures and their relatives; None if the measure answers on no model.

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
        apart, allowed, count = 0.0, 0.0, 0
        for n, values in mine.items():
            try:
                theirs = np.asarray(other(models[n]))
            except NotApplicable:
                continue
            gap = np.abs(values.value - theirs)
            count += 1
            apart = max(apart, float(gap.max()))
            allowed = max(allowed, float((gap - _SAME * (1 + np.abs(theirs)) - 2 * values.error).max()))
        if count:
            # A relative that declines models is compared on fewer: of equals the one with the most.
            found.append((apart, -count, Likeness(name, apart, count, allowed <= 0 and count == len(mine))))
    return min(found, key=lambda entry: entry[:2])[2] if found else None
