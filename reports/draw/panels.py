"""What drawings of witnesses share: a panel, its legend, labels with subscripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...axioms.cases import Case
from ...models import EncodingModel, ResponsePair
from . import model as draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A drawing and the height that it asks for, in inches with its labels.
Panel = tuple[float, Callable[["Axes"], None]]
#: What is compared, by its name.
Sides = dict[str, np.ndarray]


def model_of(case: Case) -> EncodingModel:
    """The model whose stimuli a finding is about."""
    built = getattr(case, "built")  # noqa: B009  # every case has one, of its own type
    return built.first if isinstance(built, ResponsePair) else built


def by_position(model: EncodingModel) -> bool:
    """Whether stimuli are shown by their number, not by where they lie."""
    return model.dimensions != 1 or len(model.stimuli) <= draw.FEW


def subscripts(text: str) -> str:
    """`I_{R'|R}(x)` with its subscripts set as such; nothing else of the text is read as mathematics."""
    safe = text.replace("\\", "/").replace("$", r"\$")
    return re.sub(r"\b([IEX])_(?:\{([\w',|+]{1,12})\}|(\w'?)(?!\w))", _subscript, safe)


def _subscript(found: re.Match[str]) -> str:
    below = (found[2] or found[3]).replace("'", "′").replace("_", r"\_")
    return rf"{found[1]}$_{{\mathrm{{{below}}}}}$"


def cut(text: str, length: int) -> str:
    """On one line, what can be printed of a text, at most so many letters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def legend(axes: Axes) -> None:
    """Above the axes, where no data can be."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.7, handlelength=1.6)
