"""The eight measures from denoisers: each the one expectation that it takes, over shared machinery.

D = xhat(xg, r) - xhat(xg), the gain of a response. Which expectation is over r given x, over r given xg, or over
samples of a posterior is the whole difference between the measures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..diffusion.denoiser import Denoiser, Unknown, normal
from ..diffusion.response_side import responses_of
from ..diffusion.samplers import PosteriorSampler, ResponseSampler, sampler_named
from ..errors import NotApplicable
from .estimate import Estimate, joined
from .levels import LevelPlan
from .monte_carlo import Budget, Progress, Sight, Task, check_finite, integrate, repeat, stimuli_of, stream

#: Most passes for each stimulus where a relative error is asked for and no budget is given.
MOST_PASSES = 200_000
#: Numbers in the noisy views of one replicate; more stimuli than that are taken in blocks.
MOST_NUMBERS = 1 << 22
#: Samples of the small estimate that tells what a given range leaves out.
PILOT = 64


def local(at: Sight) -> Tensor:
    """I_local,i: E_{xg|x} E_{r|xg} D_i^2 (Eqs. 8, 9)."""
    return at.sampler.squared_gain(at.denoiser, at.xg, at.gamma, at.use_variance, at.generator)


def kong2(at: Sight) -> Tensor:
    """I_Kong2,i: E_{r|x} E_{xg|x} D_i^2 (Eqs. 19, 20)."""
    xg, r = at.xg, at.response()
    return (at.xhat(xg, r) - at.xhat(xg)) ** 2


def kong1(at: Sight) -> Tensor:
    """I_Kong1,i: E_{r|x} E_{xg|x} [(x_i - xhat_i(xg))^2 - (x_i - xhat_i(xg, r))^2]; its sum is I_surp (Eq. 18)."""
    xg, r = at.xg, at.response()
    return (at.x - at.xhat(xg)) ** 2 - (at.x - at.xhat(xg, r)) ** 2


def cissi(at: Sight) -> Tensor:
    """I_CiSSI: E_{r|x} E_{x'|r} E_{x'g|x'} |D|^2 (Eq. 4)."""
    r = at.response()
    xg = at.through_noise(at.denoiser.draw_given_response(r, at.generator))
    return ((at.xhat(xg, r) - at.xhat(xg)) ** 2).sum(1)


def ssi(at: Sight) -> Tensor:
    """I_SSI: E_{r|x} [mmse(g) - mmse(g|r)], errors of X' ~ p(X) and of X' ~ p(X|r) (Eq. 2)."""
    r = at.response()
    anyone = at.denoiser.draw_prior(len(r), at.generator)
    return at.error(anyone) - at.error(at.denoiser.draw_given_response(r, at.generator), r)


def sp(at: Sight) -> Tensor:
    """I_sp: mmse_R(g) - mmse_R(g|x), with denoisers of the response; `at.denoiser` is that side's (Eq. 1)."""
    anyone = at.denoiser.draw_prior(len(at.x), at.generator)
    own = at.denoiser.draw_given_response(at.x, at.generator)
    return at.error(anyone) - at.error(own, at.x)


_TASKS = {
    "i_local": Task("i_local", local, 2, True),
    "i_kong2": Task("i_kong2", kong2, 2, True),
    "i_kong1": Task("i_kong1", kong1, 2, True),
    "i_surp": Task("i_surp", lambda at: kong1(at).sum(1), 2, False),
    "i_cissi": Task("i_cissi", cissi, 2, False),
    "i_ssi": Task("i_ssi", ssi, 2, False),
    "i_sp": Task("i_sp", sp, 2, False),
}


def estimate(
    measure: str,
    denoiser: Denoiser,
    x: Any,
    *,
    passes: int | None = None,
    rtol: float | None = None,
    sampler: str | ResponseSampler = "posterior",
    seed: int = 0,
    form: str = "auto",
    gamma_range: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """See `PublishedMeasure.estimate`."""
    points = stimuli_of(x, denoiser)
    most = max(1, MOST_NUMBERS // (40 * points.shape[1]))
    if len(points) > most:
        options = {"passes": passes, "rtol": rtol, "sampler": sampler, "form": form, "gamma_range": gamma_range}
        parts = [
            estimate(measure, denoiser, part, seed=stream(seed, -1 - i), progress=progress, **options)  # type: ignore[arg-type]
            for i, part in enumerate(torch.split(points, most))
        ]
        return joined(parts, seed)
    bounds = None if gamma_range is None else _bounds(gamma_range)
    budget = _budget(passes, rtol)
    chosen = sampler_named(sampler, denoiser)
    if form not in ("auto", "raw", "variance"):
        raise ValueError(f"form is {form!r}; expected auto, raw or variance")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; expected a whole number, not negative")
    try:
        if measure == "fisher":
            return _fisher(denoiser, chosen, points, budget, seed, progress)
        side = responses_of(denoiser) if measure == "i_sp" else denoiser
        task = _TASKS[measure]
        use_variance = _use_variance(form, measure, side, chosen)
        if measure == "i_local":
            task = Task("i_local", local, chosen.passes(denoiser), True)
        scales = denoiser.scales(points)  # also says where x is no stimulus of the denoiser's
        if side is not denoiser:
            scales = side.scales(points)
        elif measure in ("i_cissi", "i_ssi"):
            # These look at other stimuli too, those that a response may have come from.
            scales = scales.widened(denoiser.scales(denoiser.typical(denoiser.generator(seed))))

        def over(plan: LevelPlan, budget: Budget, progress: Progress | None) -> Estimate:
            return integrate(
                task, side, chosen, points, plan, budget, use_variance=use_variance, seed=int(seed), progress=progress
            )

        with torch.no_grad() if not _needs_gradient(chosen, denoiser, measure) else torch.enable_grad():
            whole = LevelPlan.between(scales)
            if bounds is None:
                return over(whole, budget, progress)
            # What a given range leaves out is told by a small estimate over all levels.
            pilot = over(whole, Budget(PILOT * task.passes, None), None)
            return over(LevelPlan.within(*bounds, points), budget, progress).beside(pilot)
    except Unknown as reason:
        raise NotApplicable(f"{measure} cannot be estimated here: {reason}") from reason


def _budget(passes: int | None, rtol: float | None) -> Budget:
    if rtol is not None and (not isinstance(rtol, int | float | np.number) or not 0 < rtol < 1):
        raise ValueError(f"rtol is {rtol!r}; expected a number between 0 and 1")
    if passes is None:
        passes = 256 if rtol is None else MOST_PASSES
    numeric = isinstance(passes, int | float | np.number) and not isinstance(passes, bool)
    if not numeric or not 1 <= passes < float("inf") or int(passes) != passes:
        raise ValueError(f"passes is {passes!r}; expected a positive whole number")
    return Budget(int(passes), rtol)


def _use_variance(form: str, measure: str, side: Denoiser, sampler: ResponseSampler) -> bool:
    """Whether posterior variances stand in for squares: where they are known, and the identity holds."""
    holds = measure in ("i_ssi", "i_sp") or (measure == "i_local" and isinstance(sampler, PosteriorSampler))
    if form == "variance" and not (holds and side.knows_variance):
        why = f"{type(side).__name__} knows none" if holds else "that identity is not this estimator's"
        raise NotApplicable(f"{measure} by the {sampler.name} sampler has no variance form: {why}")
    return form != "raw" and holds and side.knows_variance


def _needs_gradient(sampler: ResponseSampler, denoiser: Denoiser, measure: str) -> bool:
    return measure == "i_local" and sampler.name == "tweedie" and not denoiser.knows_posterior


def _bounds(gamma_range: Any) -> tuple[float, float]:
    try:
        low, high = (float(g) for g in gamma_range)
    except (TypeError, ValueError):
        raise ValueError(f"gamma_range is {gamma_range!r}; expected (low, high)") from None
    if not 1e-150 < low < high < 1e150:
        raise ValueError(f"gamma_range is {gamma_range}; expected 0 < low < high")
    return low, high


#: The noise level of the Fisher limit, in units of the smallest scale: small for the limit, large for rounding.
_NEAR = 1e-3
#: Samples of the Fisher limit below which their spread says nothing.
_FEWEST = 12


def _fisher(
    denoiser: Denoiser, sampler: ResponseSampler, x: Tensor, budget: Budget, seed: int, progress: Progress | None
) -> Estimate:
    """J_ii: the limit g -> 0 of E_{r|x} E_{xg|x} D_i^2 / g^2, extrapolated from g and g / 2 (densities only)."""
    if not denoiser.is_density:
        raise NotApplicable(
            "fisher is a limit of small noise, which lone stimuli and singular covariances do not have; "
            "see encoder.fisher(x)"
        )
    level = torch.full((len(x),), denoiser.scales(x).finest * _NEAR, dtype=x.dtype, device=x.device)
    task = Task("fisher", kong2, 4, True)
    if budget.passes < _FEWEST * task.passes:
        raise ValueError(f"passes is too small: fisher needs at least {_FEWEST * task.passes}")

    def draw(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        rows, z = x.repeat(size, 1), normal((size * len(x), x.shape[1]), x, generator)
        r = denoiser.encoder.sample(rows, generator)
        slopes = []
        for g in (level.repeat(size), level.repeat(size) / 2):
            xg = rows + g.sqrt()[:, None] * z
            slopes.append(((denoiser.xhat(xg, g, r) - denoiser.xhat(xg, g)) / g[:, None]) ** 2)
        found = (2 * slopes[1] - slopes[0]).reshape(size, *x.shape)
        check_finite(found.reshape(-1, x.shape[1]), level.repeat(size), task, denoiser)
        last_step = (slopes[1] - slopes[0]).sum(1).reshape(size, len(x))
        return found, torch.stack([last_step, torch.zeros_like(last_step)], dim=-1), level

    with torch.no_grad():
        return repeat(task, draw, denoiser, budget, 1, x.numel(), sampler, 1.0, seed, progress)
