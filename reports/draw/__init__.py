"""Drawings of models, witnesses and maps, all in one style."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .style import Drawing


def drawing(thing: Any) -> Drawing:
    """Draw an `EncodingModel`, or a witness given as JSON data."""
    from ...models import EncodingModel
    from .model import plot_model
    from .witness import plot_witness

    return plot_model(thing) if isinstance(thing, EncodingModel) else plot_witness(thing)
