"""A user's file of images (N, h, w), or of samples (N, d) of stimuli that are no images."""

from __future__ import annotations

from pathlib import Path

from ..datasets import Images, images_from_file, read_array
from .dataset import Asked, Dataset
from .image_set import ImageSource
from .sample_set import SampleSource
from .source import Source


def _kind(name: str) -> type[Source]:
    return SampleSource if read_array(Path(name), "stimuli", (2, 3)).ndim == 2 else ImageSource


def _source(asked: Asked) -> ImageSource:
    path = Path(asked.name)
    array = read_array(path, "stimuli", (2, 3))
    return SampleSource(path.stem, array) if array.ndim == 2 else ImageSource(images_from_file(path))


def _images(asked: Asked) -> Images:
    path = Path(asked.name)
    array = read_array(path, "stimuli", (2, 3))
    return Images(path.stem, array[:, None], None, "") if array.ndim == 2 else images_from_file(path)


DATASET = Dataset("FILE.npy", images=_images, source=_source, suffixes=(".npy", ".npz"), kind_of=_kind)
