"""The left side of a witness's drawing, for each kind of case: the model, and what was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...models import EncodingModel, ResponsePair
from . import model as draw
from .panels import Panel, by_position, legend, model_of
from .style import AFTER, BEFORE, GUIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Responses of a pair that are named one by one.
_NAMED = 12
#: What a garbling of a continuous response does, by its name; "" is a garbling matrix.
_GARBLINGS = {
    "": "garbled",
    "abs": "|r - {:.3g}|",
    "round": "rounded to {:.3g}",
    "clip": "clip at {:.3g}",
    "noise": "noise of sd {:.3g}",
}


def model_panels(case: Any, at: int) -> list[Panel]:
    """The model alone, which serves any kind of case; the stimulus `at` is in sight (-1: none)."""
    model = model_of(case)
    by_index = by_position(model)
    return [*_prior_panels(model, by_index, at), _likelihood(model, by_index, at, "p(r|x)")]


def stimulus_map_panels(case: Any, at: int) -> list[Panel]:
    """The model, and where its stimuli move, between prior and likelihood."""
    prior, likelihood = model_panels(case, at)
    return [prior, *_map_panels(model_of(case), case.mapped), likelihood]


def garbling_panels(case: Any, at: int) -> list[Panel]:
    """The model, and the likelihood of the garbled response."""
    after = _GARBLINGS[case.transform or ""].format(case.amount or 0)
    return [*model_panels(case, at), _likelihood(case.garbled, by_position(model_of(case)), at, after)]


def response_map_panels(case: Any, at: int) -> list[Panel]:
    """The model, its likelihood with the responses renamed, and how volumes of responses grow."""
    panels, model = model_panels(case, at), model_of(case)
    if case.order is not None:
        panels.append(_likelihood(case.mapped, by_position(model), at, "p(r|x), renamed"))
    if case.factors is not None:
        panels.append(_volumes(model.response_volumes, case.mapped.response_volumes, "response r"))
    return panels


def pair_panels(case: Any, at: int) -> list[Panel]:
    """The prior, and the joint likelihood of two responses."""
    by_index, joint = by_position(model_of(case)), case.built.both
    rows = pair_names(case.built, "{}, {}")

    def panel(axes: Axes) -> None:
        few = len(rows) <= _NAMED
        _likelihood(joint, by_index, at, "p(r, r′|x)", rows if few else None)[1](axes)
        if few:
            axes.set_yticks(range(len(rows)), rows)
        axes.set_ylabel("responses r, r′")

    height = draw.likelihood_height(*joint.likelihood.shape) + 0.1
    return [*_prior_panels(case.built.first, by_index, at), (height, panel)]


def pair_names(pair: ResponsePair, form: str) -> list[str]:
    """The pairs of responses that occur: `both` drops those that never do, and so do the names."""
    first, second, _ = pair.likelihood.shape
    occurs = (pair.likelihood > 0).sum(axis=2)
    return [form.format(k, m) for k in range(first) for m in range(second) if occurs[k, m]]


def _limits(axes: Axes, model: EncodingModel, by_index: bool, at: int) -> None:
    axes.set_xlim(*((-0.5, len(model.stimuli) - 0.5) if by_index else draw.view(model, at)))


def _prior_panels(model: EncodingModel, by_index: bool, at: int) -> list[Panel]:
    def prior(axes: Axes) -> None:
        draw.draw_prior(axes, model, by_index)
        _limits(axes, model, by_index, at)
        axes.tick_params(labelbottom=False)

    if model.dimensions == 2:
        return [(1.25, lambda axes: draw.draw_plane(axes, model))]
    return [(0.8, prior)]


def _likelihood(model: EncodingModel, by_index: bool, at: int, title: str, rows: list[str] | None = None) -> Panel:
    def panel(axes: Axes) -> None:
        draw.draw_likelihood(axes, model, by_index, title=title, rows=rows)
        draw.label_stimuli(axes, model, by_index, indices=True)
        _limits(axes, model, by_index, at)

    return draw.likelihood_height(len(model.likelihood), len(model.stimuli)) + 0.1, panel


def _map_panels(before: EncodingModel, after: EncodingModel) -> list[Panel]:
    """Where each stimulus moves, and how its cell grows."""
    panels: list[Panel] = []
    x, moved = before.stimuli, after.stimuli
    if before.dimensions > 2:
        return panels

    def line(axes: Axes) -> None:
        low, high = (float(x.min()), float(x.max())) if by_position(before) else draw.view(before)
        order = np.argsort(x[:, 0])
        order = order[(x[order, 0] >= low) & (x[order, 0] <= high)]
        few = len(order) <= 30
        axes.plot([low, high], [low, high], ":", color=GUIDE, label="unmoved")
        axes.plot(x[order, 0], moved[order, 0], "o" if few else "-", color=AFTER, label="moved")
        axes.set_xlabel("x before")
        axes.set_ylabel("x after")
        axes.margins(0.12)
        axes.locator_params(nbins=4)
        legend(axes)

    def plane(axes: Axes) -> None:
        axes.plot(x[:, 0], x[:, 1], "o", color=BEFORE, markersize=4, label="before")
        axes.plot(moved[:, 0], moved[:, 1], "s", color=AFTER, markersize=4, fillstyle="none", label="after")
        for start, end in zip(x, moved):
            axes.plot([start[0], end[0]], [start[1], end[1]], color=GUIDE, linewidth=0.6, zorder=1)
        axes.set_xlabel("feature $x_1$")
        axes.set_ylabel("feature $x_2$")
        axes.margins(0.12)
        axes.locator_params(nbins=4)
        legend(axes)

    if (x != moved).any():
        panels.append((1.3, line) if before.dimensions == 1 else (1.4, plane))
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
