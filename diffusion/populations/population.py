"""`Population`: a named population of neurons, and the options that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...models.arrays import Array
from ..encoders import Encoder

if TYPE_CHECKING:
    from ..sources import Source


@dataclass(frozen=True)
class Population:
    """A named population of neurons.

    Attributes
    ----------
    name : as in the registry
    of_images : makes an encoder from pixels (N, h, w), receptive fields (k, h * w) and the options
    of_source : makes an encoder from a source to train on, receptive fields and the options
    options : which of ``amplitude`` and ``noise`` it takes; the others are ignored
    linear : whether responses are linear with Gaussian noise, as exact denoisers of Gaussian images need
    signed : whether it is made for images in [-1, 1] and not in [0, 1]
    """

    name: str
    of_images: Callable[..., Encoder]
    of_source: Callable[..., Encoder]
    options: tuple[str, ...] = ()
    linear: bool = False
    signed: bool = False

    def seeing_images(self, pixels: Array, fields: Array, **options: float) -> Encoder:
        """The encoder for a set of images."""
        return self.of_images(pixels, fields, **{name: options[name] for name in self.options if name in options})

    def seeing_source(self, source: Source, fields: Array, **options: float) -> Encoder:
        """The encoder for a source that networks are trained on."""
        return self.of_source(source, fields, **{name: options[name] for name in self.options if name in options})
