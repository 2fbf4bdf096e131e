"""Remembering the latest integrals over noise, where the same question is asked again and again: in an audit.

An audit asks each question twice, and asks I(x) as well as its features; a user's measure may be built on ours. Outside
of `remembering` nothing is kept, so that timings are those of the computation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar, cast

from ..models import EncodingModel
from ..models.arrays import Array
from .resolution import Resolution

#: How many answers are kept.
_KEPT = 16
_ANSWERS: ContextVar[OrderedDict[Any, Array] | None] = ContextVar("answers", default=None)

Formula = TypeVar("Formula", bound=Callable[..., Array])


@contextmanager
def remembering() -> Iterator[None]:
    """Remember the latest answers within this context."""
    token = _ANSWERS.set(OrderedDict())
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def remembered(formula: Formula) -> Formula:
    """A formula of stimuli, prior and likelihood, whose latest answers are remembered within `remembering`."""

    @wraps(formula)
    def answer(model: EncodingModel, resolution: Resolution | None = None) -> Array:
        answers = _ANSWERS.get()
        if answers is None:
            return formula(model, resolution)
        arrays = model.stimuli, model.prior, model.likelihood
        key = formula, resolution, model.geometry, *((array.shape, array.tobytes()) for array in arrays)
        if key not in answers:
            answers[key] = formula(model, resolution)
            if len(answers) > _KEPT:
                answers.popitem(last=False)
        return answers[key].copy()  # a caller may write to it

    return cast(Formula, answer)
