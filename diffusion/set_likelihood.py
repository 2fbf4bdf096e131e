"""log p(r|x_n) of responses at every stimulus of a set, by one matrix product where the encoder allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from .encoders import Encoder

#: How many stimuli a likelihood is tested at before it is used.
_TRIED = 64
#: Most entries of an array of (responses, stimuli, neurons or features) at once.
_BLOCK = 1 << 21


class SetLikelihood:
    """Log likelihoods of a set of stimuli, up to a term that depends on the response alone.

    Parameters
    ----------
    encoder : Encoder
    blocks : the set of stimuli, as a list of (n, d) tensors
    origin : (d,) one of them; where it only shifts the responses, differences from it are what is computed with

    Raises
    ------
    ModelError
        The likelihood is NaN or infinite at a stimulus, or the log probability of a count or label is above 0.
    """

    def __init__(self, encoder: Encoder, blocks: list[Tensor], origin: Tensor) -> None:
        self.encoder, self.blocks = encoder, blocks
        self.shift = encoder.shift(origin) if encoder.keeps("shift") else None
        try:
            parts = [encoder.natural(block if self.shift is None else block - origin) for block in blocks]
        except NotImplementedError:
            self.eta, self.offset = None, None
        else:
            self.eta, self.offset = (torch.cat(part) for part in zip(*parts))
            fine = torch.isfinite(self.eta).all(1) & torch.isfinite(self.offset)
            if not fine.all():
                bad = int((~fine).nonzero()[0])
                raise ModelError(f"the likelihood is not finite at stimulus {bad} of the set")
        self._try_out(blocks[0][:_TRIED])

    def _try_out(self, x: Tensor) -> None:
        """Draw a response to each of some stimuli, and check its log likelihood."""
        generator = torch.Generator(device=x.device).manual_seed(0)
        r = self.encoder.sample(x, generator)
        if r.shape != (len(x), self.encoder.responses):
            raise ModelError(
                f"{type(self.encoder).__name__}.sample gave shape {tuple(r.shape)} for {len(x)} stimuli; expected "
                f"({len(x)}, {self.encoder.responses})"
            )
        log = self.encoder.log_likelihood(r, x)
        if log.shape != (len(x),):
            raise ModelError(
                f"{type(self.encoder).__name__}.log_likelihood gave shape {tuple(log.shape)}; expected ({len(x)},)"
            )
        if not torch.isfinite(log).all():
            bad = int((~torch.isfinite(log)).nonzero()[0])
            raise ModelError(f"the likelihood of a response drawn at stimulus {bad} of the set is {float(log[bad]):g}")
        if self.encoder.discrete and (log > 1e-9).any():
            bad = int(log.argmax())
            raise ModelError(
                f"the log probability of a response at stimulus {bad} of the set is {float(log[bad]):.4g}; expected at "
                "most 0 for counts and labels"
            )

    def __call__(self, r: Tensor) -> Tensor:
        """Responses (B, k) to (B, N)."""
        if self.eta is not None and self.offset is not None:
            return (r if self.shift is None else r - self.shift) @ self.eta.T - self.offset
        width = max(r.shape[1], self.encoder.dimensions)
        most = max(1, _BLOCK // (width * max(len(block) for block in self.blocks)))
        rows = []
        for part in torch.split(r, most):
            rows.append(torch.cat([self.encoder.log_likelihood(part[:, None], b[None]) for b in self.blocks], dim=1))
        return torch.cat(rows)


def checked_set(stimuli: Any) -> Tensor:
    """Stimuli as a tensor (N, d) in their own dtype; raises `ModelError` for anything else."""
    x = stimuli if isinstance(stimuli, Tensor) else torch.from_numpy(np.array(stimuli))
    if x.ndim != 2 or 0 in x.shape:
        raise ModelError(f"stimuli have shape {tuple(x.shape)}; expected (N, d) with at least one stimulus")
    if x.is_floating_point() and not torch.isfinite(x).all():
        n = int((~torch.isfinite(x).all(1)).nonzero()[0])
        raise ModelError(f"stimulus {n} of the set is not finite")
    if not x.is_floating_point() and x.dtype not in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        raise ModelError(f"stimuli hold {x.dtype} values; expected real numbers")
    return x


def neighbours(
    x: Tensor, blocks: Callable[[], Iterable[tuple[slice, Tensor]]], log_prior: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """For x (n, d): distance to the set, distance to the nearest other member, highest level that matters.

    Parameters
    ----------
    blocks : gives the set in parts, each with its rows
    log_prior : (N,)
    """
    own = torch.full((len(x),), torch.inf, dtype=x.dtype, device=x.device)
    other, high = own.clone(), torch.zeros_like(own)
    for rows, block in blocks():
        apart = torch.cdist(x, block, compute_mode="donot_use_mm_for_euclid_dist")
        own = torch.minimum(own, apart.amin(1))
        # A rare member matters up to the level at which its distance no longer outweighs its rarity.
        high = torch.maximum(high, (apart**2 / (2 + 2 * (log_prior.max() - log_prior[rows]))).amax(1))
    for _, block in blocks():
        apart = torch.cdist(x, block, compute_mode="donot_use_mm_for_euclid_dist")
        other = torch.minimum(other, torch.where(apart > 4 * own[:, None], apart, torch.inf).amin(1))
    return own, other, high
