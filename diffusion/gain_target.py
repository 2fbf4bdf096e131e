"""What the gain network regresses, in what unit, and the mean that it is held to at each level."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .batches import Batch
from .networks import LEVEL_SCALES, GainNetwork

#: xhat of (xg, gamma[, r]).
Denoising = Callable[..., Tensor]


def gain_targets(denoising: Denoising, batch: Batch) -> dict[str, Tensor]:
    """Draws whose mean given xg is E_r[D_i^2 | xg], (B, d) each.

    ``square`` is D_i^2 itself; what the denoisers get wrong is in it to first order. ``variance`` is
    ``(x - xhat)^2 - (x - xhat(r))^2``, by the law of total variance: noisier, and wrong to second order only.
    """
    with torch.no_grad():
        seen, given = denoising(batch.xg, batch.gamma), denoising(batch.xg, batch.gamma, batch.r)
    return {"square": (given - seen) ** 2, "variance": (batch.x - seen) ** 2 - (batch.x - given) ** 2}


def measure_size(gain: GainNetwork, denoising: Denoising, batch: Batch) -> None:
    """Set the gain network's unit to the size that the squares have."""
    sizes = gain_targets(denoising, batch)["square"] / gain.unit(batch.gamma)
    gain.size.mul_(sizes.mean())


def measure_means(gain: GainNetwork, denoising: Denoising, draw: Callable[[int], Batch], batches: int) -> None:
    """Set what a regression leaves a little wrong everywhere: the gain network's mean at each level, and of each pixel.

    The mean at a level is set to that of the ``variance`` target, so that the total is wrong to second order only; of
    the pixels' ``square`` targets, which are less noisy, only the proportions are taken.

    Parameters
    ----------
    draw : the batch of a number
    """
    levels, pixels = _Means(LEVEL_SCALES), _Means(gain.pixel_scale.numel())
    for step in range(batches):
        batch = draw(step)
        with torch.no_grad():
            part = (gain.levels.place(batch.gamma) * LEVEL_SCALES).long().clamp_max(LEVEL_SCALES - 1).cpu()
            unit = gain.unit(batch.gamma)
            answer = gain(batch.xg, batch.gamma)
            targets = gain_targets(denoising, batch)
            levels.add(part, (targets["variance"] / unit).sum(1), (answer / unit).sum(1))
            gamma = batch.gamma[:, None]  # nats weigh the squares by 1 / gamma
            pixels.add(None, targets["square"] / gamma, answer / gamma)
    gain.level_scale.copy_(levels.scale())
    scale = pixels.scale().to(gain.pixel_scale)
    shares = pixels.answered.to(scale)
    gain.pixel_scale.copy_(scale * shares.sum() / (scale * shares).sum())


class _Means:
    """Sums of targets and of answers in some parts, and the factor that makes their means agree."""

    def __init__(self, parts: int) -> None:
        self.told, self.answered, self.square = torch.zeros(3, parts, dtype=torch.float64)

    def add(self, part: Tensor | None, target: Tensor, answer: Tensor) -> None:
        """Rows (B,) of a part each, or (B, parts)."""
        target, answer = target.double().cpu(), answer.double().cpu()
        for total, value in ((self.told, target), (self.answered, answer), (self.square, (target - answer) ** 2)):
            if part is None:
                total += value.sum(0)
            else:
                total.index_add_(0, part, value)

    def scale(self) -> Tensor:
        """The factor of each part, as far from 1 as it surely is (James and Stein), from 0.1 to 10."""
        seen = self.answered > 0  # a short run has seen some levels only
        ratio = torch.where(seen, self.told / self.answered, 1.0)
        doubt = torch.where(seen, self.square.sqrt() / self.answered, 0.0)
        kept = (1 - (doubt / (ratio - 1).abs().clamp_min(1e-9)) ** 2).clamp_min(0)
        return (1 + kept * (ratio - 1)).clamp(0.1, 10).float()
