"""The images of one training step. They depend on the seed, the stage and the step only, so a run resumes exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .architecture import Levels
from .encoders import Encoder
from .noise_levels import scheduler_gammas
from .recipes import Recipe
from .response_views import coarser, views_of
from .sources import Source
from .sources.source import rows_of

#: What images are drawn for; each purpose has its own random numbers.
PURPOSES = ("denoisers", "gain", "size", "levels", "responses", "step", "pool")
#: Those of what is learned; the others are measurements.
TRAINED = ("denoisers", "gain", "responses", "pool")
#: The density of ``inner`` levels is proportional to cos(2 a (u - 1/2)), u from 0 to 1 over the range, with a the
#: arcsine of this: at both ends a quarter of that in the middle. The information of mixtures falls faster.
_INNER = 0.968

#: Held-out stimuli from which means are measured; fewer would be taken for the distribution.
_ENOUGH = 100


@dataclass
class Batch:
    """Images x (B, d), noisy images xg (B, d) at gamma (B,), responses r (B, k), which view each one is (B, V)."""

    x: Tensor
    xg: Tensor
    gamma: Tensor
    r: Tensor
    given: Tensor

    def part(self, rows: slice | Tensor) -> Batch:
        return Batch(self.x[rows], self.xg[rows], self.gamma[rows], self.r[rows], self.given[rows])


class Batches:
    """The batches of a training run.

    Parameters
    ----------
    source, encoder, recipe, levels, seed : those of the run
    process : index of this process among those that train together
    device : where the batches are drawn and used; a GPU draws other numbers than the CPU
    """

    def __init__(
        self, source: Source, encoder: Encoder, recipe: Recipe, levels: Levels, seed: int, process: int, device: Any
    ) -> None:
        self.source, self.recipe, self.bounds = source, recipe, levels.bounds
        self.seed, self.process, self.device = seed, process, torch.device(device)
        self.encoder = encoder.to(self.device, torch.float32)
        self._ddpm = _ddpm_levels().to(self.device) if recipe.level_draw == "ddpm" else None

    @property
    def many(self) -> str:
        """What a batch consists of."""
        return self.source.words.many

    def draw(self, purpose: str, step: int, count: int) -> Batch:
        """`count` images for one step; `purpose` is one of `PURPOSES`."""
        words = [self.seed, PURPOSES.index(purpose), step, self.process]
        word = int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> 1)
        generator = torch.Generator(self.device).manual_seed(word)
        x = self._stimuli(purpose, count, generator)
        gamma = self._levels(count, generator, self.recipe.level_draw == "inner" and purpose in TRAINED)
        xg = x + gamma.sqrt()[:, None] * torch.randn(x.shape, generator=generator, device=self.device)
        views = views_of(self.recipe.architecture.views)
        view = self._views(count, len(views), generator)
        r = self.encoder.sample(x, generator)
        for v, name in enumerate(views[1:], start=1):
            r = torch.where((view == v)[:, None], coarser(self.encoder, r, name, generator), r)
        return Batch(x, xg, gamma, r, view[:, None] == torch.arange(len(views), device=self.device))

    def _stimuli(self, purpose: str, count: int, generator: torch.Generator) -> Tensor:
        """Stimuli to learn; for the means of the gain, stimuli that were not learned, where there are enough of them.

        Of a set that they know by heart, networks tell more than of other stimuli.
        """
        if purpose == "levels" and self.source.images is not None:
            kept = self.source.held_out(len(self.source.images))
            if len(kept) >= _ENOUGH:
                return rows_of(kept, count, generator)
        return self.source.draw(count, generator)

    def _views(self, count: int, views: int, generator: torch.Generator) -> Tensor:
        """The view that each row is given, (count,): -1 for none, 0 for the whole response, or a coarser one.

        Of the rows that see a response, half see the whole one.
        """
        view = torch.zeros(count, dtype=torch.long, device=self.device)
        if views > 1:
            some = torch.randint(1, views, (count,), generator=generator, device=self.device)
            view = torch.where(self._uniform(count, generator) < 0.5, some, view)
        return torch.where(self._uniform(count, generator) < self.recipe.null_share, -1, view)

    def _uniform(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.rand(count, generator=generator, device=self.device)

    def _levels(self, count: int, generator: torch.Generator, inner: bool) -> Tensor:
        if self._ddpm is not None:
            return rows_of(self._ddpm, count, generator)
        low, high = (math.log(g) for g in self.bounds)
        # Stratified: one level in each of `count` equal parts of the range of log gamma.
        share = (torch.arange(count, device=self.device) + self._uniform(count, generator)) / count
        if inner:
            share = torch.asin(_INNER * (2 * share - 1)) / (2 * math.asin(_INNER)) + 0.5
        return (low + (high - low) * share).exp()


def _ddpm_levels() -> Tensor:
    """The noise levels of DDPM's linear schedule of 1,000 steps, (1000,)."""
    from diffusers import DDPMScheduler

    return scheduler_gammas(DDPMScheduler(num_train_timesteps=1000)).float()  # type: ignore[no-untyped-call, unused-ignore]
