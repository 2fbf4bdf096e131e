"""Quadrature nodes over stimuli in the plane or in space: product lattices, where the kernel is one factor per axis.

So no matrix of nodes and stimuli is ever formed: the last axis is kept apart from those before it, "the first".
Scattered stimuli share a lattice or have one each; those that fill a grid also share the sums along its axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..models.arrays import Array
from .nodes import Nodes
from .spacing import Spacing, within_reach

#: Largest number of entries of an array held at once: it fits into a processor's cache.
_CACHE = 200_000
#: The same where there are very many responses, and how many rows are computed together where this allows it.
_ENTRIES, _AT_LEAST = 1_500_000, 8


def on_points(problem: Spacing, g: float, w: float, squares: bool) -> Iterator[Nodes]:
    """Scattered stimuli at one level: one lattice per stimulus or one for all, whichever is smaller."""
    x, tail = problem.x, problem.resolution.tail
    root, h = math.sqrt(g), problem.spacing_at(g)
    half = math.ceil(tail / h)
    low = np.floor((x.min(axis=0) - tail * root) / (h * root))
    high = np.ceil((x.max(axis=0) + tail * root) / (h * root))
    own, shared = len(x) * problem.own(h), float(np.prod(high - low + 1))
    within_reach(min(own, shared))
    norm = w * (h / math.sqrt(2 * math.pi)) ** problem.d
    if own < shared:
        yield from _one_each(problem, g, norm, np.arange(-half, half + 1) * h, squares)
    else:
        places = [np.arange(a, b + 1) * h * root for a, b in zip(low, high)]
        yield from _shared(problem, g, norm, places, squares)


def _one_each(problem: Spacing, g: float, norm: float, z: Array, squares: bool) -> Iterator[Nodes]:
    """A lattice y = x_j + sqrt(g) z around each stimulus, for whose average alone it serves."""
    x, joint, root = problem.x, problem.joint.T, math.sqrt(g)
    before = _lattice([z] * (problem.d - 1))
    weights = np.exp(-0.5 * (before**2).sum(axis=1)), np.exp(-0.5 * z * z)
    row = max(len(z), len(x)) * len(joint)
    for stimuli in _parts(len(x), _CACHE // (len(before) * row)):
        centre = x[stimuli]
        along = (x - centre[:, None])[:, None]  # (n, 1, J, d)
        for part in _parts(len(before), _CACHE // row):
            offset = along[..., :-1] - root * before[part, None]
            # Relative to the stimulus in the middle, whose own weight never underflows.
            first = np.exp((offset**2).sum(axis=3) * (-0.5 / g) + 0.5 * (before[part] ** 2).sum(axis=1)[:, None])
            factors = [first, *(first * along[..., i] for i in range(problem.d - 1))]
            if squares:
                factors += [first * offset[..., i] ** 2 for i in range(problem.d - 1)]
            table = np.stack(factors, axis=1)[:, :, None] * joint[:, None, :]  # (n, factors, K, first, J)
            for last in _parts(len(z), _ENTRIES // len(joint)):
                apart = along[..., -1] - root * z[last, None]
                second = np.exp(apart**2 * (-0.5 / g) + (0.5 * z[last] ** 2)[:, None])

                def to_stimuli(
                    values: Array, stimuli: slice = stimuli, part: slice = part, last: slice = last
                ) -> Array:
                    out = np.zeros((len(x), values.shape[1]))
                    grid = values.reshape(*values.shape[:2], -1, len(z[last]))
                    out[stimuli] = norm * (np.matmul(grid, weights[1][last]) @ weights[0][part])
                    return out

                seconds = [second, second * along[..., -1], *([second * apart**2] if squares else [])]
                sums = _sums(table, [one[:, None, None] for one in seconds], problem.d)
                places = _pairs(before[part] * root, z[last] * root)[:, None] + centre.T[:, :, None]
                yield _nodes(problem, sums, places, centre.T[:, :, None], to_stimuli)


def _shared(problem: Spacing, g: float, norm: float, places: list[Array], squares: bool) -> Iterator[Nodes]:
    """One lattice for all stimuli."""
    x, joint = problem.x, problem.joint.T
    origin = x.mean(axis=0)
    before, after = _lattice(places[:-1]), places[-1]
    for part in _parts(len(before), _rows(max(len(after), len(x)) * len(joint))):
        offset = x[:, :-1] - before[part, None]
        first, raw = _kernel(offset, g)
        factors = [first, *(first * (x - origin)[:, i] for i in range(problem.d - 1))]
        if squares:
            factors += [first * offset[..., i] ** 2 for i in range(problem.d - 1)]
        table = np.stack(factors)[None, :, None] * joint[:, None, :]  # (1, factors, K, first, J)
        for last in _parts(len(after), _ENTRIES // len(joint)):
            apart = x[:, -1] - after[last, None]
            second, raw_last = _kernel(apart[..., None], g)

            def to_stimuli(values: Array, raw: Array = raw, raw_last: Array = raw_last) -> Array:
                grid = values.reshape(values.shape[1], -1, len(raw_last))
                return np.asarray(norm * np.einsum("mjb,bj->jm", np.matmul(raw.T, grid), raw_last))

            seconds = [second, second * (x - origin)[:, -1], *([second * apart**2] if squares else [])]
            sums = _sums(table, seconds, problem.d)
            yield _nodes(problem, sums, _pairs(before[part], after[last])[:, None], origin[:, None, None], to_stimuli)


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
        yield _nodes(
            problem, sums, _pairs(places[0][part, None], places[1])[:, None], origin[:, None, None], to_stimuli
        )


def _kernel(offset: Array, g: float) -> tuple[Array, Array]:
    """exp(-|offset|^2 / 2g) of offsets (P, J, axes), over its largest at each node and as it is, (P, J) each."""
    exponent = (offset**2).sum(axis=2) * (-0.5 / g)
    top = exponent.max(axis=1, keepdims=True)
    kernel = np.exp(exponent - top)
    return kernel, kernel * np.exp(top)


def _sums(table: Array, seconds: list[Array], d: int) -> list[Array]:
    """Mass, moments and, where there are any, squares of each axis, (n, K, first, last) each.

    The table (n, factors, K, first, J) has the kernel of the first axes, as it is and with each of their factors;
    `seconds` (last, J), or with axes before, are those of the last axis.
    """
    turned = [second.swapaxes(-1, -2) for second in seconds]
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
    """Points (d, P * L) with the first coordinates (P, d - 1) and the last one (L,)."""
    return np.concatenate([np.repeat(first.T, len(last), axis=1), np.tile(last, len(first))[None]])
