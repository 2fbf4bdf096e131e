"""A residual MLP for stimuli that are no images, with the inputs and the output of the U-Net."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .architecture import Architecture
from .response_views import seen_by, shown_responses, views_of

#: Octaves of the waves that tell an MLP the noise level; the finest has 4 periods over the range of levels.
_OCTAVES = 4


class ResponseMLP(nn.Module):
    """A residual MLP of the noisy stimulus, the noise level and, where it takes them, responses.

    It begins as zero, so that the preconditioning's skip connection is the first guess.

    Parameters
    ----------
    architecture : its width is the one number in `channels`, its residual layers are `layers`
    shape : (1, d)
    responses : k, or 0 for a network without responses
    inputs, numbers : it sees so many inputs of so many numbers each; by default of as many as the stimulus has
    """

    seen: Tensor
    #: There is no part in diffusers' own format; checkpoints keep all weights in one file.
    unet = None

    def __init__(
        self, architecture: Architecture, shape: tuple[int, int], responses: int, inputs: int = 1, numbers: int = 0
    ) -> None:
        super().__init__()
        views = views_of(architecture.views)
        self.shape, self.responses = shape, responses
        self.register_buffer("seen", torch.stack([seen_by(view, responses) for view in views]), persistent=False)
        width, levels, dimensions = architecture.channels[0], 1 + 2 * _OCTAVES, math.prod(shape)
        self.enter = nn.Linear(inputs * (numbers or dimensions) + levels, width)
        self.heard = nn.Linear(responses + len(views), width, bias=False) if responses else None
        self.layers = nn.ModuleList(_Residual(width, levels) for _ in range(architecture.layers))
        self.leave = nn.Linear(width, dimensions)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(
        self, image: Tensor, place: Tensor, r: Tensor | None, given: Tensor | None = None, weight: Tensor | None = None
    ) -> Tensor:
        """See `ResponseUNet.forward`."""
        level = _waves(place)
        found = self.enter(torch.cat([image, level], dim=1))
        if self.heard is not None:
            seen = shown_responses(self.seen, image, r, given)
            found = found + self.heard(seen if weight is None else seen * weight)
        for layer in self.layers:
            found = layer(found, level)
        return self.leave(nn.functional.silu(found))


class _Residual(nn.Module):
    """x + W2 silu(W1 norm(x) + W3 level)."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.norm, self.first = nn.LayerNorm(width), nn.Linear(width, width)
        self.level, self.second = nn.Linear(levels, width), nn.Linear(width, width)

    def forward(self, found: Tensor, level: Tensor) -> Tensor:
        inner = self.first(self.norm(found)) + self.level(level)
        return found + self.second(nn.functional.silu(inner))


def _waves(place: Tensor) -> Tensor:
    """Positions in the range of levels, from 0 to 1, as waves of doubling frequency, (B, 1 + 2 `_OCTAVES`)."""
    angle = math.pi * place[:, None] * 2 ** torch.arange(_OCTAVES, dtype=place.dtype, device=place.device)
    return torch.cat([2 * place[:, None] - 1, angle.sin(), angle.cos()], dim=1)
