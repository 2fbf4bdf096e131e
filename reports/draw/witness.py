"""Drawings of witnesses (the case on the left, the values compared on the right), and figures as inline SVG.

`kinds` declares the panels of each kind of case.
"""

from __future__ import annotations

import io
import re
import textwrap
from html import escape
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...axioms.registry import EVERY, case_from_json
from ..symbols import in_figure, unit_of
from ..verdicts import finding_words
from .kinds import kind_of
from .panels import Sides, cut, model_of
from .style import INK, WIDTH, Drawing, styled

#: The footnote: height of a line in inches, and characters per line.
_LINE = 0.135
_LETTERS = 59


def plot_witness(witness: dict[str, Any]) -> Drawing:
    """Draw a witness: the case on the left, the measure's values on the right, the worst stimulus marked.

    Parameters
    ----------
    witness : JSON data of a witness, as in ``Verdict.witness`` and in the files that `stiminfo replay` reads

    Returns
    -------
    Drawing
        One column wide.

    Raises
    ------
    SpecError
        The witness holds no valid case. It is a ValueError.
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
        kind = kind_of(case)
        left = kind.left(case, at)
        right = kind.right(case, sides, at, unit_of(measure)) if sides else []
        title = textwrap.wrap(f"{_title(axiom)}: refuted for {cut(measure, 40)}", 48)
        foot = textwrap.wrap(_words(axiom, finding), _LETTERS)
        body = max(sum(height for height, _ in panels) for panels in (left, right))
        figure = Drawing(figsize=(WIDTH, body + 0.17 * len(title) + _LINE * len(foot) + 0.1), layout="constrained")
        figure.suptitle("\n".join(map(in_figure, title)), x=0.01, ha="left")
        if foot:
            figure.supxlabel("\n".join(map(in_figure, foot)), x=0.01, ha="left", fontsize=7, linespacing=1.25)
        columns = [panels for panels in (left, right) if panels]
        for part, panels in zip(figure.subfigures(1, len(columns), squeeze=False)[0], columns):
            heights = [height for height, _ in panels]
            grid = part.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
            for axes, (_, panel) in zip(grid[:, 0], panels):
                panel(axes)
    return figure


def describe(witness: dict[str, Any]) -> str:
    """The drawing in words, for readers who cannot see it."""
    finding = witness.get("finding")
    says = str(finding.get("says", "")) if isinstance(finding, dict) else ""
    kind = witness["case"].get("kind", "")
    return (
        f"Drawing of a witness against {_title(str(witness['axiom'])).lower()} for {witness['measure']}: on the left "
        f"the case (kind: {kind}), on the right the values compared at each stimulus. {says}"
    ).strip()


def svg(figure: Figure, prefix: str = "fig", label: str | None = None) -> str:
    """A figure as inline SVG; the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
    prefix : start of each id, so that several drawings can share one page; letters, digits, - and _
    label : the text that a screen reader reads out

    Returns
    -------
    str
        An ``<svg>`` element without XML prologue; black lines and letters take the colour of the text around them.

    Raises
    ------
    ValueError
        The prefix holds other characters, or does not start with a letter.
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
    # Letters drawn in black, the default colour of SVG, carry no colour: the element sets it.
    said = "" if label is None else f' role="img" aria-label="{escape(label, quote=True)}"'
    return text.replace("<svg ", f'<svg fill="currentColor"{said} ', 1).strip()


def _title(axiom: str) -> str:
    return EVERY[axiom].title if axiom in EVERY else axiom


def _words(axiom: str, finding: dict[str, Any]) -> str:
    """The finding in words, with the violation and its numerical error."""
    says = cut(str(finding.get("says", "")), 400)
    violation, error = finding.get("violation"), finding.get("numerical_error")
    if not isinstance(violation, int | float) or not isinstance(error, int | float):
        return says
    unit = cut(str(finding.get("unit", "")), 60) or (EVERY[axiom].unit if axiom in EVERY else "nats")
    return finding_words(says, violation, error, unit)


def _numbers_of(sides: Any, count: int) -> Sides:
    """The sides that can be drawn: lists of finite numbers, of length J or 1."""
    found: Sides = {}
    for label, values in sides.items() if isinstance(sides, dict) else ():
        if not isinstance(values, list) or len(values) not in (1, count):
            continue
        if all(isinstance(value, int | float) and abs(value) < 1e300 for value in values):
            found[str(label)] = np.array(values, dtype=float)
    return found
