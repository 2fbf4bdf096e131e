"""Quadrature nodes of the Gaussian channel over a finite joint distribution, placed in one of three ways.

Scattered stimuli use dense matrices, with all levels in a few batches. Many stimuli on a line use sparse matrices, one
level at a time. A full product grid in the plane uses one matrix per axis. `spacing` explains why the nodes suffice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from ..errors import OutOfReach
from ..models.arrays import Array
from .nodes import Average, Nodes
from .spacing import MANY, Spacing

#: Largest number of nodes per level; with more, quadrature takes hours.
_MOST_NODES = 1e8
#: Largest number of entries of a (nodes, stimuli) matrix held at once.
BLOCK = 1_500_000


class NodeLayout(Spacing):
    """The ways to place nodes over a finite joint distribution."""

    def batches(self, levels: Array, weights: Array) -> Iterator[Nodes]:
        """Batches of nodes for these levels and weights, placed as suits the stimuli."""
        many = len(self.x) > MANY
        if many and self.axes is not None:
            for g, w in zip(levels, weights):
                ends = self.ends(float(g), self.axes)
                nodes = math.prod(high - low + 1 for low, high in ends)
                # Where stimuli lie in distant groups, lattices around each stimulus have fewer nodes than one grid.
                if nodes > len(self.x) ** 2 * self.own(self.spacing(float(g))):
                    yield from self.on_points(np.array([g]), np.array([w]))
                else:
                    yield from self.on_product(float(g), float(w), self.axes, ends)
        elif many and self.d == 1:
            for g, w in zip(levels, weights):
                yield from self.on_line(float(g), float(w))
        else:
            yield from self.on_points(levels, weights)

    # -- scattered stimuli: dense matrices, all levels in few batches ---------------------------------------------

    def on_points(self, levels: Array, weights: Array) -> Iterator[Nodes]:
        batch: list[tuple[Array, Array, Array]] = []
        size = 0
        for g, w in zip(levels, weights):
            for piece in self._scattered_nodes(float(g), float(w)):
                batch.append(piece)
                size += len(piece[0]) * self.width
                if size > BLOCK:
                    yield self._dense(batch)
                    batch, size = [], 0
        if batch:
            yield self._dense(batch)

    def _scattered_nodes(self, g: float, w: float) -> Iterator[tuple[Array, Array, Array]]:
        """Pieces (positions, levels, average): one lattice per stimulus or one for all, whichever is smaller."""
        root, h, tail = math.sqrt(g), self.spacing(g), self.resolution.tail
        half = self.half(h)
        own = len(self.x) * self.own(h)
        low = np.floor((self.x.min(axis=0) - tail * root) / (h * root))
        high = np.ceil((self.x.max(axis=0) + tail * root) / (h * root))
        shared = float(np.prod(high - low + 1))
        within_reach(min(own, shared))
        norm = w * (h / math.sqrt(2 * math.pi)) ** self.d
        if own < shared:
            z = _lattice([np.arange(-half, half + 1) * h] * self.d)
            weight = norm * np.exp(-0.5 * (z**2).sum(axis=1))
            most = max(1, BLOCK // (len(z) * self.width))
            for start in range(0, len(self.x), most):
                part = np.arange(start, min(start + most, len(self.x)))
                y = (self.x[part, None] + root * z).reshape(-1, self.d)
                average = np.zeros((len(y), len(self.x)))
                average[np.arange(len(y)), np.repeat(part, len(z))] = np.tile(weight, len(part))
                yield y, np.full(len(y), g), average
            return
        y = _lattice([np.arange(a, b + 1) * (h * root) for a, b in zip(low, high)])
        most = max(1, BLOCK // self.width)
        for start in range(0, len(y), most):
            part_y = y[start : start + most]
            yield part_y, np.full(len(part_y), g), np.full((1, 1), norm)

    def _dense(self, batch: list[tuple[Array, Array, Array]]) -> Nodes:
        y = np.concatenate([piece[0] for piece in batch])
        g = np.concatenate([piece[1] for piece in batch])
        offset = [self.x[:, i] - y[:, i, None] for i in range(self.d)]
        exponent = reduce(np.add, [o * o for o in offset])
        exponent *= (-0.5 / g)[:, None]
        top = exponent.max(axis=1, keepdims=True)
        kernel = np.exp(exponent - top)
        raw = kernel * np.exp(top)
        average = np.empty_like(kernel)
        start = 0
        for piece_y, _, weight in batch:
            rows = slice(start, start + len(piece_y))
            average[rows] = weight if weight.shape == kernel[rows].shape else raw[rows] * weight
            start += len(piece_y)
        powers = [offset, [o * o for o in offset]] if self.squares else [offset]
        moments = [[(kernel * o) @ self.joint for o in power] for power in powers]
        return self._nodes(y, g, kernel @ self.joint, moments, average)

    # -- many stimuli on a line: sparse matrices, one level at a time ---------------------------------------------

    def on_line(self, g: float, w: float) -> Iterator[Nodes]:
        order = np.argsort(self.x[:, 0])
        x = self.x[order, 0]
        root, h = math.sqrt(g), self.spacing(g)
        cell, half = h * root, self.half(h)
        base = np.rint(x / cell)
        if (np.diff(base) <= 2 * half).all():
            lattice = np.arange(base[0] - half, base[-1] + half + 1)
        else:
            lattice = np.unique((base[:, None] + np.arange(-half, half + 1)).ravel())
        y_all = lattice * cell
        low = np.searchsorted(x, y_all - self.window * root)
        high = np.searchsorted(x, y_all + self.window * root)
        seen = high > low  # beside a lone stimulus a node may see none within its window
        y_all, low, high = y_all[seen], low[seen], high[seen]
        for a, b in pairwise(cuts(np.maximum(high - low, self.joint.shape[1]), BLOCK)):
            y, first, count = y_all[a:b], low[a:b], (high - low)[a:b]
            start = np.concatenate([[0], np.cumsum(count)])
            column = np.arange(start[-1]) - np.repeat(start[:-1] - first, count)
            offset = x[column] - np.repeat(y, count)
            exponent = offset * offset * (-0.5 / g)
            top = np.maximum.reduceat(exponent, start[:-1])
            shape = (len(y), len(x))
            kernel = np.exp(exponent - np.repeat(top, count))
            weights = kernel * np.repeat(np.exp(top) * (w * h / math.sqrt(2 * math.pi)), count)
            yield self._on_axis(y, g, (kernel, offset, weights), (order[column], start), shape)

    def _on_axis(
        self,
        y: Array,
        g: float,
        values: tuple[Array, Array, Array],
        places: tuple[Array, Array],
        shape: tuple[int, int],
    ) -> Nodes:
        """Nodes of one dimension, from the kernel, the offsets and the weights of sparse matrices."""
        kernel, offset, weights = values
        powers = [kernel * offset, kernel * offset**2] if self.squares else [kernel * offset]
        near, average, *far = (sparse.csr_array((data, *places), shape=shape) for data in (kernel, weights, *powers))
        moments = [[matrix @ self.joint] for matrix in far]
        return self._nodes(y[:, None], np.full(len(y), g), near @ self.joint, moments, average)

    # -- a full product grid in R^2: one matrix for each axis -----------------------------------------------------

    def on_product(
        self, g: float, w: float, axes: tuple[Array, Array, Array], ends: list[tuple[int, int]]
    ) -> Iterator[Nodes]:
        order, *coordinates = axes
        root, h = math.sqrt(g), self.spacing(g)
        kernels, offsets, squares, averages, places = [], [], [], [], []
        for x, (low, high) in zip(coordinates, ends):
            y = np.arange(low, high + 1) * h * root
            offset = x - y[:, None]
            exponent = -0.5 * offset**2 / g
            top = exponent.max(axis=1, keepdims=True)
            kernels.append(np.exp(exponent - top))
            offsets.append(kernels[-1] * offset)
            squares.append(offsets[-1] * offset)
            averages.append(np.exp(exponent) * (h / math.sqrt(2 * math.pi)))
            places.append(y)
        grid = self.joint[order].reshape(len(coordinates[0]), len(coordinates[1]), -1)
        near, far, wide = (np.tensordot(matrix, grid, (1, 1)) for matrix in (kernels[1], offsets[1], squares[1]))
        most = max(1, BLOCK // (len(places[1]) * grid.shape[2]))
        for start in range(0, len(places[0]), most):
            part = slice(start, start + most)

            def along(matrix: Array, half: Array, part: slice = part) -> Array:
                return np.asarray(np.tensordot(matrix[part], half, (1, 1)).reshape(-1, grid.shape[2]))

            y = _lattice([places[0][part], places[1]])
            moments = [[along(offsets[0], near), along(kernels[0], far)]]
            if self.squares:
                moments.append([along(squares[0], near), along(kernels[0], wide)])
            average = averages[0][part] * w, averages[1], order
            yield self._nodes(y, np.full(len(y), g), along(kernels[0], near), moments, average)

    def _nodes(self, y: Array, g: Array, mass: Array, moments: list[list[Array]], average: Average) -> Nodes:
        """Posterior means from ``mass[p, k]`` = sum_j kernel joint, (P, K), and its first (and second) moments."""
        total = (mass @ self.scale)[:, None]
        possible = True if mass.all() else mass > 0
        means, by_response = [], []
        for power in moments:
            mean = np.stack([m @ self.scale for m in power], axis=1) / total
            given = np.empty((*mass.shape, self.d))
            for i, m in enumerate(power):
                if possible is not True:
                    given[:, :, i] = mean[:, i, None]
                np.divide(m, mass, out=given[:, :, i], where=possible)
            means.append(mean)
            by_response.append(given)
        return Nodes(g, means[0], by_response[0], mass * (self.scale / total), y, average, *by_response[1:])


def within_reach(nodes: float) -> None:
    """Raise `OutOfReach` for more nodes per level than quadrature can serve."""
    if nodes > _MOST_NODES:
        raise OutOfReach(
            f"quadrature over noise would take {nodes:.1e} nodes per level: the stimuli lie too far apart compared "
            "with the smallest gap between them"
        )


def _lattice(axes: list[Array]) -> Array:
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)


def cuts(sizes: Array, most: int) -> list[int]:
    """Row numbers that cut rows of these sizes into blocks of about `most` entries."""
    total = np.cumsum(sizes)
    blocks = max(1, math.ceil(float(total[-1]) / most))
    inner = np.searchsorted(total, total[-1] * np.arange(1, blocks) / blocks)
    return [int(cut) for cut in np.unique(np.concatenate([[0], inner, [len(sizes)]]))]
