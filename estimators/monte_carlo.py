"""The shared machinery of the diffusion-based estimators: replicates and their errors.

A replicate is one whole estimate: a lattice of noise levels with an offset of its own, and one noisy stimulus a level.
Replicates are independent and unbiased, so their spread is the standard error, integration error included, and stays
honest where sampling noise vanishes. Within a replicate the noises of different levels are orthogonal (or, in few
dimensions, stratified), which lowers the spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..diffusion.denoiser import Denoiser
from ..diffusion.samplers import ResponseSampler
from ..errors import EstimateError, ModelError
from ..models.arrays import Array
from .estimate import Estimate
from .levels import LevelPlan

#: Entries of xg that one group of replicates holds; fixes the stream of random numbers, so it is a constant.
_GROUP = 1 << 18
_MOST_REPLICATES = 64
#: Less than this and the spread of replicates says nothing, or the lattice is too coarse to be one.
_FEWEST_REPLICATES, _FEWEST_LEVELS = 4, 5
#: Replicates before a goal (`rtol`) may be called reached.
_FEWEST_FOR_GOAL = 12

Progress = Callable[[int, float], None]


@dataclass
class Sight:
    """What an integrand sees: B noisy views, each of a stimulus x at a level gamma with noise z.

    Attributes
    ----------
    x, z : (B, d); gamma : (B,)
    """

    denoiser: Denoiser
    sampler: ResponseSampler
    x: Tensor
    z: Tensor
    gamma: Tensor
    use_variance: bool
    generator: torch.Generator

    @property
    def xg(self) -> Tensor:
        """The stimulus through noise, (B, d)."""
        return self.through_noise(self.x)

    def through_noise(self, x: Tensor) -> Tensor:
        """Any stimuli (B, d) through the same noise."""
        return x + self.gamma.sqrt()[:, None] * self.z

    def response(self) -> Tensor:
        """A draw of r ~ p(r|x), (B, k)."""
        return self.denoiser.encoder.sample(self.x, self.generator)

    def xhat(self, xg: Tensor, r: Tensor | None = None) -> Tensor:
        """E[X|xg] or E[X|xg, r], (B, d)."""
        mean = self.denoiser.xhat(xg, self.gamma, r)
        if mean.shape != xg.shape:
            raise EstimateError(
                f"{type(self.denoiser).__name__}.xhat returned shape {tuple(mean.shape)}; expected {tuple(xg.shape)}"
            )
        return mean

    def error(self, x: Tensor, r: Tensor | None = None) -> Tensor:
        """|x - xhat|^2, or the posterior's variance: their mean over x ~ p(X) (or p(X|r)) is the mmse, (B,)."""
        xg = self.through_noise(x)
        if self.use_variance:
            variance = self.denoiser.posterior(xg, self.gamma, r, variance=True).variance
            assert variance is not None
            return variance.sum(1)
        return ((x - self.xhat(xg, r)) ** 2).sum(1)


Integrand = Callable[[Sight], Tensor]


@dataclass(frozen=True)
class Task:
    """An integral over gamma to estimate: E of `integrand`, dg / (2 g^2)."""

    measure: str
    integrand: Integrand
    passes: int
    featurewise: bool


@dataclass(frozen=True)
class Budget:
    """Passes for each stimulus, or a relative error to reach with at most so many."""

    passes: int
    rtol: float | None


#: (size, generator) to `size` replicates: values (size, n) or (size, n, d), what lies beyond both ends (size, n, 2),
#: and the noise levels.
Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor, Tensor]]


def integrate(
    task: Task,
    denoiser: Denoiser,
    sampler: ResponseSampler,
    x: Tensor,
    plan: LevelPlan,
    budget: Budget,
    *,
    use_variance: bool,
    seed: int,
    progress: Progress | None,
) -> Estimate:
    """Estimate the task's integral at stimuli x (n, d) until the budget is spent or the goal is reached."""
    wanted = plan.wanted()
    count = _levels_for(budget.passes // task.passes, wanted, task)
    if budget.rtol is not None:
        count = min(count, wanted)  # many small steps towards the goal

    def draw(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        return _replicates(task, denoiser, sampler, x, plan, size, count, use_variance, generator)

    width = len(x) * count * max(x.shape[1], denoiser.dimensions)
    return repeat(task, draw, denoiser, budget, count, width, sampler, plan.doubt, seed, progress)


def repeat(
    task: Task,
    draw: Draw,
    denoiser: Denoiser,
    budget: Budget,
    count: int,
    width: int,
    sampler: ResponseSampler,
    doubt: float,
    seed: int,
    progress: Progress | None,
) -> Estimate:
    """Average replicates of `count` samples and `width` numbers each until the budget or the goal says stop."""
    cost = count * task.passes
    replicates = budget.passes // cost
    group = max(1, min(_MOST_REPLICATES, _GROUP // width))
    tally = _Tally()
    while tally.count < replicates:
        size = min(group, replicates - tally.count)
        tally.add(*draw(size, denoiser.generator(stream(seed, tally.count))))
        if progress is not None:
            progress(tally.count * cost, tally.relative_error())
        enough = tally.count >= _FEWEST_FOR_GOAL
        if budget.rtol is not None and enough and tally.relative_error() <= budget.rtol:
            break
    # Lone stimuli and counts have events so rare that none is drawn: of a nat, once in as many samples, say.
    unseen = denoiser.rare_nats / (tally.count * count)
    return tally.estimate(task, sampler, tally.count * cost, doubt, unseen, seed)


def _levels_for(samples: int, wanted: int, task: Task) -> int:
    """Levels of a replicate: `wanted`, fewer where not four replicates would fit, more where there are plenty."""
    fewest = _FEWEST_REPLICATES * _FEWEST_LEVELS
    if samples < fewest:
        raise ValueError(f"passes is too small: {task.measure} needs at least {fewest * task.passes} with this sampler")
    if samples < _FEWEST_REPLICATES * wanted:
        return samples // _FEWEST_REPLICATES
    return max(wanted, min(samples // _MOST_REPLICATES, 4 * wanted))


def _replicates(
    task: Task,
    denoiser: Denoiser,
    sampler: ResponseSampler,
    x: Tensor,
    plan: LevelPlan,
    size: int,
    count: int,
    use_variance: bool,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """`size` replicates at once: values (size, n) or (size, n, d), and the tails (size, n, 2) beyond both ends."""
    n, d = x.shape
    offset = torch.rand(size, dtype=x.dtype, device=x.device, generator=generator)
    gamma, weight, beyond = plan.lattice(count, offset)
    noise_dimensions = denoiser.dimensions
    z = _noises(size * n, count, noise_dimensions, x, generator)
    sight = Sight(
        denoiser,
        sampler,
        x.expand(size, n, d)[:, :, None].expand(size, n, count, d).reshape(-1, d),
        z.reshape(-1, noise_dimensions),
        gamma.reshape(-1),
        use_variance,
        generator,
    )
    found = task.integrand(sight)
    check_finite(found, sight.gamma, task, denoiser)
    found = found.reshape(size, n, count, -1)
    total = (found * weight[..., None]).sum(2)
    # Beyond the ends f / g falls as g and as 1 / g: the outermost levels say how much is left.
    ends = torch.stack([found[:, :, i] / (2 * gamma[:, :, i, None]) for i in (0, -1)], dim=2)  # (size, n, 2, features)
    tails = ends * (-beyond).exp()[..., None]
    if plan.doubt < 1:
        total = total + tails.sum(2)
    return (total if task.featurewise else total[..., 0]), tails.sum(-1), gamma


def _noises(rows: int, count: int, d: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal noises (rows, count, d): orthogonal across levels, or stratified where d is small."""
    options: dict[str, Any] = {"dtype": like.dtype, "device": like.device, "generator": generator}
    if d >= count:
        frames, corner = torch.linalg.qr(torch.randn(rows, d, count, **options))
        signs = corner.diagonal(dim1=1, dim2=2).sign()
        lengths = torch.randn(rows, count, d, **options).norm(dim=2)
        return (frames * signs[:, None]).mT * lengths[..., None]
    order = torch.rand(rows, count, d, **options).argsort(dim=1)
    share = (order + torch.rand(rows, count, d, **options)) / count
    tiny = torch.finfo(like.dtype).eps
    return torch.special.ndtri(share.clamp(tiny, 1 - tiny))


def check_finite(found: Tensor, gamma: Tensor, task: Task, denoiser: Denoiser) -> None:
    """Every number finite and every shape right, or an error that names where."""
    rows = len(gamma)
    expected = (rows, denoiser.dimensions) if task.featurewise else (rows,)
    if found.shape != expected:
        raise EstimateError(
            f"{type(denoiser).__name__} returned the wrong shape: {task.measure} got {tuple(found.shape)} for {rows} "
            f"noisy stimuli; expected {expected}"
        )
    bad = ~torch.isfinite(found.reshape(rows, -1)).all(1)
    if bad.any():
        raise EstimateError(
            f"{task.measure}: {int(bad.sum())} of {rows} noisy stimuli gave NaN or infinity, at noise levels gamma "
            f"from {float(gamma[bad].min()):.3g} to {float(gamma[bad].max()):.3g}; the denoiser or the likelihood is "
            "not finite there"
        )


def stream(seed: int, start: int) -> int:
    """A seed for the group of replicates that begins at `start`, or (negative) for a block of stimuli."""
    return int(
        np.random.SeedSequence([seed, start] if start >= 0 else [seed, -start, 1]).generate_state(1, np.uint64)[0] >> 1
    )


class _Tally:
    """Running mean and spread of replicates."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Tensor | None = None
        self.square: Tensor | None = None
        self.total_mean: Tensor | None = None
        self.total_square: Tensor | None = None
        self.tails: Tensor | None = None
        self.low, self.high = math.inf, 0.0

    def add(self, values: Tensor, tails: Tensor, gamma: Tensor) -> None:
        """Fold in replicates (size, n[, d]); Chan's update, so that nothing cancels."""
        total = values if values.ndim == 2 else values.sum(2)
        size = len(values)
        self.mean, self.square = _merge(self.mean, self.square, self.count, values)
        self.total_mean, self.total_square = _merge(self.total_mean, self.total_square, self.count, total)
        mean_tails = tails.mean(0)
        self.tails = (
            mean_tails if self.tails is None else self.tails + (mean_tails - self.tails) * size / (self.count + size)
        )
        self.count += size
        self.low, self.high = min(self.low, float(gamma.min())), max(self.high, float(gamma.max()))

    def relative_error(self) -> float:
        """Largest standard error over the value it belongs to, among the totals."""
        if self.count < 2 or self.total_mean is None or self.total_square is None:
            return math.inf
        stderr = (self.total_square / (self.count * (self.count - 1))).sqrt()
        return float((stderr / self.total_mean.abs().clamp_min(1e-300)).max())

    def estimate(
        self, task: Task, sampler: ResponseSampler, passes: int, doubt: float, unseen: float, seed: int
    ) -> Estimate:
        """The average with its errors: `doubt` is the share of the cut-off that may be wrong, `unseen` in nats."""
        mean, square, total, spread, tails = self.mean, self.square, self.total_mean, self.total_square, self.tails
        assert mean is not None
        assert square is not None
        assert total is not None
        assert spread is not None
        assert tails is not None
        cutoff = tails.abs().sum(1)
        rounding = 64 * torch.finfo(total.dtype).eps * (1 + total.abs())
        unsure = torch.stack([doubt * cutoff, torch.full_like(cutoff, unseen), rounding]).norm(dim=0)
        scale = self.count * (self.count - 1)
        stderr = (spread / scale + unsure**2).sqrt()
        features = stderr_features = None
        if task.featurewise:
            # What is unsure of the total is so of the features too, those that seem small included.
            share = (mean.abs() / mean.abs().sum(1, keepdim=True).clamp_min(1e-300)).clamp_min(1 / mean.shape[1])
            features = _numpy(mean)
            stderr_features = _numpy((square / scale + (share * unsure[:, None]) ** 2).sqrt())
        return Estimate(
            _numpy(total),
            _numpy(stderr),
            features,
            stderr_features,
            passes,
            _numpy(cutoff),
            self.count,
            (self.low, self.high),
            task.measure,
            sampler.name,
            seed,
        )


def _merge(mean: Tensor | None, square: Tensor | None, count: int, values: Tensor) -> tuple[Tensor, Tensor]:
    size, new = len(values), values.mean(0)
    spread = ((values - new) ** 2).sum(0)
    if mean is None or square is None:
        return new, spread
    gap = new - mean
    return mean + gap * size / (count + size), square + spread + gap**2 * count * size / (count + size)


def _numpy(value: Tensor) -> Array:
    return np.asarray(value.detach().cpu().double().numpy())


def stimuli_of(x: Any, denoiser: Denoiser) -> Tensor:
    """Stimuli (n, d) as the denoiser's tensor; raises `ModelError` for what does not fit it."""
    given = np.asarray(x.detach().cpu() if isinstance(x, Tensor) else x)
    if given.dtype.kind not in "buif":
        raise ModelError(f"x holds {given.dtype} values; expected real numbers (n, {denoiser.dimensions})")
    points = denoiser.tensor(given)
    if points.ndim == 1 and denoiser.dimensions == 1:
        points = points[:, None]
    if points.ndim != 2 or points.shape[1] != denoiser.dimensions or len(points) == 0:
        raise ModelError(f"x has shape {tuple(points.shape)}; expected (n, {denoiser.dimensions})")
    if not torch.isfinite(points).all():
        raise ModelError(f"x is not finite at stimulus {int((~torch.isfinite(points).all(1)).nonzero()[0])}")
    return points
