"""Quadrature nodes over stimuli in the plane or in space: product lattices, where the kernel is one factor per axis.

So no matrix of nodes and stimuli is ever formed: the last axis is kept apart from those before it, "the first".
Scattered stimuli share a lattice or have one each; those that fill a grid also share the sums along its axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..models.arrays import Array
from .nodes import Nodes
from .spacing import Spacing, within_reach

#: Largest number of entries of an array held at once: it fits into a processor's cache.
_CACHE = 200_000
#: Lattices are computed together, filled up to the largest, where that has at most so many times the nodes of another.
_ALIKE = 1.5
#: The same where there are very many responses, and how many rows are computed together where this allows it.
_ENTRIES, _AT_LEAST = 1_500_000, 8


def on_points(problem: Spacing, levels: Array, weights: Array, squares: bool) -> Iterator[Nodes]:
    """Scattered stimuli: at each level one lattice per stimulus or one for all, whichever is smaller."""
    x, tail = problem.x, problem.resolution.tail
    root, h = np.sqrt(levels), problem.spacing(levels)
    half, cell = np.ceil(tail / h), h * root
    low = np.floor((x.min(axis=0) - (tail * root)[:, None]) / cell[:, None])
    high = np.ceil((x.max(axis=0) + (tail * root)[:, None]) / cell[:, None])
    sizes = {True: np.repeat(2 * half[:, None] + 1, problem.d, axis=1), False: high - low + 1}
    own, shared = len(x) * sizes[True].prod(axis=1), sizes[False].prod(axis=1)
    within_reach(float(np.minimum(own, shared).max()))
    norm = weights * (h / math.sqrt(2 * math.pi)) ** problem.d
    for apart, place in ((True, _one_each), (False, _shared)):
        for some in _alike(problem, np.flatnonzero((own < shared) == apart), sizes[apart]):
            lattices = _Lattices(levels[some], norm[some], cell[some], low[some], sizes[apart][some].astype(int))
            yield from place(problem, lattices, squares)


class _Lattices(NamedTuple):
    """Lattices at several levels (L,): their spacing, their lower ends in units of it, and their sizes, (L, d)."""

    level: Array
    norm: Array
    cell: Array
    low: Array
    size: Array

    def numbers(self) -> tuple[Array, Array]:
        """Numbers of the points on the first axes, (P, d - 1), and on the last, (n,); all have those of the largest."""
        *first, last = (np.arange(most) for most in self.size.max(axis=0))
        return _lattice(first), last

    def has(self, index: Array, axes: slice) -> Array:
        """Whether a level has these points (P, axes), (L, P)."""
        return np.asarray((index < self.size[:, None, axes]).all(axis=2))


def _alike(problem: Spacing, which: Array, sizes: Array) -> Iterator[Array]:
    """Levels in groups that are computed together: of lattices about as large, which fit into a cache."""
    entries = sizes[:, :-1].prod(axis=1) * np.maximum(sizes[:, -1], len(problem.x)) * problem.joint.shape[1]
    start = 0
    for end in range(1, len(which) + 1):
        group = entries[which[start : end + 1]]
        if end == len(which) or group.max() * len(group) > _CACHE or group.max() > _ALIKE * group.min():
            yield which[start:end]
            start = end


def _one_each(problem: Spacing, lattices: _Lattices, squares: bool) -> Iterator[Nodes]:
    """A lattice y = x_j + sqrt(g) z around each stimulus, for whose average alone it serves."""
    x, joint, d = problem.x, problem.joint.T, problem.d
    index, ends = lattices.numbers()
    row = max(len(ends), len(x)) * len(joint)
    number = np.arange(len(lattices.level) * len(x))
    for pairs in _parts(len(number), _CACHE // (len(index) * row)):
        level, stimulus = np.divmod(number[pairs], len(x))
        middle, cell = (lattices.size[level] - 1) / 2, lattices.cell[level]
        scale = -0.5 / lattices.level[level][:, None, None]
        centre = x[stimulus]
        along = (x - centre[:, None])[:, None]  # (n, 1, J, d)
        for part in _parts(len(index), _CACHE // row):
            before = (index[part] - middle[:, None, :-1]) * cell[:, None, None]  # (n, first, d - 1)
            height = (before**2).sum(axis=2)[:, :, None] * scale
            offset = along[..., :-1] - before[:, :, None]
            # Relative to the stimulus in the middle, whose own weight never underflows.
            first = np.exp((offset**2).sum(axis=3) * scale - height)
            factors = [first, *(first * along[..., i] for i in range(d - 1))]
            if squares:
                factors += [first * offset[..., i] ** 2 for i in range(d - 1)]
            table = np.stack(factors, axis=1)[:, :, None] * joint[:, None, :]  # (n, factors, K, first, J)
            weight = np.exp(height) * lattices.has(index[part], slice(-1))[level][:, :, None]
            weight *= lattices.norm[level][:, None, None]
            for last in _parts(len(ends), _ENTRIES // len(joint)):
                after = (ends[last] - middle[:, -1:]) * cell[:, None]  # (n, last)
                height = after[:, :, None] ** 2 * scale
                apart = along[..., -1] - after[:, :, None]
                second = np.exp(apart**2 * scale - height)
                other = np.exp(height) * lattices.has(ends[last, None], slice(-1, None))[level][:, :, None]

                def to_stimuli(
                    values: Array, stimulus: Array = stimulus, weight: Array = weight, other: Array = other
                ) -> Array:
                    grid = values.reshape(*values.shape[:2], weight.shape[1], -1)
                    out = np.zeros((len(x), values.shape[1]))
                    np.add.at(out, stimulus, (np.matmul(grid, other[:, None])[..., 0] @ weight)[..., 0])
                    return out

                seconds = [second, second * along[..., -1], *([second * apart**2] if squares else [])]
                sums = _sums(table, seconds, d)
                places = _pairs(before, after) + centre.T[:, :, None]
                yield _nodes(problem, sums, places, centre.T[:, :, None], to_stimuli)


def _shared(problem: Spacing, lattices: _Lattices, squares: bool) -> Iterator[Nodes]:
    """One lattice for all stimuli."""
    x, joint, d = problem.x, problem.joint.T, problem.d
    index, ends = lattices.numbers()
    g, cell, low = lattices.level[:, None, None], lattices.cell[:, None], lattices.low
    origin = x.mean(axis=0)
    for part in _parts(len(index), _rows(len(g) * max(len(ends), len(x)) * len(joint))):
        before = (index[part] + low[:, None, :-1]) * cell[:, None]  # (L, first, d - 1)
        offset = x[:, :-1] - before[:, :, None]
        first, raw = _kernel(offset, g)
        raw *= lattices.has(index[part], slice(-1))[:, :, None] * lattices.norm[:, None, None]
        factors = [first, *(first * (x - origin)[:, i] for i in range(d - 1))]
        if squares:
            factors += [first * offset[..., i] ** 2 for i in range(d - 1)]
        table = np.stack(factors, axis=1)[:, :, None] * joint[:, None, :]  # (L, factors, K, first, J)
        for last in _parts(len(ends), _ENTRIES // len(joint)):
            after = (ends[last] + low[:, -1:]) * cell  # (L, last)
            apart = x[:, -1] - after[:, :, None]
            second, raw_last = _kernel(apart[..., None], g)
            raw_last *= lattices.has(ends[last, None], slice(-1, None))[:, :, None]

            def to_stimuli(values: Array, raw: Array = raw, raw_last: Array = raw_last) -> Array:
                grid = values.reshape(*values.shape[:2], raw.shape[1], -1)
                return np.asarray(np.einsum("lmjb,lbj->jm", np.matmul(raw.swapaxes(1, 2)[:, None], grid), raw_last))

            seconds = [second, second * (x - origin)[:, -1], *([second * apart**2] if squares else [])]
            sums = _sums(table, seconds, d)
            yield _nodes(problem, sums, _pairs(before, after), origin[:, None, None], to_stimuli)


def on_product(
    problem: Spacing, g: float, w: float, axes: tuple[Array, Array, Array], squares: bool
) -> Iterator[Nodes]:
    """Stimuli that fill a product grid in the plane, at one level."""
    order, *coordinates = axes
    root, h = math.sqrt(g), problem.spacing_at(g)
    kernels, averages, places = [], [], []
    origin = np.array([column.mean() for column in coordinates])
    for x, middle, (low, high) in zip(coordinates, origin, problem.ends(g, axes)):
        y = np.arange(low, high + 1) * h * root
        apart = x - y[:, None]
        kernel, raw = _kernel(apart[..., None], g)
        kernels.append([kernel, kernel * (x - middle), *([kernel * apart**2] if squares else [])])
        averages.append(raw * (h / math.sqrt(2 * math.pi)))
        places.append(y)
    grid = problem.joint[order].T.reshape(-1, len(coordinates[0]), len(coordinates[1]))
    near, *seconds = (grid @ kernel.T for kernel in kernels[1])  # (K, X1, n2)
    for part in _parts(len(places[0]), _rows(len(places[1]) * len(grid))):

        def to_stimuli(values: Array, part: slice = part) -> Array:
            half = (values.reshape(-1, len(places[1])) @ averages[1]).reshape(values.shape[1], -1, averages[1].shape[1])
            found = w * np.matmul(averages[0][part].T, half)
            out = np.empty((len(order), values.shape[1]))
            out[order] = found.reshape(values.shape[1], -1).T
            return out

        first, *firsts = (kernel[part] for kernel in kernels[0])
        powers = [(one @ near, first @ other) for one, other in zip(firsts, seconds)]
        sums = [array[None] for array in (first @ near, *(array for power in powers for array in power))]
        at = _pairs(places[0][None, part, None], places[1][None])
        yield _nodes(problem, sums, at, origin[:, None, None], to_stimuli)


def _kernel(offset: Array, g: Array | float) -> tuple[Array, Array]:
    """exp(-|offset|^2 / 2g) of offsets (..., J, axes), over its largest at each node and as it is, (..., J) each."""
    exponent = (offset**2).sum(axis=-1) * (-0.5 / g)
    top = exponent.max(axis=-1, keepdims=True)
    kernel = np.exp(exponent - top)
    return kernel, kernel * np.exp(top)


def _sums(table: Array, seconds: list[Array], d: int) -> list[Array]:
    """Mass, moments and, where there are any, squares of each axis, (n, K, first, last) each.

    The table (n, factors, K, first, J) has the kernel of the first axes, as it is and with each of their factors;
    `seconds` (n, last, J) are those of the last axis.
    """
    turned = [second.swapaxes(-1, -2)[:, None, None] for second in seconds]
    both = np.matmul(table, turned[0])
    mass, *firsts = (both[:, i] for i in range(both.shape[1]))
    lasts = [np.matmul(table[:, :1], second)[:, 0] for second in turned[1:]]
    powers = [[*firsts[n * (d - 1) : (n + 1) * (d - 1)], last] for n, last in enumerate(lasts)]
    return [mass, *(array for power in powers for array in power)]


def _nodes(
    problem: Spacing, sums: Sequence[Array], places: Array, origins: Array, to_stimuli: Callable[[Array], Array]
) -> Nodes:
    """Nodes from mass, d moments and d squares or none, (n, K, first, last) each."""
    mass, *powers = (array.reshape(*array.shape[:2], -1) for array in sums)
    moments, squares = tuple(powers[: problem.d]), tuple(powers[problem.d :])
    return Nodes(mass, moments, problem.scale, places, origins, to_stimuli, squares)


def _rows(entries: int) -> int:
    """How many rows of so many entries are computed together: what fits into a cache or, if that is little, more."""
    return max(_CACHE // entries, min(_AT_LEAST, _ENTRIES // entries))


def _parts(count: int, most: int) -> Iterator[slice]:
    """Slices of at most `most` places, and of at least one, that make up `count`."""
    step = max(1, most)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def _lattice(axes: Sequence[Array]) -> Array:
    """All points (P, axes) of a product lattice."""
    return np.stack([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], axis=1)


def _pairs(first: Array, last: Array) -> Array:
    """Points (d, n, P * B) with the first coordinates (n, P, d - 1) and the last one (n, B)."""
    before = np.repeat(np.moveaxis(first, 2, 0), last.shape[1], axis=2)
    return np.concatenate([before, np.tile(last, (1, first.shape[1]))[None]])
