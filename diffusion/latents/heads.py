"""Heads that predict a label from the latents of its group: labels, positions on a circle, numbers on a line."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .world import World

#: Variance of the Gaussian around a predicted (cos, sin) or standardised number: an error of .32, or 18 degrees.
VARIANCE = 0.1


class Head(nn.Module):
    """A linear map from a group's latents to the coordinates of one factor, with its -log p(label | z).

    Parameters
    ----------
    rank : latents in the group
    world, factor : whose label it is
    """

    places: Tensor

    def __init__(self, rank: int, world: World, factor: str) -> None:
        super().__init__()
        f = world.column(factor)
        self.column, self.nominal = f, world.kinds[f] == "nominal"
        self.register_buffer("places", torch.tensor(world.coordinates(factor)).float())
        self.predict = nn.Linear(rank, self.places.shape[1])

    def forward(self, z: Tensor, codes: Tensor) -> Tensor:
        """-log p(label | z) in nats up to a constant, the mean over latents (B, rank) with codes (B, F)."""
        found, code = self.predict(z), codes[:, self.column]
        if self.nominal:
            return nn.functional.cross_entropy(found, code)
        return ((found - self.places.to(found)[code]) ** 2).sum(1).mean() / (2 * VARIANCE)
