"""Standard latent traversal: the image that a decoder makes of latents, without diffusion."""

from __future__ import annotations

import torch
from torch import Tensor

from ..denoiser import Denoiser

#: Noise so strong that the noisy image tells nothing, in units of the largest level that matters.
_NOTHING_SEEN = 1e12


@torch.no_grad()
def traversal(denoiser: Denoiser, z: Tensor) -> Tensor:
    """E[X|z] of latents (B, k), (B, d): the best decoder's image, an average of all images that have these latents.

    Parameters
    ----------
    denoiser : whose responses are the latents; a network is asked at its highest level
    """
    centre = denoiser.some_stimuli(denoiser.generator(0)).mean(0, keepdim=True)
    gamma = denoiser.scales(denoiser.some_stimuli(denoiser.generator(0))).high.max() * _NOTHING_SEEN
    return denoiser.xhat(centre.expand(len(z), -1), gamma.expand(len(z)), z)
