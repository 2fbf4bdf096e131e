"""What drawings of witnesses share: a panel, its legend, labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...models import EncodingModel, ResponsePair
from ..symbols import in_figure
from . import model as draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A drawing and the height that it asks for, in inches with its labels.
Panel = tuple[float, Callable[["Axes"], None]]
#: What is compared, by its name.
Sides = dict[str, np.ndarray]


def model_of(case: Any) -> EncodingModel:
    """The model whose stimuli a finding is about."""
    built: EncodingModel | ResponsePair = case.built
    return built.first if isinstance(built, ResponsePair) else built


def by_position(model: EncodingModel) -> bool:
    """Whether stimuli are shown by their number, not by where they lie."""
    return model.dimensions != 1 or len(model.stimuli) <= draw.FEW


def cut(text: str, length: int) -> str:
    """On one line, what can be printed of a text, at most so many letters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def named(label: str) -> str:
    """The label of a side in a legend."""
    return in_figure(cut(label, 24))


def legend(axes: Axes) -> None:
    """Above the axes, where no data can be."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.7, handlelength=1.6)
