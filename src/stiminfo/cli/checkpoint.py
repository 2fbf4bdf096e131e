"""A checkpoint that a user names: its networks, and the images that they were trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..diffusion.registry import dataset_named
from ..diffusion.sources import Asked, Dataset, Source
from ..diffusion.unet import UNetDenoiser
from ..errors import CheckpointError, ModelError, OptionError
from .shipped import checkpoint_folder


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
    OptionError
        A folder for a data set that needs none.
    """
    denoiser = UNetDenoiser.load(checkpoint_folder(folder) or folder, device=device)
    notes = denoiser.learned.notes
    try:
        name, digest = str(notes["data"]["name"]), notes["data"]["digest"]
        information = float(notes["information"]["nats"]), float(notes["information"]["stderr"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: does not say what it was trained on ({error!r})") from None
    if dataset is not None and dataset != name:
        raise CheckpointError(f"{folder}: was trained on {name}, not on {dataset}")
    try:
        trained_on: Dataset = dataset_named(name if images is None else str(images))
        if data is not None and not trained_on.needs_folder:
            raise OptionError(f"--data has no effect: the networks were trained on {name}, which needs no folder")
        side = denoiser.learned.shape[0] if trained_on.takes_side else None
        source: Source = trained_on.load(Asked(name if images is None else str(images), side, data))
    except ModelError as error:
        raise CheckpointError(f"{folder}: was trained on {name}; {error}") from None
    if source.shape != denoiser.learned.shape:
        (h, w), (height, width) = denoiser.learned.shape, source.shape
        raise CheckpointError(f"{folder}: sees images of {h} x {w} pixels; these have {height} x {width}")
    if source.digest != digest:
        raise CheckpointError(f"{folder}: was trained on another set of images than this {source.name}")
    return denoiser, source, information
