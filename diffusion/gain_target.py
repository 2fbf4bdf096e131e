"""The training losses, the targets of the gain network, and the measurement that sets its means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .batches import Batch
from .closure_pool import Told
from .networks import LEVEL_SCALES, DenoisingNetwork, GainNetwork
from .stepped import SteppedNetwork

if TYPE_CHECKING:
    from accelerate import Accelerator

#: Most stimuli, and most pixels, that go through the networks at once while means are measured.
_AT_ONCE, _PIXELS = 1024, 1 << 22


def denoising_loss(accelerator: Accelerator, responses: bool, network: Any, batch: Batch) -> Tensor:
    """Mean squared error of xhat, with or without responses, in units of the output, in which it is about 1."""
    # Called through `forward`, which is what accelerate wraps.
    found = network(batch.xg, batch.gamma, *((batch.r, batch.given) if responses else ()))
    out = accelerator.unwrap_model(network).scaling(batch.gamma)[1]
    return (((found - batch.x) / out) ** 2).mean()


def gain_loss(accelerator: Accelerator, denoising: DenoisingNetwork, target: str, network: Any, batch: Batch) -> Tensor:
    """Mean squared error of the gain network, in its unit; `target` is a key of `gain_targets`, or ``closure``.

    A unit that differs among features weighs them by their share: those without information are not learned first.
    """
    if isinstance(batch, Told):
        aim, beside = batch.closure, batch.beside
    else:
        with accelerator.autocast():
            targets, beside = gain_targets(denoising, batch)
        aim = targets[target]
    unit = accelerator.unwrap_model(network).unit(batch.gamma)
    off = network(batch.xg, batch.gamma, beside) - aim
    return (off**2 / (unit * unit.mean(1, keepdim=True))).mean()


def gain_targets(denoising: DenoisingNetwork, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
    """Random draws whose mean given xg is E_r[D_i^2 | xg], (B, d) each, by name; and what a gain network sees.

    ``square`` is D_i^2 itself; errors of the denoisers enter to first order. ``variance`` is
    ``(x - xhat)^2 - (x - xhat(r))^2``, which has the same mean by the law of total variance; it is noisier, but errors
    of the denoisers enter to second order only.
    """
    with torch.no_grad():
        seen, given, beside = denoising.both(batch.xg, batch.gamma, batch.r)
    return {"square": (given - seen) ** 2, "variance": (batch.x - seen) ** 2 - (batch.x - given) ** 2}, beside


def measure_step(denoising: DenoisingNetwork, batch: Batch) -> None:
    """Measure the linear step of denoisers that have one."""
    assert isinstance(denoising, SteppedNetwork)
    denoising.measure(batch.x, batch.xg, batch.gamma)


def at_once(pixels: int) -> int:
    """Stimuli of so many pixels that go through the networks at once while means are measured: 4 million pixels."""
    return max(1, min(_AT_ONCE, _PIXELS // pixels))


def measure_size(gain: GainNetwork, denoising: DenoisingNetwork, batch: Batch) -> None:
    """Set the gain network's unit to the mean size of the squares."""
    gain.know(denoising)
    shares, size = [], at_once(batch.x.shape[1])
    for start in range(0, len(batch.x), size):
        part = batch.part(slice(start, start + size))
        squares = gain_targets(denoising, part)[0]["square"]
        shares.append(squares.mean(1) / gain.unit(part.gamma).mean(1))
    gain.size.mul_(torch.cat(shares).mean())


def measure_means(
    gain: GainNetwork, denoising: DenoisingNetwork, draw: Callable[[int], Batch], batches: int, closed: bool = False
) -> None:
    """Correct the gain network's mean at each noise level and for each pixel, where a regression leaves a small error.

    The mean at a level is set to that of the ``variance`` target, so that errors of the denoisers enter to second order
    only. The shares of the pixels are first set by the less noisy ``square`` targets, and then moved towards those of
    the ``variance`` targets as far as the two differ by more than noise.

    Parameters
    ----------
    draw : gives the k-th batch
    batches : how many batches to draw
    closed : whether the gain network has learned the closure. That is a lower bound at each noisy stimulus (of linear
        neurons), and what responses tell in the mean is one as well: the larger of the two counts, and the shares of
        the pixels stay
    """
    levels, pixels, exact = _Means(LEVEL_SCALES), _Means(gain.pixel_scale.numel()), _Means(gain.pixel_scale.numel())
    for step in range(batches):
        batch = draw(step)
        with torch.no_grad():
            part = (gain.levels.place(batch.gamma) * LEVEL_SCALES).long().clamp_max(LEVEL_SCALES - 1).cpu()
            unit = gain.unit(batch.gamma).mean(1, keepdim=True)
            targets, beside = gain_targets(denoising, batch)
            answer = gain(batch.xg, batch.gamma, beside)
            levels.add(part, (targets["variance"] / unit).sum(1), (answer / unit).sum(1))
            gamma = batch.gamma[:, None]  # information weights the squares by 1 / gamma
            pixels.add(None, targets["square"] / gamma, answer / gamma)
            exact.add(None, targets["variance"] / gamma, targets["square"] / gamma)
    gain.level_scale.copy_(levels.scale().clamp_min(1.0 if closed else 0.0))
    if closed:
        return
    scale = (pixels.scale() * exact.common_scale()).to(gain.pixel_scale)
    shares = pixels.answered.to(scale)
    gain.pixel_scale.copy_(scale * shares.sum() / (scale * shares).sum())


class _Means:
    """Sums of targets and of answers over parts (levels or pixels), and the factor that makes their means agree."""

    def __init__(self, parts: int) -> None:
        self.target, self.answered, self.square = torch.zeros(3, parts, dtype=torch.float64)

    def add(self, part: Tensor | None, target: Tensor, answer: Tensor) -> None:
        """Add rows (B,) that belong to the given part each or, where `part` is None, rows (B, parts)."""
        target, answer = target.double().cpu(), answer.double().cpu()
        for total, value in ((self.target, target), (self.answered, answer), (self.square, (target - answer) ** 2)):
            if part is None:
                total += value.sum(0)
            else:
                total.index_add_(0, part, value)

    def _ratio(self) -> tuple[Tensor, Tensor]:
        """Target over answer in each part, and its standard error; 1 and 0 where a short run has seen nothing."""
        seen = self.answered > 0
        ratio = torch.where(seen, self.target / self.answered, 1.0)
        return ratio, torch.where(seen, self.square.sqrt() / self.answered, 0.0)

    def scale(self) -> Tensor:
        """The factor of each part, shrunk towards 1 by its noise (James and Stein), within 0.1 and 10."""
        ratio, doubt = self._ratio()
        kept = (1 - (doubt / (ratio - 1).abs().clamp_min(1e-9)) ** 2).clamp_min(0)
        return (1 + kept * (ratio - 1)).clamp(0.1, 10).float()

    def common_scale(self) -> Tensor:
        """The factors, shrunk towards their common mean by their noise (empirical Bayes), within 0.1 and 10."""
        ratio, doubt = self._ratio()
        weight = torch.where(doubt > 0, doubt.clamp_min(1e-9) ** -2, 0.0)
        total = weight.sum()
        if (weight > 0).sum() < 4:
            return torch.ones_like(ratio).float()
        mean = (weight * ratio).sum() / total
        # Variance between the parts in excess of their noise (DerSimonian and Laird).
        excess = (weight * (ratio - mean) ** 2).sum() - ((weight > 0).sum() - 1)
        between = (excess / (total - (weight**2).sum() / total)).clamp_min(0)
        kept = torch.where(weight > 0, between / (between + doubt**2).clamp_min(1e-300), 0.0)
        return (mean + kept * (ratio - mean)).clamp(0.1, 10).float()
