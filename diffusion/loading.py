"""`load_denoiser`: a denoiser by the folder of its checkpoint, or by the name of one that comes with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoints import PRETRAINED
from .unet import UNetDenoiser
from .zero_shot import ZeroShotDenoiser, with_population

if TYPE_CHECKING:
    from .denoiser import Denoiser


def load_denoiser(source: str | Path, *, encoder: Any = None, **options: Any) -> Denoiser:
    """Trained networks as a denoiser.

    Parameters
    ----------
    source : the folder that `stiminfo train --out` wrote, or the name of networks that come with stiminfo ("digits")
    encoder : another population than the one that the networks were trained for; nothing is trained anew
        (`ZeroShotDenoiser`; use it with the samplers "closure" and "matched")
    options : as for `UNetDenoiser`: device, autocast

    Raises
    ------
    CheckpointError
        There is no such checkpoint, or it is damaged.
    ModelError
        The population does not fit the stimuli.
    """
    shipped = PRETRAINED / source
    own = Path(source)
    known = not (own / "checkpoint.json").is_file() and (shipped / "checkpoint.json").is_file()
    return serving(UNetDenoiser.load(shipped if known else own, **options), encoder)


def serving(networks: UNetDenoiser, encoder: Any = None) -> Denoiser:
    """Networks with the population that they learned, or with another; those that learned none get one linear step."""
    if encoder is not None or not networks.learned.denoising.architecture.prior_only:
        return with_population(networks, encoder)
    found = ZeroShotDenoiser(networks, networks.learned.encoder)
    found.kept, found.reference = networks.kept, networks.reference
    return found
