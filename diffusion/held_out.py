"""How well networks denoise images that they never saw, in bands of noise levels, beside what needs no training."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .encoders import Encoder
from .networks import DenoisingNetwork
from .sources import Source

BANDS = 8
#: Noisy views a band.
VIEWS = 512


class LinearDenoiser:
    """The best linear guess of X from xg and r (Wiener's), from the joint second moments of stimuli and responses."""

    def __init__(self, source: Source, encoder: Encoder, seed: int = 0, samples: int = 40_000) -> None:
        generator = torch.Generator().manual_seed(seed)
        x = source.draw(samples, generator)
        r = encoder.to("cpu", torch.float32).sample(x, generator).double().numpy()
        x64 = x.double().numpy() - source.mean
        self.mean, self.response_mean = source.mean, r.mean(axis=0)
        r = r - self.response_mean
        self.xx, self.xr, self.rr = source.covariance, x64.T @ r / samples, r.T @ r / samples

    def __call__(self, xg: Array, gamma: float, r: Array | None) -> Array:
        """Noisy stimuli (B, d) at one level, with or without responses (B, k), to (B, d)."""
        seen = self.xx + gamma * np.eye(len(self.xx))
        if r is None:
            return np.asarray(self.mean + (xg - self.mean) @ np.linalg.solve(seen, self.xx))
        joint = np.block([[seen, self.xr], [self.xr.T, self.rr + 1e-9 * self.rr.trace() * np.eye(len(self.rr))]])
        gain = np.linalg.solve(joint, np.concatenate([self.xx, self.xr.T]))
        return np.asarray(self.mean + np.concatenate([xg - self.mean, r - self.response_mean], axis=1) @ gain)


def held_out_losses(
    network: DenoisingNetwork, source: Source, encoder: Encoder, *, device: Any = "cpu", seed: int = 0
) -> list[dict[str, float]]:
    """Mean squared errors of a pixel, by band.

    Returns
    -------
    list of dict
        ``low``, ``high`` (levels of the band); ``network``, ``linear``, ``exact`` without responses, and the same with
        ``_given`` appended for those with; ``exact`` is the finite-set denoiser of the training images, or the truth.
    """
    linear, exact = LinearDenoiser(source, encoder), source.exact(encoder)
    small = encoder.to("cpu", torch.float32)
    low, high = (math.log(g) for g in network.levels.bounds)
    edges = np.exp(np.linspace(low, high, BANDS + 1))
    kept = source.held_out(VIEWS)
    generator = torch.Generator().manual_seed(seed)
    rows = []
    network = network.to(device).eval()
    for bottom, top in pairwise(edges):
        gamma = float(np.sqrt(bottom * top))  # one level a band, so that the linear denoiser is solved once
        x = kept[torch.arange(VIEWS) % len(kept)]
        r = small.sample(x, generator)
        xg = x + math.sqrt(gamma) * torch.randn(x.shape, generator=generator)
        levels = torch.full((VIEWS,), gamma)
        row = {"low": float(bottom), "high": float(top)}
        for suffix, given in (("", None), ("_given", r)):
            with torch.no_grad():
                told = None if given is None else given.to(device)
                found = network(xg.to(device), levels.to(device), told).cpu()
            guess = linear(xg.double().numpy(), gamma, None if given is None else given.double().numpy())
            truth = exact.xhat(xg.double(), levels.double(), None if given is None else given.double())
            for name, answer in (("network", found), ("linear", torch.from_numpy(guess)), ("exact", truth)):
                row[name + suffix] = _error(answer, x)
        rows.append(row)
    return rows


def _error(found: Tensor, x: Tensor) -> float:
    return float(((found.double() - x.double()) ** 2).mean())
