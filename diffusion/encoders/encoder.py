"""`Encoder`: p(r|x) for stimuli in R^d of any dimension, and the checks that encoders share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import Array, as_real_array
from ..denoiser import Denoiser, Unknown

if TYPE_CHECKING:
    from ..finite_set import FiniteSetDenoiser

#: Most responses that an encoder lists.
MOST_OUTCOMES = 4096


class Encoder:
    """The response distribution p(r|x) of k neurons to stimuli in R^d.

    A subclass has to give `dimensions`, `responses`, `sample`, and either `natural` with `base` or, if the likelihood
    is no exponential family in r, `log_likelihood` (slower: one evaluation per pair of response and stimulus).

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
        """``eta(x)``, shape (..., k), and ``offset(x)``, shape (...), of stimuli (..., d)."""
        raise NotImplementedError(f"{type(self).__name__} is given by its log_likelihood alone")

    def base(self, r: Tensor) -> Tensor:
        """``base(r)``, the part of log p(r|x) that does not depend on x, shape (...), for responses (..., k)."""
        raise NotImplementedError

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One response per stimulus: (..., d) to (..., k)."""
        raise NotImplementedError

    def fisher(self, x: Tensor) -> Tensor:
        """J_ii(x), the diagonal of the Fisher information, (..., d) to (..., d), nats per squared stimulus unit."""
        raise NotImplementedError

    def linearised(self, x: Tensor, r: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The neurons near stimuli x (B, d) as linear ones with noise of unit covariance.

        Returns
        -------
        slopes : A, (B, k, d) or (k, d), with A' A the Fisher information matrix
        residual : t, (B, k), of responses r (B, k) if given: A' t is the gradient of log p(r|x)

        Raises
        ------
        Unknown
            Responses have no slopes (the default).
        """
        raise Unknown(f"{type(self).__name__} does not give the slopes of its responses")

    #: Whether stimuli act on responses through ``weights @ x`` alone.
    linear_drive = False

    #: Whether rates have bounds, near which they saturate.
    bounded = False

    def saturated(self, x: Tensor) -> float:
        """The share of rates within 5% of their bounds, over stimuli (n, d); 0 for responses without bounds."""
        return 0.0

    def outcomes(self, x: Tensor) -> Tensor | None:
        """p(r|x) of all responses r to a set of stimuli (N, d), (K, N), if they can be listed; else None.

        Each column sums to 1. Continuous responses may be listed as the nodes of a quadrature.
        """
        return None

    def shift(self, x: Tensor) -> Tensor | None:
        """The s, (k,), with p(r|x + y) = p(r - s|y) for all y, where x (d,) only shifts the responses; else None."""
        return None

    def keeps(self, method: str) -> bool:
        """Whether `outcomes` or the like belongs to this likelihood, not to a class whose likelihood it replaces."""

        def age(name: str) -> int:
            return next(i for i, cls in enumerate(type(self).__mro__) if name in vars(cls))

        return age(method) <= min(age(name) for name in ("natural", "log_likelihood", "sample"))

    def responses_of_set(self, source: FiniteSetDenoiser) -> Denoiser:
        """The denoiser of R where X is one of a finite set of stimuli (for I_sp), as in `Denoiser.response_side`.

        Raises
        ------
        Unknown
            The encoder does not give this denoiser (the default).
        """
        raise Unknown(f"{type(self).__name__} does not give the denoiser of its responses to a finite set of stimuli")

    def log_likelihood(self, r: Tensor, x: Tensor) -> Tensor:
        """Log p(r|x) in nats of responses (..., k) at stimuli (..., d), broadcast against one another."""
        eta, offset = self.natural(x)
        return (r * eta).sum(-1) - offset + self.base(r)

    def to(self, device: Any = None, dtype: torch.dtype | None = None) -> Self:
        """A copy of the encoder on another device or in another dtype."""
        copy = object.__new__(type(self))
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                value = value.to(device=device, dtype=dtype if value.is_floating_point() else None)
            setattr(copy, name, value)
        return copy


def checked_weights(weights: Any) -> Array:
    """Receptive fields as an array (k, d); raises `ModelError` for anything else."""
    rows = as_real_array(as_numpy(weights), "weights", (None, None), "(k, d), one receptive field a row")
    if 0 in rows.shape:
        raise ModelError(f"weights have shape {rows.shape}; expected at least one neuron and one stimulus dimension")
    return np.array(rows)


def as_numpy(value: Any) -> Any:
    """A tensor as an array on the CPU; any other value unchanged."""
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value
