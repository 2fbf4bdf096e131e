"""Quadrature nodes of the Gaussian channel Xg = X + sqrt(g) Z over a finite joint, and the posterior means at them.

Why the nodes suffice. In units of sqrt(g) the integrand is analytic in a strip of half-width pi / u around the real
axis, u being the widest gap that the posterior bridges, where a Gaussian average grows by exp(strip^2 / 2): a lattice
of spacing 2 pi strip / (decay + strip^2 / 2) errs by exp(-decay). A gap of u is bridged only exp(-u^2 / 8) of the
time or, beside an atom that is e^L rarer than its neighbour, up to u = tail + sqrt(tail^2 + 2 L), below which g is cut
off. Above, the integrand is a power series in 1 / g, and the last nodes are fitted to three of its terms. With atoms
much rarer than their neighbours the trapezoid over log g gives way to adaptive panels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise

import numpy as np
from scipy import sparse

from ..errors import NotApplicable
from ..models.arrays import Array
from .resolution import Resolution

#: Stimuli up to which a dense matrix beats a sparse one.
MANY = 48
#: Nodes of one level beyond which quadrature takes hours.
_MOST_NODES = 1e8
_SHARES = np.geomspace(0.02, 1.0, 40)
_BLOCK = 1_500_000  # entries of a (nodes, stimuli) matrix held at once


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
    """

    noise: Array
    shift: Array
    response_shift: Array
    response_probability: Array
    positions: Array
    _weights: Array | sparse.csr_array | tuple[Array, Array, Array]

    @property
    def gain(self) -> Array:
        """E[X|y, r] - E[X|y], shape (P, K, d)."""
        return self.response_shift - self.shift[:, None, :]

    def average(self, values: Array) -> Array:
        """``int dg / (2 g^2) E_{Xg|x_j}[values]``, this batch's part of it; (P, M) to (J, M)."""
        if isinstance(self._weights, tuple):
            a, b, order = self._weights
            half = np.tensordot(a.T, values.reshape(len(a), len(b), -1), (1, 0))
            grid = np.tensordot(b.T, half, (1, 1)).swapaxes(0, 1).reshape(len(order), -1)
            out = np.empty_like(grid)
            out[order] = grid
            return out
        return np.asarray(self._weights.T @ values)

    def average_from(self, stimuli: Array, positions: Array, values: Array) -> Array:
        """The same with ``y - x_j`` along one axis as a factor; columns (J, 1) and (P, 1), (P, M) to (J, M)."""
        return np.asarray(self.average(values * positions) - stimuli * self.average(values))


class NodeLayout:
    """The finite joint, scaled for quadrature, and the ways to lay nodes over it."""

    def __init__(self, stimuli: Array, prior: Array, likelihood: Array, resolution: Resolution) -> None:
        self.x, self.d, self.resolution = stimuli, stimuli.shape[1], resolution
        self.axes = product_axes(stimuli) if self.d == 2 else None
        self.width = max(len(stimuli), likelihood.shape[0] * self.d)
        self.range = float(np.linalg.norm(np.ptp(stimuli, axis=0)))
        log_prior = np.log(prior)
        self.spread = float(log_prior.max() - log_prior.min())
        self.log_prior = log_prior
        self.prior = prior / prior.max()
        # Each response's joint is scaled to a largest entry of 1, so that rare responses keep their digits.
        joint = (likelihood * self.prior).T
        self.scale = joint.max(axis=0)
        self.scale = np.where(self.scale > 0, self.scale, 1.0)
        self.joint = joint / self.scale
        tail = resolution.tail
        self.widest = tail + math.sqrt(tail**2 + 2 * self.spread)
        # chi^2 between neighbours' responses, and the same over the squared gap; known on a lattice.
        self.step_contrast = self.contrast = math.inf
        self.bridge, self.rarity, self.lapse = math.inf, self.spread, self.spread
        if self.d == 1:
            self._read_line(likelihood)
        elif self.axes is not None and len(stimuli) > MANY:
            self._read_grid(likelihood, self.axes)
        self.window = math.sqrt(self.resolution.tail**2 + 2 * (self.resolution.decay + self.spread))

    def _read_line(self, likelihood: Array) -> None:
        """What the order of stimuli on a line tells: `bridge`, `rarity`, `lapse` and, on a lattice, `contrast`.

        Between neighbours on the log prior's concave envelope a posterior passes step by step, so `bridge` is the
        widest gap between such neighbours. `lapse` is the largest log ratio of neighbours or drop below the envelope;
        `rarity` is the same for few stimuli, but on a fine lattice a valley is no rare atom.
        """
        order = np.argsort(self.x[:, 0])
        x, height = self.x[order, 0], self.log_prior[order]
        hull: list[int] = []
        for i in range(len(x)):
            while len(hull) > 1:
                a, b = hull[-2], hull[-1]
                if (height[b] - height[a]) * (x[i] - x[b]) >= (height[i] - height[b]) * (x[b] - x[a]) - 1e-9:
                    break
                hull.pop()
            hull.append(i)
        step = float(np.abs(np.diff(height)).max())
        drop = float((np.interp(x, x[hull], height[hull]) - height).max())
        self.bridge, self.lapse = float(np.diff(x[hull]).max()), max(step, drop)
        self.rarity = self.lapse if len(x) <= MANY else step
        if len(x) > MANY:
            # A gap between many close neighbours is not the sharp switch between two lone atoms.
            self.resolution = replace(self.resolution, tail=self.resolution.tail - 0.5, decay=self.resolution.decay - 4)
            chi = _chi_squared(likelihood[:, order], 1)
            self.step_contrast, self.contrast = float(chi.max()), float((chi / np.diff(x) ** 2).max())

    def _read_grid(self, likelihood: Array, axes: tuple[Array, Array, Array]) -> None:
        """The same on a product grid in R^2, from neighbours along each axis."""
        order, *coordinates = axes
        shape = tuple(map(len, coordinates))
        height = self.log_prior[order].reshape(shape)
        table = likelihood[:, order].reshape(-1, *shape)
        self.rarity = self.lapse = max(float(np.abs(np.diff(height, axis=i)).max(initial=0.0)) for i in (0, 1))
        # A gap between many close neighbours is not the sharp switch between two lone atoms.
        self.resolution = replace(self.resolution, decay=self.resolution.decay - 4)
        self.bridge = max(float(np.diff(x).max(initial=0.0)) for x in coordinates)
        self.widest = self.resolution.tail + math.sqrt(self.resolution.tail**2 + 2 * self.rarity)
        contrasts, steps = [], []
        for i, x in enumerate(coordinates):
            chi = _chi_squared(table, i + 1)
            # A feature that never varies has no neighbours.
            steps.append(float(chi.max(initial=0.0)))
            contrasts.append(float((chi / np.expand_dims(np.diff(x), 1 - i) ** 2).max(initial=0.0)))
        self.step_contrast, self.contrast = sum(steps), sum(contrasts)

    def limits(self) -> tuple[float, float]:
        """Logs of the lowest level that can matter, and of that above which the integrand is a power series in 1/g."""
        return math.log(self._lowest_level()), 2 * math.log(self.range) + self.resolution.reach

    def batches(self, levels: Array, weights: Array) -> Iterator[Nodes]:
        """Batches of nodes for these levels and weights, laid as suits the stimuli."""
        many = len(self.x) > MANY
        if many and self.axes is not None:
            for g, w in zip(levels, weights):
                ends = self._ends(float(g), self.axes)
                nodes = math.prod(high - low + 1 for low, high in ends)
                # Where far places lie between near ones, what each stimulus sees is less than all that lies between.
                if nodes > len(self.x) ** 2 * self._own(self.spacing(float(g))):
                    yield from self.on_points(np.array([g]), np.array([w]))
                else:
                    yield from self.on_product(float(g), float(w), self.axes, ends)
        elif many and self.d == 1:
            for g, w in zip(levels, weights):
                yield from self.on_line(float(g), float(w))
        else:
            yield from self.on_points(levels, weights)

    def levels(self) -> tuple[Array, Array]:
        """Noise levels and the weights of ``int dg / (2 g^2)``, the tail above the last level included."""
        step = self.resolution.step
        low, high = self.limits()
        back = max(1, round(1 / step))
        count = max(math.ceil((high - low) / step), 2 * back) + 1
        s = high - step * np.arange(count)[::-1]
        weights = np.full(count, step)
        # F(s) = a e^-s + b e^-2s + c e^-3s through the nodes count-1, count-1-back, count-1-2 back; its sum beyond.
        order = np.arange(1, 4)
        fit = np.exp(np.outer([0, back, 2 * back], order) * step)
        q = np.exp(-order * step)
        weights[[-1, -1 - back, -1 - 2 * back]] += np.linalg.solve(fit.T, step * q / (1 - q))
        g = np.exp(s)
        return g, weights / (2 * g)

    def _lowest_level(self) -> float:
        tail, x = self.resolution.tail, self.x
        if len(x) <= 512 and not math.isfinite(self.contrast):
            square = ((x[:, None] - x) ** 2).sum(axis=2)
            rarer = np.maximum(self.log_prior[None, :] - self.log_prior[:, None], 0)
            reach = tail + np.sqrt(tail**2 + 2 * rarer)
            np.fill_diagonal(square, np.inf)
            return float((square / reach**2).min())
        from scipy.spatial import cKDTree

        nearest = float(np.asarray(cKDTree(x).query(x, k=2)[0])[:, 1].min())
        low = (nearest / self.widest) ** 2
        # A gap of u is bridged exp(-u^2 / 8) of the time, for what little there is to tell across it.
        if self.d == 1 and self.lapse < 2:
            low = max(low, nearest**2 / (8 * (self._decay(low) + 2)))
        elif self.d == 2 and math.isfinite(self.contrast):
            low = max(low, nearest**2 / (8 * self._decay(low)))
        return low

    def spacing(self, g: float) -> float:
        """Lattice spacing in units of sqrt(g): the finest that any bridged gap u asks for."""
        root = math.sqrt(g)
        bridged = min(self.range / root, self.widest, 2 * self.resolution.tail + self.bridge / root)
        u = bridged * _SHARES
        seldom = np.maximum(u / 2 - self.lapse / u, 0) ** 2 / 2  # minus the log of how often such a gap is bridged
        decay = np.maximum(self._decay(g) - seldom, 1.0) + np.log1p(u)
        strip = np.minimum(math.pi / u, np.sqrt(2 * decay))
        return float((2 * math.pi * strip / (decay + strip**2 / 2)).min())

    def _decay(self, g: float) -> float:
        """The decay asked for at this level: on a fine, smooth lattice low levels have little to add."""
        return self.resolution.decay + math.log(max(min(1.0, max(g * self.contrast, 4 * self.step_contrast)), 1e-6))

    # -- scattered stimuli: dense matrices, all levels in few batches ---------------------------------------------

    def on_points(self, levels: Array, weights: Array) -> Iterator[Nodes]:
        batch: list[tuple[Array, Array, Array]] = []
        size = 0
        for g, w in zip(levels, weights):
            for piece in self._scattered_nodes(float(g), float(w)):
                batch.append(piece)
                size += len(piece[0]) * self.width
                if size > _BLOCK:
                    yield self._dense(batch)
                    batch, size = [], 0
        if batch:
            yield self._dense(batch)

    def _scattered_nodes(self, g: float, w: float) -> Iterator[tuple[Array, Array, Array]]:
        """Pieces (positions, levels, average): a lattice around each stimulus, or one lattice for all."""
        root, h, tail = math.sqrt(g), self.spacing(g), self.resolution.tail
        half = self._half(h)
        own = len(self.x) * self._own(h)
        low = np.floor((self.x.min(axis=0) - tail * root) / (h * root))
        high = np.ceil((self.x.max(axis=0) + tail * root) / (h * root))
        shared = float(np.prod(high - low + 1))
        _within_reach(min(own, shared))
        norm = w * (h / math.sqrt(2 * math.pi)) ** self.d
        if own < shared:
            z = _lattice([np.arange(-half, half + 1) * h] * self.d)
            weight = norm * np.exp(-0.5 * (z**2).sum(axis=1))
            most = max(1, _BLOCK // (len(z) * self.width))
            for start in range(0, len(self.x), most):
                part = np.arange(start, min(start + most, len(self.x)))
                y = (self.x[part, None] + root * z).reshape(-1, self.d)
                average = np.zeros((len(y), len(self.x)))
                average[np.arange(len(y)), np.repeat(part, len(z))] = np.tile(weight, len(part))
                yield y, np.full(len(y), g), average
            return
        y = _lattice([np.arange(a, b + 1) * (h * root) for a, b in zip(low, high)])
        most = max(1, _BLOCK // self.width)
        for start in range(0, len(y), most):
            part_y = y[start : start + most]
            yield part_y, np.full(len(part_y), g), np.full((1, 1), norm)

    def _half(self, h: float) -> int:
        """Steps of this spacing from a stimulus to the end of the lattice about it."""
        return math.ceil(self.resolution.tail / h)

    def _own(self, h: float) -> int:
        """Nodes of a lattice of this spacing about one stimulus."""
        return int((2 * self._half(h) + 1) ** self.d)

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
        return self._nodes(y, g, kernel @ self.joint, [(kernel * o) @ self.joint for o in offset], average)

    # -- many stimuli on a line: sparse matrices, one level at a time ---------------------------------------------

    def on_line(self, g: float, w: float) -> Iterator[Nodes]:
        order = np.argsort(self.x[:, 0])
        x = self.x[order, 0]
        root, h = math.sqrt(g), self.spacing(g)
        cell, half = h * root, self._half(h)
        base = np.rint(x / cell)
        if (np.diff(base) <= 2 * half).all():
            lattice = np.arange(base[0] - half, base[-1] + half + 1)
        else:
            lattice = np.unique((base[:, None] + np.arange(-half, half + 1)).ravel())
        y_all = lattice * cell
        low = np.searchsorted(x, y_all - self.window * root)
        high = np.searchsorted(x, y_all + self.window * root)
        cuts = _cuts(np.maximum(high - low, self.joint.shape[1]), _BLOCK)
        for a, b in pairwise(cuts):
            y, first, count = y_all[a:b], low[a:b], (high - low)[a:b]
            start = np.concatenate([[0], np.cumsum(count)])
            column = np.arange(start[-1]) - np.repeat(start[:-1] - first, count)
            offset = x[column] - np.repeat(y, count)
            exponent = offset * offset * (-0.5 / g)
            top = np.maximum.reduceat(exponent, start[:-1])
            shape = (len(y), len(x))
            kernel = np.exp(exponent - np.repeat(top, count))
            weights = kernel * np.repeat(np.exp(top) * (w * h / math.sqrt(2 * math.pi)), count)
            column = order[column]
            near, far, average = (
                sparse.csr_array((data, column, start), shape=shape) for data in (kernel, kernel * offset, weights)
            )
            yield self._nodes(y[:, None], np.full(len(y), g), near @ self.joint, [far @ self.joint], average)

    # -- a full product grid in R^2: one matrix for each axis -----------------------------------------------------

    def _ends(self, g: float, axes: tuple[Array, Array, Array]) -> list[tuple[int, int]]:
        """Where the lattice of a product grid ends along each axis, in units of its spacing."""
        root, h, tail = math.sqrt(g), self.spacing(g), self.resolution.tail
        return [(math.floor((x.min() / root - tail) / h), math.ceil((x.max() / root + tail) / h)) for x in axes[1:]]

    def on_product(
        self, g: float, w: float, axes: tuple[Array, Array, Array], ends: list[tuple[int, int]]
    ) -> Iterator[Nodes]:
        order, *coordinates = axes
        root, h = math.sqrt(g), self.spacing(g)
        kernels, offsets, averages, places = [], [], [], []
        for x, (low, high) in zip(coordinates, ends):
            y = np.arange(low, high + 1) * h * root
            offset = x - y[:, None]
            exponent = -0.5 * offset**2 / g
            top = exponent.max(axis=1, keepdims=True)
            kernels.append(np.exp(exponent - top))
            offsets.append(kernels[-1] * offset)
            averages.append(np.exp(exponent) * (h / math.sqrt(2 * math.pi)))
            places.append(y)
        grid = self.joint[order].reshape(len(coordinates[0]), len(coordinates[1]), -1)
        near, far = (np.tensordot(matrix, grid, (1, 1)) for matrix in (kernels[1], offsets[1]))
        most = max(1, _BLOCK // (len(places[1]) * grid.shape[2]))
        for start in range(0, len(places[0]), most):
            part = slice(start, start + most)

            def along(matrix: Array, half: Array, part: slice = part) -> Array:
                return np.asarray(np.tensordot(matrix[part], half, (1, 1)).reshape(-1, grid.shape[2]))

            y = _lattice([places[0][part], places[1]])
            moments = [along(offsets[0], near), along(kernels[0], far)]
            average = averages[0][part] * w, averages[1], order
            yield self._nodes(y, np.full(len(y), g), along(kernels[0], near), moments, average)

    def _nodes(
        self,
        y: Array,
        g: Array,
        mass: Array,
        moments: list[Array],
        average: Array | sparse.csr_array | tuple[Array, Array, Array],
    ) -> Nodes:
        """Posterior means from ``mass[p, k]`` = sum_j kernel joint and its first moments."""
        total = (mass @ self.scale)[:, None]
        shift = np.stack([m @ self.scale for m in moments], axis=1) / total
        by_response = np.empty((*mass.shape, self.d))
        possible = True if mass.all() else mass > 0
        for i, m in enumerate(moments):
            if possible is not True:
                by_response[:, :, i] = shift[:, i, None]
            np.divide(m, mass, out=by_response[:, :, i], where=possible)
        return Nodes(g, shift, by_response, mass * (self.scale / total), y, average)


def _within_reach(nodes: float) -> None:
    if nodes > _MOST_NODES:
        raise NotApplicable(
            f"quadrature over noise would take {nodes:.1e} nodes a level: the stimuli lie too far apart for the gaps "
            "between them"
        )


def _chi_squared(table: Array, axis: int) -> Array:
    """chi^2 between the response laws (first axis) of neighbours along `axis`."""
    change = np.diff(table, axis=axis)
    mean = (np.delete(table, -1, axis=axis) + np.delete(table, 0, axis=axis)) / 2
    return np.asarray(np.divide(change**2, mean, out=np.zeros_like(mean), where=mean > 0).sum(axis=0))


def _lattice(axes: list[Array]) -> Array:
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)


def product_axes(stimuli: Array) -> tuple[Array, Array, Array] | None:
    """(order, axis 1, axis 2) if the stimuli fill a product grid along the axes of R^2, else None."""
    first, second = np.unique(stimuli[:, 0]), np.unique(stimuli[:, 1])
    if len(first) * len(second) != len(stimuli):
        return None
    return np.lexsort((stimuli[:, 1], stimuli[:, 0])), first, second


def _cuts(sizes: Array, most: int) -> list[int]:
    """Boundaries that cut a run of rows of these sizes into blocks of about `most` entries."""
    total = np.cumsum(sizes)
    blocks = max(1, math.ceil(float(total[-1]) / most))
    inner = np.searchsorted(total, total[-1] * np.arange(1, blocks) / blocks)
    return [int(cut) for cut in np.unique(np.concatenate([[0], inner, [len(sizes)]]))]
