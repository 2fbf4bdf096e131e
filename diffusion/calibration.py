"""How a run fits in its minutes: how much to spend before and after the steps, and how many steps remain."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from .gain_target import measure_means
from .held_out import BANDS
from .networks import DenoisingNetwork, GainNetwork
from .recipes import Recipe

if TYPE_CHECKING:
    from .training import Training

#: Minutes from which on nothing is spared; a shorter run spends the same share of its time on what is not steps.
_FULL = 5.0
#: Share of the time in which the steps of each stage are timed, and fewest and most steps for that.
_TIMING, _TIMED = 0.03, (2, 60)
#: Seconds for the checkpoint and the card.
_WRITING = 1.0
#: Images through which the measuring of means is timed.
_PILOT = 256


def effort_for(minutes: float | None) -> float:
    """The share of samples to take where a run of so many minutes measures something, from 0 to 1."""
    return 1.0 if minutes is None else min(1.0, minutes / _FULL)


def recipe_that_lasts(
    run: Training, denoising: DenoisingNetwork, gain: GainNetwork, until: float, views: int
) -> Recipe:
    """The run's recipe with as many steps as fit, from the time that some steps take on copies of the networks.

    Parameters
    ----------
    until : what the run's clock says at the end
    views : of held-out images in each band, which the networks will answer at the end
    """
    assert run.minutes is not None
    part = 60 * run.minutes * _TIMING
    one = run.stage("denoisers", copy.deepcopy(denoising), run.denoising_loss, run.recipe.steps)
    step = one.seconds_per_step(run.clock, part, _TIMED)
    if run.recipe.gain_steps == 0:
        return run.recipe.lasting(_left(run, until, 0.0), step, step, 0.0)
    plain = one.module.eval().requires_grad_(False)
    other = run.stage("gain", copy.deepcopy(gain), run.gain_loss(plain), run.recipe.gain_steps)
    gain_step = other.seconds_per_step(run.clock, part, _TIMED)
    start = run.clock()
    measure_means(other.module.eval().requires_grad_(False), plain, lambda k: run.batches.draw("levels", k, _PILOT), 1)
    image = (run.clock() - start) / _PILOT
    return run.recipe.lasting(_left(run, until, 2 * BANDS * views * image), step, gain_step, image)


def _left(run: Training, until: float, judging: float) -> float:
    """Seconds for the steps and what is measured right after them."""
    left = until - run.clock() - judging - _WRITING
    if left <= 0:
        run.say(f"{run.minutes:g} minutes are too few here: calibration and judging take as long; one step is taken")
    return max(0.0, left)
