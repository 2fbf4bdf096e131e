"""A checkpoint that a user names: its networks, and the images that they were trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..diffusion.checkpoints import PRETRAINED
from ..diffusion.datasets import images_from_file
from ..diffusion.sources import ImageSource, Source, source_named
from ..diffusion.unet import UNetDenoiser
from ..errors import CheckpointError, ModelError


def shipped(checkpoint: Path) -> Path:
    """A checkpoint's folder: the one given, or that of the name among those that come with the package."""
    own = PRETRAINED / checkpoint.name
    if not checkpoint.exists() and len(checkpoint.parts) == 1 and own.is_dir():
        return own
    return checkpoint


def networks_of(
    folder: Path,
    *,
    dataset: str | None = None,
    images: Path | None = None,
    data: Path | None = None,
    device: Any = "cpu",
) -> tuple[UNetDenoiser, Source, tuple[float, float]]:
    """Networks, what they were trained on, and I(R;X) with its standard error.

    Parameters
    ----------
    dataset, images : what the user says that they were trained on, to be checked
    data : folder of the MNIST files

    Raises
    ------
    CheckpointError
        No checkpoint, a damaged one, or one for other images.
    """
    denoiser = UNetDenoiser.load(shipped(folder), device=device)
    notes = denoiser.learned.notes
    try:
        name, digest = str(notes["data"]["name"]), notes["data"]["digest"]
        information = float(notes["information"]["nats"]), float(notes["information"]["stderr"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: does not say what it was trained on ({error!r})") from None
    if dataset is not None and dataset != name:
        raise CheckpointError(f"{folder}: was trained on {name}, not on {dataset}")
    try:
        if images is not None:
            source: Source = ImageSource(images_from_file(images))
        else:
            source = source_named(name, side=denoiser.learned.shape[0] if name == "gaussian" else None, folder=data)
    except ModelError as error:
        raise CheckpointError(f"{folder}: was trained on {name}; {error}") from None
    if source.shape != denoiser.learned.shape:
        (h, w), (height, width) = denoiser.learned.shape, source.shape
        raise CheckpointError(f"{folder}: sees images of {h} x {w} pixels; these have {height} x {width}")
    if source.digest != digest:
        raise CheckpointError(f"{folder}: was trained on another set of images than this {source.name}")
    return denoiser, source, information
