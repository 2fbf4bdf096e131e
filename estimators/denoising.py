"""The engine of estimates from denoisers: from a measure's integrand and a denoiser to values with standard errors.

D = xhat(xg, r) - xhat(xg) is the gain of a response. The measures differ only in their expectations: over r given x,
over r given xg, or over posterior samples. Each measure's file gives its own as an `Integrand`.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..diffusion.denoiser import Denoiser, Unknown
from ..diffusion.samplers import ResponseSampler, sampler_named
from ..errors import NotApplicable
from .estimate import Estimate, joined
from .exact import Integrand
from .levels import LevelPlan
from .monte_carlo import Budget, Progress, Task, integrate, stream
from .sight import stimuli_of
from .small_noise import limit

#: Most passes per stimulus where a relative error is asked for without a budget.
MOST_PASSES = 200_000
#: Numbers in the noisy stimuli of one replicate; more stimuli than that are taken in blocks.
MOST_NUMBERS = 1 << 22
#: Stimuli whose guides are held at once, some 400 kB each.
MOST_GUIDED = 128
#: Samples of the small estimate that shows how much a given range of levels leaves out.
PILOT = 64
FORMS = ("auto", "raw", "variance")


def estimate(
    measure: str,
    integrand: Integrand,
    denoiser: Denoiser,
    x: Any,
    *,
    passes: int | None = None,
    rtol: float | None = None,
    sampler: str | ResponseSampler | None = None,
    seed: int = 0,
    form: str = "auto",
    gamma_range: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """See `PublishedMeasure.estimate`."""
    points = stimuli_of(x, denoiser)
    if form not in FORMS:
        raise ValueError(f"form is {form!r}; expected auto, raw or variance")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; expected a whole number, not negative")
    bounds = None if gamma_range is None else _bounds(gamma_range)
    if sampler is None:  # a learned gain is used where it is asked for
        sampler = denoiser.usual_sampler if denoiser.gain is None else "posterior"
    budget, chosen = _budget(passes, rtol, denoiser.usual_passes), sampler_named(sampler, denoiser)
    denoiser, chosen, points = _centred(denoiser, chosen, points)
    spent = len(points) * (denoiser.usual_passes if passes is None else budget.passes)
    try:
        side = denoiser.response_side() if integrand.of_responses else denoiser
        task = Task(
            measure,
            integrand.value,
            chosen.passes(denoiser) if integrand.passes is None else integrand.passes,
            integrand.featurewise,
            side,
            chosen,
            budget,
            int(seed),
            _use_variance(form, measure, integrand, side, chosen),
            progress,
            form != "raw" and (not integrand.by_sampler or chosen.draws_exactly(denoiser)),
            None if integrand.small_noise else denoiser.bias(chosen if integrand.by_sampler else None, spent),
        )
        if denoiser.caution:  # after all checks, so that nobody is warned about an estimate that is refused
            warnings.warn(denoiser.caution, UserWarning, stacklevel=3)
        with torch.no_grad():
            found = _in_blocks(task, integrand, denoiser, points, bounds)
    except Unknown as reason:
        raise NotApplicable(f"{measure} cannot be estimated here: {reason}") from reason
    useless = int((found.systematic > np.abs(found.value)).sum())
    if 2 * useless > len(points):
        warnings.warn(
            f"the systematic error exceeds the value at {useless} of {len(points)} stimuli: {denoiser!r} with sampler "
            f"{chosen.name} says at most how large {measure} may be",
            UserWarning,
            stacklevel=3,
        )
    return found


def _centred(denoiser: Denoiser, sampler: ResponseSampler, x: Tensor) -> tuple[Denoiser, ResponseSampler, Tensor]:
    """The same with stimuli counted from the prior's centre, where a sampler's own functions can follow."""
    moved, centre = denoiser.centred()
    follows = getattr(sampler, "centred", None)
    follower = None if follows is None else follows(centre)
    return (denoiser, sampler, x) if follower is None else (moved, follower, x - centre)


def _in_blocks(
    task: Task, integrand: Integrand, denoiser: Denoiser, x: Tensor, bounds: tuple[float, float] | None
) -> Estimate:
    """Estimate as many stimuli at once as memory holds; each block has its own random numbers."""
    most = max(1, MOST_NUMBERS // (40 * x.shape[1]))
    if task.listed and task.denoiser.joint(x[:1]) is not None:
        most = min(most, MOST_GUIDED)
    if len(x) <= most:
        return _estimate(task, integrand, denoiser, x, bounds)
    parts = []
    for i, part in enumerate(torch.split(x, most)):
        own = replace(task, seed=stream(task.seed, -1 - i))
        parts.append(_estimate(own, integrand, denoiser, part, bounds))
    return joined(parts, task.seed)


def _estimate(
    task: Task, integrand: Integrand, denoiser: Denoiser, x: Tensor, bounds: tuple[float, float] | None
) -> Estimate:
    if integrand.small_noise:
        return limit(task, x)
    scales = denoiser.scales(x)  # raises where x is not a stimulus of the denoiser
    joint = task.denoiser.joint(x) if task.listed else None
    if task.denoiser is not denoiser:
        scales = task.denoiser.scales(x)
    elif integrand.looks_elsewhere:
        scales = scales.widened(denoiser.scales(denoiser.typical(denoiser.generator(task.seed))))
    elsewhere = integrand.looks_elsewhere or integrand.of_responses
    listed = None
    if joint is not None:
        listed = joint, joint.look(integrand.variance) if elsewhere else joint.scan()
    whole = LevelPlan.between(scales) if listed is None else LevelPlan.guided(listed[1])
    if bounds is None:
        return integrate(task, x, whole, listed)
    # A small estimate over all levels shows how much a given range leaves out.
    pilot = integrate(replace(task, budget=Budget(PILOT * task.passes, None), progress=None), x, whole, listed)
    return integrate(task, x, LevelPlan.within(*bounds, x), listed).beside(pilot)


def _budget(passes: int | None, rtol: float | None, usual: int) -> Budget:
    if rtol is not None and (not isinstance(rtol, int | float | np.number) or not 0 < rtol < 1):
        raise ValueError(f"rtol is {rtol!r}; expected a number between 0 and 1")
    if passes is None:
        passes = usual if rtol is None else MOST_PASSES
    numeric = isinstance(passes, int | float | np.number) and not isinstance(passes, bool)
    if not numeric or not 1 <= passes < float("inf") or int(passes) != passes:
        raise ValueError(f"passes is {passes!r}; expected a positive whole number")
    return Budget(int(passes), rtol)


def _use_variance(form: str, measure: str, integrand: Integrand, side: Denoiser, sampler: ResponseSampler) -> bool:
    """Whether posterior variances replace squares: if the denoiser knows them and the law of total variance applies."""
    holds = integrand.variance and (not integrand.by_sampler or sampler.keeps_variance)
    if form == "variance" and not (holds and side.knows_variance):
        why = f"{type(side).__name__} does not know posterior variances" if holds else "the identity does not apply"
        raise NotApplicable(f"{measure} with the {sampler.name} sampler has no variance form: {why}")
    return form != "raw" and holds and side.knows_variance


def _bounds(gamma_range: Any) -> tuple[float, float]:
    try:
        low, high = (float(g) for g in gamma_range)
    except (TypeError, ValueError):
        raise ValueError(f"gamma_range is {gamma_range!r}; expected (low, high)") from None
    if not 1e-150 < low < high < 1e150:
        raise ValueError(f"gamma_range is {gamma_range}; expected 0 < low < high")
    return low, high
