"""The latents of a linear encoder as responses: z_g | x_n ~ N(m_n, S_g), exactly, for one group, several, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..denoiser import normal
from ..finite_set import FiniteSetDenoiser
from .groups import WHOLE, Groups
from .tables import GaussianTable
from .world import World

if TYPE_CHECKING:
    from torch import Generator


class GroupChannel(GaussianTable):
    """The latents of a group as an encoder, which `FiniteSetDenoiser` and the estimators take like any other.

    Attributes
    ----------
    of : the group, or the groups
    latents : their indices in the whole latent vector
    """

    def __init__(self, stimuli: Tensor, means: Tensor, covariance: Tensor, of: str, latents: list[int]) -> None:
        super().__init__(stimuli, means, covariance)
        self.of, self.latents = of, latents

    def __repr__(self) -> str:
        return f"GroupChannel({self.of}: {self.responses} latents, {len(self.stimuli)} images)"


@dataclass(frozen=True, eq=False)
class ExactLatents:
    """p(z | x_n) = N(m_n, S) of all latents at all images of a world.

    Attributes
    ----------
    world : World
    groups : Groups
    means : (N, D) m_n
    covariance : (D, D) S
    """

    world: World
    groups: Groups
    means: Tensor
    covariance: Tensor

    @cached_property
    def stimuli(self) -> Tensor:
        """The images as vectors, (N, h w)."""
        return torch.tensor(self.world.flat)

    def channel(self, of: str | Sequence[str] = WHOLE) -> GroupChannel:
        """z_g given an image, for a group, several groups, all free ones ("free") or all ("whole").

        Raises
        ------
        UnknownName
            No group has this name; the message gives the nearest one.
        """
        rows = self.groups.latents(of)
        name = of if isinstance(of, str) else " + ".join(of)
        return self.channel_of(rows, name)

    def channel_of(self, rows: list[int], name: str = "") -> GroupChannel:
        """Latents by index, given an image."""
        return GroupChannel(self.stimuli, self.means[:, rows], self.covariance[rows][:, rows], name, rows)

    def denoiser(self, of: str | Sequence[str] = WHOLE) -> FiniteSetDenoiser:
        """The exact denoiser of the world's images, given the latents of a group.

        ``si.i_local.estimate(latents.denoiser("pose"), x)`` gives maps of what the group tells about images x.
        """
        return FiniteSetDenoiser(self.stimuli, self.channel(of))

    def draw(self, index: Tensor, generator: Generator | None = None) -> Tensor:
        """One latent vector to each of the images with these indices, (B, D)."""
        mean = self.means[index]
        return mean + normal(mean.shape, mean, generator) @ torch.linalg.cholesky(self.covariance).T
