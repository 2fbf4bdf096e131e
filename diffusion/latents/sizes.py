"""`SizePreset`: what suits images of a size: the critic's network, its batch, and the preset of `stiminfo train`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SizePreset:
    """What suits images of a size.

    Attributes
    ----------
    size : pixels per side up to which it is meant
    critic : "separable" (layers of units) or "convolutional", see `Critic`
    critic_steps, critic_batch : optimiser steps of each critic, and pairs per step
    network : the preset of `stiminfo train` for a denoiser of these images
    memory : what `stiminfo groups` takes with the 2,304 images of the rendered world, GiB
    """

    size: int
    critic: str
    critic_steps: int
    critic_batch: int
    network: str
    memory: float

    @property
    def needs_gpu(self) -> bool:
        """Whether its critics take hours on a CPU."""
        return self.critic == "convolutional"

    @property
    def device(self) -> str:
        """Where its critics are trained: small ones on the CPU, where they give the same numbers everywhere."""
        import torch

        return "cuda" if self.needs_gpu and torch.cuda.is_available() else "cpu"


#: By rising size. Two layers of units see 256 pixels well; from 4,096 pixels on, convolutions need fewer weights.
SIZES = (
    SizePreset(32, "separable", 700, 256, "small", 0.6),
    SizePreset(64, "convolutional", 1500, 256, "64", 1.5),
    SizePreset(256, "convolutional", 3000, 128, "128", 5.0),
)


def preset_for_size(size: int) -> SizePreset:
    """The preset for images of so many pixels on the longer side."""
    return next((preset for preset in SIZES if size <= preset.size), SIZES[-1])
