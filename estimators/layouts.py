"""Quadrature nodes of the Gaussian channel over a finite joint distribution, placed as suits the stimuli.

Stimuli on a line are served in blocks of neighbours; those in the plane and in space by product lattices. `spacing`
explains why the nodes suffice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..models.arrays import Array
from .line import on_line
from .nodes import Contribution, Nodes
from .plane import on_points, on_product
from .spacing import MANY, Spacing


class NodeLayout(Spacing):
    """The ways to place nodes over a finite joint distribution."""

    def by_panel(self, levels: Array, weights: Array, contribution: Contribution) -> Iterator[Nodes] | None:
        """The same for levels of several panels (P, L) at once, with averages by panel; None where it saves nothing."""
        return on_line(self, levels.ravel(), weights.ravel(), contribution, len(levels)) if self.d == 1 else None

    def batches(self, levels: Array, weights: Array, contribution: Contribution) -> Iterator[Nodes]:
        """Batches of nodes for these levels and weights, placed as suits the stimuli."""
        if self.d == 1:
            yield from on_line(self, levels, weights, contribution)
            return
        product = np.zeros(len(levels), dtype=bool)
        if self.axes is not None and len(self.x) > MANY:
            product = np.array([not self._in_groups(g, self.axes) for g in levels.tolist()])
            for g, w in zip(levels[product].tolist(), weights[product].tolist()):
                yield from on_product(self, g, w, self.axes, contribution.squares)
        if not product.all():
            yield from on_points(self, levels[~product], weights[~product], contribution.squares)

    def _in_groups(self, g: float, axes: tuple[Array, Array, Array]) -> bool:
        """Whether stimuli lie in distant groups: lattices around each then have fewer nodes than one grid."""
        nodes = math.prod(high - low + 1 for low, high in self.ends(g, axes))
        return nodes > len(self.x) ** 2 * self.own(self.spacing_at(g))
