"""Scores of edits against the known factors: what an edit took, and what it kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.arrays import Array
from ..latents import World

#: A position on a circle counts as the same within this share of the period, where the factor has more positions than
#: the circle has such shares; of fewer, only the position itself.
NEAR_ON_CIRCLE = 1 / 12
#: Neighbouring values on a line count as the same if there are so many; fewer have no values in between.
MANY_ON_LINE = 4


@dataclass(frozen=True, eq=False)
class Scores:
    """What some edits did to each of F factors.

    Attributes
    ----------
    names : of the factors
    taken : (F,) of the edits whose donor differs, the share that reached the donor's value; NaN if there are none
    kept : (F,) the share of the edits that have the image's own value
    donors : (F,) edits whose donor differs, by more than what counts as the same (`steps_apart`)
    found : (B,) the image of the world nearest to each edit
    """

    names: tuple[str, ...]
    taken: Array
    kept: Array
    donors: Array
    found: Array


def nearest_images(world: World, pictures: Tensor) -> tuple[Array, Array]:
    """Index of the image nearest to each picture (B, d), (B,), and the distances (B,)."""
    apart = torch.cdist(pictures.double().cpu(), torch.tensor(world.flat), compute_mode="donot_use_mm_for_euclid_dist")
    found = apart.min(1)
    return found.indices.numpy(), found.values.numpy()


def steps_apart(world: World, factor: int, one: Array, other: Array) -> Array:
    """How far apart values of a factor are, in units of what still counts as the same: above 1 they differ."""
    kind, period = world.kinds[factor], world.circular[factor]
    if kind == "nominal":
        return np.where(one == other, 0.0, np.inf)
    near = _near(world, factor)
    if period is None:
        return np.abs(one - other) / near
    values = np.array(world.values[factor], dtype=float)
    gap = np.abs(values[one] - values[other]) % period
    return np.minimum(gap, period - gap) / near


def counts_as_same(world: World, factor: int) -> str:
    """How near a value counts as the same, in words; "" where only the value itself does."""
    if world.kinds[factor] == "nominal" or not _coarse(world, factor):
        return ""
    return "within one step" if world.circular[factor] is None else f"within {_near(world, factor):g}"


def _coarse(world: World, factor: int) -> bool:
    """Whether other values than the own one count as the same."""
    count = len(world.values[factor])
    return count >= MANY_ON_LINE if world.circular[factor] is None else count * NEAR_ON_CIRCLE > 1


def _near(world: World, factor: int) -> float:
    """How near a value counts as the same: in steps on a line, in the factor's unit on a circle; else half a step."""
    period = world.circular[factor]
    if period is None:
        return 1.0 if _coarse(world, factor) else 0.5
    if _coarse(world, factor):
        return NEAR_ON_CIRCLE * period
    values = np.sort(np.array(world.values[factor], dtype=float) % period)
    return float(np.diff(values, append=values[0] + period).min()) / 2


def score(world: World, images: Array, donors: Array, pictures: Tensor) -> Scores:
    """Scores of edited pictures (B, d) of images with these indices (B,), towards those of the donors (B,)."""
    found = nearest_images(world, pictures)[0]
    taken, kept, counted = [], [], []
    for f in range(len(world.names)):
        codes = world.factors[:, f]
        own, wanted, now = codes[images], codes[donors], codes[found]
        to_donor, to_own = steps_apart(world, f, now, wanted), steps_apart(world, f, now, own)
        differs = steps_apart(world, f, own, wanted) > 1
        taken.append((to_donor[differs] <= 1).mean() if differs.any() else np.nan)
        kept.append((to_own <= 1).mean())
        counted.append(differs.sum())
    return Scores(world.names, np.array(taken), np.array(kept), np.array(counted), found)


def agreement(taken: Mapping[str, Array], shares: Mapping[str, Array]) -> float:
    """Pearson's correlation of the matrix of edits with that of the shares of information; NaN if one is constant.

    Parameters
    ----------
    taken : for each group the share of edits that took each factor, (F,)
    shares : for each group the share of each factor's entropy that it tells, (F,)
    """
    edits, told = (np.concatenate([rows[group] for group in taken]) for rows in (taken, shares))
    known = np.isfinite(edits)
    edits, told = edits[known], told[known]
    # Where all are the same there is no correlation.
    varies = len(edits) > 1 and float(np.ptp(edits)) > 0 and float(np.ptp(told)) > 0
    return float(np.corrcoef(edits, told)[0, 1]) if varies else math.nan
