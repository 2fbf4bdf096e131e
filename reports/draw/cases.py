"""The left side of a witness's drawing: its case, what was done to it included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...axioms.cases import Case, GarblingCase, LinearMapCase, PairCase, ResponseMapCase, StimulusMapCase
from ...axioms.locality_cases import DecayCase, JumpCase
from ...models import EncodingModel, ResponsePair
from . import model as draw
from .far_cases import far_case_panels
from .panels import Panel, by_position, legend, model_of
from .style import AFTER, BEFORE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def case_panels(case: Case, at: int) -> list[Panel]:
    """The case, the stimulus `at` which the axiom breaks marked (-1: none)."""
    if isinstance(case, DecayCase | JumpCase):
        return far_case_panels(case)
    model = model_of(case)
    by_index = by_position(model)
    if isinstance(case, PairCase):
        return _pair_panels(case.built, by_index, at)
    panels = _prior_panels(model, by_index, at)
    if isinstance(case, StimulusMapCase | LinearMapCase):
        panels += _map_panels(model, case.mapped)
    if isinstance(case, GarblingCase):
        what = {None: "garbled", "abs": "|r - {:.3g}|", "round": "rounded to {:.3g}"}
        what |= {"clip": "clip at {:.3g}", "noise": "noise of sd {:.3g}"}
        after = what[case.transform].format(case.amount or 0)
        return panels + [_likelihood(model, by_index, at, "p(r|x)"), _likelihood(case.garbled, by_index, at, after)]
    panels.append(_likelihood(model, by_index, at, "p(r|x)"))
    if isinstance(case, ResponseMapCase):
        if case.order is not None:
            panels.append(_likelihood(case.mapped, by_index, at, "p(r|x), renamed"))
        if case.factors is not None:
            panels.append(_volumes(model.response_volumes, case.mapped.response_volumes, "response r"))
    return panels


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


def _pair_panels(pair: ResponsePair, by_index: bool, at: int) -> list[Panel]:
    first, second, _ = pair.likelihood.shape
    # `both` drops what never occurs; so do the names.
    occurs = (pair.likelihood > 0).sum(axis=2)
    rows = [f"{k}, {m}" for k in range(first) for m in range(second) if occurs[k, m]]
    joint = pair.both

    def panel(axes: Axes) -> None:
        _likelihood(joint, by_index, at, "p(r, r′|x)", rows if len(rows) <= 12 else None)[1](axes)
        if len(rows) <= 12:
            axes.set_yticks(range(len(rows)), rows)
        axes.set_ylabel("responses r, r′")

    return [*_prior_panels(pair.first, by_index, at), (draw.likelihood_height(*joint.likelihood.shape) + 0.1, panel)]


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
        axes.plot([low, high], [low, high], ":", color="#888888", label="unmoved")
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
            axes.plot([start[0], end[0]], [start[1], end[1]], color="#888888", linewidth=0.6, zorder=1)
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
