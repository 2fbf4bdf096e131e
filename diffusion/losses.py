"""What the networks' weights are fitted to: a mean squared error of each, in units in which it is about 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from .batches import Batch
from .gain_target import Denoising, gain_targets

if TYPE_CHECKING:
    from accelerate import Accelerator


def denoising_loss(accelerator: Accelerator, network: Any, batch: Batch) -> Tensor:
    """Squared error of xhat in the preconditioning's units."""
    # Through forward, which is what accelerate wraps.
    found = network(batch.xg, batch.gamma, batch.r, batch.given)
    out = accelerator.unwrap_model(network).scaling(batch.gamma)[1]
    return (((found - batch.x) / out) ** 2).mean()


def gain_loss(accelerator: Accelerator, denoising: Denoising, target: str, network: Any, batch: Batch) -> Tensor:
    """Squared error of the gain network beside denoisers, in its unit.

    Parameters
    ----------
    target : which of `gain_targets` it regresses
    """
    with accelerator.autocast():
        targets = gain_targets(denoising, batch)[target]
    unit = accelerator.unwrap_model(network).unit(batch.gamma)
    return (((network(batch.xg, batch.gamma) - targets) / unit) ** 2).mean()
