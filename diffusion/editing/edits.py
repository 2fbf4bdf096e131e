"""`edit`: images are inverted to noise, and generated again with other latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError, OptionError
from ...models.arrays import Array
from ..denoiser import Denoiser
from ..latents import ExactLatents
from ..latents.groups import WHOLE
from .guides import MakeGuide, exact
from .inversion import Inversion, generate, invert
from .ladder import STEPS, Ladder
from .perturbation import Perturbed, depth
from .scores import nearest_images


class LeftTheImages(ModelError):
    """The edited pictures are no images of the world any more."""


@dataclass(frozen=True, eq=False)
class Inverted:
    """Images of a world as noise, from which a denoiser generates them again.

    Attributes
    ----------
    images : (B,) indices
    denoiser, ladder : how they were inverted
    inversion : the noisy images, and how exactly they were found
    round_trip : largest difference of a pixel after inversion and generation
    """

    images: Tensor
    denoiser: Denoiser
    ladder: Ladder
    inversion: Inversion
    round_trip: float


@dataclass(frozen=True, eq=False)
class Edits:
    """Edited pictures, and the latents that they were edited towards.

    Attributes
    ----------
    perturbed : the latents
    pictures : (B, d) the edits, denoised once more
    off : (B,) distance from each edit, as it was generated, to the nearest image of the world
    depth : (B,) how much less probable the latents that guided are than typical ones, nats
    """

    perturbed: Perturbed
    pictures: Tensor
    off: Array
    depth: Tensor


def ladder_to(denoiser: Denoiser, x: Tensor, level: float, steps: int = STEPS) -> Ladder:
    """The ladder from the lowest level that matters to images x (n, d) up to a level that the denoiser knows.

    Raises
    ------
    OptionError
        The level is not in the denoiser's range.
    """
    scales = denoiser.scales(x)
    low = float((scales.low.min().log() - scales.below).div(2).exp())
    high = float((scales.high.max().log() + scales.above).div(2).exp())
    if not low < level <= high:
        raise OptionError(
            f"level {level:g} is not among those that {denoiser!r} knows; expected {low:.3g} to {high:.3g}"
        )
    return Ladder.between(low, level, steps)


def inverted(latents: ExactLatents, images: Tensor, level: float, denoiser: Denoiser | None = None) -> Inverted:
    """Invert images of a world up to a level of noise.

    Parameters
    ----------
    images : (B,) indices
    level : standard deviation of the noise, in units of a pixel
    denoiser : of the images; by default the exact one

    Raises
    ------
    OptionError
        The level is not in the denoiser's range.
    NotInvertible
        The denoiser has no inverse.
    ModelError
        The denoiser is of images of another size.
    """
    denoiser = latents.denoiser() if denoiser is None else denoiser
    world = latents.world
    if denoiser.dimensions != world.flat.shape[1]:
        raise ModelError(
            f"{denoiser!r} denoises images of {denoiser.dimensions} pixels; those of {world.name} have "
            f"{world.flat.shape[1]}"
        )
    x = denoiser.tensor(world.flat)[images]
    ladder = ladder_to(denoiser, x, level)
    found = invert(denoiser, x, ladder)
    back = generate(denoiser, found.noisy, ladder)
    return Inverted(images, denoiser, ladder, found, float((back - x).abs().max()))


def edit(
    latents: ExactLatents,
    start: Inverted,
    perturbed: Perturbed,
    of: str | Sequence[str] = WHOLE,
    *,
    guide: MakeGuide = exact,
    scale: float = 1.0,
    seed: int = 0,
) -> Edits:
    """Generate inverted images again, with the latents that a perturbation asks for.

    Parameters
    ----------
    latents : the law of the latents
    start : the images as noise
    perturbed : latents to edit towards
    of : what guides: the whole latent, so that the other groups are held, or a group alone, as published
    guide, scale : makes the guide, and how many times it is added
    seed : of the guide's negatives

    Raises
    ------
    LeftTheImages
        Edits lie further from every image than the images lie from their mean.
    """
    denoiser, ladder = start.denoiser, start.ladder
    steered = guide(latents, of, perturbed.z[:, latents.groups.latents(of)], torch.Generator().manual_seed(seed))
    y = generate(denoiser, start.inversion.noisy, ladder, steered, scale)
    with torch.no_grad():
        pictures = denoiser.xhat(y, torch.full((len(y),), float(ladder.sigmas[0]) ** 2, dtype=y.dtype, device=y.device))
    return Edits(perturbed, pictures, _distances(latents, y, scale), depth(latents, of, perturbed.z))


def _distances(latents: ExactLatents, y: Tensor, scale: float) -> Array:
    """From each picture to the nearest image; one further than images are from their mean is a `LeftTheImages`."""
    world = latents.world
    spread = float(np.sqrt(((world.flat - world.flat.mean(axis=0)) ** 2).sum(axis=1).mean()))
    distance = nearest_images(world, y)[1]
    far = ~(distance <= spread)
    if far.any():
        raise LeftTheImages(
            f"at scale {scale:g}, {far.sum()} of {len(far)} edits are no images any more: they lie up to "
            f"{np.max(distance):.3g} from every image, and images lie {spread:.3g} from their mean; give a smaller "
            "scale"
        )
    return distance
