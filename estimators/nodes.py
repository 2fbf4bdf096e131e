"""Quadrature nodes of the Gaussian channel Xg = X + sqrt(g) Z, with the posterior means at each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..models.arrays import Array

#: Weights of a batch's average over Xg given x_j: a matrix or, for a product grid, one per axis and the stimuli's
#: order.
Average = Array | sparse.csr_array | tuple[Array, Array, Array]


@dataclass(frozen=True)
class Nodes:
    """A batch of P nodes y of the double integral over g and Xg.

    Attributes
    ----------
    noise : (P,) the level g of each node
    shift : (P, d) E[X|y] - y
    response_shift : (P, K, d) E[X|y, r] - y, equal to `shift` where r cannot occur at y
    response_probability : (P, K) p(r|y)
    positions : (P, d)
    response_square : (P, K, d) E[(X - y)^2 | y, r] of each feature, if the layout was asked for squares
    """

    noise: Array
    shift: Array
    response_shift: Array
    response_probability: Array
    positions: Array
    _weights: Average
    response_square: Array | None = None

    @property
    def gain(self) -> Array:
        """E[X|y, r] - E[X|y], shape (P, K, d)."""
        return self.response_shift - self.shift[:, None, :]

    def average(self, values: Array) -> Array:
        """The batch's part of ``int dg / (2 g^2) E_{Xg|x_j}[values]``, from (P, M) to (J, M)."""
        if isinstance(self._weights, tuple):
            a, b, order = self._weights
            half = np.tensordot(a.T, values.reshape(len(a), len(b), -1), (1, 0))
            grid = np.tensordot(b.T, half, (1, 1)).swapaxes(0, 1).reshape(len(order), -1)
            out = np.empty_like(grid)
            out[order] = grid
            return out
        return np.asarray(self._weights.T @ values)

    def average_from(self, stimuli: Array, positions: Array, values: Array) -> Array:
        """The same with the factor ``y - x_j`` along one axis; columns (J, 1) and (P, 1), values (P, M), to (J, M)."""
        return np.asarray(self.average(values * positions) - stimuli * self.average(values))
