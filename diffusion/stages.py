"""One stage of training: a network, its optimiser, and steps that can be interrupted and resumed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel
from torch import Tensor

from ..errors import CheckpointError, TrainingDiverged
from .batches import Batch, Batches
from .closure_pool import ClosurePool
from .interrupts import held_back
from .recipes import Recipe

if TYPE_CHECKING:
    from accelerate import Accelerator

#: How many times per stage its loss is recorded.
_NOTED = 200

#: The mean loss of (network, batch).
Loss = Callable[[Any, Batch], Tensor]
#: Called with (stage, step, steps, loss).
Progress = Callable[[str, int, int, float], None]


class Stage:
    """Steps of AdamW on one network, with a cosine schedule and a running average of the weights.

    Parameters
    ----------
    name : of the stage; its batches depend on it
    module : the network, trained in place
    loss_of : the loss
    steps : total number of steps
    accelerator, batches, recipe : those of the run
    say : called with messages for the user

    Attributes
    ----------
    step : steps done
    whole : False during a step; a state taken then would mix two steps
    losses : [step, mean loss since the entry before] for each part of the stage
    micro : images that go through the network at once
    """

    def __init__(
        self,
        name: str,
        module: Any,
        loss_of: Loss,
        steps: int,
        *,
        accelerator: Accelerator,
        batches: Batches | ClosurePool,
        recipe: Recipe,
        say: Callable[[str], None],
    ) -> None:
        self.name, self.module, self.loss_of, self.steps = name, module, loss_of, steps
        self.accelerator, self.batches, self.recipe, self.say = accelerator, batches, recipe, say
        module.train().requires_grad_(True).to(accelerator.device)
        self.network = accelerator.prepare(module)
        self.parameters = list(module.part_of(name).parameters())
        self.optimiser = torch.optim.AdamW(self.parameters, lr=recipe.rate, weight_decay=1e-4, fused=True)
        self.schedule = get_cosine_schedule_with_warmup(self.optimiser, min(recipe.warm_up, steps // 5), steps)
        warming = {"use_ema_warmup": True, "inv_gamma": 1.0, "power": 0.75}
        self.average = EMAModel(self.parameters, decay=recipe.ema, foreach=accelerator.device.type == "cuda", **warming)
        self.prepared = accelerator.prepare(self.optimiser)
        self.step, self.whole = 0, True
        self.losses: list[list[float]] = []
        self._sum, self._counted = 0.0, 0
        self.micro = self._share = max(1, recipe.batch // accelerator.num_processes)

    # -- state ----------------------------------------------------------------------------------------------------

    def parts(self) -> dict[str, Any]:
        """State dicts, and the other values that `restore` needs."""
        return {
            "weights": self.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "average": self.average.state_dict(),
            "sum": [self._sum, self._counted, self.micro],
        }

    def restore(self, parts: dict[str, Any], step: int, losses: list[list[float]]) -> None:
        """Go on from where `parts` were taken; raises `CheckpointError` where they belong to another network."""
        try:
            self.module.load_state_dict(parts["weights"])
            self.optimiser.load_state_dict(parts["optimiser"])
            self.schedule.load_state_dict(parts["schedule"])
            self.average.load_state_dict(parts["average"])
            self.average.to(device=self.accelerator.device)
            self._sum, self._counted, self.micro = parts["sum"]
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"the unfinished run is of other networks ({str(error).splitlines()[0]})") from None
        self.step, self.losses = step, losses

    # -- steps ----------------------------------------------------------------------------------------------------

    def run(self, progress: Progress | None, after: Callable[[], None]) -> None:
        """Take the remaining steps.

        Parameters
        ----------
        progress : called after every 200th part of the stage
        after : called after each step
        """
        every = max(1, self.steps // _NOTED)
        while self.step < self.steps:
            with held_back():
                self.whole = False
                self.advance()
                noted = self.step % every == 0 or self.step == self.steps
                if noted:
                    self.losses.append([self.step, round(self._sum / self._counted, 6)])
                    self._sum, self._counted = 0.0, 0
                self.whole = True
            if noted and progress is not None:
                progress(self.name, self.step, self.steps, self.losses[-1][1])
            after()

    def advance(self) -> None:
        """One step of optimiser, schedule and average; raises `TrainingDiverged` if the loss is not finite."""
        batch = self.batches.draw(self.name, self.step, self._share)
        value = self._backward(batch)
        if not math.isfinite(value):
            raise TrainingDiverged(f"the loss of the {self.name} is {value} at step {self.step}: try a lower rate")
        self.accelerator.clip_grad_norm_(self.parameters, self.recipe.clip)
        self.prepared.step()
        self.schedule.step()
        self.average.step(self.parameters)
        self.step += 1
        self._sum, self._counted = self._sum + value, self._counted + 1

    def _backward(self, batch: Batch) -> float:
        """The loss of a batch, after adding its gradients; a batch that fails is split into smaller pieces.

        Out of memory on a CPU is a RuntimeError like any other. If single images fail too, the first error is raised.
        """
        first: RuntimeError | None = None
        while True:
            try:
                return self._in_pieces(batch)
            except RuntimeError as error:
                first = first or error
                if self.micro == 1:
                    raise first from None
                self.micro = max(1, min(self.micro, self._share) // 2)
            if self.accelerator.device.type == "cuda":
                torch.cuda.empty_cache()
            many = self.batches.many
            self.say(
                f"a batch of {self._share} {many} failed ({(str(first).splitlines() or ['no memory'])[0][:120]}); "
                f"going on with pieces of {self.micro} {many}"
            )

    def _in_pieces(self, batch: Batch) -> float:
        self.prepared.zero_grad()
        value = 0.0
        for start in range(0, self._share, self.micro):
            piece = batch.part(slice(start, start + self.micro))
            loss = self.loss_of(self.network, piece) * (len(piece.x) / self._share)
            self.accelerator.backward(loss)
            value += float(loss.detach())
        return value

    def seconds_per_step(self, clock: Callable[[], float], budget: float, counts: tuple[int, int]) -> float:
        """Mean time of a step, measured for about `budget` seconds, with `counts` as fewest and most steps.

        One step is taken first and not timed, because it is slower.
        """
        least, most = counts
        self.advance()
        start, done = clock(), 0
        while done < most and (done < least or clock() - start < budget):
            self.advance()
            done += 1
        return (clock() - start) / done


class Every:
    """Performs an action at most once per so many seconds; to be called often."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.seconds, self.action, self.last = seconds, action, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self.last >= self.seconds:
            self.action()
            self.last = time.monotonic()
