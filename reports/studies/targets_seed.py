"""What one seed of the known world gives: groups, edits, critics, maps, and the learned lane beside the exact one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...diffusion.architecture import Architecture
from ...diffusion.datasets import Images
from ...diffusion.denoiser import Denoiser
from ...diffusion.editing import (
    PERTURBATIONS,
    ByCritic,
    Exact,
    Guide,
    Inverted,
    Scores,
    Trained,
    agreement,
    edit,
    guides_with,
    inverted,
    score,
)
from ...diffusion.editing.critics import negatives
from ...diffusion.latents import (
    RECIPES,
    Critic,
    ExactLatents,
    GroupRecipe,
    Groups,
    GroupScores,
    GroupTraining,
    LatentPairs,
    LearnedGroups,
    Responses,
    SizePreset,
    World,
    critic_bounds,
    exact_info_nce,
    group_shares,
    mixed_population,
    score_groups,
    train_critic,
    usual_groups,
)
from ...diffusion.latents.contrastive import SetChannel
from ...diffusion.latents.scores import group_gap
from ...diffusion.recipes import PRESETS
from ...diffusion.sources import ImageSource, population_for
from ...diffusion.training import Training
from ...diffusion.unet import UNetDenoiser
from ...estimators import i_local
from ..sweeping import targets

#: What is edited along and judged; the free groups count as one, since which of them holds what is arbitrary.
JUDGED = ("pose", "category", "free")
#: Noise level up to which images are inverted, and those at which guides are compared, in units of a pixel's value.
LEVEL, LEVELS = 4.0, (0.3, 1.0, 4.0)
#: A level from which the network inverts, within the range that it knows.
NETWORK_LEVEL = 1.0
#: Latents of the group that tells nothing by construction.
DEAD = "nothing"


class Seed:
    """The known world with the population and the trainings of one seed.

    Parameters
    ----------
    world : the rendered images
    seed : of neurons, trainings, donors and draws
    sizes : numbers of images, draws and steps; see `targets.SIZES`
    """

    def __init__(self, world: World, seed: int, sizes: dict[str, Any]) -> None:
        self.world, self.seed, self.sizes = world, seed, sizes

    def learned(self, recipe: GroupRecipe, lane: str = "exact") -> LearnedGroups:
        """Groups trained by a recipe on this seed's population."""
        recipe = replace(recipe, steps=self.sizes["steps"] or recipe.steps)
        noise = "gaussian" if lane == "exact" else "poisson"
        responses = Responses.of_table(mixed_population(self.world, noise=noise, seed=self.seed), self.world)
        groups = usual_groups(self.world)
        run = GroupTraining(self.world, responses, groups, recipe, lane, self.seed, say=lambda _: None)
        return LearnedGroups(run.run(), self.world, responses, {})

    def scored(self, learned: LearnedGroups) -> GroupScores:
        return score_groups(learned, self.sizes["samples"], self.seed)

    @cached_property
    def latents(self) -> ExactLatents:
        """By the default recipe."""
        return self.default.exact()

    @cached_property
    def default(self) -> LearnedGroups:
        return self.learned(RECIPES["default"])

    @cached_property
    def critics(self) -> dict[str, Critic]:
        preset, found = self.sizes["critic"], {}
        for row in JUDGED:
            pairs, options = LatentPairs(self.latents, row), {"batch": preset.critic_batch, "seed": self.seed}
            found[row] = train_critic(pairs, preset.critic, steps=preset.critic_steps, **options)
        return found

    @cached_property
    def chosen(self) -> Tensor:
        """The images that are edited."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randperm(len(self.world), generator=generator)[: self.sizes["images"]]

    @cached_property
    def start(self) -> Inverted:
        return inverted(self.latents, self.chosen, LEVEL)

    # -- what is measured -----------------------------------------------------------------------------------------

    def groups(self) -> dict[str, Any]:
        """The exact lane with labels and penalty, without either, and without labels; and the MLP lane."""
        plain, unlabelled = self.learned(RECIPES["plain"]), self.learned(replace(RECIPES["default"], label=0.0))
        trained = {"default": self.default, "plain": plain, "unlabelled": unlabelled}
        found = {name: summary(self.scored(learned)) for name, learned in trained.items()}
        found["plain"]["assigned"] = self.assigned(plain.exact())
        learned = self.learned(replace(RECIPES["default"], steps=self.sizes["mlp_steps"]), "mlp")
        found["mlp"] = summary(self.scored(learned))
        return found

    def assigned(self, latents: ExactLatents) -> list[float]:
        """The mean gap of groups for random assignments of the latents to groups.

        Without labels and penalty the loss does not know groups: which latents form one is chance, and any other
        assignment fits the responses as well.
        """
        generator, gaps = torch.Generator().manual_seed(self.seed), []
        for _ in range(self.sizes["assignments"]):
            order = torch.randperm(latents.groups.dimensions, generator=generator)
            turned = replace(latents, means=latents.means[:, order], covariance=latents.covariance[order][:, order])
            shares = group_shares(turned, self.sizes["samples"] // 2, self.seed)
            gaps.append(float(group_gap(shares, turned.groups).mean()))
        return gaps

    def towards_donors(
        self, latents: ExactLatents, start: Inverted, group: str, of: str = "whole", **options: Any
    ) -> tuple[Scores, float]:
        """Scores of donor edits along a group, and the largest change of a pixel."""
        generator = torch.Generator().manual_seed(self.seed + 1)
        changed = PERTURBATIONS["donor"](latents, group, start.images, 1.0, generator)
        found = edit(latents, start, changed, of, seed=self.seed, **options)
        scores = score(latents.world, start.images.numpy(), changed.donors.numpy(), found.pictures)
        before = latents.stimuli[start.images]
        return scores, float((found.pictures.cpu() - before).abs().max())

    def edits(self) -> dict[str, Any]:
        """Donor edits under the whole latent, what they agree with, and edits along a group that tells nothing."""
        shares = group_shares(self.latents, self.sizes["samples"], self.seed)
        told = {row: shares.shares[shares.rows.index(row)] for row in JUDGED}
        scores = {row: self.towards_donors(self.latents, self.start, row)[0] for row in JUDGED}
        dead = with_nothing(self.latents)
        return {
            "round_trip": self.start.round_trip,
            "taken": {row: known(one.taken) for row, one in scores.items()},
            "kept_by_others": {row: kept_by_others(one, told[row]) for row, one in scores.items()},
            "targets": {row: targets(told[row]) for row in JUDGED},
            "donors": {row: one.donors.tolist() for row, one in scores.items()},
            "pearson": agreement({row: one.taken for row, one in scores.items()}, told),
            "nothing_changes": self.towards_donors(dead, self.start, DEAD)[1],
        }

    def infonce(self) -> dict[str, Any]:
        """InfoNCE by trained critics on fresh trials and by the optimal one, beside the exact information."""
        shares = group_shares(self.latents, self.sizes["samples"], self.seed)
        bounds, found = critic_bounds(self.latents, self.critics), {}
        for row in JUDGED:
            at = shares.rows.index(row)
            best = exact_info_nce(SetChannel(self.latents.denoiser(row)), blocks=8, seed=self.seed)
            found[row] = {
                "exact": float(shares.about_image[at]),
                "exact_stderr": float(shares.image_stderr[at]),
                "trained": bounds[row].to_json(),
                "optimal": best.to_json(),
            }
        return found

    def maps(self) -> dict[str, Any]:
        """The mean of I_local of each group over images, beside I(z_g; x)."""
        shares = group_shares(self.latents, self.sizes["samples"], self.seed)
        generator, found = torch.Generator().manual_seed(self.seed + 2), {}
        rows = torch.randperm(len(self.world), generator=generator)[: self.sizes["mapped"]]
        for row in JUDGED:
            teller = self.latents.denoiser(row)
            one = i_local.estimate(teller, self.latents.stimuli[rows], passes=self.sizes["passes"], seed=self.seed)
            at = shares.rows.index(row)
            found[row] = {
                "mean": float(one.value.mean()),
                # Each image's own error is part of the spread over images.
                "stderr": float(one.value.std() / len(rows) ** 0.5),
                "exact": float(shares.about_image[at]),
                "exact_stderr": float(shares.image_stderr[at]),
            }
        return found

    def learned_lane(self, network: Denoiser) -> dict[str, Any]:
        """Edits guided by trained critics, and edits with a network in the place of the exact denoiser."""
        guide = guides_with(self.critics)["critic"]
        low = inverted(self.latents, self.chosen, NETWORK_LEVEL, network)
        exact = inverted(self.latents, self.chosen, NETWORK_LEVEL)
        found: dict[str, Any] = {"round_trip": low.round_trip, "edits": {}, "cosines": {}}
        for row in JUDGED[:2]:
            lanes = {
                "exact": self.towards_donors(self.latents, self.start, row, row),
                "critic": self.towards_donors(self.latents, self.start, row, row, guide=guide),
                "exact, low": self.towards_donors(self.latents, exact, row),
                "network, low": self.towards_donors(self.latents, low, row),
            }
            found["edits"][row] = {
                name: {"taken": known(one.taken), "kept": known(one.kept)} for name, (one, _) in lanes.items()
            }
            found["cosines"][row] = {f"{level:g}": self.cosine(guide, row, level) for level in LEVELS}
        return found

    def cosine(self, guide: Callable[..., Guide] | Trained, row: str, level: float) -> float:
        """Of what a guide by a trained critic adds with what the exact guide adds, at noisy images."""
        denoiser = self.latents.denoiser(row)
        generator = torch.Generator().manual_seed(self.seed + 3)
        x = denoiser.stimuli[self.chosen]
        y = x + level * torch.randn(x.shape, dtype=x.dtype, generator=generator)
        gamma = torch.full((len(x),), level**2, dtype=x.dtype)
        donors = self.chosen.roll(1)
        z = self.latents.means[donors][:, self.latents.groups.latents(row)]
        right = Exact(z).shift(denoiser, y, gamma)[1]
        pool = negatives(self.latents, row, generator)
        added = ByCritic(z, critic=self.critics[row], negatives=pool).shift(denoiser, y, gamma)[1]
        return float((right * added).sum() / (right.norm() * added.norm()))


def summary(scores: GroupScores) -> dict[str, Any]:
    """What is judged of a training, as plain JSON values."""
    data = scores.to_json()
    names = ("r2", "partial_correlation", "gap_dimensions", "gap_groups", "shares", "information", "population")
    largest = float(scores.image_stderr.max()) if not scores.bound else None
    return {name: data[name] for name in names} | {"stderr": largest}


def kept_by_others(scores: Scores, told: np.ndarray) -> float:
    """The smallest share of edits that kept a factor which the group is not there for; 1 if there is none."""
    return float(np.delete(scores.kept, targets(told)).min(initial=1.0))


def known(values: np.ndarray) -> list[float | None]:
    """Shares as plain JSON values: null where no donor differs."""
    return [float(value) if np.isfinite(value) else None for value in values]


def with_nothing(latents: ExactLatents) -> ExactLatents:
    """The same latents with one more group, whose latents are noise: it tells nothing by construction."""
    old, rank = latents.groups, 2
    groups = Groups((*old.names, DEAD), (*old.ranks, rank), old.supervised)
    means = torch.cat([latents.means, torch.zeros(len(latents.means), rank, dtype=latents.means.dtype)], dim=1)
    covariance = torch.eye(len(latents.covariance) + rank, dtype=latents.means.dtype)
    covariance[:-rank, :-rank] = latents.covariance
    return ExactLatents(latents.world, groups, means, covariance)


def network_of(world: World, minutes: float) -> UNetDenoiser:
    """A small U-Net that denoises the world's images, trained for so many minutes of CPU time; it sees no responses."""
    source = ImageSource(Images(world.name, world.images, None, ""))
    small = PRESETS["small"]
    recipe = replace(small, architecture=replace(small.architecture, prior_only=True), gain_steps=0)
    assert isinstance(recipe.architecture, Architecture)
    population = population_for(source, noise=1.0)
    run = Training(source, population, recipe, minutes=minutes, device="cpu", clock=time.process_time)
    return UNetDenoiser(run.run())


#: Numbers of a run that takes some minutes: steps of the VAE (None: the recipe's) and of the MLP lane, draws,
#: assignments of latents to groups, edited images, images and passes of the maps, the critics' training, and CPU
#: minutes of the network.
SIZES: dict[str, Any] = {
    "steps": None,
    "mlp_steps": 1200,
    "samples": 2304,
    "assignments": 4,
    "images": 64,
    "mapped": 48,
    "passes": 48,
    "critic": SizePreset(16, "separable", 500, 256, "small", 0),
    "minutes": 0.3,
}
