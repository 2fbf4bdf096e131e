"""How cases of each kind are drawn and printed: one line per kind; a kind that is not here shows its model alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...models import EncodingModel
from . import far_cases as far
from .cases import (
    garbling_panels,
    model_panels,
    pair_names,
    pair_panels,
    response_map_panels,
    stimulus_map_panels,
)
from .panels import Panel, Sides, model_of
from .values import value_panels


class Numbers(NamedTuple):
    """A model that a page prints in numbers, where it is small.

    Attributes
    ----------
    responses : names of its responses, None to number them
    most : more responses than these are not printed
    """

    caption: str
    model: EncodingModel
    responses: list[str] | None = None
    most: int = 6


def _model(case: Any) -> list[Numbers]:
    return [Numbers("The model", model_of(case))]


def _pair(case: Any) -> list[Numbers]:
    names = pair_names(case.built, "p({},{}|x)")
    return [Numbers("The two responses r, r′", case.built.both, names, 12)]


def _with(caption: str, view: str) -> Callable[[Any], list[Numbers]]:
    return lambda case: [*_model(case), Numbers(caption, getattr(case, view))]


def _renamed(case: Any) -> list[Numbers]:
    caption = "After the map" if case.order is None else "With the responses renamed"
    return _with(caption, "mapped")(case)


@dataclass(frozen=True)
class Kind:
    """A kind of case.

    Attributes
    ----------
    left : ``left(case, at)``: panels of the case; the stimulus `at` is in sight (-1: none)
    right : ``right(case, sides, at, units)``: panels of the values compared
    numbers : the models that a page prints
    """

    left: Callable[[Any, int], list[Panel]] = model_panels
    right: Callable[[Any, Sides, int, str], list[Panel]] = value_panels
    numbers: Callable[[Any], list[Numbers]] = _model


def _seen_from_afar(view: Callable[[Any], far.Far]) -> Kind:
    return Kind(
        left=lambda case, at: far.case_panels(view(case)),
        right=lambda case, sides, at, units: far.value_panels(view(case), sides, at, units),
        numbers=lambda case: [],
    )


#: By the name that a case's kind has in JSON.
KINDS = {
    "pair": Kind(pair_panels, numbers=_pair),
    "garbling": Kind(garbling_panels, numbers=_with("With the garbled response", "garbled")),
    "response map": Kind(response_map_panels, numbers=_renamed),
    "stimulus map": Kind(stimulus_map_panels, numbers=_with("After the map", "mapped")),
    "linear map": Kind(stimulus_map_panels, numbers=_with("After the map", "mapped")),
    "decay": _seen_from_afar(far.decay),
    "jump": _seen_from_afar(far.jump),
}


def kind_of(case: Any) -> Kind:
    """How a case is drawn."""
    return KINDS.get(getattr(case, "kind", ""), Kind())
