"""Which of the models that a measure declined lie within the limits of what it answers.

A measure may have limits that a reader sees in the model: no stimuli on a circle, no more than so many, none so rare.
To decline a model within these limits is no limit of the measure: it may decline where it would be caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from ...errors import ModelError
from ...models import EncodingModel
from ...models.arrays import Array
from ..cases import Case, PairCase

#: The share of the cases of one kind that a measure may decline within its limits.
FEW = 0.01


def kind_of(case: Case) -> tuple[Any, ...]:
    """What of a case's models a measure may be able to take or not: geometry, dimensions, and what else they carry."""
    return type(case), *(
        (
            model.geometry.period is not None or str(model.geometry),
            model.dimensions,
            model.likelihood_gradient is not None,
            model.responses is not None,
            bool((model.stimulus_volumes != 1).any()),
            bool((model.response_volumes != 1).any()),
        )
        for model in case.views
    )


def sizes_of(case: Case) -> Array:
    """How large a case is, for limits: of each model its stimuli, responses, rarest stimulus (log) and farthest one.

    Of a pair also the smallest and largest of these among the models of one response given the other, in either order.
    """
    sizes = [_sizes(model) for model in case.views]
    if isinstance(case, PairCase):
        for pair in (case.built, case.built.swapped):
            possible = [k for k in range(len(pair.likelihood)) if pair.support_given_first(k).any()]
            given = np.array([_sizes(pair.given_first(k)) for k in possible])
            sizes += [given.min(axis=0), given.max(axis=0)]
    return np.concatenate(sizes)


def _sizes(model: EncodingModel) -> Array:
    rarest = float(np.log(model.prior.min()))
    return np.array([len(model.prior), len(model.likelihood), rarest, float(np.abs(model.stimuli).max())])


def within_limits(answered: Iterable[Case], declined: Iterable[Case]) -> Mapping[tuple[Any, ...], tuple[int, int]]:
    """By kind of case: how many were declined though of no other size than those answered, and how many answered."""
    sizes: dict[tuple[Any, ...], list[Array]] = {}
    for case in answered:
        sizes.setdefault(kind_of(case), []).append(sizes_of(case))
    boxes = {kind: (np.min(found, axis=0), np.max(found, axis=0)) for kind, found in sizes.items()}
    inside = dict.fromkeys(boxes, 0)
    for case in declined:
        with suppress(ModelError):  # the measure declined one model, and the drawn parts do not make the other one
            if (kind := kind_of(case)) in boxes:
                low, high = boxes[kind]
                size = sizes_of(case)
                inside[kind] += bool(((low <= size) & (size <= high)).all())
    return {kind: (count, len(sizes[kind])) for kind, count in inside.items() if count}


def escapes(answered: Iterable[Case], declined: Iterable[Case]) -> int:
    """How many cases a measure declined within its limits, of kinds of which it declined more than `FEW` so."""
    found = within_limits(answered, declined).values()
    return sum(inside for inside, count in found if inside > FEW * (inside + count))
