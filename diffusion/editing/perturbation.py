"""Perturbations: the latents z* that an edited image is to have, and how far they lie from those of any image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ..latents import ExactLatents
from ..latents.groups import WHOLE

#: Latents that lie further below the density of typical ones than this, in nats, are no latents of an image.
DEEP = -20.0


@dataclass(frozen=True)
class Perturbed:
    """Latents to edit images towards.

    Attributes
    ----------
    z : (B, D) the whole latents, of which one group differs from those of the images
    donors : (B,) the images whose latents took part, or, where there are none, the most probable images given z
    given : whether the donors took part
    """

    z: Tensor
    donors: Tensor
    given: bool = False


#: Makes latents of a group, the images' indices (B,), an amount, and a random generator.
Perturbation = Callable[[ExactLatents, str | Sequence[str], Tensor, float, torch.Generator], Perturbed]


def donor(
    latents: ExactLatents, group: str | Sequence[str], images: Tensor, amount: float, generator: torch.Generator
) -> Perturbed:
    """The group's latents of another image, drawn at random; `amount` 1 takes them whole, .5 goes half the way."""
    count = len(latents.means)
    donors = (images + torch.randint(1, count, images.shape, generator=generator)) % count
    rows = latents.groups.latents(group)
    z = latents.means[images].clone()
    z[:, rows] += amount * (latents.means[donors][:, rows] - z[:, rows])
    return Perturbed(z, donors, True)


def axis(
    latents: ExactLatents, group: str | Sequence[str], images: Tensor, amount: float, generator: torch.Generator
) -> Perturbed:
    """A step along the first principal axis of the group's signal covariance, in units of its standard deviation."""
    return _moved(latents, group, images, amount * principal_axis(latents, group))


def ones(
    latents: ExactLatents, group: str | Sequence[str], images: Tensor, amount: float, generator: torch.Generator
) -> Perturbed:
    """The same added to each latent of the group, in units of the group's standard deviation (`group_spread`).

    The result depends on the signs and the rotation of the latents, which are arbitrary: two models that no data can
    tell apart give different edits.
    """
    return ones_published(latents, group, images, amount * group_spread(latents, group), generator)


def ones_published(
    latents: ExactLatents, group: str | Sequence[str], images: Tensor, amount: float, generator: torch.Generator
) -> Perturbed:
    """As published: `ones` in units of a latent, which are arbitrary, too."""
    rows = latents.groups.latents(group)
    return _moved(latents, group, images, torch.full((len(rows),), amount, dtype=latents.means.dtype))


#: The perturbations by name.
PERTURBATIONS: dict[str, Perturbation] = {
    "donor": donor,
    "axis": axis,
    "ones": ones,
    "ones-published": ones_published,
}


def group_spread(latents: ExactLatents, group: str | Sequence[str]) -> float:
    """Standard deviation of a group's mean latents: over images, and the root mean square over latents."""
    means = latents.means[:, latents.groups.latents(group)]
    return float((means - means.mean(0)).square().mean().sqrt())


def principal_axis(latents: ExactLatents, group: str | Sequence[str], component: int = 0) -> Tensor:
    """One standard deviation of the group's mean latents along a principal axis of theirs, (k,).

    Its sign is such that the factor (or, on a circle, the coordinate of it) that correlates most with the latents along
    the axis rises with them. Rotations, reflections and permutations of the latents turn the axis with them.

    Raises
    ------
    ModelError
        The group has no such axis.
    """
    means = latents.means[:, latents.groups.latents(group)]
    if not 0 <= component < means.shape[1]:
        raise ModelError(f"component is {component}; the group has {means.shape[1]} principal axes, from 0")
    centred = means - means.mean(0)
    _, sizes, axes = torch.linalg.svd(centred / len(means) ** 0.5, full_matrices=False)
    along = (centred @ axes[component]).numpy()
    world = latents.world
    labels = np.concatenate(
        [world.coordinates(name)[world.factors[:, f]] for f, name in enumerate(world.names)], axis=1
    )
    labels = labels - labels.mean(axis=0)
    match = (labels * along[:, None]).sum(axis=0) / np.sqrt((labels**2).sum(axis=0)).clip(1e-300)
    sign = 1.0 if match[np.abs(match).argmax()] >= 0 else -1.0
    return sign * sizes[component] * axes[component]


def depth(latents: ExactLatents, of: str | Sequence[str], z: Tensor) -> Tensor:
    """How much less probable latents z (B, D) are than typical ones, nats, (B,); below `DEEP` they are of no image.

    The density at the most probable image, ``max_n log p(z_g | x_n)``, minus its mean over latents of images.
    """
    channel = latents.channel(of)
    best = channel.log_likelihoods(z[:, channel.latents]).amax(1)
    return best - (channel.constant - 0.5 * channel.responses)


def _moved(latents: ExactLatents, group: str | Sequence[str], images: Tensor, step: Tensor) -> Perturbed:
    z = latents.means[images].clone()
    z[:, latents.groups.latents(group)] += step
    whole = latents.channel(WHOLE)
    return Perturbed(z, whole.log_likelihoods(z).argmax(1))
