"""Both sides of the drawing of a witness against locality: a change inside a ball, seen from far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...axioms.locality_cases import DecayCase, JumpCase
from .panels import Panel, Sides, cut, legend, subscripts
from .style import AFTER, BEFORE, GREEN, PURPLE, SHADE, SKY, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _along(case: DecayCase | JumpCase) -> int:
    """The feature in which stimuli are far."""
    return case.along if isinstance(case, DecayCase) else 0


def _rows(case: DecayCase | JumpCase, values: np.ndarray) -> np.ndarray:
    """Values of every stimulus as lines to plot: one column, or one for each value of a second feature."""
    second = np.delete(case.built.stimuli, _along(case), axis=1)
    return values.reshape(len(np.unique(second)) or 1, -1).T


def _plot(axes: Axes, case: DecayCase | JumpCase, values: np.ndarray, style: str, **options: Any) -> None:
    """Values along the (first) feature; where a second one has its other value, thinner and paler."""
    x, label = _rows(case, case.built.stimuli[:, _along(case)]), options.pop("label", None)
    marker: dict[str, Any] = {"marker": "o", "markersize": 2.5} if isinstance(case, JumpCase) else {}
    for n, row in enumerate(_rows(case, values).T):
        beside: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.7} if n else {"label": label}
        axes.plot(x[:, n], row, style, **marker, **options, **beside)


def _ball(case: DecayCase | JumpCase) -> tuple[float, float]:
    if isinstance(case, JumpCase):
        return (-0.5, 0.3) if case.mirror else (-0.3, 0.5)
    centre = -case.centre if case.mirror else case.centre
    return centre - case.radius, centre + case.radius


def _far_axis(axes: Axes, case: DecayCase | JumpCase, label: bool) -> None:
    """The x axis of a locality case, its changed ball shaded; logarithmic from 1 where x = 0 stands apart."""
    axes.axvspan(*_ball(case), color=SHADE, linewidth=0)
    along, x = _along(case), case.built.stimuli[:, _along(case)]
    if isinstance(case, JumpCase):
        axes.set_xscale("symlog", base=10, linthresh=1.0, linscale=0.7)
        farthest, sign, minus = float(np.abs(x).max()), (-1 if case.mirror else 1), "-" * case.mirror
        axes.set_xlim(*sorted((-0.3 * sign, 3 * farthest * sign)))
        decades = max(1, int(np.log10(farthest)))
        step = max(1, round(decades / 2))
        ticks = [0.0] + [sign * 10.0**n for n in range(0, decades + 1, step)]
        # "-1" and "0" side by side would read as -10.
        names = ["0", "" if case.mirror else "1"] + [f"${minus}10^{{{n}}}$" for n in range(0, decades + 1, step)][1:]
        axes.set_xticks(ticks, names)
        axes.minorticks_off()
    else:
        axes.set_xlim(float(x.min()), float(x.max()))
    if label:
        plane = f"$x_{along + 1}$ (thin: the other $x_{2 - along}$)"
        axes.set_xlabel("stimulus x" if case.built.dimensions == 1 else plane)
    else:
        axes.tick_params(labelbottom=False)


def _tables(case: DecayCase | JumpCase) -> tuple[np.ndarray, np.ndarray]:
    """p(r|x) before and after, with the same responses: a model drops those that never occur."""
    if isinstance(case, DecayCase):
        return case.built.likelihood, case.changed.likelihood
    before, inside = (np.array(row, dtype=float) / sum(row) for row in (case.before, case.inside))
    table = np.repeat(before[:, None], len(case.built.stimuli), axis=1)
    after = table.copy()
    after[:, 0] = inside
    return table, after


def far_case_panels(case: DecayCase | JumpCase) -> list[Panel]:
    """Prior and likelihood, before and after."""
    model, changed = case.built, case.changed
    before, after = _tables(case)

    def prior(axes: Axes) -> None:
        _plot(axes, case, model.prior, "-", color=BEFORE, label="before")
        if (model.prior != changed.prior).any():
            _plot(axes, case, changed.prior, "--", color=AFTER, label="after")
        axes.fill_between([], [], color=SHADE, linewidth=0, label="changed here")
        axes.set_yscale("log")
        axes.set_ylim(top=3)
        axes.set_ylabel("prior p(x)")
        axes.minorticks_off()
        _far_axis(axes, case, False)
        legend(axes)

    def likelihood(axes: Axes) -> None:
        # The last response's probability is what the others leave.
        rows = max(1, len(before) - 1)
        for k in range(rows):
            name, tone = ("before", BEFORE) if rows == 1 else (f"r = {k}", (BEFORE, GREEN, PURPLE, SKY)[k % 4])
            _plot(axes, case, before[k], "-", color=tone, label=name)
        for k in range(rows):
            moved = np.where(after[k] == before[k], np.nan, after[k])
            label = "after" if k == 0 else None
            _plot(axes, case, moved, "--", color=AFTER, label=label)
        axes.set_ylim(-0.05, 1.05)
        axes.set_ylabel("p(r = 0|x)" if len(before) == 2 else "p(r|x)")
        _far_axis(axes, case, True)
        legend(axes)

    extra = 0.13 * max(0, len(before) - 2)
    return [(1.3, prior), (1.45 + extra, likelihood)]


def far_value_panels(case: DecayCase | JumpCase, sides: Sides, at: int, units: str) -> list[Panel]:
    """I(x) before and after, and below it how much it changed."""
    x = case.built.stimuli[:, _along(case)]
    each = {label: values for label, values in sides.items() if len(values) == len(x)}

    def values(axes: Axes) -> None:
        for n, (label, side) in enumerate(each.items()):
            name = subscripts(cut(label, 24))
            _plot(axes, case, side, ("-", "--")[n % 2], color=(BEFORE, AFTER)[n % 2], label=name)
        axes.set_ylabel(f"information ({units})")
        _far_axis(axes, case, False)
        legend(axes)

    def change(axes: Axes) -> None:
        before, after = list(each.values())[:2]
        _plot(axes, case, np.abs(after - before), "-", color=VERMILLION)
        axes.set_ylabel(f"|change| ({units})")
        axes.set_ylim(bottom=0)
        _far_axis(axes, case, True)
        if at >= 0:
            axes.plot([x[at]], [1.0], "v", color=VERMILLION, markersize=5, clip_on=False, linestyle="none",
                      transform=axes.get_xaxis_transform(), label=f"x = {x[at]:.3g}")  # fmt: skip
            legend(axes)

    return [(1.3, values), (1.3, change)] if len(each) >= 2 else [(1.3, values)]
