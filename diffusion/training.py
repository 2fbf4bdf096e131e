"""Training of the networks in two stages, with `accelerate`. An interrupted run resumes exactly.

Every random number of a step comes from that step's own generator (`Batches`), so there is no random state to save. On
a CPU, a run that was killed and resumed ends with the same weights as one that was not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from torch import Tensor

from ..errors import ModelError, TrainingDiverged
from .accelerators import accelerator
from .architecture import Levels
from .batches import Batch, Batches
from .beginning import begin_with, fresh_denoisers, fresh_gain
from .calibration import effort_for, recipe_that_lasts
from .checkpoints import Learned
from .closure_pool import ClosurePool
from .encoders import Encoder
from .gain_target import at_once, denoising_loss, gain_loss, measure_means, measure_size, measure_step
from .held_out import Yardstick
from .interrupts import held_back
from .level_range import levels_for
from .networks import DenoisingNetwork, GainNetwork
from .recipes import MOST_MEASURED, Recipe
from .resume import Saved, begun, give_weights, identity_of, recipe_of, weights_of, write_saved
from .sources import Source
from .stages import Every, Loss, Progress, Stage
from .threads import free_cores, limited_threads

#: Seconds between two writes of the resume file.
SAVE_EVERY = 60.0
#: Images from which the size of the gain is measured.
_SIZED = 2048
#: Images from which the linear step is measured, some hundred for each of its parts.
_STEPPED = 16384

STAGES = ("denoisers", "responses", "gain")
#: The phases of a run in their order; the resume file names the phase in which it was written.
_ORDER = (*STAGES, "means", "finished")


@dataclass
class Training:
    """A training run, from a source of images to trained networks.

    Parameters
    ----------
    source, encoder : the images, and the population that responds to them
    recipe : its numbers of steps are ignored where `minutes` are given
    minutes : how long the whole run may take, with all that comes before and after the steps; the number of steps is
        fixed when the run begins, so that a resumed run takes exactly as many
    resume_file : where the unfinished run is kept; it is not kept by default
    resume : whether to go on with the run in that file
    start : networks to start from, of the same architecture (except for its views), data and population
    device : "cpu" to avoid an accelerator that is available
    threads : torch's threads on the CPU; by default those of the run that is resumed, or one per free core
    progress, say : called after every 200th part of a stage, and with messages for the user
    save_every : seconds between two writes of the resume file
    clock : the clock that counts `minutes`; ``time.process_time`` makes recipes comparable on a busy machine
    began : the clock's reading when the minutes began; by default when `run` is called

    Attributes
    ----------
    yardstick : what the networks will be compared with, where the minutes had to include its measurement; else None
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
    threads: int | None = None
    progress: Progress | None = None
    say: Callable[[str], None] = print
    save_every: float = SAVE_EVERY
    clock: Callable[[], float] = time.monotonic
    began: float | None = None
    losses: dict[str, list[list[float]]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    yardstick: Yardstick | None = field(default=None, init=False)
    _snapshot: Callable[[], Saved | None] | None = field(default=None, init=False)

    def run(self) -> Learned:
        """Train, and return the networks with the running averages of their weights.

        If the run is interrupted (KeyboardInterrupt) after any training, it is first written to the resume file.

        Raises
        ------
        ModelError
            The population does not fit the images.
        TrainingDiverged
            The loss is NaN or infinite; the resume file holds the last good state.
        CheckpointError
            The resume file is damaged, or of another run.
        """
        if self.encoder.dimensions != len(self.source.mean):
            raise ModelError(
                f"the population sees {self.encoder.dimensions} {self.source.words.features}; the "
                f"{self.source.words.many} have {len(self.source.mean)}"
            )
        self._started = time.monotonic()
        if self.began is None:
            self.began = self.clock()
        self._identity = identity_of(self.source, self.encoder, self.seed)
        saved = self._saved()
        if self.threads is None:
            free = min(free_cores(), torch.get_num_threads())
            self.threads = free if saved is None else int(saved.state["threads"])
        with limited_threads(self.threads):
            try:
                return self._run(saved)
            except KeyboardInterrupt:
                with held_back():
                    self._write()
                raise
            except TrainingDiverged as error:
                if self.resume_file is None or not self.resume_file.is_file():
                    raise
                raise TrainingDiverged(f"{error}; the last good state is in {self.resume_file}") from None

    def finished(self) -> None:
        """Remove the resume file, once the networks are saved."""
        if self.resume_file is not None:
            self.resume_file.unlink(missing_ok=True)

    def _run(self, saved: Saved | None) -> Learned:
        self.accelerator = accelerator(self.recipe.precision, cpu=self.device == "cpu")
        self.at = self.accelerator.device
        self._spent = 0.0 if saved is None else float(saved.state["spent"])
        self.speeds: dict[str, float] = {} if saved is None else dict(saved.state["speeds"])
        effort = effort_for(self.minutes)
        levels = (
            levels_for(self.source, self.encoder, effort=effort) if saved is None else Levels(**saved.state["levels"])
        )
        process = self.accelerator.process_index
        self.batches = Batches(self.source, self.encoder, self.recipe, levels, self.seed, process, self.at)
        torch.manual_seed(self.seed)  # the first weights
        denoising = fresh_denoisers(self.source, self.encoder, self.recipe.architecture, levels, self.seed)
        gain = fresh_gain(denoising)
        if self.start is not None:
            begin_with(self.start, denoising, gain)
        if saved is not None:
            self.losses = saved.state["losses"]
            if (state := saved.parts.get("yardstick")) is not None:
                self.yardstick = Yardstick.from_state(state)
        elif self.minutes is not None:
            self.yardstick = Yardstick.of(self.source, self.encoder, levels, seed=self.seed, effort=effort)
            assert self.began is not None
            found = recipe_that_lasts(self, denoising, gain, self.began + 60 * self.minutes, self.yardstick.views)
            self.recipe = Recipe.from_json(broadcast_object_list([found.to_json()])[0])  # the main process's, in all
        at = _ORDER.index(STAGES[0] if saved is None else saved.state["stage"])
        self._denoisers(denoising, saved, at)
        if self.recipe.gain_steps:
            self._gain(gain, denoising, saved, at)
        self._snapshot = self._snapshot_at("finished", denoising, gain if self.recipe.gain_steps else None)
        self._write()
        return Learned(denoising.cpu(), gain.cpu() if self.recipe.gain_steps else None, self.encoder, self._notes())

    def _notes(self) -> dict[str, Any]:
        notes = {
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
            "seconds": round(self._elapsed(), 1),
            "device": str(self.at) if self.at.type == "cpu" else torch.cuda.get_device_name(self.at),
            "processes": self.accelerator.num_processes,
            "losses": self.losses,
            "torch": torch.__version__,
            "steps_per_second": self.speeds,
        }
        return notes if self.start is None else notes | {"began_with": self.start.notes}

    # -- stages ---------------------------------------------------------------------------------------------------

    def _denoisers(self, denoising: DenoisingNetwork, saved: Saved | None, at: int) -> None:
        """Train the denoisers; where there is a linear step, measure it, and train what responses tell beyond it."""
        counts = dict(zip(STAGES, (self.recipe.steps, self.recipe.response_steps, self.recipe.gain_steps)))
        if saved is not None and (at > 1 or (at == 1 and "weights" not in saved.parts)):
            give_weights(denoising, saved, "done")
        for k, (name, loss) in enumerate(zip(STAGES, (self.denoising_loss, self.response_loss))):
            begun_here = saved is not None and saved.state["stage"] == name and "weights" in saved.parts
            if at <= k and counts[name]:
                if name == "responses" and not begun_here:
                    measure_step(denoising, self.batches.draw("step", 0, _STEPPED))
                stage = self.stage(name, denoising, loss, counts[name])
                after = next((then for then in STAGES[k + 1 :] if counts[then]), "finished")
                then = partial(self._snapshot_at, after, denoising, None)
                self._train(stage, saved if begun_here else None, {}, then)
            denoising.eval().requires_grad_(False).to(self.at)

    def _gain(self, gain: GainNetwork, denoising: DenoisingNetwork, saved: Saved | None, at: int) -> None:
        begun_here = at == 2 and saved is not None and "weights" in saved.parts
        if at <= 2:
            if not begun_here:
                measure_size(gain.to(self.at), denoising, self.batches.draw("size", 0, _SIZED))
            stage = self.gain_stage(gain, denoising, self.recipe.pool)
            done = {"done": denoising.state_dict()}
            then = self._snapshot_at
            self._train(stage, saved if begun_here else None, done, lambda: then("means", denoising, gain))
        else:
            assert saved is not None
            give_weights(gain, saved, "weights")
            gain.to(self.at)
        gain.eval().requires_grad_(False)
        if at <= 3:
            # A short run uses no more images than it was trained on.
            count = min(MOST_MEASURED, self.recipe.batch * self.recipe.gain_steps)
            size, closed = min(at_once(len(self.source.mean)), count), bool(self.recipe.pool)
            self._snapshot = self._snapshot_at("means", denoising, gain)
            measure_means(gain, denoising, lambda k: self.batches.draw("levels", k, size), count // size, closed)

    def gain_stage(self, gain: GainNetwork, denoising: DenoisingNetwork, pool: int) -> Stage:
        """The stage of the gain network; it learns the closure at `pool` noisy stimuli, or else what responses tell."""
        loss = partial(gain_loss, self.accelerator, denoising, self.recipe.target)
        batches = ClosurePool(self.batches, denoising, pool) if pool else self.batches
        return self.stage(STAGES[2], gain, loss, self.recipe.gain_steps, batches)

    def stage(self, name: str, module: Any, loss_of: Loss, steps: int, batches: Any = None) -> Stage:
        """A stage of this run, before its first step."""
        run = {"accelerator": self.accelerator, "batches": batches or self.batches}
        return Stage(name, module, loss_of, steps, recipe=self.recipe, say=self.say, **run)

    def _train(
        self, stage: Stage, saved: Saved | None, parts: dict[str, Any], then: Callable[[], Callable[[], Saved]]
    ) -> None:
        """Take the remaining steps of a stage; `then` makes the snapshot that is kept afterwards."""
        if saved is not None:
            stage.restore(saved.parts, int(saved.state["step"]), self.losses[stage.name])
        self.losses[stage.name] = stage.losses
        levels = stage.module.levels

        def snapshot() -> Saved | None:
            if not stage.whole or (stage.name == STAGES[0] and stage.step == 0):
                return None  # a step is under way, or nothing was trained yet
            return self._now(stage.name, stage.step, levels, stage.parts() | parts)

        self._snapshot = snapshot
        start, first = time.monotonic(), stage.step
        stage.run(self.progress if self.accelerator.is_main_process else None, Every(self.save_every, self._write))
        self.speeds[stage.name] = round((stage.step - first) / max(time.monotonic() - start, 1e-6), 3)
        with held_back():
            stage.average.copy_to(stage.parameters)
            self._snapshot = then()

    # -- what is kept ---------------------------------------------------------------------------------------------

    def _snapshot_at(self, name: str, denoising: DenoisingNetwork, gain: GainNetwork | None) -> Callable[[], Saved]:
        """The state between two stages, as it is now."""
        parts: dict[str, Any] = {"done": weights_of(denoising)}
        if gain is not None:
            parts["weights"] = weights_of(gain)
        saved = self._now(name, 0, denoising.levels, parts)
        return lambda: saved

    def _now(self, name: str, step: int, levels: Levels, parts: dict[str, Any]) -> Saved:
        if self.yardstick is not None:
            parts = parts | {"yardstick": self.yardstick.to_state()}
        state = {
            "stage": name,
            "step": step,
            "recipe": self.recipe.to_json(),
            "levels": vars(levels),
            "losses": self.losses,
            "spent": self._elapsed(),
            "speeds": self.speeds,
            "threads": self.threads,
        }
        return Saved(self._identity | state, parts)

    def _elapsed(self) -> float:
        """Seconds of this run, including those before it was interrupted."""
        return self._spent + time.monotonic() - self._started

    def _write(self) -> None:
        """Write the resume file, if there is one and there is anything to keep."""
        if self.resume_file is None or self._snapshot is None or not self.accelerator.is_main_process:
            return
        saved = self._snapshot()
        if saved is not None:
            write_saved(self.resume_file, saved)

    def _saved(self) -> Saved | None:
        saved = begun(self.resume_file, self.resume, self._identity)
        if saved is not None:
            self.recipe = recipe_of(self.resume_file, saved.state, _ORDER, self.recipe, self.say)
        return saved

    def denoising_loss(self, network: Any, batch: Batch) -> Tensor:
        return denoising_loss(self.accelerator, not self.recipe.response_steps, network, batch)

    def response_loss(self, network: Any, batch: Batch) -> Tensor:
        return denoising_loss(self.accelerator, True, network, batch)
