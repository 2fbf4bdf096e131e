"""`Encoder`: p(r|x) for stimuli in R^d of any dimension, and what all encoders check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import as_real_array
from ..denoiser import Denoiser, Unknown

if TYPE_CHECKING:
    from ..finite_set import FiniteSetDenoiser


class Encoder:
    """p(r|x) of a population of k neurons for stimuli in R^d.

    One of your own needs `dimensions`, `responses`, `sample`, and `natural` with `base` or, for a likelihood that is no
    exponential family in r, `log_likelihood` alone (slower: one evaluation for each pair of response and stimulus).

    Attributes
    ----------
    dimensions : int
        d, the length of a stimulus.
    responses : int
        k, the length of a response.
    discrete : bool
        Whether responses are counts or labels, so that log p(r|x) is never above 0.
    """

    dimensions: int
    responses: int
    discrete = False
    weights: Tensor

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``eta(x)``, shape (..., k), and ``offset(x)``, shape (...), at stimuli (..., d)."""
        raise NotImplementedError(f"{type(self).__name__} is given by its log_likelihood alone")

    def base(self, r: Tensor) -> Tensor:
        """The part of log p(r|x) without x, shape (...), of responses (..., k)."""
        raise NotImplementedError

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One response for each stimulus: (..., d) to (..., k)."""
        raise NotImplementedError

    def fisher(self, x: Tensor) -> Tensor:
        """J_ii(x), the diagonal of the Fisher information, (..., d) to (..., d), nats per squared stimulus unit."""
        raise NotImplementedError

    def saturated(self, x: Tensor) -> float:
        """The share of rates within 5% of their bounds over stimuli (n, d); 0 where responses have no bounds."""
        return 0.0

    def responses_of_set(self, source: FiniteSetDenoiser) -> Denoiser:
        """The denoiser of R where X is one of a finite set of stimuli (for I_sp), as `Denoiser.response_side` says.

        Raises
        ------
        Unknown
            An encoder that does not give this denoiser: the base class's answer.
        """
        raise Unknown(f"{type(self).__name__} does not give the denoiser of its responses to a finite set of stimuli")

    def log_likelihood(self, r: Tensor, x: Tensor) -> Tensor:
        """Log p(r|x) in nats of responses (..., k) at stimuli (..., d), broadcast against one another."""
        eta, offset = self.natural(x)
        return (r * eta).sum(-1) - offset + self.base(r)

    def to(self, device: Any = None, dtype: torch.dtype | None = None) -> Encoder:
        """The same encoder on another device or in another dtype."""
        copy = object.__new__(type(self))
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and value.is_floating_point():
                value = value.to(device=device, dtype=dtype)
            elif isinstance(value, Tensor):
                value = value.to(device=device)
            setattr(copy, name, value)
        return copy


def checked_weights(weights: Any) -> np.ndarray[Any, Any]:
    """Receptive fields (k, d) as an array; raises `ModelError` for what are none."""
    rows = as_real_array(as_numpy(weights), "weights", (None, None), "(k, d), one receptive field a row")
    if 0 in rows.shape:
        raise ModelError(f"weights have shape {rows.shape}; expected at least one neuron and one stimulus dimension")
    return np.array(rows)


def as_numpy(value: Any) -> Any:
    """A tensor as an array on the CPU; anything else as it is."""
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value
