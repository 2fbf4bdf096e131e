"""How a training run keeps to its minutes: how many steps fit, and how long the measurements around them may take."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from .gain_target import at_once, measure_means
from .held_out import BANDS
from .networks import DenoisingNetwork, GainNetwork
from .recipes import Recipe

if TYPE_CHECKING:
    from .training import Training

#: Minutes from which on measurements take all their samples; shorter runs take proportionally fewer.
_FULL = 5.0
#: Share of the run's time in which the steps of each stage are timed, and the fewest and most steps that are timed.
_TIMING, _TIMED = 0.03, (2, 60)
#: Share of the run's time in which the networks' systematic error is measured at the end.
_BIAS = 0.04
#: Seconds to write the checkpoint and its card.
_WRITING = 1.0
#: Images on which `measure_means` and the closure are timed.
_PILOT = 256


def effort_for(minutes: float | None) -> float:
    """The share of its samples, from 0 to 1, that a measurement takes in a run of so many minutes."""
    return 1.0 if minutes is None else min(1.0, minutes / _FULL)


def seconds_for_bias(run: Training) -> float | None:
    """Seconds in which a run's networks may be tested for systematic errors; None where no minutes are given."""
    if run.minutes is None or run.began is None:
        return None
    return max(run.began + 60 * run.minutes - run.clock(), 60 * run.minutes * _BIAS)


def recipe_that_lasts(
    run: Training, denoising: DenoisingNetwork, gain: GainNetwork, until: float, views: int
) -> Recipe:
    """The run's recipe with as many steps as fit; the time per step is measured on copies of the networks.

    Parameters
    ----------
    until : the reading of the run's clock at which the run has to end
    views : noisy held-out images per band of noise levels, which the networks denoise at the end
    """
    assert run.minutes is not None
    part = 60 * run.minutes * _TIMING
    one = run.stage("denoisers", copy.deepcopy(denoising), run.denoising_loss, run.recipe.steps)
    step = one.seconds_per_step(run.clock, part, _TIMED)
    if run.recipe.gain_steps == 0:
        return run.recipe.lasting(_left(run, until, BANDS * views * step / run.recipe.batch), step, step, 0.0)
    plain = one.module.eval().requires_grad_(False)
    response_step = 0.0
    if run.recipe.response_steps:
        two = run.stage("responses", copy.deepcopy(plain), run.response_loss, run.recipe.response_steps)
        response_step = two.seconds_per_step(run.clock, part, _TIMED)
        plain = two.module.eval().requires_grad_(False)
    # A GPU is slow at first, and takes hardly longer for many stimuli than for few.
    pilot, times = (at_once(len(run.source.mean)), 2) if run.at.type == "cuda" else (_PILOT, 1)
    for _ in range(times):
        start = run.clock()
        other = run.gain_stage(copy.deepcopy(gain), plain, pilot if run.recipe.pool else 0)
        pooling = (run.clock() - start) / pilot
    gain_step = other.seconds_per_step(run.clock, part, _TIMED)
    for _ in range(times):
        start = run.clock()
        measured = other.module.eval().requires_grad_(False)
        measure_means(measured, plain, lambda k: run.batches.draw("levels", k, pilot), 1)
        image = (run.clock() - start) / pilot
    left = _left(run, until, 2 * BANDS * views * image)
    return run.recipe.lasting(left, step, gain_step, image, response_step, pooling)


def _left(run: Training, until: float, judging: float) -> float:
    """Seconds that are left for the steps and for measuring the means after them."""
    left = until - run.clock() - judging - _WRITING - 60 * (run.minutes or 0.0) * _BIAS
    if left <= 0:
        what = "1 minute is" if run.minutes == 1 else f"{run.minutes:g} minutes are"
        run.say(f"{what} too few: timing the steps and testing the networks take that long; taking one step")
    return max(0.0, left)
