"""The noise levels that a network has to serve: as many as hold 99% of the information, told before training."""

from __future__ import annotations

import math

import torch

from ..errors import ModelError
from .architecture import Levels
from .encoders import Encoder
from .sources import Source

#: The share of the information that may lie below the levels, and above them.
CUTOFF = 0.004
#: Images of a large set from which its information is found, and draws, in a run that has time; no run has fewer.
_IMAGES, _SAMPLES = 10_000, 4000
_FEWEST_IMAGES, _FEWEST_SAMPLES = 1000, 400


def levels_for(source: Source, encoder: Encoder, seed: int = 0, effort: float = 1.0) -> Levels:
    """Levels beyond which less than `CUTOFF` of the information lies on either side.

    Below gamma lies at most ``gamma tr E[J] / 2`` nats, above it at most ``tr Cov(E[X|R]) / (2 gamma)``: the integrand
    ``E|D|^2 / (2 gamma^2)`` never exceeds either limit.

    Parameters
    ----------
    effort : from 0 to 1, the share of images and draws to spend

    Raises
    ------
    ModelError
        The population tells nothing about the images.
    """
    denoiser = source.exact(encoder, max(_FEWEST_IMAGES, round(_IMAGES * effort)))
    samples = max(_FEWEST_SAMPLES, round(_SAMPLES * effort))
    total = denoiser.mutual_information(samples=samples, seed=seed)[0]
    generator = denoiser.generator(seed)
    x = denoiser.draw_prior(samples, generator)
    r = denoiser.encoder.sample(x, generator)
    # Two draws given the same r: the mean of their product is the variance of E[X|R].
    one, other = (denoiser.draw_given_response(r, generator) for _ in range(2))
    mean = torch.as_tensor(source.mean)
    removed = float(((one - mean) * (other - mean)).sum(1).mean())
    fisher = float(denoiser.encoder.fisher(x).sum(1).mean())
    if not (total > 1e-3 and removed > 0 and fisher > 0):
        raise ModelError(f"the population tells {total:.2g} nats about these images: nothing to be learned")
    low, high, reach = 2 * total / fisher, removed / (2 * total), -math.log(CUTOFF)
    if low <= high:
        return Levels(low, high, reach)
    # The two meet in the middle; both ends stay where they are told to be.
    middle = math.sqrt(low * high)
    return Levels(middle, middle, reach + math.log(low / high) / 2)
