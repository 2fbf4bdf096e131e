"""Drawings: models, witnesses, maps; one style for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .style import Drawing


def drawing(thing: Any) -> Drawing:
    """A figure of an `EncodingModel`, or of a witness's JSON data."""
    from ...models import EncodingModel
    from .model import plot_model
    from .witness import plot_witness

    return plot_model(thing) if isinstance(thing, EncodingModel) else plot_witness(thing)
