"""Quadrature nodes of the Gaussian channel Xg = X + sqrt(g) Z, with the posterior means at each.

Nodes come in n blocks of B, and the axis of the B nodes of a block is the last of each array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..models.arrays import Array


@dataclass(frozen=True)
class Nodes:
    """A batch of nodes y of the double integral over g and Xg, and p(r|y) and E[X|y, r] at each.

    Attributes
    ----------
    mass : (n, K, B) sum_j N(y; x_j, g) p(x_j) p(r|x_j), times a factor per node, over `scale` of the response
    moments : for each feature, (n, K, B), the same with the factor x_j - origin of the block
    scale : (K,)
    positions : (d, n, B) y
    origins : (d, n, 1) or (d, n, B) the origin of the moments
    to_stimuli : from values (n, M, B) to their average over Xg given x_j, times dg / (2 g^2), (J, M)
    squares : for each feature, (n, K, B), the mass with the factor (x_j - y)^2; none unless the contribution asks
    """

    mass: Array
    moments: tuple[Array, ...]
    scale: Array
    positions: Array
    origins: Array
    to_stimuli: Callable[[Array], Array]
    squares: tuple[Array, ...] = ()

    @cached_property
    def _total(self) -> Array:
        total = np.matmul(self.scale, self.mass)
        return np.asarray(np.where(total > 0, total, 1.0))  # 0: so far from all stimuli that no average sees the node

    @cached_property
    def _means(self) -> list[Array]:
        """E[X_i|y] - origin, (n, B) for each feature."""
        return [np.matmul(self.scale, moment) / self._total for moment in self.moments]

    @property
    def shift(self) -> Array:
        """E[X|y] - y, shape (d, n, B)."""
        return np.asarray(np.stack(self._means) - (self.positions - self.origins))

    def gains(self) -> Iterator[Array]:
        """E[X_i|y, r] - E[X_i|y], shape (n, K, B), feature by feature; 0 where r cannot occur at y."""
        for moment, mean in zip(self.moments, self._means):
            yield _over(moment - self.mass * mean[:, None], self.mass)

    @cached_property
    def gain(self) -> Array:
        """The same for all features, shape (d, n, K, B)."""
        return np.stack(list(self.gains()))

    @property
    def gain_squared(self) -> Array:
        """|E[X|y, r] - E[X|y]|^2, shape (n, K, B)."""
        first, *others = (np.multiply(gain, gain, out=gain) for gain in self.gains())
        for other in others:
            first += other
        return np.asarray(first)

    @cached_property
    def response_probability(self) -> Array:
        """p(r|y), shape (n, K, B)."""
        return np.asarray(self.mass * (self.scale[:, None] / self._total[:, None]))

    @cached_property
    def variance(self) -> Array | None:
        """Var(X_i|y, r), shape (d, n, K, B), if the nodes have squares; of no use where r cannot occur at y."""
        if not self.squares:
            return None
        shift = self.gain + self.shift[:, :, None]
        return np.asarray(np.stack([_over(square.copy(), self.mass) for square in self.squares]) - shift**2)

    @property
    def squared_gain(self) -> Array:
        """E_{r|y}[(E[X_i|y, r] - E[X_i|y])^2], shape (n, d, B)."""
        parts = []
        for moment, mean in zip(self.moments, self._means):
            apart = moment - self.mass * mean[:, None]
            # Divided before it is squared: a mass of 1e-300 would vanish.
            parts.append(np.matmul(self.scale, apart * _over(apart.copy(), self.mass)) / self._total)
        return np.stack(parts, axis=1)

    def average(self, values: Array) -> Array:
        """The batch's part of ``int dg / (2 g^2) E_{Xg|x_j}[values]``, from (n, M, B) to (J, M)."""
        return self.to_stimuli(values)

    def seen_in(self, axes: Array, origin: Array) -> Nodes:
        """The same nodes for features of which these ones are coordinates: x = origin + coordinates @ axes."""
        return Nodes(
            self.mass,
            tuple(sum(a * m for a, m in zip(column, self.moments)) for column in axes.T),
            self.scale,
            np.tensordot(axes.T, self.positions, 1) + origin[:, None, None],
            np.tensordot(axes.T, self.origins, 1) + origin[:, None, None],
            self.to_stimuli,  # squares of single features do not follow from those of the coordinates
        )


class Contribution(NamedTuple):
    """An integrand: ``of(nodes)`` turns a batch of nodes into its part of the integral, (J, columns).

    Attributes
    ----------
    by_posterior : whether it is an average over p(r|y), so that stimuli that are improbable at y have no effect there
    sums_responses : whether it is a sum over responses besides, of which improbable ones may be left out
    squares : whether it uses `Nodes.variance`
    turns : whether it stays as it is where the features are turned, so that coordinates of a span may stand for them
    """

    of: Callable[[Nodes], Array]
    columns: int
    by_posterior: bool = False
    sums_responses: bool = False
    squares: bool = False
    turns: bool = False


def _over(above: Array, mass: Array) -> Array:
    """Above / mass, in place, and 0 where the mass is 0."""
    if mass.all():
        above /= mass
        return above
    return np.divide(above, mass, out=np.zeros_like(above), where=mass > 0)
