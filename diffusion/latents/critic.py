"""`Critic`: a network f(x, z) that InfoNCE trains to tell the latents of an image from those of others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ModelError, TrainingDiverged
from .contrastive import Pairs, info_nce

#: Width of the hidden layers, and length of the embeddings of a separable critic.
WIDTH, EMBEDDING = 256, 64
#: Channels of the convolutions.
_CHANNELS = (32, 64, 64)
#: Pairs from which the scales of images and latents are taken.
_SEEN = 4096
#: Optimiser steps, pairs per step (the candidates), and the largest learning rate, which falls to 0 along a cosine.
STEPS, BATCH, RATE = 700, 256, 2e-3


class Critic(nn.Module):
    """f(x, z) of images and latents.

    Parameters
    ----------
    kind : "separable": <a(x), b(z)> of two networks, cheap for all pairs of a batch; "convolutional": the same, with
        three layers of convolutions for a; "joint": one network of both
    dimensions, latents : d and k
    width : of the hidden layers
    shape : (h, w) of the images, with h w = d; only convolutions need it

    Raises
    ------
    ModelError
        An unknown kind.
    """

    x_mean: Tensor
    z_mean: Tensor

    def __init__(
        self, kind: str, dimensions: int, latents: int, width: int = WIDTH, shape: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.kind, self.width, self.shape = kind, width, tuple(shape or (1, dimensions))
        if math.prod(self.shape) != dimensions:
            raise ModelError(f"images of {self.shape} pixels are no vectors of {dimensions} numbers")
        if kind in ("separable", "convolutional"):
            convolved = kind == "convolutional"
            self.of_image = _convolutions(self.shape) if convolved else _perceptron(dimensions, width, EMBEDDING)
            self.of_latents = _perceptron(latents, width, EMBEDDING)
        elif kind == "joint":
            self.of_both = _perceptron(dimensions + latents, width, 1)
        else:
            raise ModelError(f"unknown critic {kind!r}; expected separable, convolutional or joint")
        for name, size in (("x", dimensions), ("z", latents)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(()))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Scores (...) of images (..., d) and latents (..., k), which broadcast against one another."""
        images, latents = self._standard("x", x), self._standard("z", z)
        if self.kind == "convolutional":
            images = images.reshape(-1, 1, *self.shape)
        if self.kind != "joint":
            embedded = self.of_image(images).reshape(*x.shape[:-1], EMBEDDING)
            scores = torch.einsum("...e,...e->...", embedded, self.of_latents(latents)) / math.sqrt(EMBEDDING)
        else:
            shape = torch.broadcast_shapes(images.shape[:-1], latents.shape[:-1])
            both = [one.expand(*shape, one.shape[-1]) for one in (images, latents)]
            scores = self.of_both(torch.cat(both, -1))[..., 0]
        return scores.to(x.dtype)

    def describe(self) -> dict[str, Any]:
        """The arguments that make another critic of this form, as plain JSON values."""
        sizes = {"dimensions": len(self.x_mean), "latents": len(self.z_mean), "width": self.width}
        return {"kind": self.kind, **sizes, "shape": list(self.shape)}

    def look(self, x: Tensor, z: Tensor) -> None:
        """Take the means and scales of images and latents from these pairs."""
        for name, values in (("x", x), ("z", z)):
            getattr(self, f"{name}_mean").copy_(values.mean(0))
            getattr(self, f"{name}_scale").copy_(values.std(0).square().mean().sqrt().clamp_min(1e-12))

    def _standard(self, name: str, values: Tensor) -> Tensor:
        mean, scale = getattr(self, f"{name}_mean"), getattr(self, f"{name}_scale")
        return (values.to(mean.dtype) - mean) / scale


def _perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, outputs)
    )


def _convolutions(shape: Sequence[int]) -> nn.Sequential:
    """Three layers, each of which halves the image."""
    channels = (1, *_CHANNELS)
    layers: list[nn.Module] = []
    for here, there in pairwise(channels):
        layers += [nn.Conv2d(here, there, 4, 2, 1), nn.SiLU()]
    left = math.prod(side // 2 ** len(_CHANNELS) for side in shape)
    if left == 0:
        raise ModelError(f"images of {shape} pixels are too small for convolutions; expected at least 8 per side")
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * left, EMBEDDING))


def train_critic(
    pairs: Pairs,
    kind: str = "separable",
    *,
    shape: Sequence[int] | None = None,
    steps: int = STEPS,
    batch: int = BATCH,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Critic:
    """Train a critic to maximise the bound on these pairs.

    Parameters
    ----------
    pairs : drawn anew in each step, or recorded ones, which a critic may learn by heart
    kind, shape : of the critic, and of the images (h, w) where it convolves them
    steps, batch : optimiser steps, and pairs per step; in a step each pair's candidates are those of the batch
    seed : of the first weights and of the pairs
    device : where the critic is trained; it comes back to the CPU
    progress : is called with the steps done and their total

    Raises
    ------
    TrainingDiverged
        The loss is not finite.
    """
    generator = torch.Generator().manual_seed(seed)
    count = _SEEN if pairs.fresh else batch
    x, z = pairs.draw(count, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = Critic(kind, x.shape[1], z.shape[1], shape=shape)
    critic.look(x, z)
    critic.to(device)
    optimiser = torch.optim.AdamW(critic.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        x, z = pairs.draw(batch, generator)
        loss = -info_nce(critic(x[:, None].to(device), z[None].to(device)))
        if not torch.isfinite(loss):
            raise TrainingDiverged(f"the loss of the critic is {loss.item()} at step {step}")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step + 1, steps)
    return critic.cpu().eval().requires_grad_(False)
