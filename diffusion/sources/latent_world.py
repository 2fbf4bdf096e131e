"""The images of latent groups: `world.safetensors` in a folder that `stiminfo groups` wrote."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from ...errors import CheckpointError
from ..datasets import Images
from .dataset import Asked, Dataset


def _images(asked: Asked) -> Images:
    path = Path(asked.name)
    try:
        with safe_open(path, "np") as stream:
            pixels = stream.get_tensor("images")
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: holds no images of latent groups ({str(error).splitlines()[0]}); expected world.safetensors in a "
            "folder that `stiminfo groups` wrote"
        ) from None
    return Images(path.parent.name or path.stem, pixels, None, "")


DATASET = Dataset("world.safetensors", images=_images, suffixes=(".safetensors",))
