"""`edit`: images are inverted to noise, and generated again with other latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ..denoiser import Denoiser
from ..latents.channel import ExactLatents
from ..latents.groups import WHOLE
from .guidance import Exact, Guide
from .inversion import generate, invert
from .ladder import Ladder
from .perturbation import Perturbed, depth
from .scores import nearest_images

#: Makes a guide towards latents (B, k) of one or several groups.
MakeGuide = Callable[[Tensor, str | Sequence[str]], Guide]


class LeftTheImages(ModelError):
    """The edited pictures are no images of the world any more."""


@dataclass(frozen=True, eq=False)
class Edits:
    """Edited pictures, and what is known of how they came about.

    Attributes
    ----------
    images : (B,) indices of the images that were edited
    perturbed : the latents that they were edited towards
    pictures : (B, d) the edits
    depth : (B,) how much less probable the latents are than typical ones, nats
    round_trip : largest difference of a pixel after inversion and generation without a guide
    residual : largest relative residual of the inversion
    """

    images: Tensor
    perturbed: Perturbed
    pictures: Tensor
    depth: Tensor
    round_trip: float
    residual: float


def edit(
    latents: ExactLatents,
    group: str | Sequence[str],
    images: Tensor,
    perturbed: Perturbed,
    ladder: Ladder,
    *,
    guide: MakeGuide | None = None,
    scale: float = 1.0,
    whole: bool = True,
    denoiser: Denoiser | None = None,
) -> Edits:
    """Invert images, and generate them again with the latents that a perturbation asks for.

    Parameters
    ----------
    latents : the exact law of the latents, and the world
    group : the group, or groups, that the perturbation changed
    images : (B,) indices
    perturbed : latents to edit towards
    guide : makes the guide; by default the exact one
    scale : how many times the guide is added
    whole : guide by the whole latent, so that the other groups are held; or by the group alone, as published
    denoiser : of the images; by default the exact one

    Raises
    ------
    NotInvertible
        The denoiser has no inverse on this ladder.
    LeftTheImages
        The edits lie further from every image than the images lie from their mean.
    """
    of = WHOLE if whole else group
    exact = latents.denoiser(of)
    if denoiser is None:
        denoiser = exact
    if guide is None:
        source = None if denoiser is exact else exact

        def guide(z: Tensor, of: str | Sequence[str]) -> Guide:
            return Exact(z, source)

    x = denoiser.tensor(latents.world.flat)[images]
    inverted = invert(denoiser, x, ladder)
    back = generate(denoiser, inverted.noisy, ladder)
    steered = guide(perturbed.z[:, latents.groups.latents(of)], of)
    low = torch.full((len(x),), float(ladder.sigmas[0]) ** 2, dtype=x.dtype, device=x.device)
    with torch.no_grad():
        pictures = denoiser.xhat(generate(denoiser, inverted.noisy, ladder, steered, scale), low)
    _check_images(latents, pictures, scale)
    return Edits(
        images,
        perturbed,
        pictures,
        depth(latents, of, perturbed.z),
        float((back - x).abs().max()),
        float(inverted.residual.max()),
    )


def _check_images(latents: ExactLatents, pictures: Tensor, scale: float) -> None:
    """Raise `LeftTheImages` where pictures lie further from the nearest image than images lie from their mean."""
    world = latents.world
    spread = float(np.sqrt(((world.flat - world.flat.mean(axis=0)) ** 2).sum(axis=1).mean()))
    distance = nearest_images(world, pictures)[1]
    if not (distance <= spread).all():
        far = int((~(distance <= spread)).sum())
        raise LeftTheImages(
            f"at scale {scale:g}, {far} of {len(distance)} edits are no images any more: the furthest lies "
            f"{np.max(distance):.3g} from every image, and images lie {spread:.3g} from their mean; take a smaller scale"
        )
