"""A checkpoint that a user names: its folder, its networks, and the images that they were trained on.

Importing this loads no torch.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MALFORMED, CheckpointError, ModelError, OptionError

if TYPE_CHECKING:
    from ..diffusion.sources import Dataset, Source
    from ..diffusion.unet import UNetDenoiser

#: The file that makes a folder a checkpoint.
_DESCRIPTION = "checkpoint.json"
#: Stimuli on which the bias of networks is measured where that was not done after training.
_STIMULI = 2048


def checkpoint_folder(target: Path) -> Path | None:
    """The folder of that name which holds a checkpoint, or None: the user's own, or one that comes with the package."""
    places = [target]
    if len(target.parts) == 1:
        spec = find_spec("stiminfo.diffusion")  # finds the package's folder without importing it
        shipped = (spec.submodule_search_locations if spec else None) or ()
        places += [Path(place) / "pretrained" / target for place in shipped]
    return next((place for place in places if (place / _DESCRIPTION).is_file()), None)


def networks_of(
    folder: Path,
    *,
    dataset: str | None = None,
    images: Path | None = None,
    data: Path | None = None,
    device: Any = "cpu",
) -> tuple[UNetDenoiser, Source, tuple[float, float]]:
    """Networks, what they were trained on, and I(R;X) in nats with its standard error.

    Parameters
    ----------
    dataset, images : what the user says that they were trained on; this is checked
    data : folder of the MNIST files

    Raises
    ------
    CheckpointError
        No checkpoint, a damaged one, or one for other images.
    OptionError
        A folder for a data set that needs none.
    """
    import torch

    from ..diffusion.bias import Reference
    from ..diffusion.registry import NotRegistered, dataset_named
    from ..diffusion.sources import Asked
    from ..diffusion.unet import UNetDenoiser

    denoiser = UNetDenoiser.load(checkpoint_folder(folder) or folder, device=device)
    notes = denoiser.learned.notes
    try:
        name, digest = str(notes["data"]["name"]), notes["data"]["digest"]
        information = float(notes["information"]["nats"]), float(notes["information"]["stderr"])
    except MALFORMED as error:
        raise CheckpointError(f"{folder}: does not say what it was trained on ({error!r})") from None
    if dataset is not None and dataset != name:
        raise CheckpointError(f"{folder}: was trained on {name}, not on {dataset}")
    place = name if images is None else str(images)
    try:
        trained_on: Dataset = dataset_named(place)
        if data is not None and not trained_on.needs_folder:
            raise OptionError(f"--data has no effect: the networks were trained on {name}, which needs no folder")
        side = denoiser.learned.shape[0] if trained_on.takes_side else None
        source = trained_on.load(Asked(place, side, data))
    except ModelError as error:
        if isinstance(error, NotRegistered) and images is None:
            raise CheckpointError(
                f"{folder}: was trained on a file of yours, {name}; give it as well: "
                f"stiminfo decompose FILE --checkpoint {folder}"
            ) from None
        raise CheckpointError(f"{folder}: was trained on {name}; {error}") from None
    if source.shape != denoiser.learned.shape:
        takes, has = (_size(shape) for shape in (denoiser.learned.shape, source.shape))
        raise CheckpointError(f"{folder}: takes {takes}; {place} holds {has}")
    if source.digest != digest:
        raise CheckpointError(f"{folder}: was trained on another set of {source.words.many} than {source.name}")
    members = source.draw(_STIMULI, torch.Generator().manual_seed(0))
    denoiser.reference = Reference(source.held_out(_STIMULI), information, members)
    return denoiser, source, information


def _size(shape: tuple[int, int]) -> str:
    return f"images of {shape[0]} x {shape[1]} pixels" if shape[0] > 1 else f"stimuli of {shape[1]} features"
