"""Critics of latent groups: one per group, trained on images and fresh latents, and what each finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from .channel import ExactLatents
from .contrastive import Bound, critic_info_nce
from .critic import Critic, train_critic
from .sizes import SizePreset

#: Extracts features (..., m) from images (..., d), differentiably.
Features = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class LatentPairs:
    """An image of the world, and latents drawn for it anew.

    Attributes
    ----------
    latents, of : the law of the latents, and the group, several or all
    seen : (N, m) features of the images, to be drawn in their place; None for the images themselves
    """

    latents: ExactLatents
    of: str | Sequence[str]
    seen: Tensor | None = None
    fresh: bool = field(default=True, init=False)

    def draw(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        index = torch.randint(len(self.latents.means), (count,), generator=generator)
        x = self.latents.stimuli if self.seen is None else self.seen
        return x[index], self.latents.draw(index, generator)[:, self.latents.groups.latents(self.of)]


@dataclass(frozen=True, eq=False)
class OnFeatures:
    """A critic of features as one of images: ``f(features(x), z)``.

    Attributes
    ----------
    critic : trained on pairs of features and latents (`LatentPairs.seen`)
    features : of images (..., d), such as `stiminfo.diffusion.latents.VisionTransformer`
    """

    critic: Critic
    features: Features

    def __call__(self, x: Tensor, z: Tensor) -> Tensor:
        return self.critic(self.features(x), z)


def train_critics(
    latents: ExactLatents,
    preset: SizePreset,
    steps: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Critic]:
    """A critic of each group, of the free ones together and of the whole latent.

    Parameters
    ----------
    latents : their law, from which each step draws anew
    preset : the kind of network and the batch that suit the images' size
    steps : of the optimiser, for each critic
    seed : of first weights and pairs
    progress : called with the steps done, over all critics, and their total
    """
    rows, found = latents.groups.rows, {}
    for place, row in enumerate(rows):

        def told(step: int, total: int, place: int = place) -> None:
            if progress is not None:
                progress(place * total + step, len(rows) * total)

        shape = latents.world.images.shape[1:]
        pairs, batch = LatentPairs(latents, row), preset.critic_batch
        found[row] = train_critic(pairs, preset.critic, shape=shape, steps=steps, batch=batch, seed=seed, progress=told)
    return found


def critic_bounds(latents: ExactLatents, critics: dict[str, Critic], seed: int = 1) -> dict[str, Bound]:
    """What each critic finds on fresh latents: a lower bound of I(z_g; x)."""
    return {row: critic_info_nce(critic, LatentPairs(latents, row), seed=seed) for row, critic in critics.items()}
