"""The machinery that the estimates from denoisers share: replicates and their errors.

A replicate is one complete estimate: a lattice of noise levels with its own offset, and one noisy stimulus at each
level. Replicates are independent and unbiased. Their spread is therefore the standard error, includes the integration
error, and remains valid where sampling noise vanishes. Within a replicate the noises of different levels are orthogonal
(or, in few dimensions, stratified), which makes the spread smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..diffusion.bias_record import Bias
from ..diffusion.denoiser import Denoiser
from ..diffusion.finite_joint import FiniteJoint, Guide
from ..diffusion.samplers import ResponseSampler
from ..errors import EstimateError
from .estimate import Estimate
from .joint_sight import GuidedSight, JointSight
from .levels import LevelPlan
from .sight import Sight
from .tally import Tally

#: Entries of xg in one group of replicates. It determines the stream of random numbers, so it is a constant.
_GROUP = 1 << 18
_MOST_REPLICATES = 64
#: With fewer replicates their spread means nothing; with fewer levels the lattice is too coarse.
_FEWEST_REPLICATES, _FEWEST_LEVELS = 4, 5
#: Replicates before a goal (`rtol`) counts as reached.
_FEWEST_FOR_GOAL = 12
#: Replicates of the pilot that shows where draws scatter, and how many times its cost a budget must hold.
_PILOTS, _WORTH = 6, 6
#: Its stream of random numbers: a number of replicates that no estimate reaches.
_PILOT_STREAM = 1 << 40

Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Budget:
    """The passes to spend on each stimulus, or the most passes to spend until a relative error is reached."""

    passes: int
    rtol: float | None


@dataclass(frozen=True)
class Task:
    """An expectation to integrate over gamma with dg / (2 g^2), and the means to do so.

    Attributes
    ----------
    measure : its name, for the estimate and for errors
    value : ``value(sight)``, one draw per noisy stimulus: (B,), or (B, d) if it is feature-wise
    passes : denoiser passes per draw
    use_variance : whether posterior variances replace squares
    progress : called with the passes spent and the relative error reached
    listed : whether all responses are summed where the denoiser can list them
    bias : of the denoiser with this sampler; None if it is exact
    """

    measure: str
    value: Callable[[Sight], Tensor]
    passes: int
    featurewise: bool
    denoiser: Denoiser
    sampler: ResponseSampler
    budget: Budget
    seed: int = 0
    use_variance: bool = False
    progress: Progress | None = None
    listed: bool = False
    bias: Bias | None = None


#: A joint whose responses are summed, or drawn where they cannot be listed, and where its noisy stimuli matter.
Listed = tuple[FiniteJoint, Guide]
#: From (size, generator) to `size` replicates: values (size, n) or (size, n, d), the parts of the integral beyond both
#: ends (size, n, 2), and the noise levels.
Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor, Tensor]]


def integrate(task: Task, x: Tensor, plan: LevelPlan, listed: Listed | None = None) -> Estimate:
    """Estimate the task's integral at stimuli x (n, d) until the budget is spent or the goal is reached."""
    wanted, pilot = plan.wanted(), 0
    if listed is None and task.budget.passes >= _WORTH * _PILOTS * wanted * task.passes:
        generator = task.denoiser.generator(stream(task.seed, _PILOT_STREAM))
        plan = plan.following(_replicates(task, x, plan, None, _PILOTS, wanted, generator).parts)
        pilot = _PILOTS * wanted * task.passes
        task = _after(task, pilot)
    count = _levels_for(task.budget.passes // task.passes, wanted, task)
    if task.budget.rtol is not None:
        count = min(count, wanted)  # many small steps towards the goal

    gaps = torch.zeros(len(x), dtype=torch.float64)

    def draw(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        found = _replicates(task, x, plan, listed, size, count, generator)
        gaps.add_(found.gap.cpu())
        return found.values, found.tails, found.gamma

    width = len(x) * count * max(x.shape[1], task.denoiser.dimensions)
    drawn = listed is None or listed[0].likelihoods is not None
    found = repeat(task, draw, count, width, plan.doubt, task.denoiser.rare_nats if drawn else 0.0)
    found = replace(found, passes=found.passes + pilot)
    if task.bias is None:
        return found
    systematic = task.bias.of(torch.from_numpy(found.value), gaps / found.replicates)
    return replace(found, systematic=systematic.numpy())


def _after(task: Task, pilot: int) -> Task:
    """The task with what a pilot left of its budget; progress counts the pilot's passes too."""
    budget, tell = replace(task.budget, passes=task.budget.passes - pilot), task.progress
    return replace(task, budget=budget, progress=tell and (lambda passes, error: tell(passes + pilot, error)))


def repeat(task: Task, draw: Draw, count: int, width: int, doubt: float, rare: float = 0.0) -> Estimate:
    """Average replicates (`count` samples, `width` numbers each) until the budget is spent or the goal reached."""
    cost = count * task.passes
    replicates = task.budget.passes // cost
    group = max(1, min(_MOST_REPLICATES, _GROUP // width))
    tally, goal = Tally(doubt, rare, count), task.budget.rtol
    while tally.count < replicates:
        size = min(group, replicates - tally.count)
        tally.add(*draw(size, task.denoiser.generator(stream(task.seed, tally.count))))
        if task.progress is not None:
            task.progress(tally.count * cost, float(tally.relative_errors().max()))
        if goal is not None and tally.count >= _FEWEST_FOR_GOAL and float(tally.relative_errors().max()) <= goal:
            break
    return tally.estimate(task.measure, task.sampler.name, tally.count * cost, task.seed, goal)


def _levels_for(samples: int, wanted: int, task: Task) -> int:
    """Levels per replicate: `wanted`, or fewer if four replicates would not fit, or more if there is room for many."""
    fewest = _FEWEST_REPLICATES * _FEWEST_LEVELS
    if samples < fewest:
        raise ValueError(f"passes is too small: {task.measure} needs at least {fewest * task.passes} with this sampler")
    if samples < _FEWEST_REPLICATES * wanted:
        return samples // _FEWEST_REPLICATES
    return max(wanted, min(samples // _MOST_REPLICATES, 4 * wanted))


class Replicates(NamedTuple):
    """Replicates of the integral at n stimuli.

    Attributes
    ----------
    values : (size, n) or (size, n, d)
    tails : (size, n, 2), the parts of the integral beyond both ends
    gamma : (size, n, count) the levels
    gap : (n,) the sum over replicates of what the denoiser's bias adds to each total
    parts : (size, n, count, 1 or d) the parts of the integral at each level
    """

    values: Tensor
    tails: Tensor
    gamma: Tensor
    gap: Tensor
    parts: Tensor


def _replicates(
    task: Task,
    x: Tensor,
    plan: LevelPlan,
    listed: Listed | None,
    size: int,
    count: int,
    generator: torch.Generator,
) -> Replicates:
    """`size` replicates at once."""
    n, d = x.shape
    like = x[:0] if listed is None else x[:0].double()
    offset = torch.rand(size, n, dtype=like.dtype, device=like.device, generator=generator)
    gamma, weight, beyond = plan.lattice(count, offset)
    noise_dimensions = task.denoiser.dimensions if listed is None else listed[0].members.shape[1]
    z = _noises(size * n, count, noise_dimensions, like, generator).reshape(-1, noise_dimensions)
    points = x.expand(size, n, d)[:, :, None].expand(size, n, count, d).reshape(-1, d)
    common = (task.denoiser, task.sampler, points, z, gamma.reshape(-1), task.use_variance, generator)
    if listed is None:
        sight = Sight(*common)
    else:
        which = torch.arange(n, device=x.device)[:, None].expand(size, n, count).reshape(-1)
        kind = JointSight if listed[0].likelihoods is None else GuidedSight
        sight = kind(*common, listed[0], which, listed[1], _strata(size * n, count, like, generator).reshape(-1))
    found = task.value(sight)
    check_finite(found, sight.gamma, task)
    found = found.reshape(size, n, count, -1)
    parts = found * weight[..., None]
    total = parts.sum(2)
    # Beyond the ends f / g falls as g and as 1 / g, so the outermost levels show how much is left there.
    ends = torch.stack([found[:, :, i] / (2 * gamma[:, :, i, None]) for i in (0, -1)], dim=2)  # (size, n, 2, features)
    tails = ends * (-beyond).exp()[..., None]
    if plan.doubt < 1:
        total = total + tails.sum(2)
    share = 0.0 if task.bias is None else task.bias.at(gamma)
    gap = (found.sum(-1) * weight * share).sum((0, 2))
    return Replicates(total if task.featurewise else total[..., 0], tails.sum(-1), gamma, gap, parts)


def _noises(rows: int, count: int, d: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal noises (rows, count, d), orthogonal across levels or, where d is small, stratified."""
    options: dict[str, Any] = {"dtype": like.dtype, "device": like.device, "generator": generator}
    if d >= count:
        frames, corner = torch.linalg.qr(torch.randn(rows, d, count, **options))
        signs = corner.diagonal(dim1=1, dim2=2).sign()
        lengths = torch.randn(rows, count, d, **options).norm(dim=2)
        return (frames * signs[:, None]).mT * lengths[..., None]
    share = torch.stack([_strata(rows, count, like, generator) for _ in range(d)], dim=2)
    tiny = torch.finfo(like.dtype).eps
    return torch.special.ndtri(share.clamp(tiny, 1 - tiny))


def _strata(rows: int, count: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """Uniform numbers (rows, count), one in each of `count` equal parts of a row, in random order."""
    options: dict[str, Any] = {"dtype": like.dtype, "device": like.device, "generator": generator}
    order = torch.rand(rows, count, **options).argsort(dim=1)
    return (order + torch.rand(rows, count, **options)) / count


def check_finite(found: Tensor, gamma: Tensor, task: Task) -> None:
    """Raise `EstimateError` unless every number is finite and the shape is right."""
    rows = len(gamma)
    expected = (rows, task.denoiser.dimensions) if task.featurewise else (rows,)
    if found.shape != expected:
        raise EstimateError(
            f"{type(task.denoiser).__name__} returned the wrong shape: {task.measure} got {tuple(found.shape)} for "
            f"{rows} noisy stimuli; expected {expected}"
        )
    bad = ~torch.isfinite(found.reshape(rows, -1)).all(1)
    if bad.any():
        raise EstimateError(
            f"{task.measure}: {int(bad.sum())} of {rows} noisy stimuli gave NaN or infinity, at noise levels gamma "
            f"from {float(gamma[bad].min()):.3g} to {float(gamma[bad].max()):.3g}; the denoiser or the likelihood is "
            "not finite there"
        )


def stream(seed: int, start: int) -> int:
    """A seed for the group of replicates that begins at `start` or, if that is negative, for a block of stimuli."""
    return int(
        np.random.SeedSequence([seed, start] if start >= 0 else [seed, -start, 1]).generate_state(1, np.uint64)[0] >> 1
    )
