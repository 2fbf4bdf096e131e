"""The noise levels that a network has to cover: those that hold 99% of the information, found before training."""

from __future__ import annotations

import math

import torch

from ..errors import ModelError
from .architecture import Levels
from .encoders import Encoder
from .sources import Source

#: The share of the information that may lie below the levels, and the share that may lie above them.
CUTOFF = 0.004
#: Images of a large set, and draws, that are used in a run that is long enough; and the fewest of either. A thousand
#: draws place the ends to some per cent, of a range of four decades; more take importance sampling a minute.
_IMAGES, _SAMPLES = 10_000, 1000
_FEWEST_IMAGES, _FEWEST_SAMPLES = 1000, 400


def levels_for(source: Source, encoder: Encoder, seed: int = 0, effort: float = 1.0) -> Levels:
    """Noise levels such that less than `CUTOFF` of the information lies below them, and less above them.

    Information below gamma is at most ``gamma tr E[J] / 2`` nats, and above it at most ``tr Cov(E[X|R]) / (2 gamma)``:
    the integrand ``E|D|^2 / (2 gamma^2)`` never exceeds either limit.

    Parameters
    ----------
    effort : from 0 to 1, the share of images and draws to use

    Raises
    ------
    ModelError
        The responses carry no information about the images.
    """
    denoiser = source.exact(encoder, max(_FEWEST_IMAGES, round(_IMAGES * effort)))
    samples = max(_FEWEST_SAMPLES, round(_SAMPLES * effort))
    total = denoiser.mutual_information(samples=samples, seed=seed)[0]
    generator = denoiser.generator(seed)
    x = denoiser.draw_prior(samples, generator)
    r = denoiser.encoder.sample(x, generator)
    # The mean product of two draws given the same r is the variance of E[X|R].
    one, other = (denoiser.draw_given_response(r, generator) for _ in range(2))
    mean = torch.as_tensor(source.mean)
    removed = float(((one - mean) * (other - mean)).sum(1).mean())
    fisher = float(denoiser.encoder.fisher(x).sum(1).mean())
    if not (total > 1e-3 and removed > 0 and fisher > 0):
        raise ModelError(
            f"the responses carry {total:.2g} nats about these {source.words.many}: there is nothing to learn"
        )
    low, high, reach = 2 * total / fisher, removed / (2 * total), -math.log(CUTOFF)
    if low <= high:
        return Levels(low, high, reach)
    # The range is one point, their geometric mean; the reach is extended so that the ends stay where they are.
    middle = math.sqrt(low * high)
    return Levels(middle, middle, reach + math.log(low / high) / 2)
