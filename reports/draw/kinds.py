"""How cases of each kind are drawn and printed: one line per kind in `KINDS`; any other kind shows its model alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...models import EncodingModel, ResponsePair
from . import far_cases as far
from . import model as draw
from .panels import Panel, Sides, by_position, legend, model_of, value_panels
from .style import AFTER, BEFORE, GUIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A pair with more responses than these is drawn without their names.
_NAMED = 12
#: Titles of garbled responses, by the name of the transform; "" stands for a garbling matrix.
_GARBLINGS = {
    "": "p(r′|x), r garbled",
    "abs": "r′ = |r - {:.3g}|",
    "round": "r′: rounded to {:.3g}",
    "clip": "r′: clip at {:.3g}",
    "noise": "r′: noise of sd {:.3g}",
}


class Numbers(NamedTuple):
    """A model that a page prints in numbers, where it is small.

    Attributes
    ----------
    responses : names of its responses, None to number them
    most : the largest number of responses that is still printed
    """

    caption: str
    model: EncodingModel
    responses: list[str] | None = None
    most: int = 6


def _model_panels(case: Any, at: int) -> list[Panel]:
    """The model alone, whatever the kind of case; stimulus `at` is in view (-1: none)."""
    model = model_of(case)
    panels = [_prior(model, at), _likelihood(model, at, "p(r|x)")]
    if model.likelihood_gradient is not None and model.dimensions == 1 and by_position(model):
        panels.append(_slopes(model))
    return panels


def _stimulus_map_panels(case: Any, at: int) -> list[Panel]:
    """The prior, the map of the stimuli, the likelihood."""
    prior, *likelihood = _model_panels(case, at)
    return [prior, *_map_panels(model_of(case), case.mapped), *likelihood]


def _garbling_panels(case: Any, at: int) -> list[Panel]:
    """The model, and the likelihood of the garbled response."""
    title = _GARBLINGS[case.transform or ""].format(case.amount or 0)
    return [*_model_panels(case, at), _likelihood(case.garbled, at, title, response="r′")]


def _response_map_panels(case: Any, at: int) -> list[Panel]:
    """The model, its likelihood with the responses renamed, and the responses' cell volumes before and after."""
    panels, model = _model_panels(case, at), model_of(case)
    if case.order is not None:
        panels.append(_likelihood(case.mapped, at, "p(r|x), renamed"))
    if case.factors is not None:
        panels.append(_volumes(model.response_volumes, case.mapped.response_volumes, "response r"))
    return panels


def _pair_panels(case: Any, at: int) -> list[Panel]:
    """The prior, and the joint likelihood of the two responses."""
    joint, rows = case.built.both, _pair_names(case.built, "{}, {}")

    def panel(axes: Axes) -> None:
        few = len(rows) <= _NAMED
        _likelihood(joint, at, "p(r, r′|x)", rows if few else None)[1](axes)
        if few:
            axes.set_yticks(range(len(rows)), rows)
        axes.set_ylabel("responses r, r′")

    height = draw.likelihood_height(*joint.likelihood.shape) + 0.1
    return [_prior(case.built.first, at), (height, panel)]


def _pair_names(pair: ResponsePair, form: str) -> list[str]:
    """Names of the pairs of responses that occur, in the order of the responses of `pair.both`."""
    first, second, _ = pair.likelihood.shape
    occurs = (pair.likelihood > 0).sum(axis=2)
    return [form.format(k, m) for k in range(first) for m in range(second) if occurs[k, m]]


def _limits(axes: Axes, model: EncodingModel, by_index: bool, at: int) -> None:
    axes.set_xlim(*((-0.5, len(model.stimuli) - 0.5) if by_index else draw.view(model, at)))


def _prior(model: EncodingModel, at: int) -> Panel:
    by_index = by_position(model)

    def prior(axes: Axes) -> None:
        draw.draw_prior(axes, model, by_index)
        _limits(axes, model, by_index, at)
        axes.tick_params(labelbottom=False)

    return (1.25, lambda axes: draw.draw_plane(axes, model)) if model.dimensions == 2 else (0.8, prior)


def _likelihood(model: EncodingModel, at: int, title: str, rows: list[str] | None = None, response: str = "r") -> Panel:
    by_index = by_position(model)

    def panel(axes: Axes) -> None:
        draw.draw_likelihood(axes, model, by_index, title=title, rows=rows, response=response)
        draw.label_stimuli(axes, model, by_index, indices=True)
        _limits(axes, model, by_index, at)

    return draw.likelihood_height(len(model.likelihood), len(model.stimuli)) + 0.1, panel


def _slopes(model: EncodingModel) -> Panel:
    """The slopes of the likelihood, which Fisher information needs and the table does not tell."""
    count = len(model.likelihood)

    def panel(axes: Axes) -> None:
        draw.draw_slopes(axes, model)
        draw.label_stimuli(axes, model, by_index=True, indices=True)
        axes.set_xlim(-0.5, len(model.stimuli) - 0.5)

    return draw.likelihood_height(count, len(model.stimuli)) + 0.1, panel


def _map_panels(before: EncodingModel, after: EncodingModel) -> list[Panel]:
    """Where each stimulus moves, and how its cell volume changes; nothing in three dimensions or more."""
    panels: list[Panel] = []
    x, moved = before.stimuli, after.stimuli
    if before.dimensions > 2:
        return panels

    def line(axes: Axes) -> None:
        low, high = (float(x.min()), float(x.max())) if by_position(before) else draw.view(before)
        order = np.argsort(x[:, 0])
        order = order[(x[order, 0] >= low) & (x[order, 0] <= high)]
        axes.plot([low, high], [low, high], ":", color=GUIDE, label="unmoved")
        axes.plot(x[order, 0], moved[order, 0], "o" if len(order) <= 30 else "-", color=AFTER, label="moved")
        axes.set_xlabel("x before")
        axes.set_ylabel("x after")

    def plane(axes: Axes) -> None:
        axes.plot(x[:, 0], x[:, 1], "o", color=BEFORE, markersize=4, label="before")
        axes.plot(moved[:, 0], moved[:, 1], "s", color=AFTER, markersize=4, fillstyle="none", label="after")
        for start, end in zip(x, moved):
            axes.plot([start[0], end[0]], [start[1], end[1]], color=GUIDE, linewidth=0.6, zorder=1)
        axes.set_xlabel("feature $x_1$")
        axes.set_ylabel("feature $x_2$")

    def panel(axes: Axes) -> None:
        (line if before.dimensions == 1 else plane)(axes)
        axes.margins(0.12)
        axes.locator_params(nbins=4)
        legend(axes)

    if (x != moved).any():
        panels.append((1.3 if before.dimensions == 1 else 1.4, panel))
    if by_position(before) and (before.stimulus_volumes != after.stimulus_volumes).any():
        panels.append(_volumes(before.stimulus_volumes, after.stimulus_volumes, "stimulus j"))
    return panels


def _volumes(before: np.ndarray, after: np.ndarray, of: str) -> Panel:
    def panel(axes: Axes) -> None:
        x = np.arange(len(before))
        if len(x) <= 12:
            axes.bar(x - 0.2, before, 0.4, color=BEFORE, label="before")
            axes.bar(x + 0.2, after, 0.4, color=AFTER, label="after")
            axes.set_xticks(x)
        else:
            axes.plot(x, before, color=BEFORE, label="before")
            axes.plot(x, after, "--", color=AFTER, label="after")
        axes.set_xlabel(of)
        axes.set_ylabel("cell volume")
        axes.locator_params(axis="y", nbins=3)
        legend(axes)

    return 1.15, panel


def _model_numbers(case: Any) -> list[Numbers]:
    return [Numbers("The model", model_of(case))]


def _pair_numbers(case: Any) -> list[Numbers]:
    return [Numbers("The two responses r, r′", case.built.both, _pair_names(case.built, "p({},{}|x)"), 12)]


def _garbled_numbers(case: Any) -> list[Numbers]:
    names = [f"p(r′={k}|x)" for k in range(len(case.garbled.likelihood))]
    return [*_model_numbers(case), Numbers("With the garbled response r′", case.garbled, names)]


def _mapped_numbers(case: Any) -> list[Numbers]:
    renamed = getattr(case, "order", None) is not None
    return [*_model_numbers(case), Numbers("With the responses renamed" if renamed else "After the map", case.mapped)]


@dataclass(frozen=True)
class Kind:
    """A kind of case.

    Attributes
    ----------
    left : ``left(case, at)`` returns the panels of the case, with stimulus `at` in view (-1: none)
    right : ``right(case, sides, at, units)`` returns the panels of the values compared
    numbers : ``numbers(case)`` returns the models that a page prints in numbers
    """

    left: Callable[[Any, int], list[Panel]] = _model_panels
    right: Callable[[Any, Sides, int, str], list[Panel]] = value_panels
    numbers: Callable[[Any], list[Numbers]] = _model_numbers


def _seen_from_afar(view: Callable[[Any], far.Far]) -> Kind:
    return Kind(
        left=lambda case, at: far.case_panels(view(case)),
        right=lambda case, sides, at, units: far.value_panels(view(case), sides, at, units),
        numbers=lambda case: [],
    )


#: By the name that a case's kind has in JSON.
KINDS = {
    "pair": Kind(_pair_panels, numbers=_pair_numbers),
    "garbling": Kind(_garbling_panels, numbers=_garbled_numbers),
    "response map": Kind(_response_map_panels, numbers=_mapped_numbers),
    "stimulus map": Kind(_stimulus_map_panels, numbers=_mapped_numbers),
    "linear map": Kind(_stimulus_map_panels, numbers=_mapped_numbers),
    "decay": _seen_from_afar(far.decay),
    "jump": _seen_from_afar(far.jump),
    "reading": _seen_from_afar(far.reading),
    "atoms": _seen_from_afar(far.atoms),
}


def kind_of(case: Any) -> Kind:
    """How a case is drawn."""
    return KINDS.get(getattr(case, "kind", ""), Kind())
