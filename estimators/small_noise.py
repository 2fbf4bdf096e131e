"""The limit of an integrand over g^2 as the noise level g tends to 0, by which Fisher information is estimated."""

from __future__ import annotations

import torch
from torch import Tensor

from ..diffusion.denoiser import normal
from ..errors import NotApplicable
from .estimate import Estimate
from .monte_carlo import Task, check_finite, repeat
from .sight import Sight

#: The noise level of the limit, in units of the finest scale: small enough for the limit, large enough for rounding.
_NEAR = 1e-3
#: With fewer samples their spread means nothing.
_FEWEST = 12


def limit(task: Task, x: Tensor) -> Estimate:
    """The limit g -> 0 of E[value] / g^2 at stimuli x (n, d), extrapolated from g and g / 2.

    Raises
    ------
    NotApplicable
        X has no density (a finite set of stimuli, a singular covariance), so there is no such limit.
    """
    denoiser = task.denoiser
    if not denoiser.is_density:
        raise NotApplicable(
            f"{task.measure} is a limit of small noise, which finite sets of stimuli and singular covariances do not "
            "have; in Python, encoder.fisher(x) gives the Fisher information of the responses"
        )
    level = torch.full((len(x),), denoiser.scales(x).finest * _NEAR, dtype=x.dtype, device=x.device)
    if task.budget.passes < _FEWEST * task.passes:
        raise ValueError(f"passes is too small: {task.measure} needs at least {_FEWEST * task.passes}")

    def draw(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        rows, z = x.repeat(size, 1), normal((size * len(x), x.shape[1]), x, generator)
        state = generator.get_state()
        slopes = []
        for g in (level.repeat(size), level.repeat(size) / 2):
            generator.set_state(state)  # the same responses at both levels
            sight = Sight(denoiser, task.sampler, rows, z, g, False, generator)
            slopes.append(task.value(sight) / g[:, None] ** 2)
        found = (2 * slopes[1] - slopes[0]).reshape(size, *x.shape)
        check_finite(found.reshape(-1, x.shape[1]), level.repeat(size), task)
        last_step = (slopes[1] - slopes[0]).sum(1).reshape(size, len(x))
        return found, torch.stack([last_step, torch.zeros_like(last_step)], dim=-1), level

    return repeat(task, draw, 1, x.numel(), 1.0)
