"""`Dataset`: a named source of images, and what is known about it before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import ModelError
from ..datasets import Images
from .image_set import ImageSource
from .source import Source


@dataclass(frozen=True)
class Asked:
    """The options with which a data set is loaded.

    Attributes
    ----------
    name : as the user wrote it; for a file of images, its path
    side : pixels per side, or None
    folder : where the data set's files lie, or None
    """

    name: str
    side: int | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set and its name. A set of images needs `name` and `images` alone.

    Attributes
    ----------
    name : as in the registry
    images : loads the whole set, whose information is decomposed; None where stimuli are drawn without end
    source : loads what networks are trained on; by default the set with a tenth held out
    kind : class of the source, which declares the default population and whether it needs linear neurons
    side : pixels per side, where there is one size only
    sides : smallest, default and largest side, where the user chooses
    needs_folder : whether the user has to give the folder of its files
    suffixes : file name endings that it reads, where a path takes the place of the name
    kind_of : the class of the source by the name, where a path decides; by default `kind`
    """

    name: str
    images: Callable[[Asked], Images] | None = None
    source: Callable[[Asked], Source] | None = None
    kind: type[Source] = ImageSource
    side: int | None = None
    sides: tuple[int, int, int] | None = None
    needs_folder: bool = False
    suffixes: tuple[str, ...] = ()
    kind_of: Callable[[str], type[Source]] | None = None

    @property
    def takes_side(self) -> bool:
        """Whether the user chooses the size of the images."""
        return self.sides is not None

    @property
    def default_population(self) -> str:
        """The population that is used where none is named."""
        return self.kind.default_population

    @property
    def linear_only(self) -> bool:
        """Whether the exact denoiser is known for linear neurons only."""
        return self.kind.linear_only

    def population_of(self, name: str) -> str:
        """The population for the data of this name, where the user names none."""
        return (self.kind if self.kind_of is None else self.kind_of(name)).default_population

    def takes(self, name: str) -> bool:
        """Whether this reads the file at a path."""
        return Path(name).suffix in self.suffixes

    def load(self, asked: Asked) -> Source:
        """The source to train networks on; raises `ModelError` for a size that the data set does not have."""
        asked = Asked(asked.name, self._side(asked.side), asked.folder)
        if self.source is not None:
            return self.source(asked)
        assert self.images is not None, f"{self.name} has neither images nor a source"
        return ImageSource(self.images(asked))

    def _side(self, side: int | None) -> int | None:
        if self.sides is not None:
            low, usual, high = self.sides
            side = usual if side is None else side
            if not low <= side <= high:
                raise ModelError(f"size is {side}; expected {low} to {high} pixels")
        elif self.side is not None and side not in (None, self.side):
            raise ModelError(f"{self.name} comes in {self.side} x {self.side} pixels, not {side} x {side}")
        return side
