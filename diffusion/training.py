"""Training of the networks: two stages, through `accelerate`, resumed exactly.

Every random number of a step comes from a generator of its own (`Batches`): there is no random state to save, and a run
that was killed ends, on a CPU, with the same weights as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError, TrainingDiverged
from .batches import Batch, Batches
from .beginning import begin_with
from .checkpoints import Learned
from .encoders import Encoder
from .gain_target import gain_targets, measure_means, measure_size
from .level_range import levels_for
from .networks import DenoisingNetwork, GainNetwork, Levels
from .recipes import Recipe
from .resume import Saved, begun, grouped, identity_of, moments_of, restore, write_saved
from .sources import Source

#: Seconds between two writes of the resume file.
SAVE_EVERY = 60.0
#: Images from which the responses' mean and spread are told; steps whose time tells how many fit in a time.
_SAMPLE, _TIMED = 4096, 9
#: Most images from which the gain network's means at each level and of each pixel are measured.
_MEASURED = 1 << 18

STAGES = ("denoisers", "gain")

#: (stage, step, steps, loss)
Progress = Callable[[str, int, int, float], None]


@dataclass
class Training:
    """A run from the source of images to the networks.

    Parameters
    ----------
    source, encoder : images and the population that sees them
    recipe : its numbers of steps do not count where `minutes` are given
    minutes : train for about so long; fixes the steps when the run begins
    resume_file : where the unfinished run is kept; nowhere if left out
    resume : go on with the run in that file
    start : networks to begin with, of the same architecture (but for its views), data and population
    device : "cpu" to keep off an accelerator that is there
    progress, say : told of every 200th part of a stage, and of what a user should know
    save_every : seconds between two writes of the resume file
    clock : by which `minutes` are counted; ``time.process_time`` compares recipes on a busy machine
    """

    source: Source
    encoder: Encoder
    recipe: Recipe
    seed: int = 0
    minutes: float | None = None
    resume_file: Path | None = None
    resume: bool = False
    start: Learned | None = None
    device: str | None = None
    progress: Progress | None = None
    say: Callable[[str], None] = print
    save_every: float = SAVE_EVERY
    clock: Callable[[], float] = time.monotonic
    losses: dict[str, list[list[float]]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def run(self) -> Learned:
        """Train; returns the running averages of the weights.

        Raises
        ------
        TrainingDiverged
            The loss is NaN or infinite; the resume file holds the last good state.
        CheckpointError
            A resume file that is damaged, or of another run.
        """
        from accelerate import Accelerator

        if self.encoder.dimensions != len(self.source.mean):
            raise ModelError(
                f"the population sees {self.encoder.dimensions} pixels; the images have {len(self.source.mean)}"
            )
        self._identity = identity_of(self.source, self.encoder, self.seed)
        saved = self._saved()
        self.accelerator = Accelerator(
            mixed_precision=self.recipe.precision, cpu=self.device == "cpu", step_scheduler_with_optimizer=False
        )
        self.at = self.accelerator.device
        self.spent = 0.0 if saved is None else float(saved.state["spent"])
        self._started = time.monotonic()
        self._micro = self.recipe.batch
        levels = levels_for(self.source, self.encoder) if saved is None else Levels(**saved.state["levels"])
        self.batches = Batches(
            self.source, self.encoder, self.recipe, levels, self.seed, self.accelerator.process_index, self.at
        )
        torch.manual_seed(self.seed)  # the first weights
        denoising = self._fresh_denoisers(levels)
        gain = self._fresh_gain(denoising)
        if self.start is not None:
            begin_with(self.start, denoising, gain)
        if saved is None and self.minutes is not None:
            self.recipe = Recipe.from_json(self._agreed(self._timed(denoising, gain).to_json()))
        stage, step = (STAGES[0], 0) if saved is None else (saved.state["stage"], int(saved.state["step"]))
        if saved is not None:
            self.losses = saved.state["losses"]
        if stage == STAGES[0]:
            self._stage(STAGES[0], denoising, self._denoising_loss, self.recipe.steps, step, saved, {})
            saved, step = None, 0
        else:
            assert saved is not None
            denoising.load_state_dict(saved.group("done"))
        denoising.eval().requires_grad_(False).to(self.at)
        if self.recipe.gain_steps:
            if saved is None:
                measure_size(gain.to(self.at), denoising, self.batches.draw("size", 0, _SAMPLE // 2))
            done = dict(denoising.state_dict())

            def loss(network: Any, batch: Batch) -> Tensor:
                return self._gain_loss(network, denoising, batch)

            self._stage(STAGES[1], gain, loss, self.recipe.gain_steps, step, saved, done)
            gain.eval().requires_grad_(False)
            # Of a short run, no more than it saw.
            count = min(_MEASURED, self.recipe.batch * self.recipe.gain_steps)
            size = min(1024, count)
            measure_means(gain, denoising, lambda k: self.batches.draw("levels", k, size), count // size)
        elapsed = self.spent + time.monotonic() - self._started
        notes = {
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
            "seconds": round(elapsed, 1),
            "device": str(self.at) if self.at.type == "cpu" else torch.cuda.get_device_name(self.at),
            "processes": self.accelerator.num_processes,
            "losses": self.losses,
            "torch": torch.__version__,
        }
        if self.start is not None:
            notes["began_with"] = self.start.notes
        return Learned(denoising.cpu(), gain.cpu() if self.recipe.gain_steps else None, self.encoder, notes)

    def finished(self) -> None:
        """Remove the resume file: the networks are written."""
        if self.resume_file is not None:
            self.resume_file.unlink(missing_ok=True)

    # -- networks -------------------------------------------------------------------------------------------------

    def _fresh_denoisers(self, levels: Levels) -> DenoisingNetwork:
        generator = torch.Generator().manual_seed(self.seed)
        r = self.encoder.sample(self.source.draw(_SAMPLE, generator).double(), generator)
        spread = r.std(0)
        return DenoisingNetwork(
            self.recipe.architecture,
            self.source.shape,
            levels,
            torch.as_tensor(self.source.mean),
            math.sqrt(self.source.covariance.trace() / len(self.source.mean)),
            r.mean(0),
            spread.clamp_min(float(spread.max()) * 0.05),
        )

    def _fresh_gain(self, denoising: DenoisingNetwork) -> GainNetwork:
        architecture = replace(self.recipe.architecture, shared=True, views=())
        return GainNetwork(architecture, self.source.shape, denoising.levels, denoising.centre, denoising.spread)

    # -- losses ---------------------------------------------------------------------------------------------------

    def _denoising_loss(self, network: Any, batch: Batch) -> Tensor:
        # Through forward, which is what accelerate wraps; the loss is that of xhat in the preconditioning's units.
        found = network(batch.xg, batch.gamma, batch.r, batch.given)
        out = self.accelerator.unwrap_model(network).scaling(batch.gamma)[1]
        return (((found - batch.x) / out) ** 2).mean()

    def _gain_loss(self, network: Any, denoising: DenoisingNetwork, batch: Batch) -> Tensor:
        with self.accelerator.autocast():
            target = gain_targets(denoising, batch)[self.recipe.target]
        unit = self.accelerator.unwrap_model(network).unit(batch.gamma)
        return (((network(batch.xg, batch.gamma) - target) / unit) ** 2).mean()

    # -- steps ----------------------------------------------------------------------------------------------------

    def _stage(
        self,
        stage: str,
        module: Any,
        loss_of: Callable[[Any, Batch], Tensor],
        steps: int,
        step: int,
        saved: Saved | None,
        done: dict[str, Tensor],
    ) -> None:
        """Train a module in place and leave the average of its weights in it."""
        from diffusers.optimization import get_cosine_schedule_with_warmup
        from diffusers.training_utils import EMAModel

        recipe, accelerator = self.recipe, self.accelerator
        if saved is not None:
            module.load_state_dict(saved.group("weights"))
        module.train().requires_grad_(True).to(self.at)
        network = accelerator.prepare(module)
        parameters = list(module.parameters())
        names = [name for name, _ in module.named_parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=1e-4)
        schedule = get_cosine_schedule_with_warmup(optimiser, min(recipe.warm_up, steps // 5), steps)
        average = EMAModel(parameters, decay=recipe.ema, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
        if saved is not None:
            restore(saved, names, parameters, optimiser, schedule, average, step)
        prepared = accelerator.prepare(optimiser)
        last = time.monotonic()

        def state() -> Saved:
            told = {
                "stage": stage,
                "step": step,
                "recipe": self.recipe.to_json(),
                "levels": vars(module.levels),
                "losses": self.losses,
                "spent": self.spent + time.monotonic() - self._started,
            }
            moments = moments_of(names, parameters, optimiser, average)
            return Saved(grouped(weights=module.state_dict(), done=done, **moments), self._identity | told)

        total, counted = 0.0, 0
        while step < steps:
            value = self._step(network, parameters, prepared, loss_of, stage, step)
            schedule.step()
            average.step(parameters)
            step += 1
            total, counted = total + value, counted + 1
            if step % max(1, steps // 200) == 0 or step == steps:
                mean = total / counted
                self.losses[stage].append([step, round(mean, 6)])
                total, counted = 0.0, 0
                if self.progress is not None and accelerator.is_main_process:
                    self.progress(stage, step, steps, mean)
            late = time.monotonic() - last >= self.save_every
            if self.resume_file is not None and accelerator.is_main_process and late and step < steps:
                write_saved(self.resume_file, state())
                last = time.monotonic()
        average.copy_to(parameters)

    def _step(
        self,
        network: Any,
        parameters: list[Any],
        optimiser: Any,
        loss_of: Callable[[Any, Batch], Tensor],
        stage: str,
        step: int,
    ) -> float:
        """One optimiser step; in smaller pieces where the device's memory does not hold the batch."""
        share = max(1, self.recipe.batch // self.accelerator.num_processes)
        batch = self.batches.draw(stage, step, share)
        while True:
            try:
                optimiser.zero_grad()
                value = 0.0
                for start in range(0, share, self._micro):
                    piece = batch.part(slice(start, start + self._micro))
                    loss = loss_of(network, piece) * (len(piece.x) / share)
                    self.accelerator.backward(loss)
                    value += float(loss.detach())
                break
            except torch.cuda.OutOfMemoryError:
                if self._micro == 1:
                    raise
                self._micro = max(1, min(self._micro, share) // 2)
                torch.cuda.empty_cache()
                self.say(f"the device's memory does not hold the batch: going on with pieces of {self._micro} images")
        if not math.isfinite(value):
            kept = ""
            if self.resume_file is not None and self.resume_file.is_file():
                kept = f"; the last good state is in {self.resume_file}"
            raise TrainingDiverged(f"the loss of the {stage} is {value} at step {step}: try a lower rate{kept}")
        self.accelerator.clip_grad_norm_(parameters, self.recipe.clip)
        optimiser.step()
        return value

    def _timed(self, denoising: DenoisingNetwork, gain: GainNetwork) -> Recipe:
        """The recipe with as many steps as fit in the minutes, from the time that some steps take on copies."""
        import copy

        assert self.minutes is not None
        seconds = []
        plain = copy.deepcopy(denoising).to(self.at)

        def gain_loss(network: Any, batch: Batch) -> Tensor:
            return self._gain_loss(network, plain, batch)

        for stage, module, loss_of in (
            (STAGES[0], copy.deepcopy(denoising), self._denoising_loss),
            (STAGES[1], copy.deepcopy(gain), gain_loss),
        ):
            network = module.to(self.at)
            parameters = list(network.parameters())
            optimiser = self.accelerator.prepare(torch.optim.AdamW(parameters, lr=0.0))
            times = []
            for step in range(_TIMED):
                start = self.clock()
                self._step(network, parameters, optimiser, loss_of, stage, step)
                times.append(self.clock() - start)
            seconds.append(float(np.median(times[1:])))
        return self.recipe.lasting(60 * self.minutes, seconds[0], seconds[1])

    def _agreed(self, value: Any) -> Any:
        """What the main process found, in all of them."""
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def _saved(self) -> Saved | None:
        saved = begun(self.resume_file, self.resume, self._identity)
        if saved is None:
            return None
        recipe = Recipe.from_json(saved.state["recipe"])
        if replace(recipe, steps=1, gain_steps=1) != replace(self.recipe, steps=1, gain_steps=1):
            self.say("going on with the recipe that the run was begun with, not with the one given now")
        self.recipe = recipe
        return saved
