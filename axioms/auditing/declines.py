"""Which of the models that a measure declined lie within the limits of what it answers.

A measure may have limits that a reader sees in the model: no stimuli on a circle, no more than so many, none so rare.
To decline a model within these limits is no limit of the measure: it may decline where it would be caught.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from ...errors import ModelError
from ...estimators.parts import independent_parts
from ...models import EncodingModel
from ...models.arrays import Array
from ..cases import Case, PairCase

#: The share of the cases of one kind that a measure may decline within its limits.
FEW = 0.02


def kind_of(case: Case) -> tuple[Any, ...]:
    """What of a case's models a measure may be able to take or not: geometry, dimensions, and what else they carry.

    In R^d for d >= 3 also how many dimensions the stimuli span, and whether their features are independent: few
    measures compute more than a plane there, but part by part.
    """
    return type(case), *(
        (
            model.geometry.period is not None or str(model.geometry),
            model.dimensions,
            _spread_out(model),
            model.likelihood_gradient is not None,
            model.responses is not None,
            bool((model.stimulus_volumes != 1).any()),
            bool((model.response_volumes != 1).any()),
        )
        for model in case.views
    )


def _spread_out(model: EncodingModel) -> tuple[int, bool]:
    """How many dimensions stimuli span, and whether their features are independent; the same of all in a plane."""
    if model.dimensions < 3:
        return model.dimensions, False
    apart = model.stimuli - model.stimuli[0]
    return int(np.linalg.matrix_rank(apart)), bool(independent_parts(model))


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


class Declines(NamedTuple):
    """What a measure declined.

    Attributes
    ----------
    within : the cases within its limits, of kinds of which it declined more than `FEW` so
    alike : all cases of kinds that it answers elsewhere
    answered, never : how many kinds of case it answers, and how many it declined throughout
    """

    within: list[Case]
    alike: int
    answered: int
    never: int


def declines(answered: Iterable[Case], declined: Iterable[Case]) -> Declines:
    """Compare what was declined with what was answered."""
    refused, taken = _by_kind(declined), _by_kind(answered)
    within: list[Case] = []
    for kind in refused.keys() & taken.keys():
        found = np.array([sizes_of(case) for case in taken[kind]])
        sizes = np.array([sizes_of(case) for case in refused[kind]])
        inside = np.flatnonzero(((found.min(axis=0) <= sizes) & (sizes <= found.max(axis=0))).all(axis=1))
        if len(inside) > FEW * (len(inside) + len(found)):
            within += [refused[kind][i] for i in inside]
    alike = sum(len(cases) for kind, cases in refused.items() if kind in taken)
    return Declines(within, alike, len(taken), len(refused.keys() - taken.keys()))


def _by_kind(cases: Iterable[Case]) -> dict[tuple[Any, ...], list[Case]]:
    found: dict[tuple[Any, ...], list[Case]] = {}
    for case in cases:
        with suppress(ModelError):  # the measure declined one model, and the drawn parts do not make the other one
            found.setdefault(kind_of(case), []).append(case)
    return found
