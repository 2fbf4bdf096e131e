"""Remembering integrals over noise, where the same question is asked again and again: in an audit.

An audit asks each question twice, I(x) as well as its features, and the same models for several axioms; a user's
measure may be built on ours. A worker remembers from one axiom to the next.
Outside of `remembering` nothing is kept, so that timings are those of the computation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from hashlib import blake2b
from typing import TypeVar, cast

import numpy as np

from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from .resolution import Resolution

#: How many answers are kept: those to the fixed cases of an axiom, several times over. Most have some hundred bytes.
_KEPT = 10_000
#: The bytes of a question's fingerprint, which is kept in place of its arrays: two are alike by chance one in 10^38.
_BYTES = 16
#: Bytes of the largest block by which glibc sets how much freed memory it keeps: just below its limit of 32 MiB.
_LARGEST_BLOCK = 31 << 20
_ANSWERS: ContextVar[OrderedDict[bytes, Array] | None] = ContextVar("answers", default=None)

Formula = TypeVar("Formula", bound=Callable[..., Array])


@contextmanager
def remembering() -> Iterator[None]:
    """Remember the latest answers within this context; one inside another remembers what that one does."""
    if (outer := _ANSWERS.get()) is None:
        _keep_freed_memory()
    token = _ANSWERS.set(OrderedDict() if outer is None else outer)
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def _keep_freed_memory() -> None:
    """Let glibc keep up to 62 MiB of freed memory for the next array, instead of giving it back to the system.

    Thousands of integrals with arrays of a megabyte would otherwise spend a tenth of their time, and up to a third, on
    pages that the system takes back and clears. glibc sets what it keeps to twice the largest block that was freed,
    for which it counts blocks up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD). No page of this one is ever touched.
    """
    np.empty(_LARGEST_BLOCK, dtype=np.uint8)


def remembered(formula: Formula) -> Formula:
    """A formula of stimuli, prior and likelihood, whose latest answers are remembered within `remembering`."""

    @wraps(formula)
    def answer(target: EncodingModel | ResponsePair, resolution: Resolution | None = None) -> Array:
        answers = _ANSWERS.get()
        if answers is None:
            return formula(target, resolution)
        key = _fingerprint(formula, target, resolution)
        if key not in answers:
            answers[key] = formula(target, resolution)
            if len(answers) > _KEPT:
                answers.popitem(last=False)
        return answers[key].copy()  # a caller may write to it

    return cast(Formula, answer)


def _fingerprint(formula: Formula, target: EncodingModel | ResponsePair, resolution: Resolution | None) -> bytes:
    found = blake2b(digest_size=_BYTES)
    found.update(repr((formula.__module__, formula.__qualname__, resolution, target.geometry)).encode())
    for array in (target.stimuli, target.prior, target.likelihood):
        found.update(repr(array.shape).encode())
        found.update(array.tobytes())
    return found.digest()
