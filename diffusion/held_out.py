"""How well networks denoise images that they never saw, in bands of noise levels, beside what needs no training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.arrays import Array
from .architecture import Levels
from .encoders import Encoder
from .networks import DenoisingNetwork
from .sources import Source

BANDS = 8
#: Noisy views of each band, and samples from which the linear denoiser and I(R;X) are found, in a run that has time.
VIEWS, LINEAR_SAMPLES, INFORMATION_SAMPLES = 512, 40_000, 2000
#: No run has fewer: the standard error of a loss is then three times as large.
_FEWEST_VIEWS, _FEWEST_LINEAR, _FEWEST_INFORMATION = 64, 5000, 300

#: Without responses and with them, by the suffix of their losses' names.
_ROLES = {"": False, "_given": True}


class LinearDenoiser:
    """The best linear guess of X from xg and r (Wiener's), from the joint second moments of stimuli and responses."""

    def __init__(self, source: Source, encoder: Encoder, seed: int = 0, samples: int = LINEAR_SAMPLES) -> None:
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


@dataclass(frozen=True)
class Views:
    """Noisy views of held-out images at one level: x, xg (n, d), responses r (n, k), and the band (low, high)."""

    x: Tensor
    xg: Tensor
    r: Tensor
    gamma: float
    low: float
    high: float


@dataclass(frozen=True)
class Yardstick:
    """What networks are measured by: known before they are trained.

    Attributes
    ----------
    information : I(R;X) in nats, and its standard error
    linear, exact : squared errors of a pixel, of each view, by the suffix of the loss, (`BANDS`, views) each
    images : of the training images, those that the exact denoiser is made of; None where it is the true prior's
    """

    information: tuple[float, float]
    linear: dict[str, Tensor]
    exact: dict[str, Tensor]
    images: int | None

    @classmethod
    def of(cls, source: Source, encoder: Encoder, levels: Levels, *, seed: int = 0, effort: float = 1.0) -> Yardstick:
        """Measure the linear and the exact denoiser.

        Parameters
        ----------
        seed : of the information's samples
        effort : from 0 to 1, the share of views, samples and images to spend
        """
        count = _scaled(VIEWS, _FEWEST_VIEWS, effort)
        linear = LinearDenoiser(source, encoder, samples=_scaled(LINEAR_SAMPLES, _FEWEST_LINEAR, effort))
        exact = source.exact(encoder)
        information = exact.mutual_information(
            samples=_scaled(INFORMATION_SAMPLES, _FEWEST_INFORMATION, effort), seed=seed
        )
        images = None if source.images is None else len(source.images)
        if images is not None and (few := _scaled(images, _FEWEST_LINEAR, effort)) < images:
            images, exact = few, source.exact(encoder, few)
        errors: dict[str, dict[str, list[Tensor]]] = {name: {s: [] for s in _ROLES} for name in ("linear", "exact")}
        for views in views_of_bands(source, encoder, levels, count):
            gamma = torch.full((count,), views.gamma, dtype=torch.float64)
            xg = views.xg.double()
            for suffix, given in _ROLES.items():
                r = views.r.double() if given else None
                guess = linear(xg.numpy(), views.gamma, None if r is None else r.numpy())
                errors["linear"][suffix].append(_errors(torch.from_numpy(guess), views.x))
                errors["exact"][suffix].append(_errors(exact.xhat(xg, gamma, r), views.x))
        stacked = {name: {s: torch.stack(e) for s, e in found.items()} for name, found in errors.items()}
        return cls(information, stacked["linear"], stacked["exact"], images)

    @property
    def views(self) -> int:
        """Views of each band."""
        return self.linear[""].shape[1]

    def to_state(self) -> dict[str, Any]:
        """As tensors and plain values, for the file of an unfinished run."""
        return vars(self) | {"information": list(self.information)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Yardstick:
        """From `to_state`."""
        nats, stderr = state["information"]
        return cls((float(nats), float(stderr)), state["linear"], state["exact"], state["images"])


def held_out_losses(
    network: DenoisingNetwork, source: Source, encoder: Encoder, yardstick: Yardstick, *, device: Any = "cpu"
) -> list[dict[str, float]]:
    """Mean squared errors of a pixel, by band.

    Returns
    -------
    list of dict
        ``low``, ``high`` (levels of the band); ``network``, ``linear``, ``exact`` without responses, and the same with
        ``_given`` appended for those with; ``exact`` is the finite-set denoiser of the training images, or the truth;
        ``stderr`` that of ``network - linear``, whose views are the same.
    """
    rows = []
    network = network.to(device).eval()
    for band, views in enumerate(views_of_bands(source, encoder, network.levels, yardstick.views)):
        row = {"low": views.low, "high": views.high}
        levels = torch.full((len(views.x),), views.gamma, device=device)
        for suffix, given in _ROLES.items():
            with torch.no_grad():
                found = network(views.xg.to(device), levels, views.r.to(device) if given else None).cpu()
            errors, linear = _errors(found, views.x), yardstick.linear[suffix][band]
            row["network" + suffix] = float(errors.mean())
            row["linear" + suffix] = float(linear.mean())
            row["exact" + suffix] = float(yardstick.exact[suffix][band].mean())
            row["stderr" + suffix] = float((errors - linear).std() / math.sqrt(len(errors)))
        rows.append(row)
    return rows


def views_of_bands(source: Source, encoder: Encoder, levels: Levels, count: int, seed: int = 0) -> Iterator[Views]:
    """`count` views of each band of a range of levels; the same ones each time."""
    small = encoder.to("cpu", torch.float32)
    low, high = (math.log(g) for g in levels.bounds)
    kept = source.held_out(count)
    generator = torch.Generator().manual_seed(seed)
    for bottom, top in pairwise(np.exp(np.linspace(low, high, BANDS + 1))):
        gamma = float(np.sqrt(bottom * top))  # one level per band, so that the linear denoiser is solved once
        x = kept[torch.arange(count) % len(kept)]
        r = small.sample(x, generator)
        xg = x + math.sqrt(gamma) * torch.randn(x.shape, generator=generator)
        yield Views(x, xg, r, gamma, float(bottom), float(top))


def _errors(found: Tensor, x: Tensor) -> Tensor:
    """Mean squared error of a pixel, of each row."""
    return ((found.double() - x.double()) ** 2).mean(1)


def _scaled(most: int, fewest: int, effort: float) -> int:
    return max(fewest, round(most * effort))
