"""Training of a group VAE. An interrupted run resumes exactly, as that of the denoisers does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ...errors import MALFORMED, CheckpointError
from ..accelerators import accelerator
from ..interrupts import held_back
from ..resume import Saved, begun, write_saved
from ..stages import Every, Progress, Stage
from ..threads import limited_threads
from .groups import Groups
from .recipe import GroupRecipe
from .responses import Responses
from .vae import GroupVAE
from .world import World

#: Seconds between two writes of the resume file.
SAVE_EVERY = 20.0
#: The name of the only stage, for progress and messages.
STAGE = "latent groups"


@dataclass
class GroupBatch:
    """Responses x (B, K), the codes of their images (B, F), and standard normal numbers (B, D)."""

    x: Tensor
    codes: Tensor
    noise: Tensor

    def part(self, rows: slice) -> GroupBatch:
        return GroupBatch(self.x[rows], self.codes[rows], self.noise[rows])


@dataclass
class GroupBatches:
    """The batches of a run; each step has a random generator of its own."""

    world: World
    responses: Responses
    dimensions: int
    seed: int
    #: What a batch consists of.
    many: ClassVar[str] = "responses"

    def draw(self, name: str, step: int, count: int) -> GroupBatch:
        """`count` responses for one step."""
        word = int(np.random.SeedSequence([self.seed, step]).generate_state(1, np.uint64)[0] >> 1)
        generator = torch.Generator().manual_seed(word)
        index = torch.randint(len(self.world), (count,), generator=generator)
        r = self.responses.draw(index, generator).float()
        noise = torch.randn(count, self.dimensions, generator=generator)
        return GroupBatch(r, torch.tensor(self.world.factors)[index], noise)


@dataclass
class GroupTraining:
    """A training run, from a world and responses to a group VAE.

    Parameters
    ----------
    world, responses, groups : what is learned
    recipe, lane, seed : how; the seed decides the first weights, and all responses and noise that are drawn
    resume_file, resume, save_every, progress, threads : as for `diffusion.training.Training`
    """

    world: World
    responses: Responses
    groups: Groups
    recipe: GroupRecipe = field(default_factory=GroupRecipe)
    lane: str = "exact"
    seed: int = 0
    resume_file: Path | None = None
    resume: bool = False
    save_every: float = SAVE_EVERY
    progress: Progress | None = None
    threads: int = 1
    say: Callable[[str], None] = print
    seconds: float = field(default=0.0, init=False)
    losses: list[list[float]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Groups that learn no label are free."""
        if not self.recipe.label:
            self.groups = replace(self.groups, supervised={})

    def check(self) -> None:
        """Raise what `run` would raise before its first step."""
        GroupVAE(self.groups, self.world, self.responses, self.lane)
        begun(self.resume_file, self.resume, self._identity())

    def run(self) -> GroupVAE:
        """Train, and return the VAE with the running averages of its weights.

        If the run is interrupted (KeyboardInterrupt), it is first written to the resume file.

        Raises
        ------
        ModelError
            The groups, the world and the responses do not fit each other.
        TrainingDiverged
            The loss is not finite.
        CheckpointError
            The resume file is damaged, or of another run.
        """
        began = time.monotonic()
        torch.manual_seed(self.seed)  # the first weights
        vae = GroupVAE(self.groups, self.world, self.responses, self.lane)
        saved = begun(self.resume_file, self.resume, self._identity())
        stage = self._stage(vae)
        if saved is not None:
            try:
                self.seconds, step = float(saved.state["seconds"]), int(saved.state["step"])
                stage.restore(saved.parts, step, saved.state["losses"])
            except MALFORMED as error:
                raise CheckpointError(f"{self.resume_file}: not an unfinished run of latent groups ({error})") from None
        self.losses, before = stage.losses, self.seconds

        def write() -> None:
            self.seconds = before + time.monotonic() - began
            if self.resume_file is not None and stage.whole and stage.step:
                state = {"step": stage.step, "losses": stage.losses, "seconds": self.seconds}
                write_saved(self.resume_file, Saved(self._identity() | state, stage.parts()))

        with limited_threads(self.threads):
            try:
                stage.run(self.progress, Every(self.save_every, write))
            except KeyboardInterrupt:
                with held_back():
                    write()
                raise
        write()
        stage.average.copy_to(stage.parameters)
        return vae.eval().requires_grad_(False)

    def finished(self) -> None:
        """Remove the resume file, once the VAE is saved."""
        if self.resume_file is not None:
            self.resume_file.unlink(missing_ok=True)

    def _stage(self, vae: GroupVAE) -> Stage:
        batches: Any = GroupBatches(self.world, self.responses, self.groups.dimensions, self.seed)
        recipe: Any = self.recipe  # it has what a stage needs of one
        common = {"accelerator": accelerator(cpu=True), "batches": batches, "recipe": recipe, "say": self.say}
        return Stage(STAGE, vae, self._loss, self.recipe.steps, **common)

    def _loss(self, network: Any, batch: Any) -> Tensor:
        recipe = self.recipe
        # Where responses are drawn anew, there are at least as many as a batch has.
        size = len(batch.x) if recipe.size == "batch" else max(self.responses.count, len(batch.x))
        terms = network(batch.x, batch.codes, batch.noise, size)
        loss = terms["misfit"] + recipe.kl * terms["kl"]
        # A weight of 0 leaves a term out, whatever it is.
        for name in ("label", "kl_supervised", "partial_correlation"):
            if weight := getattr(recipe, name):
                loss = loss + weight * terms[name]
        return loss

    def _identity(self) -> dict[str, Any]:
        return {
            "data": self.world.digest,
            "responses": self.responses.digest,
            "groups": self.groups.to_json(),
            "recipe": self.recipe.to_json(),
            "lane": self.lane,
            "seed": self.seed,
        }
