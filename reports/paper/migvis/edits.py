"""Sections 4.1 and 4.2: what edits along a group change, and whether that is what the group tells."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ....diffusion.editing import (
    DEEP,
    PERTURBATIONS,
    Scores,
    agreement,
    depth,
    edit,
    nearest_images,
    score,
    steps_apart,
    traversal,
)
from ....diffusion.latents import ExactLatents
from ....models.arrays import Array
from ..claims.claim import CONFIRMED, CORRECTED, REFUTED, Result, claim
from . import setting

#: The groups that are edited; the two free ones count as one, since which of them holds what is arbitrary.
GROUPS = ("pose", "category", "free")
#: An effect that nearly every edit has, or that hardly any has.
_MOST, _FEW = 0.9, 0.1
#: Amounts by which the published perturbation is tried, in standard deviations of the group's latents.
AMOUNTS = (0.5, 1.0, 2.0, 4.0)


def generator() -> torch.Generator:
    """The donors are the same for every way to edit."""
    return torch.Generator().manual_seed(setting.SEED + 3)


@cache
def edited(group: str, whole: bool) -> tuple[Scores, Array]:
    """Edits along a group towards another image, guided by the whole latent or, as published, by the group alone.

    Returns scores and the distances to the nearest image of the world, (B,).
    """
    exact, images = setting.latents(), setting.chosen()
    towards = PERTURBATIONS["donor"](exact, group, images, 1.0, generator())
    found = edit(exact, setting.start(), towards, "whole" if whole else group)
    return score(exact.world, images.numpy(), towards.donors.numpy(), found.pictures), found.off


def matrices(whole: bool) -> tuple[dict[str, Array], float, float]:
    """For each group the share of edits that took each factor; the correlation of these shares with the exact shares
    of the factors' entropies; and that of the shares of edits which changed each factor.
    """
    told = setting.scores("default")
    exact = {group: told.shares[told.rows.index(group)] for group in GROUPS}
    taken = {group: edited(group, whole)[0].taken for group in GROUPS}
    differs = {group: 1 - edited(group, whole)[0].kept for group in GROUPS}
    return taken, agreement(taken, exact), agreement(differs, exact)


def shown(values: Array) -> str:
    """A row of shares by factor."""
    return ", ".join(f"{name} {value:.0%}" for name, value in zip(setting.world().names, values))


@claim(
    "conclusion",
    "Abstract; section 5",
    "What edits along a group change shows what the group encodes.",
    CORRECTED,
    "if the guide holds the other groups, too; guided by the group alone, edits also change what it does not encode",
)
def shows() -> Result:
    (taken, whole, changes), (_, alone, all_changes) = matrices(True), matrices(False)
    rows = "; ".join(f"{group}: {shown(values)}" for group, values in taken.items())
    return Result(
        min(alone, all_changes) > _MOST,
        f"{len(GROUPS)} groups by {len(setting.world().names)} factors, correlation with the exact shares of their "
        f"entropy. Guided by the group alone, as published: {alone:.2f} of what edits take from another image, "
        f"{all_changes:.2f} of all that they change. By the whole latent: {whole:.2f} and {changes:.2f}. Taken: {rows}",
        whole > _MOST and changes > all_changes,
    )


@claim(
    "section-4-1-pose",
    "Section 4.1 (1)",
    "Edits along the pose group change the rotation and leave the category as it is.",
    CORRECTED,
    "if the guide holds the other groups, too; guided by the pose group alone the category is free to change",
)
def pose() -> Result:
    names = setting.world().names
    kept = [edited("pose", whole)[0].kept[names.index("category")] for whole in (False, True)]
    taken = [edited("pose", whole)[0].taken[names.index("rotation")] for whole in (False, True)]
    return Result(
        kept[0] > _MOST and taken[0] > _MOST,
        f"guided by the group alone, {taken[0]:.0%} of {setting.IMAGES} edits take the rotation and {kept[0]:.0%} keep "
        f"the category; by the whole latent, {taken[1]:.0%} and {kept[1]:.0%}. The group tells next to nothing of the "
        "category: side effects are no information",
        kept[1] > _MOST and taken[1] > _MOST,
    )


@claim(
    "section-4-1-category",
    "Section 4.1 (2)",
    "Edits along the category group turn images into those of another category.",
    CONFIRMED,
)
def category() -> Result:
    at = setting.world().names.index("category")
    taken = [edited("category", whole)[0].taken[at] for whole in (False, True)]
    return Result(
        min(taken) > _MOST,
        f"{taken[0]:.0%} of the edits take the other image's category, guided by the group alone; {taken[1]:.0%}, by "
        "the whole latent",
    )


def traversed() -> tuple[float, float, float]:
    """Of exact traversals of the category group: share that takes the category; distance from the nearest image of
    the world; and distance between nearest images of the world.
    """
    exact, images = setting.latents(), setting.chosen()
    towards = PERTURBATIONS["donor"](exact, "category", images, 1.0, generator())
    pictures = traversal(exact.denoiser(), towards.z)
    found = score(exact.world, images.numpy(), towards.donors.numpy(), pictures)
    flat = torch.tensor(exact.world.flat)
    gaps = torch.cdist(flat[images], flat).topk(2, largest=False).values[:, 1]
    off = nearest_images(exact.world, pictures)[1].mean()
    return float(found.taken[exact.world.names.index("category")]), float(off), float(gaps.mean())


@claim(
    "section-4-2-traversal",
    "Section 4.2",
    "Standard latent traversal leaves the category as it is, a limit of generation by a decoder and not by diffusion.",
    REFUTED,
    "the best decoder, E[X|z], changes it; its pictures are averages of images, and what diffusion adds is sharpness",
)
def traversal_cannot() -> Result:
    (taken, distance, gap), off = traversed(), edited("category", True)[1]
    return Result(
        taken < _FEW,
        f"{taken:.0%} of the traversals of the category group are nearest to an image of the new category; they lie "
        f"{distance:.2f} from the nearest image, edits by diffusion {off.mean():.2f}, and images "
        f"{gap:.2f} from one another",
    )


def flipped(latents: ExactLatents) -> ExactLatents:
    """The same model with the sign of every other latent turned: no data can tell the two apart."""
    signs = torch.ones(latents.groups.dimensions, dtype=latents.means.dtype)
    signs[::2] = -1
    return replace(latents, means=latents.means * signs, covariance=latents.covariance * signs[:, None] * signs)


def moved(kind: str, amount: float) -> float:
    """The share of edits along the pose group that end elsewhere if the signs of latents are flipped."""
    ends = []
    for exact in (setting.latents(), flipped(setting.latents())):
        towards = PERTURBATIONS[kind](exact, "pose", setting.chosen(), amount, generator())
        found = edit(exact, setting.start(), towards)
        ends.append(nearest_images(exact.world, found.pictures)[0])
    return float((ends[0] != ends[1]).mean())


@claim(
    "ones-signs",
    "Beside section 3.2",
    "What the perturbation by gamma 1 shows depends on the arbitrary signs of latents; that by a donor does not.",
    CONFIRMED,
    ours=True,
)
def identifiable() -> Result:
    by_ones, by_donor = moved("ones", 1.0), moved("donor", 1.0)
    return Result(
        by_ones > 0.5 and by_donor == 0,
        f"in a model with flipped signs, which fits any data as well, {by_ones:.0%} of the edits by one standard "
        f"deviation along the ones end at another image, and {by_donor:.0%} of those towards another image's latents",
    )


def along_ones(amount: float) -> tuple[float, float, float]:
    """Edits of the category group by ones: share that changes the category; mean number of other factors that change;
    median depth, nats.
    """
    exact, images = setting.latents(), setting.chosen()
    towards = PERTURBATIONS["ones"](exact, "category", images, amount, generator())
    deep = float(depth(exact, "category", towards.z).median())
    found = edit(exact, setting.start(), towards, "category")
    differs = changed(found.pictures)
    at = exact.world.names.index("category")
    return float(differs[at]), float(np.delete(differs, at).sum()), deep


def changed(pictures: Tensor) -> Array:
    """The share of pictures whose factor differs from that of the image that was edited, (F,)."""
    world, images = setting.world(), setting.chosen().numpy()
    now = world.factors[nearest_images(world, pictures)[0]]
    differs = [steps_apart(world, f, world.factors[images, f], now[:, f]) > 1 for f in range(len(world.names))]
    return np.asarray(np.mean(differs, axis=1))


@claim(
    "section-4-1-gamma",
    "Section 4.1 (2)",
    "The larger gamma is, the more the meaning of the edited image differs.",
    CORRECTED,
    "as long as the perturbed latents are those of some image; at several standard deviations they are of none",
)
def magnitude() -> Result:
    found = [along_ones(amount) for amount in AMOUNTS]
    depths = [deep for _, _, deep in found]
    said = "; ".join(f"{own:.0%}, {more:.2f} and {deep:.0f}" for own, more, deep in found)
    rises = sum(found[-1][:2]) > sum(found[0][:2])
    return Result(
        rises and depths[-1] > DEEP,
        f"gamma of {', '.join(f'{a:g}' for a in AMOUNTS)} standard deviations along the category group: share of edits "
        f"that change the category, number of other factors that change, nats above typical latents: {said}",
        rises and depths[0] > DEEP,
    )
