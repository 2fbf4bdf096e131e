"""Scores of edits against the known factors: what an edit took, what it kept, and how far it left the images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.arrays import Array
from ..latents.shares import Shares
from ..latents.world import World

#: A position on a circle counts as reached within this share of the period, and a number on a line within one value.
NEAR_ON_CIRCLE, NEAR_ON_LINE = 1 / 12, 1


@dataclass(frozen=True, eq=False)
class Scores:
    """What some edits did to each of F factors.

    Attributes
    ----------
    names : of the factors
    taken : (F,) of the edits whose donor differs, the share that reached the donor's value; NaN if there are none
    kept : (F,) the share of the edits that have the image's own value
    donors : (F,) edits whose donor differs
    distance : (B,) from each edit to the nearest image of the world
    """

    names: tuple[str, ...]
    taken: Array
    kept: Array
    donors: Array
    distance: Array


def nearest_images(world: World, pictures: Tensor) -> tuple[Array, Array]:
    """Index of the image nearest to each picture (B, d), (B,), and the distances (B,)."""
    apart = torch.cdist(pictures.double().cpu(), torch.tensor(world.flat))
    found = apart.min(1)
    return found.indices.numpy(), found.values.numpy()


def steps_apart(world: World, factor: int, one: Array, other: Array) -> Array:
    """How far apart values of a factor are, in units of what still counts as the same: above 1 they differ."""
    kind, period = world.kinds[factor], world.circular[factor]
    if kind == "nominal":
        return np.where(one == other, 0.0, np.inf)
    if period is None:
        return np.abs(one - other) / NEAR_ON_LINE
    values = np.array(world.values[factor], dtype=float)
    gap = np.abs(values[one] - values[other]) % period
    return np.minimum(gap, period - gap) / (NEAR_ON_CIRCLE * period)


def score(world: World, images: Array, donors: Array, pictures: Tensor) -> Scores:
    """Scores of edited pictures (B, d) of images with these indices (B,), towards those of the donors (B,)."""
    found, distance = nearest_images(world, pictures)
    taken, kept, counted = [], [], []
    for f in range(len(world.names)):
        codes = world.factors[:, f]
        own, wanted, now = codes[images], codes[donors], codes[found]
        to_donor, to_own = steps_apart(world, f, now, wanted), steps_apart(world, f, now, own)
        before = steps_apart(world, f, own, wanted)
        differs = before > 1
        reached = (to_donor <= 1) & (to_donor < before)
        taken.append(reached[differs].mean() if differs.any() else np.nan)
        kept.append((to_own <= 1).mean())
        counted.append(differs.sum())
    return Scores(world.names, np.array(taken), np.array(kept), np.array(counted), distance)


def agreement(taken: Mapping[str, Array], shares: Shares) -> float:
    """Pearson's correlation of the matrix of edits with that of the exact shares of information.

    Parameters
    ----------
    taken : for each group the share of edits that took each factor, (F,)
    shares : of each factor's entropy that each group tells
    """
    edits = np.concatenate([taken[group] for group in taken])
    told = np.concatenate([shares.shares[shares.rows.index(group)] for group in taken])
    known = np.isfinite(edits)
    return float(np.corrcoef(edits[known], told[known])[0, 1])
