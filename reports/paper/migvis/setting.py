"""The known world in which MIG-Vis's statements are checked: rendered images, neurons of a known law, learned groups.

Everything is computed once per run.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from ....diffusion.editing import Inverted, inverted
from ....diffusion.latents import (
    RECIPES,
    ExactLatents,
    GroupScores,
    GroupTraining,
    LearnedGroups,
    Responses,
    SetChannel,
    World,
    mixed_population,
    rendered_world,
    score_groups,
    usual_groups,
)

#: Rotations, elongations and contrasts of the stripes; with four shapes, 576 images of 16 x 16 pixels.
SIZES = {"rotations": 12, "elongations": 4, "stripes": 3}
#: The seed of the neurons, of the training and of every draw.
SEED = 0
#: Neurons and trainings of other seeds too, for what varies with them.
SEEDS = (0, 1, 2)
#: Latents drawn for each information: twice as many as images.
_SAMPLES = 1152
#: Images that are edited, and the noise level up to which they are inverted, in pixels.
IMAGES, LEVEL = 24, 4.0


@cache
def world() -> World:
    """The images and their factors: category, rotation, elongation, stripes."""
    return rendered_world(**SIZES)


@cache
def responses(seed: int) -> Responses:
    """80 neurons with mixed selectivity and Gaussian noise, what the square root makes of Poisson counts."""
    return Responses.of_table(mixed_population(world(), seed=seed), world())


@cache
def learned(recipe: str, seed: int) -> LearnedGroups:
    """Four groups of latents, trained by a recipe of `stiminfo groups`."""
    training = GroupTraining(world(), responses(seed), usual_groups(world()), RECIPES[recipe], seed=seed)
    return LearnedGroups(training.run(), world(), responses(seed), {})


def scores(recipe: str, seed: int = SEED) -> GroupScores:
    """What the groups of a recipe tell, exactly in the images."""
    return _scores(recipe, seed)


@cache
def _scores(recipe: str, seed: int) -> GroupScores:
    return score_groups(learned(recipe, seed), _SAMPLES, seed)


@cache
def latents() -> ExactLatents:
    """The exact law of the latents that the default recipe learns."""
    return learned("default", SEED).exact()


def channel(of: str) -> SetChannel:
    """Pairs of an image and the latents of a group."""
    return SetChannel(latents().denoiser(of))


def chosen() -> Tensor:
    """The images that are edited, (`IMAGES`,)."""
    return torch.randperm(len(world()), generator=torch.Generator().manual_seed(SEED))[:IMAGES]


@cache
def start() -> Inverted:
    """These images as noise, and how exactly they were inverted."""
    return inverted(latents(), chosen(), LEVEL)
