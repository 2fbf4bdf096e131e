"""How well networks denoise held-out images, in bands of noise levels, beside a linear and an exact denoiser."""

from __future__ import annotations

import math
from collections import defaultdict
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
#: Noisy images per band, and samples for the linear denoiser and for I(R;X), in a run that is long enough.
VIEWS, LINEAR_SAMPLES, INFORMATION_SAMPLES = 512, 40_000, 2000
#: The fewest that any run takes; the standard error of a loss is then about three times as large.
_FEWEST_VIEWS, _FEWEST_LINEAR, _FEWEST_INFORMATION = 64, 5000, 300

#: Suffixes of the losses' names, and whether the denoiser is given the responses.
_ROLES = {"": False, "_given": True}


class LinearDenoiser:
    """The best linear estimate of X from xg and r (Wiener's), from the joint second moments of X and R."""

    def __init__(self, source: Source, encoder: Encoder, seed: int = 0, samples: int = LINEAR_SAMPLES) -> None:
        generator = torch.Generator().manual_seed(seed)
        x = source.draw(samples, generator)
        r = encoder.to("cpu", torch.float32).sample(x, generator).double().numpy()
        x64 = x.double().numpy() - source.mean
        self.mean, self.response_mean = source.mean, r.mean(axis=0)
        r = r - self.response_mean
        self.xx, self.xr, self.rr = source.covariance, x64.T @ r / samples, r.T @ r / samples

    def __call__(self, xg: Array, gamma: float, r: Array | None) -> Array:
        """Estimates (B, d) from noisy stimuli (B, d) at one level and, if given, responses (B, k)."""
        seen = self.xx + gamma * np.eye(len(self.xx))
        if r is None:
            return np.asarray(self.mean + (xg - self.mean) @ np.linalg.solve(seen, self.xx))
        joint = np.block([[seen, self.xr], [self.xr.T, self.rr + 1e-9 * self.rr.trace() * np.eye(len(self.rr))]])
        gain = np.linalg.solve(joint, np.concatenate([self.xx, self.xr.T]))
        return np.asarray(self.mean + np.concatenate([xg - self.mean, r - self.response_mean], axis=1) @ gain)


@dataclass(frozen=True)
class Views:
    """Noisy held-out images at one level: x, xg (n, d), responses r (n, k), and the band's ends (low, high)."""

    x: Tensor
    xg: Tensor
    r: Tensor
    gamma: float
    low: float
    high: float


@dataclass(frozen=True)
class Yardstick:
    """What the networks are compared with; it is measured before they are trained.

    Attributes
    ----------
    information : I(R;X) in nats, and its standard error
    linear, exact : mean squared errors per pixel of each noisy image, (`BANDS`, views), by the suffix of the loss
    images : how many training images the exact denoiser consists of; None where it is that of the true prior
    """

    information: tuple[float, float]
    linear: dict[str, Tensor]
    exact: dict[str, Tensor]
    images: int | None

    @classmethod
    def of(cls, source: Source, encoder: Encoder, levels: Levels, *, seed: int = 0, effort: float = 1.0) -> Yardstick:
        """Measure the errors of the linear and of the exact denoiser.

        Parameters
        ----------
        seed : for the samples of I(R;X)
        effort : from 0 to 1, the share of noisy images, samples and training images to use
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
        errors: dict[tuple[str, str], list[Tensor]] = defaultdict(list)
        for views in views_of_bands(source, encoder, levels, count):
            gamma = torch.full((count,), views.gamma, dtype=torch.float64)
            xg = views.xg.double()
            for suffix, given in _ROLES.items():
                r = views.r.double() if given else None
                guess = linear(xg.numpy(), views.gamma, None if r is None else r.numpy())
                errors["linear", suffix].append(_errors(torch.from_numpy(guess), views.x))
                errors["exact", suffix].append(_errors(exact.xhat(xg, gamma, r), views.x))
        of_linear, of_exact = ({s: torch.stack(errors[name, s]) for s in _ROLES} for name in ("linear", "exact"))
        return cls(information, of_linear, of_exact, images)

    @property
    def views(self) -> int:
        """Noisy images per band."""
        return self.linear[""].shape[1]

    def to_state(self) -> dict[str, Any]:
        """Tensors and plain values, for the file of an unfinished run."""
        return vars(self) | {"information": list(self.information)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Yardstick:
        """Read what `to_state` gave."""
        nats, stderr = state["information"]
        return cls((float(nats), float(stderr)), state["linear"], state["exact"], state["images"])


def held_out_losses(
    network: DenoisingNetwork, source: Source, encoder: Encoder, yardstick: Yardstick, *, device: Any = "cpu"
) -> list[dict[str, float | None]]:
    """Mean squared errors per pixel, in each band of noise levels.

    Returns
    -------
    list of dict
        ``low``, ``high`` (the band's levels); ``network``, ``linear``, ``exact`` without responses, and the same with
        ``_given`` appended for those with responses; ``exact`` is the finite-set denoiser of the training images, or
        that of the true prior; ``stderr`` is the standard error of ``network - linear``, which share their images.
        Networks that have learned no responses have None for ``network_given`` and ``stderr_given``.
    """
    rows = []
    network = network.to(device).eval()
    for band, views in enumerate(views_of_bands(source, encoder, network.levels, yardstick.views)):
        row: dict[str, float | None] = {"low": views.low, "high": views.high}
        levels = torch.full((len(views.x),), views.gamma, device=device)
        for suffix, given in _ROLES.items():
            row["linear" + suffix] = float(yardstick.linear[suffix][band].mean())
            row["exact" + suffix] = float(yardstick.exact[suffix][band].mean())
            row["network" + suffix] = row["stderr" + suffix] = None
            if given and network.architecture.prior_only:
                continue
            with torch.no_grad():
                found = network(views.xg.to(device), levels, views.r.to(device) if given else None).cpu()
            errors, linear = _errors(found, views.x), yardstick.linear[suffix][band]
            row["network" + suffix] = float(errors.mean())
            row["stderr" + suffix] = float((errors - linear).std() / math.sqrt(len(errors)))
        rows.append(row)
    return rows


def views_of_bands(source: Source, encoder: Encoder, levels: Levels, count: int, seed: int = 0) -> Iterator[Views]:
    """`count` noisy held-out images for each band of the levels; the same ones each time for the same seed."""
    small = encoder.to("cpu", torch.float32)
    low, high = (math.log(g) for g in levels.bounds)
    kept = source.held_out(count)
    generator = torch.Generator().manual_seed(seed)
    for bottom, top in pairwise(np.exp(np.linspace(low, high, BANDS + 1))):
        gamma = float(np.sqrt(bottom * top))  # one level per band: the linear denoiser is then solved once
        x = kept[torch.arange(count) % len(kept)]
        r = small.sample(x, generator)
        xg = x + math.sqrt(gamma) * torch.randn(x.shape, generator=generator)
        yield Views(x, xg, r, gamma, float(bottom), float(top))


def _errors(found: Tensor, x: Tensor) -> Tensor:
    """Mean squared error per pixel of each row."""
    return ((found.double() - x.double()) ** 2).mean(1)


def _scaled(most: int, fewest: int, effort: float) -> int:
    return max(fewest, round(most * effort))
