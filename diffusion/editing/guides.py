"""The guides that `stiminfo edit` knows, by name: each makes a guide towards latents z (B, k) of some groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Generator, Tensor

from ..latents import ExactLatents
from .critics import log_ratio, negatives
from .guidance import AsReleased, ByCritic, ByLikelihood, Exact, Guide

#: Makes a guide from the latents' law, the group or groups that guide, z (B, k), and a generator for negatives.
MakeGuide = Callable[[ExactLatents, str | Sequence[str], Tensor, Generator], Guide]


def exact(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """``E[X|y, z] - E[X|y]`` in the world of the latents, whatever denoiser generates."""
    return Exact(z, latents.denoiser(of))


def critic(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """By the best critic, at the denoised image."""
    return ByCritic(z, critic=log_ratio(latents, of), negatives=negatives(latents, of, generator))


def likelihood(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """By the Gaussian likelihood, at the denoised image."""
    ratio = log_ratio(latents, of)
    return ByLikelihood(z, mean=ratio.mean, precision=ratio.channel.precision)


def released(latents: ExactLatents, of: str | Sequence[str], z: Tensor, generator: Generator) -> Guide:
    """The rule of the released code, with the best critic."""
    pool = negatives(latents, of, generator)
    return AsReleased(z, critic=log_ratio(latents, of), negatives=pool, generator=generator)


GUIDES: dict[str, MakeGuide] = {"exact": exact, "critic": critic, "likelihood": likelihood, "released": released}
