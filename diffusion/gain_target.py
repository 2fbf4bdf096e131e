"""What the gain network regresses, in what unit, and the mean that it is held to at each level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .batches import Batch
from .networks import LEVEL_SCALES, GainNetwork

#: xhat of (xg, gamma[, r]).
Denoising = Callable[..., Tensor]


def gain_target(denoising: Denoising, batch: Batch, kind: str) -> Tensor:
    """A draw whose mean given xg is E_r[D_i^2 | xg], (B, d).

    ``square`` is D_i^2 itself; what the denoisers get wrong is in it to first order. ``variance`` is
    ``(x - xhat)^2 - (x - xhat(r))^2``, by the law of total variance: noisier, and wrong to second order only.
    """
    with torch.no_grad():
        seen, given = denoising(batch.xg, batch.gamma), denoising(batch.xg, batch.gamma, batch.r)
    if kind == "square":
        return (given - seen) ** 2
    return (batch.x - seen) ** 2 - (batch.x - given) ** 2


def measure_size(gain: GainNetwork, denoising: Denoising, batch: Batch) -> None:
    """Set the gain network's unit to the size that the squares have."""
    sizes = gain_target(denoising, batch, "square") / gain.unit(batch.gamma)
    gain.size.mul_(sizes.mean())


def measure_levels(gain: GainNetwork, denoising: Denoising, draw: Callable[[int], Batch], batches: int) -> None:
    """Set the gain network's mean at each level to that of the ``variance`` target.

    Parameters
    ----------
    draw : the batch of a number
    """
    told, answered, square = torch.zeros(3, LEVEL_SCALES, dtype=torch.float64)
    for step in range(batches):
        batch = draw(step)
        with torch.no_grad():
            part = (gain.levels.place(batch.gamma) * LEVEL_SCALES).long().clamp_max(LEVEL_SCALES - 1).cpu()
            unit = gain.unit(batch.gamma)
            target = _total(gain_target(denoising, batch, "variance") / unit)
            answer = _total(gain(batch.xg, batch.gamma) / unit)
        told.index_add_(0, part, target)
        answered.index_add_(0, part, answer)
        square.index_add_(0, part, (target - answer) ** 2)
    seen = answered > 0  # a short run has seen some levels only
    ratio = torch.where(seen, told / answered, 1.0)
    # As far from 1 as it is surely (James and Stein): elsewhere the noise of the difference would be what is kept.
    doubt = torch.where(seen, square.sqrt() / answered, 0.0)
    kept = (1 - (doubt / (ratio - 1).abs().clamp_min(1e-9)) ** 2).clamp_min(0)
    gain.level_scale.copy_((1 + kept * (ratio - 1)).clamp(0.1, 10).float())


def _total(value: Tensor) -> Any:
    return value.sum(1).double().cpu()
