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

    The mean at a level is set to that of the ``variance`` target, so that the total is wrong to second order only. The
    proportions among pixels start from the less noisy ``square`` targets, and go towards those of the ``variance``
    targets as far as these differ by more than their noise.

    Parameters
    ----------
    draw : the batch of a number
    """
    levels, pixels, exact = _Means(LEVEL_SCALES), _Means(gain.pixel_scale.numel()), _Means(gain.pixel_scale.numel())
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
            exact.add(None, targets["variance"] / gamma, targets["square"] / gamma)
    gain.level_scale.copy_(levels.scale())
    scale = (pixels.scale() * exact.common_scale()).to(gain.pixel_scale)
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

    def _ratio(self) -> tuple[Tensor, Tensor]:
        """Of the means, and its standard error; 1 and 0 where a short run has seen nothing."""
        seen = self.answered > 0
        ratio = torch.where(seen, self.told / self.answered, 1.0)
        return ratio, torch.where(seen, self.square.sqrt() / self.answered, 0.0)

    def scale(self) -> Tensor:
        """The factor of each part, as far from 1 as it surely is (James and Stein), from 0.1 to 10."""
        ratio, doubt = self._ratio()
        kept = (1 - (doubt / (ratio - 1).abs().clamp_min(1e-9)) ** 2).clamp_min(0)
        return (1 + kept * (ratio - 1)).clamp(0.1, 10).float()

    def common_scale(self) -> Tensor:
        """The factors, each drawn towards their mean the more, the more of its distance is noise (empirical Bayes)."""
        ratio, doubt = self._ratio()
        weight = torch.where(doubt > 0, doubt.clamp_min(1e-9) ** -2, 0.0)
        total = weight.sum()
        if (weight > 0).sum() < 4:
            return torch.ones_like(ratio).float()
        mean = (weight * ratio).sum() / total
        # Variance between the parts, beyond their noise (DerSimonian and Laird).
        excess = (weight * (ratio - mean) ** 2).sum() - ((weight > 0).sum() - 1)
        between = (excess / (total - (weight**2).sum() / total)).clamp_min(0)
        kept = torch.where(weight > 0, between / (between + doubt**2).clamp_min(1e-300), 0.0)
        return (mean + kept * (ratio - mean)).clamp(0.1, 10).float()
