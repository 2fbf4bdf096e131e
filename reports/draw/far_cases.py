"""Both sides of the drawing of a witness against locality: a model changed inside a ball, and I(x) far from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...models import EncodingModel
from ...models.arrays import Array
from .panels import Panel, Sides, legend, mark, named
from .style import AFTER, BEFORE, GREEN, PURPLE, SHADE, SKY, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Far:
    """A model that is changed inside a ball, as the drawings need it.

    Attributes
    ----------
    before, after : the model without and with the change
    tables : (K, J) each, p(r|x) before and after; a model drops responses that never occur, these tables keep them
    ball : lower and upper end of the ball
    along : index of the feature in which stimuli lie far away
    powers : whether the stimuli are 0 and powers of ten
    lone : whether the stimuli are atoms, drawn as such
    mirror : whether the stimuli lie below 0
    """

    before: EncodingModel
    after: EncodingModel
    tables: tuple[Array, Array]
    ball: tuple[float, float]
    along: int = 0
    powers: bool = False
    lone: bool = False
    mirror: bool = False

    @property
    def x(self) -> Array:
        """(J,) the stimuli's values of that feature."""
        return np.asarray(self.before.stimuli[:, self.along])

    def rows(self, values: Array) -> Array:
        """(J,) values as lines to plot: one column, or a column for each value of the second feature."""
        second = np.delete(self.before.stimuli, self.along, axis=1)
        return values.reshape(len(np.unique(second)) or 1, -1).T

    def plot(self, axes: Axes, values: Array, style: str, **options: Any) -> None:
        """Plot (J,) values along the feature; the line for the second feature's other value is thinner and paler."""
        x, label = self.rows(self.x), options.pop("label", None)
        marker: dict[str, Any] = {"marker": "o", "markersize": 2.5} if self.powers or self.lone else {}
        if self.lone:
            marker["linewidth"] = 0.3
        for n, row in enumerate(self.rows(values).T):
            beside: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.7} if n else {"label": label}
            axes.plot(x[:, n], row, style, **marker, **options, **beside)

    def axis(self, axes: Axes, label: bool) -> None:
        """Set up the axis of x, with the ball shaded; it is logarithmic beyond 1 if stimuli are powers of ten."""
        axes.axvspan(*self.ball, color=SHADE, linewidth=0)
        if self.powers:
            self._powers_of_ten(axes)
        else:
            axes.set_xlim(float(self.x.min()), float(self.x.max()))
        if label:
            plane = f"$x_{self.along + 1}$ (thin: the other $x_{2 - self.along}$)"
            axes.set_xlabel("stimulus x" if self.before.dimensions == 1 else plane)
        else:
            axes.tick_params(labelbottom=False)

    def _powers_of_ten(self, axes: Axes) -> None:
        axes.set_xscale("symlog", base=10, linthresh=1.0, linscale=0.7)
        farthest, sign, minus = float(np.abs(self.x).max()), (-1 if self.mirror else 1), "-" * self.mirror
        axes.set_xlim(*sorted((-0.3 * sign, 3 * farthest * sign)))
        decades = max(1, int(np.log10(farthest)))
        powers = range(0, decades + 1, max(1, round(decades / 2)))
        # "-1" and "0" side by side would read as -10.
        names = ["0", "" if self.mirror else "1", *(f"${minus}10^{{{n}}}$" for n in powers if n)]
        axes.set_xticks([0.0, *(sign * 10.0**n for n in powers)], names)
        axes.minorticks_off()


def decay(case: Any) -> Far:
    """The drawing's view of a `DecayCase`: a continuous prior with tails."""
    centre = -case.centre if case.mirror else case.centre
    tables = (case.built.likelihood, case.changed.likelihood)
    return Far(case.built, case.changed, tables, (centre - case.radius, centre + case.radius), case.along)


def _around_zero(case: Any) -> tuple[float, float]:
    """The ball about a lone stimulus at 0; it is shaded on the side of the others, too."""
    return (-0.5, 0.3) if case.mirror else (-0.3, 0.5)


def jump(case: Any) -> Far:
    """The drawing's view of a `JumpCase`: stimuli at 0 and at powers of ten, with a changed response at 0."""
    before, inside = (np.array(row, dtype=float) / sum(row) for row in (case.before, case.inside))
    table = np.repeat(before[:, None], len(case.built.stimuli), axis=1)
    after = table.copy()
    after[:, 0] = inside
    return Far(case.built, case.changed, (table, after), _around_zero(case), powers=True, mirror=case.mirror)


def reading(case: Any) -> Far:
    """The drawing's view of a `ReadingCase`: a response that follows the stimulus as far as it goes."""
    return Far(case.built, case.changed, (case.built.likelihood, case.changed.likelihood), (-1.0, 1.0))


def atoms(case: Any) -> Far:
    """The drawing's view of an `AtomsCase`: lone stimuli, with a changed response at 0."""
    table = case.built.likelihood
    after = table.copy()
    after[:, 0] = (0, 1)
    return Far(
        case.built,
        case.changed,
        (table, after),
        _around_zero(case),
        powers=case.doubling,
        lone=True,
        mirror=case.mirror,
    )


def case_panels(far: Far) -> list[Panel]:
    """Prior and likelihood before and after the change."""
    before, after = far.tables

    def prior(axes: Axes) -> None:
        far.plot(axes, far.before.prior, "-", color=BEFORE, label="before")
        if (far.before.prior != far.after.prior).any():
            far.plot(axes, far.after.prior, "--", color=AFTER, label="after")
        axes.fill_between([], [], color=SHADE, linewidth=0, label="changed here")
        axes.set_yscale("log")
        axes.set_ylim(top=3)
        axes.set_ylabel("prior p(x)")
        axes.minorticks_off()
        far.axis(axes, False)
        legend(axes)

    def likelihood(axes: Axes) -> None:
        # Probabilities sum to 1, so that the last response needs no line.
        rows = max(1, len(before) - 1)
        for k in range(rows):
            name, tone = ("before", BEFORE) if rows == 1 else (f"r = {k}", (BEFORE, GREEN, PURPLE, SKY)[k % 4])
            far.plot(axes, before[k], "-", color=tone, label=name)
        for k in range(rows):
            moved = np.where(after[k] == before[k], np.nan, after[k])
            far.plot(axes, moved, "--", color=AFTER, label="after" if k == 0 else None)
        axes.set_ylim(-0.05, 1.05)
        axes.set_ylabel("p(r = 0|x)" if len(before) == 2 else "p(r|x)")
        far.axis(axes, True)
        legend(axes)

    def numbers(axes: Axes) -> None:
        # Too many responses for a line each: their mean, and one sd to either side.
        r = far.before.responses
        assert r is not None
        for table, tone, label in ((before, BEFORE, "before"), (after, AFTER, "after")):
            mean = r @ table
            sd = np.sqrt((r**2) @ table - mean**2)
            shown = np.ones(len(mean), dtype=bool) if table is before else (after != before).any(axis=0)
            axes.plot(far.x[shown], mean[shown], "-" if table is before else "--", color=tone, label=label)
            axes.fill_between(far.x[shown], (mean - sd)[shown], (mean + sd)[shown], color=tone, alpha=0.25, linewidth=0)
        axes.set_ylabel("r, mean ± sd")
        far.axis(axes, True)
        legend(axes)

    if far.before.responses is not None:
        return [(1.3, prior), (1.45, numbers)]
    extra = 0.13 * max(0, len(before) - 2)
    return [(1.3, prior), (1.45 + extra, likelihood)]


def value_panels(far: Far, sides: Sides, at: int, units: str) -> list[Panel]:
    """I(x) before and after the change; below it the size of its change, marked at stimulus `at` (-1: nowhere)."""
    x = far.x
    each = {label: values for label, values in sides.items() if len(values) == len(x)}

    def values(axes: Axes) -> None:
        for n, (label, side) in enumerate(each.items()):
            far.plot(axes, side, ("-", "--")[n % 2], color=(BEFORE, AFTER)[n % 2], label=named(label))
        axes.set_ylabel(f"information ({units})")
        far.axis(axes, False)
        legend(axes)

    def change(axes: Axes) -> None:
        before, after = list(each.values())[:2]
        far.plot(axes, np.abs(after - before), "-", color=VERMILLION)
        axes.set_ylabel(f"|change| ({units})")
        axes.set_ylim(bottom=0)
        far.axis(axes, True)
        if at >= 0:
            mark(axes, float(x[at]), f"x = {x[at]:.3g}")
            legend(axes)

    return [(1.3, values), (1.3, change)] if len(each) >= 2 else [(1.3, values)]
