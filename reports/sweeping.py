"""Makes the edits of a sweep, one row per setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..diffusion.denoiser import Denoiser
from ..diffusion.editing import (
    PERTURBATIONS,
    Edits,
    Inverted,
    LeftTheImages,
    NotInvertible,
    Scores,
    edit,
    guides_with,
    inverted,
    score,
)
from ..diffusion.latents import LearnedGroups, World, factor_information
from ..diffusion.latents.groups import WHOLE
from ..diffusion.latents.scores import told_by_trials
from .sweeps import Common, Setting, Sweep

if TYPE_CHECKING:
    from ..models.arrays import Array

#: A group is there for a factor if it tells this share of its entropy.
MUCH = 1 / 3


def chosen_images(world: World, count: int, seed: int) -> torch.Tensor:
    """Indices of the images to edit."""
    return torch.randperm(len(world), generator=torch.Generator().manual_seed(seed))[: min(count, len(world))]


def edited(
    learned: LearnedGroups, start: Inverted, setting: Setting, common: Common, of: str = ""
) -> tuple[Edits, Scores]:
    """Inverted images, edited along the setting's group (or another one, `of`), and the scores of that."""
    latents, group = learned.exact(), of or setting.group
    generator = torch.Generator().manual_seed(setting.seed + 1)
    changed = PERTURBATIONS[common.perturb](latents, group, start.images, common.amount, generator)
    guide = guides_with(learned.critics)[setting.guide]
    by = WHOLE if setting.condition == WHOLE else group
    found = edit(latents, start, changed, by, guide=guide, scale=setting.scale, seed=setting.seed)
    return found, score(learned.world, start.images.numpy(), changed.donors.numpy(), found.pictures)


def told_shares(learned: LearnedGroups, setting: Setting) -> tuple[dict[str, Array], dict[str, Array]]:
    """What each group tells about each factor, by the law of the latents; and at least, where trials are held out."""
    latents = learned.exact()
    names = {*latents.groups.names, setting.group}
    shares, least = {}, {}
    if told := told_by_trials(learned):
        # As `stiminfo groups` prints it: one number, and one seed, for both.
        kept = [row for row in told[0].rows if row in names]
        shares = {row: told[0].shares[told[0].rows.index(row)] for row in kept}
        least = {row: told[1][told[0].rows.index(row)] for row in kept}
    for name in sorted(names - set(shares)):
        shares[name] = factor_information(latents.channel(name), latents.world, seed=setting.seed).shares
    return shares, least


def run(
    sweep: Sweep,
    settings: Sequence[Setting],
    common: Common,
    load: Callable[[str], LearnedGroups],
    networks: Callable[[World], Denoiser | None],
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Make the rows that are not there yet, and return those of all settings, in their order.

    Parameters
    ----------
    load : a folder of groups by its name
    networks : the denoiser that generates images of a world, or None for the exact one
    progress : called with the settings done and their number
    """
    loaded: dict[str, LearnedGroups] = {}
    starts: dict[tuple[str, int, float], Inverted | NotInvertible] = {}
    for done, setting in enumerate(settings):
        if setting not in sweep.rows:
            if setting.groups not in loaded:
                loaded[setting.groups] = load(setting.groups)
            learned = loaded[setting.groups]
            place = (setting.groups, setting.seed, setting.level)
            if place not in starts:
                starts = {place: _start(learned, setting, common, networks(learned.world))}
            sweep.add(setting, _row(learned, starts[place], setting, common))
        if progress is not None:
            progress(done + 1, len(settings))
    return [sweep.rows[setting] for setting in settings]


def _start(
    learned: LearnedGroups, setting: Setting, common: Common, network: Denoiser | None
) -> Inverted | NotInvertible:
    images = chosen_images(learned.world, common.images, setting.seed)
    try:
        return inverted(learned.exact(), images, setting.level, network)
    except NotInvertible as error:
        return error


def _row(learned: LearnedGroups, start: Inverted | NotInvertible, setting: Setting, common: Common) -> dict[str, Any]:
    """Scores of one setting; where edits cannot be made, only the reason."""
    told = factor_information(learned.exact().channel(setting.group), learned.world, seed=setting.seed).shares
    target = int(np.argmax(told))
    names = learned.world.names
    about = {"target": names[target], "told": float(told[target])}
    if isinstance(start, NotInvertible):
        return about | {"error": str(start)}
    try:
        found, scores = edited(learned, start, setting, common)
    except LeftTheImages as error:
        return about | {"error": str(error)}
    others = [f for f in range(len(names)) if f not in targets(told) and learned.world.entropies[f] > 0]
    return about | {
        "took": _known(scores.taken[target]),
        "kept": _known(min((scores.kept[f] for f in others), default=math.nan)),
        "taken": {name: _known(value) for name, value in zip(names, scores.taken)},
        "kept_by_factor": {name: _known(value) for name, value in zip(names, scores.kept)},
        "distance": float(found.off.mean()),
        "depth": float(found.depth.min()),
        "round_trip": start.round_trip,
    }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def targets(told: Array) -> list[int]:
    """The factors that a group is there for: that of which it tells most, and all of which it tells `MUCH` or more.

    Parameters
    ----------
    told : (F,) the share of each factor's entropy
    """
    return [f for f, share in enumerate(told) if share >= MUCH or f == int(np.argmax(told))]
