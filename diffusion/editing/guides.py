"""The guides that `stiminfo edit` knows, by name: each makes a guide towards latents z (B, k) of some groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Generator, Tensor

from ...errors import CheckpointError
from ..latents import Critic, ExactLatents
from .critics import log_ratio, negatives
from .guidance import AsReleased, ByCritic, ByLikelihood, Exact, Guide

#: Makes a guide from the latents' law, the group or groups that guide, z (B, k), and a generator for negatives.
MakeGuide = Callable[[ExactLatents, str | Sequence[str], Tensor, Generator], Guide]


def exact(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """``E[X|y, z] - E[X|y]`` in the world of the latents, whatever denoiser generates."""
    return Exact(z, latents.denoiser(of))


def best_critic(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """By the best critic, at the denoised image."""
    return ByCritic(z, critic=log_ratio(latents, of), negatives=negatives(latents, of, generator))


def best_critic_detached(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """By the best critic, without the derivative of the denoised image."""
    return ByCritic(z, True, log_ratio(latents, of), negatives(latents, of, generator))


def likelihood(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """By the Gaussian likelihood, at the denoised image."""
    ratio = log_ratio(latents, of)
    return ByLikelihood(z, mean=ratio.mean, precision=ratio.channel.precision)


def released(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """The rule of the released code, with the best critic."""
    pool = negatives(latents, of, generator)
    return AsReleased(z, critic=log_ratio(latents, of), negatives=pool, generator=generator)


@dataclass(frozen=True)
class Trained:
    """By trained critics, at the denoised image.

    Attributes
    ----------
    critics : by the group (or "free", or "whole") whose latents they see
    detached : leave out the derivative of the denoised image
    """

    critics: Mapping[str, Critic]
    detached: bool = False

    def __call__(self, latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
        return ByCritic(z, self.detached, self.critic_of(latents, of), negatives(latents, of, generator))

    def critic_of(self, latents: ExactLatents, of: str | Sequence[str]) -> Critic:
        """The critic of a group's latents; raises `CheckpointError` where there is none."""
        wanted = latents.groups.latents(of)
        for name, critic in self.critics.items():
            if latents.groups.latents(name) == wanted:
                return critic
        raise CheckpointError(
            f"there is no trained critic of {of if isinstance(of, str) else ' + '.join(of)}; train critics with "
            "`stiminfo groups` (--critic-steps above 0), or take the guide best-critic"
        )


#: The guides that need nothing but the law of the latents, by name.
GUIDES: dict[str, MakeGuide] = {
    "exact": exact,
    "best-critic": best_critic,
    "best-critic-detached": best_critic_detached,
    "likelihood": likelihood,
    "released": released,
}


def guides_with(critics: Mapping[str, Critic]) -> dict[str, MakeGuide]:
    """All guides by name, with those by trained critics."""
    trained: dict[str, MakeGuide] = {"critic": Trained(critics), "critic-detached": Trained(critics, True)}
    return {"exact": exact} | trained | GUIDES
