"""Quadrature nodes over stimuli on a line: blocks of neighbours, each with the few stimuli that it is confused with.

A segment is a run of equally spaced nodes at one level: the lattice of all stimuli, or that of one. Segments of all
levels are cut into blocks, and blocks of about the same window are computed together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..models.arrays import Array
from .nodes import Contribution, Nodes
from .spacing import MANY, Spacing, within_reach

#: A stimulus is left out where its posterior probability is below exp(-UNSEEN): less than rounding.
UNSEEN = 40.0
#: How far an average over Xg reaches, in sqrt(g): exp(-REACH^2 / 2) is rounding.
REACH = 8.6
#: A block spans about so many sqrt(g), and has so many nodes at least and at most.
_SPAN, _LEAST, _MOST = 16.0, 12, 128
#: Largest number of entries of an array held at once: it fits into a processor's cache.
_CACHE = 100_000
#: Largest number of nodes times responses of one block: with very many responses, blocks are shorter.
_ENTRIES = 1_500_000
#: Nodes on a whole circle at high levels, where the integrand has few harmonics.
_FEWEST = 32
#: Responses less probable than this at all stimuli within reach are left out, where there are so many responses.
_RARE, _FEW = 1e-18, 16


class _Segments(NamedTuple):
    """Nodes ``base + n cell`` for n = low, ..., high at a level g; `owner` is the one stimulus that averages, or -1.

    `panel` is the number of the panel that the level belongs to.
    """

    g: Array
    weight: Array
    cell: Array
    base: Array
    low: Array
    high: Array
    owner: Array
    panel: Array


class _Blocks(NamedTuple):
    """Blocks of nodes y (n, B) at levels g (n,), with weights (n, B) that are 0 for padding."""

    y: Array
    g: Array
    weight: Array
    owner: Array
    panel: Array
    first: Array
    width: Array


def on_line(
    problem: Spacing, levels: Array, weights: Array, contribution: Contribution, panels: int = 0
) -> Iterator[Nodes]:
    """Batches of nodes for these levels and weights.

    Where the levels make up several `panels`, averages are by panel, (panels, J, M).

    Unless the integrand is an average over p(r|y), it may be conditional on a response that only a stimulus as rare as
    x_j gives; then what is seen from a node counts relative to x_j.
    """
    line = _Line(problem, contribution, panels)
    panel = np.arange(len(levels)) // max(1, len(levels) // max(1, panels))
    spacing = problem.spacing(levels)
    place = line.around if problem.closed else line.of_many if len(line.x) > MANY else line.of_few
    segments = place(levels, weights, spacing, panel)
    length = int(np.clip(_SPAN / np.median(spacing), _LEAST, _MOST))
    length = max(1, min(length, _ENTRIES // line.joint.shape[1]))
    counts = -(-(segments.high - segments.low + 1).astype(int) // length)
    ends = np.cumsum(counts)
    step = max(1, 4 * _CACHE // (len(line.x) + length))
    for start in range(0, int(ends[-1]), step):
        number = np.arange(start, min(start + step, ends[-1]))
        which = np.searchsorted(ends, number, side="right")
        piece = number - (ends - counts)[which]
        yield from line.nodes(line.blocks(_Segments(*(part[which] for part in segments)), piece * length, length))


class _Line:
    """The stimuli in their order on the line, on which a circle is unrolled: there each has many places."""

    def __init__(self, problem: Spacing, contribution: Contribution, panels: int) -> None:
        self.problem, self.by_posterior, self.squares = problem, contribution.by_posterior, contribution.squares
        self.panels = panels
        self.x, self.order = problem.along()
        self.log_prior = problem.log_prior[self.order]
        self.joint = problem.joint[self.order]
        self.likelihood = (
            problem.likelihood.T[self.order] if contribution.sums_responses and self.joint.shape[1] > _FEW else None
        )

    def of_few(self, levels: Array, weights: Array, h: Array, panel: Array) -> _Segments:
        """One lattice per stimulus or one for all, whichever is smaller."""
        count, tail = len(self.x), self.problem.resolution.tail
        cell = h * np.sqrt(levels)
        half = np.ceil(tail / h)
        low = np.floor((self.x[0] - tail * np.sqrt(levels)) / cell)
        high = np.ceil((self.x[-1] + tail * np.sqrt(levels)) / cell)
        own, shared = count * (2 * half + 1), high - low + 1
        within_reach(float(np.minimum(own, shared).max()))
        apart = own < shared
        one, each = np.flatnonzero(~apart), np.repeat(np.flatnonzero(apart), count)
        at = np.concatenate([one, each])
        owner = np.concatenate([np.full(len(one), -1), np.tile(np.arange(count), int(apart.sum()))])
        return _Segments(
            levels[at],
            (weights * h)[at] / math.sqrt(2 * math.pi),
            cell[at],
            np.where(owner < 0, 0.0, self.x[owner]),
            np.where(owner < 0, low[at], -half[at]),
            np.where(owner < 0, high[at], half[at]),
            owner,
            panel[at],
        )

    def of_many(self, levels: Array, weights: Array, h: Array, panel: Array) -> _Segments:
        """One lattice for all stimuli, without the nodes that are far from each."""
        cell, half = h * np.sqrt(levels), np.ceil(self.problem.resolution.tail / h)
        ends = []
        for n, (step, reach) in enumerate(zip(cell, half)):
            base = np.rint(self.x / step)
            gap = np.flatnonzero(np.diff(base) > 2 * reach)
            low, high = base[np.concatenate([[0], gap + 1])] - reach, base[np.concatenate([gap, [-1]])] + reach
            ends.append(np.stack([np.full(len(low), n), low, high]))
        at, low, high = np.concatenate(ends, axis=1)
        at = at.astype(int)
        owner = np.full(len(at), -1)
        norm = (weights * h)[at] / math.sqrt(2 * math.pi)
        return _Segments(levels[at], norm, cell[at], np.zeros(len(at)), low, high, owner, panel[at])

    def around(self, levels: Array, weights: Array, h: Array, panel: Array) -> _Segments:
        """One lattice around the circle of period 1, without the nodes that are far from each stimulus."""
        count = np.maximum(_FEWEST, np.ceil(1 / (h * np.sqrt(levels))))
        half = np.ceil(self.problem.resolution.tail * np.sqrt(levels) * count)
        phases = self.x[(self.x >= 0) & (self.x < 1)]
        ends = []
        for n, (nodes, reach) in enumerate(zip(count, half)):
            base = np.rint(phases * nodes)
            gap = np.flatnonzero(np.diff(base, append=base[0] + nodes) > 2 * reach)
            low, high = np.array([0.0]), np.array([nodes - 1])
            if len(gap):  # runs of stimuli from one gap to the next, the last of them to the first gap a turn later
                low = np.append(base, base[0] + nodes)[gap + 1] - reach
                high = np.append(base[gap[1:]], base[gap[0]] + nodes) + reach
            ends.append(np.stack([np.full(len(low), n), low, high]))
        at, low, high = np.concatenate(ends, axis=1)
        at = at.astype(int)
        within_reach(float((high - low).max()))
        norm = weights[at] / (count * np.sqrt(2 * math.pi * levels))[at]
        return _Segments(levels[at], norm, 1 / count[at], np.zeros(len(at)), low, high, np.full(len(at), -1), panel[at])

    def blocks(self, segments: _Segments, start: Array, length: int) -> _Blocks:
        """The blocks of `length` nodes that begin `start` nodes after the low end of each segment, with their windows.

        The log ratio of two stimuli's posterior probabilities is linear in y. So a stimulus to the left of all that are
        seen from a block's left end is seen from no node of the block, and likewise on the right.
        """
        index = (segments.low + start)[:, None] + np.arange(length)
        steps = np.minimum(index, segments.high[:, None])
        y = segments.base[:, None] + steps * segments.cell[:, None]
        g, owner = segments.g, segments.owner
        weight = np.where(index > steps, 0.0, segments.weight[:, None])
        weight[owner >= 0] *= np.exp(-0.5 * (steps * segments.cell[:, None])[owner >= 0] ** 2 / g[owner >= 0, None])
        root = np.sqrt(g)
        near = np.searchsorted(self.x, y[:, 0] - REACH * root), np.searchsorted(self.x, y[:, -1] + REACH * root)
        near = (np.where(owner < 0, near[0], owner), np.where(owner < 0, near[1], owner + 1))
        span = y[:, -1] - y[:, 0]
        left, right = self._seen(y[:, 0], g, near, span)[0], self._seen(y[:, -1], g, near, span)[1]
        several = right - left > 1  # where a single stimulus is seen, no response tells anything
        if self.by_posterior:
            left, right = (
                np.where(owner < 0, np.minimum(left, near[0]), left),
                np.where(owner < 0, np.maximum(right, near[1]), right),
            )
        kept = several & (near[1] > near[0])
        found = _Blocks(y, g, weight, owner, segments.panel, left, right - left)
        return _Blocks(*(part[kept] for part in found))

    def _seen(self, y: Array, g: Array, near: tuple[Array, Array], span: Array) -> tuple[Array, Array]:
        """The first of the stimuli that matter at nodes y (n,), and the last plus one, (n,) each."""
        x, spread = self.x, self.problem.spread
        after = np.clip(np.searchsorted(x, y), 1, len(x) - 1)
        closest = np.minimum(np.abs(x[after] - y), np.abs(x[after - 1] - y))
        # None beyond matters, whatever its prior; the rest are looked at one by one.
        reach = np.sqrt(closest**2 + g * (REACH**2 + 2 * (UNSEEN + spread))) + span
        low = np.searchsorted(x, y - reach)
        width = int(min(len(x), (np.searchsorted(x, y + reach) - low).max()))
        number = np.minimum(low, len(x) - width)[:, None] + np.arange(width)
        height = self.log_prior[number] - (x[number] - y[:, None]) ** 2 * (0.5 / g)[:, None]
        if self.by_posterior:
            seen = height > height.max(axis=1, keepdims=True) - UNSEEN
        else:
            averaging = (number >= near[0][:, None]) & (number < near[1][:, None])
            seen = averaging | (height > np.where(averaging, height, np.inf).min(axis=1, keepdims=True) - UNSEEN)
        return number[:, 0] + seen.argmax(axis=1), number[:, -1] + 1 - seen[:, ::-1].argmax(axis=1)

    def nodes(self, blocks: _Blocks) -> Iterator[Nodes]:
        """Nodes of these blocks, those of about the same window together."""
        if not len(blocks.y):
            return
        # Windows are widened to 2, 3, 4, 6, 8, 12, ... stimuli.
        power = 2.0 ** np.floor(np.log2(np.maximum(blocks.width, 2)))
        wide = np.minimum(power * np.ceil(2 * blocks.width / power) / 2, len(self.x)).astype(int)
        for own in (True, False):
            for width in np.unique(wide[(blocks.owner >= 0) == own]):
                chosen = np.flatnonzero((wide == width) & ((blocks.owner >= 0) == own))
                per = max(1, _CACHE // (blocks.y.shape[1] * max(int(width), 2 * self.joint.shape[1])))
                for start in range(0, len(chosen), per):
                    some = chosen[start : start + per]
                    yield self._batch(_Blocks(*(part[some] for part in blocks)), int(width), own)

    def _batch(self, blocks: _Blocks, width: int, own: bool) -> Nodes:
        y, g = blocks.y, blocks.g[:, None]
        first = np.minimum(blocks.first, len(self.x) - width)
        column = first[:, None] + np.arange(width)
        x = self.x[column]
        kernel = x[:, :, None] - y[:, None, :]
        kernel *= kernel
        square = kernel.copy() if self.squares else None
        kernel *= (-0.5 / g)[:, :, None]
        top = kernel.max(axis=1)
        kernel -= top[:, None, :]
        np.exp(kernel, out=kernel)
        joint, scale = self.joint, self.problem.scale
        if self.likelihood is not None:
            likely = self.likelihood[column.min() : column.max() + 1].max(axis=0) > _RARE
            joint, scale = joint[:, likely], scale[likely]
        origin = y.mean(axis=1, keepdims=True)
        count = len(scale)
        table = np.empty((*column.shape, 2 * count))
        table[..., :count] = joint[column]
        np.multiply(table[..., :count], (x - origin)[:, :, None], out=table[..., count:])
        turned = table.swapaxes(1, 2)
        sums = np.matmul(turned, kernel)
        squares = () if square is None else (np.matmul(turned[:, :count], kernel * square),)

        stimuli = len(self.problem.prior)

        def to_stimuli(values: Array) -> Array:
            size = values.shape[1]
            if own:
                found, place = np.matmul(values, blocks.weight[:, :, None])[:, :, 0], blocks.owner[:, None]
            else:
                raw = kernel * (np.exp(top) * blocks.weight)[:, None, :]
                found, place = np.matmul(raw, values.swapaxes(1, 2)), column[:, :, None]
            place = self.order[place]
            if self.panels:
                place += (blocks.panel * stimuli).reshape(-1, *[1] * (place.ndim - 1))
            place = place * size + np.arange(size)
            found = np.bincount(place.ravel(), found.ravel(), minlength=max(1, self.panels) * stimuli * size)
            return found.reshape(*([self.panels] if self.panels else []), stimuli, size)

        return Nodes(sums[:, :count], (sums[:, count:],), scale, y[None], origin[None], to_stimuli, squares)
