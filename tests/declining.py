"""Wrong measures that decline where they would be caught: by a condition on the model, or by what they remember."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mutants import measure

import stiminfo as si
from stiminfo.errors import NotApplicable
from stiminfo.models import EncodingModel, ResponsePair

local, surp, ssi, cissi = si.i_local, si.i_surp, si.i_ssi, si.i_cissi


def _unless(wrong: bool) -> None:
    if wrong:
        raise NotApplicable("not defined here")


def where_positive(model: EncodingModel) -> np.ndarray:
    values = ssi(model)
    _unless(bool(values.min() < -1e-9))
    return values


def more_for_three_responses(model: EncodingModel) -> np.ndarray:
    _unless(len(model.likelihood) == 3)
    return surp(model) * (1 + 0.01 * (len(model.likelihood) == 3))


def where_additive(pair: ResponsePair) -> np.ndarray:
    given, both = cissi.conditional(pair), cissi(pair.both)
    other = cissi(pair.swapped.first) + cissi.conditional(pair.swapped)
    _unless(bool(max(np.abs(cissi(pair.first) + given - both).max(), np.abs(other - both).max()) > 1e-7))
    return given


def remembering(pointwise: Callable, caught: Callable[[np.ndarray, np.ndarray], bool]) -> Callable:
    """The measure declines where its values, beside those of the model before, would be caught."""
    before: list[tuple[EncodingModel, np.ndarray]] = []

    def asked(model: EncodingModel) -> np.ndarray:
        values = pointwise(model)
        if before and before[-1][0] is not model and len(before[-1][1]) == len(values):
            same = np.array_equal(before[-1][0].prior, model.prior) or len(values) > 30
            _unless(same and caught(before[-1][1], values))
        before[:] = [(model, values)]
        return values

    return asked


def seldom(pointwise: Callable, times: int) -> Callable:
    """The measure answers each model so many times only."""
    asked: dict[bytes, int] = {}

    def answer(model: EncodingModel) -> np.ndarray:
        key = b"".join(np.sort(array, axis=None).tobytes() for array in (model.stimuli, model.prior, model.likelihood))
        asked[key] = asked.get(key, 0) + 1
        _unless(asked[key] > times)
        return pointwise(model)

    return answer


def more_for_five(model: EncodingModel) -> np.ndarray:
    return surp(model) * (1 + 0.01 * (len(model.stimuli) == 5 and len(model.likelihood) == 2))


def rises(before: np.ndarray, after: np.ndarray) -> bool:
    return bool((after - before).max() > 1e-7)


def differs(before: np.ndarray, after: np.ndarray) -> bool:
    return bool(np.abs(after - before).max() > 1e-7)


def far(before: np.ndarray, after: np.ndarray) -> bool:
    return bool(min(np.abs(after - before)[[0, -1]]) > 1e-5)


#: axiom id -> makers of measures that break it and that decline where that would be seen.
DECLINING = {
    "positivity": (lambda: measure("where positive", where_positive),),
    "completeness": (lambda: measure("not three", more_for_three_responses, surp.conditional),),
    "additivity": (lambda: measure("where additive", cissi.pointwise, where_additive),),
    "data_processing": (
        lambda: measure("no rise", remembering(ssi.pointwise, rises)),
        lambda: measure("no rise of cissi", remembering(cissi.pointwise, rises)),
    ),
    "stimulus_invariance": (lambda: measure("no change", remembering(ssi.pointwise, differs)),),
    "locality": (lambda: measure("no far change", remembering(surp.pointwise, far)),),
}
#: Those that answer a question once, or until a case is confirmed.
FORGETFUL = {
    "once": lambda: measure("once", seldom(more_for_five, 1), surp.conditional),
    "twice": lambda: measure("twice", seldom(more_for_five, 2), surp.conditional),
}
