"""`Dataset`: a named source, and what its name declares before anything is loaded."""

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
    """What a user asks of a data set.

    Attributes
    ----------
    name : as the user wrote it; the path, of a file of images
    side : pixels, or None
    folder : of the data set's files, or None
    """

    name: str
    side: int | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set by its name; one of images in a set needs `name` and `images` alone.

    Attributes
    ----------
    name : as in the registry
    images : the whole set, to be decomposed; None where stimuli have no end
    source : what networks are trained on; the set with a tenth held out if left out
    kind : class of the source, which declares the default population, and whether the truth needs linear neurons
    side : pixels of a side, where there is one size only
    sides : smallest, usual and largest side, where the user chooses
    needs_folder : whether the files lie in a folder that the user gives
    suffixes : endings of the files that it reads, where a path takes the place of the name
    """

    name: str
    images: Callable[[Asked], Images] | None = None
    source: Callable[[Asked], Source] | None = None
    kind: type[Source] = ImageSource
    side: int | None = None
    sides: tuple[int, int, int] | None = None
    needs_folder: bool = False
    suffixes: tuple[str, ...] = ()

    @property
    def takes_side(self) -> bool:
        """Whether the user chooses the size of the images."""
        return self.sides is not None

    @property
    def default_population(self) -> str:
        """The population that looks at it where none is named."""
        return self.kind.default_population

    @property
    def linear_only(self) -> bool:
        """Whether the truth is known for linear neurons only."""
        return self.kind.linear_only

    def takes(self, name: str) -> bool:
        """Whether this reads the file of a path."""
        return Path(name).suffix in self.suffixes

    def load(self, asked: Asked) -> Source:
        """What networks are trained on; raises `ModelError` for a size that the data set does not come in."""
        asked = Asked(asked.name, self._side(asked.side), asked.folder)
        if self.source is not None:
            return self.source(asked)
        assert self.images is not None, f"{self.name} gives neither images nor a source"
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
