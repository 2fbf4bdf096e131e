"""Noisy stimuli with their Gaussian closure: what a gain network learns without the noise of responses.

A regression on squares D^2 sees one response per noisy stimulus, and each square is as noisy as it is large. The
closure has no noise, and is right wherever X given xg is nearly Gaussian: at low levels above all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .batches import Batch, Batches
from .checkpoints import Learned
from .samplers import Closure
from .unet import UNetDenoiser

if TYPE_CHECKING:
    from .networks import DenoisingNetwork

#: Noisy stimuli whose derivatives are held at once.
_AT_ONCE = 512


@dataclass
class Told(Batch):
    """A batch with what a gain network sees of it, (B, inputs * d), and its closure (B, d)."""

    beside: Tensor
    closure: Tensor

    def part(self, rows: slice | Tensor) -> Told:
        return Told(**{name: value[rows] for name, value in vars(self).items()})


class ClosurePool:
    """The closure of trained denoisers at `count` noisy stimuli, in place of the `Batches` of a stage."""

    def __init__(self, batches: Batches, denoising: DenoisingNetwork, count: int) -> None:
        self.many, self.seed, self.process = batches.many, batches.seed, batches.process
        drawn = batches.draw("pool", 0, count)
        self.device = batches.device
        denoiser = UNetDenoiser(Learned(denoising, None, batches.encoder, {}), device=batches.device)
        closed, beside = [], []
        for start in range(0, count, _AT_ONCE):
            part = drawn.part(slice(start, start + _AT_ONCE))
            closed.append(Closure().squared_gain(denoiser, part.xg, part.gamma, False, denoiser.generator(0)))
            with torch.no_grad():
                beside.append(denoising.beside(part.xg, part.gamma))
        self.all = Told(**vars(drawn), beside=torch.cat(beside), closure=torch.cat(closed).detach())

    def draw(self, purpose: str, step: int, count: int) -> Told:
        """`count` of them for one step."""
        rows = np.random.default_rng([self.seed, step, self.process]).integers(len(self.all.x), size=count)
        return self.all.part(torch.from_numpy(rows).to(self.device))
