"""The drawing of a witness: left the case, right I(x) and where the axiom breaks; and figures as inline SVG."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from ..axioms.cases import (
    Case,
    DecayCase,
    GarblingCase,
    JumpCase,
    LinearMapCase,
    PairCase,
    ResponseMapCase,
    StimulusMapCase,
    case_from_json,
)
from ..axioms.further import FURTHER
from ..axioms.statements import AXIOMS
from ..estimators import PUBLISHED
from ..models import EncodingModel, ResponsePair
from ..models import plot as draw
from .style import AFTER, BEFORE, COLOURS, GREEN, INK, PURPLE, SHADE, SKY, VERMILLION, WIDTH, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A drawing and the height that it asks for, in inches with its labels.
Panel = tuple[float, Callable[["Axes"], None]]
Sides = dict[str, np.ndarray]
_EVERY = AXIOMS | FURTHER
#: Height of a line of the footnote, in inches, and letters on it.
_LINE = 0.135
_LETTERS = 59


def plot_witness(witness: dict[str, Any]) -> Figure:
    """Draw a witness: the case on the left; on the right what the measure makes of it, the worst stimulus marked.

    Parameters
    ----------
    witness : JSON data of a witness, as in ``Verdict.witness`` and in files that `stiminfo replay` reads

    Returns
    -------
    Figure
        One column wide.

    Raises
    ------
    SpecError
        (a ValueError) if the witness's case is none.
    """
    case = case_from_json(witness["case"])
    finding = witness.get("finding")
    finding = finding if isinstance(finding, dict) else {}
    measure, axiom = str(witness["measure"]), str(witness["axiom"])
    model = model_of(case)
    at = finding.get("at", -1)
    at = at if isinstance(at, int) and 0 <= at < len(model.stimuli) else -1
    sides = _numbers_of(finding.get("sides"), len(model.stimuli))
    with styled():
        left = _case_panels(case, at)
        right = _side_panels(case, sides, at, _units(measure))
        title = textwrap.wrap(f"{_title(axiom)}: refuted for {_cut(measure, 40)}", 48)
        foot = textwrap.wrap(_words(axiom, finding), _LETTERS)
        body = max(sum(height for height, _ in panels) for panels in (left, right))
        figure = Figure(figsize=(WIDTH, body + 0.17 * len(title) + _LINE * len(foot) + 0.1), layout="constrained")
        figure.suptitle("\n".join(title), x=0.01, ha="left", fontsize=8, fontweight="bold", parse_math=False)
        if foot:
            lines = "\n".join(subscripts(line) for line in foot)
            figure.supxlabel(lines, x=0.01, ha="left", fontsize=7, linespacing=1.25)
        columns = [panels for panels in (left, right) if panels]
        for part, panels in zip(figure.subfigures(1, len(columns), squeeze=False)[0], columns):
            heights = [height for height, _ in panels]
            grid = part.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
            for axes, (_, panel) in zip(grid[:, 0], panels):
                panel(axes)
    return figure


def describe(witness: dict[str, Any]) -> str:
    """The drawing in words, for those who cannot see it."""
    finding = witness.get("finding")
    says = str(finding.get("says", "")) if isinstance(finding, dict) else ""
    kind = witness["case"].get("kind", "")
    return (
        f"Drawing of a witness against {_title(str(witness['axiom'])).lower()} for {witness['measure']}: on the left "
        f"the case (kind: {kind}), on the right the values compared at each stimulus. {says}"
    ).strip()


def svg(figure: Figure, prefix: str = "fig", label: str | None = None) -> str:
    """A figure as inline SVG, the same bytes each time.

    Parameters
    ----------
    figure : Figure
    prefix : starts each id, so that several drawings can live on one page; letters, digits, - and _
    label : what a screen reader says

    Returns
    -------
    str
        An ``<svg>`` element without XML prologue; what was drawn in ink takes the colour of the text around it.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", prefix, re.ASCII):
        raise ValueError(f"prefix {prefix!r}; expected letters, digits, - and _, a letter first")
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with styled():
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'(\sid=")', rf"\g<1>{prefix}-", text)
    text = re.sub(r'(href="#)', rf"\g<1>{prefix}-", text)
    text = text.replace("url(#", f"url(#{prefix}-").replace(INK, "currentColor")
    # Letters drawn in black, the SVG default, are told no colour of their own.
    said = "" if label is None else f' role="img" aria-label="{escape(label, quote=True)}"'
    return text.replace("<svg ", f'<svg fill="currentColor"{said} ', 1).strip()


def model_of(case: Case) -> EncodingModel:
    """The model whose stimuli a finding is about."""
    built = getattr(case, "built")  # noqa: B009  # every case has one, of its own type
    return built.first if isinstance(built, ResponsePair) else built


def subscripts(text: str) -> str:
    """`I_{R'|R}(x)` with its subscripts set as such; nothing else of the text is read as mathematics."""
    safe = text.replace("\\", "/").replace("$", r"\$")
    return re.sub(r"\b([IEX])_(?:\{([\w',|+]{1,12})\}|(\w'?)(?!\w))", _subscript, safe)


def _subscript(found: re.Match[str]) -> str:
    below = (found[2] or found[3]).replace("'", "′").replace("_", r"\_")
    return rf"{found[1]}$_{{\mathrm{{{below}}}}}$"


def _cut(text: str, length: int) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _title(axiom: str) -> str:
    return _EVERY[axiom].title if axiom in _EVERY else axiom


def _units(measure: str) -> str:
    return "nats" if measure not in PUBLISHED or PUBLISHED[measure].units == "nats" else "nats / unit²"


def _words(axiom: str, finding: dict[str, Any]) -> str:
    """The finding, how large it is and how sure."""
    says = _cut(str(finding.get("says", "")), 400)
    violation, error = finding.get("violation"), finding.get("numerical_error")
    if not isinstance(violation, int | float) or not isinstance(error, int | float):
        return says
    unit = _EVERY[axiom].unit if axiom in _EVERY else "nats"
    return f"{says[:1].upper()}{says[1:]}. Violation: {violation:.3g} {unit} (numerical error {error:.1g})."


def _numbers_of(sides: Any, count: int) -> Sides:
    """What of a witness's sides can be drawn: lists of finite numbers, one a stimulus or one alone."""
    found: Sides = {}
    for label, values in sides.items() if isinstance(sides, dict) else ():
        if not isinstance(values, list) or len(values) not in (1, count):
            continue
        if all(isinstance(value, int | float) and abs(value) < 1e300 for value in values):
            found[str(label)] = np.array(values, dtype=float)
    return found


# --- left: the case


def _case_panels(case: Case, at: int) -> list[Panel]:
    if isinstance(case, DecayCase | JumpCase):
        return _locality_panels(case)
    model = model_of(case)
    by_index = _by_index(model)
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


def _by_index(model: EncodingModel) -> bool:
    return model.dimensions != 1 or len(model.stimuli) <= draw.FEW


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
        low, high = (float(x.min()), float(x.max())) if _by_index(before) else draw.view(before)
        order = np.argsort(x[:, 0])
        order = order[(x[order, 0] >= low) & (x[order, 0] <= high)]
        few = len(order) <= 30
        axes.plot([low, high], [low, high], ":", color="#888888", label="unmoved")
        axes.plot(x[order, 0], moved[order, 0], "o" if few else "-", color=AFTER, label="moved")
        axes.set_xlabel("x before")
        axes.set_ylabel("x after")
        axes.margins(0.12)
        axes.locator_params(nbins=4)
        _legend(axes)

    def plane(axes: Axes) -> None:
        axes.plot(x[:, 0], x[:, 1], "o", color=BEFORE, markersize=4, label="before")
        axes.plot(moved[:, 0], moved[:, 1], "s", color=AFTER, markersize=4, fillstyle="none", label="after")
        for start, end in zip(x, moved):
            axes.plot([start[0], end[0]], [start[1], end[1]], color="#888888", linewidth=0.6, zorder=1)
        axes.set_xlabel("feature $x_1$")
        axes.set_ylabel("feature $x_2$")
        axes.margins(0.12)
        axes.locator_params(nbins=4)
        _legend(axes)

    if (x != moved).any():
        panels.append((1.3, line) if before.dimensions == 1 else (1.4, plane))
    if _by_index(before) and (before.stimulus_volumes != after.stimulus_volumes).any():
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
        _legend(axes)

    return 1.15, panel


def _ball(case: DecayCase | JumpCase) -> tuple[float, float]:
    if isinstance(case, JumpCase):
        return -0.3, 0.5
    return case.centre - case.radius, case.centre + case.radius


def _far_axis(axes: Axes, case: DecayCase | JumpCase, label: bool) -> None:
    """The x axis of a locality case, its changed ball shaded; logarithmic from 1 where x = 0 stands apart."""
    axes.axvspan(*_ball(case), color=SHADE, linewidth=0)
    x = case.built.stimuli[:, 0]
    if isinstance(case, JumpCase):
        axes.set_xscale("symlog", base=10, linthresh=1.0, linscale=0.7)
        axes.set_xlim(-0.3, 3 * float(x.max()))
        decades = max(1, int(np.log10(float(x.max()))))
        step = max(1, round(decades / 2))
        ticks = [0.0] + [10.0**n for n in range(0, decades + 1, step)]
        names = ["0", "1"] + [f"$10^{{{n}}}$" for n in range(0, decades + 1, step)][1:]
        axes.set_xticks(ticks, names)
        axes.minorticks_off()
    else:
        axes.set_xlim(float(x.min()), float(x.max()))
    if label:
        axes.set_xlabel("stimulus x")
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


def _locality_panels(case: DecayCase | JumpCase) -> list[Panel]:
    model, changed = case.built, case.changed
    x = model.stimuli[:, 0]
    marker = "o" if isinstance(case, JumpCase) else ""
    before, after = _tables(case)

    def prior(axes: Axes) -> None:
        axes.plot(x, model.prior, color=BEFORE, marker=marker, markersize=2.5, label="before")
        if (model.prior != changed.prior).any():
            axes.plot(x, changed.prior, "--", color=AFTER, marker=marker, markersize=2, label="after")
        axes.fill_between([], [], color=SHADE, linewidth=0, label="changed here")
        axes.set_yscale("log")
        axes.set_ylim(top=3)
        axes.set_ylabel("prior p(x)")
        axes.minorticks_off()
        _far_axis(axes, case, False)
        _legend(axes)

    def likelihood(axes: Axes) -> None:
        # The last response's probability is what the others leave.
        rows = max(1, len(before) - 1)
        for k in range(rows):
            name, tone = ("before", BEFORE) if rows == 1 else (f"r = {k}", (BEFORE, GREEN, PURPLE, SKY)[k % 4])
            axes.plot(x, before[k], color=tone, marker=marker, markersize=2.5, label=name)
        for k in range(rows):
            moved = np.where(after[k] == before[k], np.nan, after[k])
            label = "after" if k == 0 else None
            axes.plot(x, moved, "--", color=AFTER, marker=marker, markersize=2, label=label)
        axes.set_ylim(-0.05, 1.05)
        axes.set_ylabel("p(r = 0|x)" if len(before) == 2 else "p(r|x)")
        _far_axis(axes, case, True)
        _legend(axes)

    extra = 0.13 * max(0, len(before) - 2)
    return [(1.3, prior), (1.45 + extra, likelihood)]


# --- right: the numbers compared


def _side_panels(case: Case, sides: Sides, at: int, units: str) -> list[Panel]:
    if not sides:
        return []
    model = model_of(case)
    if isinstance(case, DecayCase | JumpCase):
        return _change_panels(case, sides, at, units)
    by_index = _by_index(model)

    def panel(axes: Axes) -> None:
        if by_index and len(model.stimuli) <= 12:
            _bars(axes, sides, len(model.stimuli))
        else:
            _lines(axes, model, sides, by_index, at)
        axes.set_ylabel(f"information ({units})")
        _mark(axes, model, by_index, at)
        draw.label_stimuli(axes, model, by_index)
        if by_index:
            count = len(model.stimuli)
            axes.set_xlabel("stimulus j")
            axes.set_xticks(range(0, count, 1 + count // 13))
            axes.set_xticklabels([str(j) for j in range(0, count, 1 + count // 13)])
            axes.set_xlim(-0.5, count - 0.5)
        _legend(axes)

    return [(1.8, panel)]


def _bars(axes: Axes, sides: Sides, count: int) -> None:
    """Bars beside each other; a whole and its two parts as a bar and a stack where nothing is negative."""
    each = {label: values for label, values in sides.items() if not _is_alone(label, values, count)}
    x = np.arange(count)
    stacked = len(each) == 3 and all((values >= 0).all() for values in each.values())
    slots = 2 if stacked else len(each)
    width = 0.8 / max(1, slots)
    below = np.zeros(count)
    for n, (label, values) in enumerate(each.items()):
        slot = min(n, 1) if stacked else n
        bottom = below.copy() if stacked and n else 0.0
        place = x + (slot - (slots - 1) / 2) * width
        axes.bar(place, values, width, bottom=bottom, color=COLOURS[n], edgecolor=INK, linewidth=0.3,
                 label=subscripts(_cut(label, 24)))  # fmt: skip
        if stacked and n:
            below += values
    axes.axhline(0, color=INK, linewidth=0.6)
    _alone(axes, {label: values for label, values in sides.items() if label not in each})
    low, high = axes.get_ylim()
    if low >= 0 and high < 1e-12:
        axes.set_ylim(0, 1)


def _is_alone(label: str, values: np.ndarray, count: int) -> bool:
    """Whether these are not values at each stimulus; where there is but one stimulus, the label has to tell."""
    return len(values) != count or (count == 1 and (label.startswith("E_X") or ";" in label))


def _alone(axes: Axes, sides: Sides) -> None:
    """Numbers that belong to no stimulus, as lines across."""
    for n, (label, values) in enumerate(sides.items()):
        style, colour = (("--", VERMILLION), ("-", GREEN))[n % 2]
        axes.axhline(float(values[0]), linestyle=style, color=colour, label=subscripts(_cut(label, 24)))


def _lines(axes: Axes, model: EncodingModel, sides: Sides, by_index: bool, at: int) -> None:
    x = draw.positions(model, by_index)
    order = np.argsort(x)
    seen = np.ones(len(x), dtype=bool)
    if not by_index:
        low, high = draw.view(model, at)
        seen = (x >= low) & (x <= high)
        axes.set_xlim(low, high)
    order = order[seen[order]]
    for n, (label, values) in enumerate(sides.items()):
        if len(values) == len(x):
            style = "o" if by_index else ("-", "--", "-.")[n % 3]
            axes.plot(x[order], values[order], style, color=COLOURS[n % 6], label=subscripts(_cut(label, 24)))
    axes.axhline(0, color=INK, linewidth=0.4, zorder=0)
    _alone(axes, {label: values for label, values in sides.items() if len(values) != len(x)})


def _mark(axes: Axes, model: EncodingModel, by_index: bool, at: int) -> None:
    """A band and an arrow head at the offending stimulus."""
    if at < 0:
        return
    x = float(draw.positions(model, by_index)[at])
    if by_index:
        axes.axvspan(x - 0.5, x + 0.5, color=SHADE, linewidth=0, zorder=0)
        said = f"stimulus {at}"
    else:
        axes.axvline(x, color=VERMILLION, linewidth=0.8, linestyle=":")
        said = f"stimulus {at}\nx = {x:.3g}"
    axes.plot([x], [1.0], "v", color=VERMILLION, markersize=5, clip_on=False, linestyle="none",
              transform=axes.get_xaxis_transform(), label=said)  # fmt: skip


def _change_panels(case: DecayCase | JumpCase, sides: Sides, at: int, units: str) -> list[Panel]:
    """I(x) before and after, and below it how much it changed."""
    x = case.built.stimuli[:, 0]
    each = {label: values for label, values in sides.items() if len(values) == len(x)}
    marker = "o" if isinstance(case, JumpCase) else ""

    def values(axes: Axes) -> None:
        for n, (label, side) in enumerate(each.items()):
            axes.plot(
                x, side, ("-", "--")[n % 2], color=(BEFORE, AFTER)[n % 2], marker=marker, markersize=2.5 - n % 2 / 2,
                label=subscripts(_cut(label, 24)),
            )  # fmt: skip
        axes.set_ylabel(f"information ({units})")
        _far_axis(axes, case, False)
        _legend(axes)

    def change(axes: Axes) -> None:
        before, after = list(each.values())[:2]
        axes.plot(x, np.abs(after - before), color=VERMILLION, marker=marker, markersize=2.5)
        axes.set_ylabel(f"|change| ({units})")
        axes.set_ylim(bottom=0)
        _far_axis(axes, case, True)
        if at >= 0:
            axes.plot([x[at]], [1.0], "v", color=VERMILLION, markersize=5, clip_on=False, linestyle="none",
                      transform=axes.get_xaxis_transform(), label=f"x = {x[at]:.3g}")  # fmt: skip
            _legend(axes)

    return [(1.3, values), (1.3, change)] if len(each) >= 2 else [(1.3, values)]


def _legend(axes: Axes) -> None:
    """Above the axes, where no data can be."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.7, handlelength=1.6)
