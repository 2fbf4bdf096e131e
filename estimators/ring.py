"""The same integrals on a circle, where the noise is the heat kernel of the circle, a wrapped Gaussian.

X_g = X + sqrt(g) Z modulo the period has the density p_g(y) = sum_j p(x_j) K_g(y - x_j), with K_g the Gaussian of
variance g summed over all turns. It obeys the heat equation d p_g / dg = p_g'' / 2, and so does p_g(y|r). What the line
has as a shift of the posterior mean is here the shift over all turns of the stimulus, E[x + n P - y | y] = g (log
p_g)'(y), so that gain / g is the score of the response, d/dy log p(r|y). The measures are those of the line with these
gains: relatives of I_local and of Kong's two.

They are complete. I(R;X_g) = H(X_g) - H(X_g|R), and by the heat equation dH(X_g)/dg = 1/2 E (log p_g)'^2 (on a circle
nothing is lost at the ends), so dI(R;X_g)/dg = -1/2 E_y E_{r|y} (d/dy log p(r|y))^2 = -1/2 E[gain^2] / g^2. I(R;X_g) is
I(R;X) at g = 0; as g grows both densities become uniform, and it falls to 0. Hence ``int dg / (2 g^2) E[gain^2] =
I(R;X)``, whether r is drawn given y (I_local) or given x (Kong's second): (X_g, R) has one joint law. At fixed x,
KL(K_g(. - x) || p_g) falls from -log p(x) to 0 at the rate 1/2 E (log K_g / p_g)'^2; with p_g(.|r) in place of p_g it
falls from -log p(x|r). The difference is Kong's first: on the circle, too, it is I_surp exactly.

Only the period sets the scale: neither the unit, nor where the circle is cut, nor the order of stimuli matters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy import sparse

from ..models.arrays import Array
from ..models.geometry import Geometry
from .layouts import NodeLayout
from .nodes import Contribution, Nodes
from .resolution import Resolution
from .spacing import within_reach

#: At high levels the integrand falls as exp(-(2 pi)^2 g), g in squared periods; it is followed down to exp(-decay) and
#: this many powers of e further.
_BEYOND = 8
#: Nodes on the whole circle at high levels, where the integrand has few harmonics.
_FEWEST = 32
#: Largest number of entries of a (nodes, stimuli) or (nodes, responses) matrix held at once.
_BLOCK = 1_500_000


class RingLayout(NodeLayout):
    """Nodes around a circle of period 1; stimuli and prior as for the line.

    The spacing is read from the line on which the circle unrolls, from its most probable stimulus to the same a turn
    later.
    """

    power_series = False

    def __init__(self, phases: Array, prior: Array, likelihood: Array, resolution: Resolution) -> None:
        first = int(prior.argmax())
        once = np.append(np.arange(len(prior)), first)
        line = np.append(phases, 1.0)[:, None]
        super().__init__(line, prior[once], likelihood[:, once], resolution)
        self.order = np.argsort(phases)
        self.phases, self.joint, self.prior = phases, self.joint[:-1], self.prior[:-1]
        # How far from a node stimuli may matter, in units of sqrt(g).
        self.window = math.sqrt(self.resolution.tail**2 + 2 * (self.resolution.decay + self.spread))

    def limits(self) -> tuple[float, float]:
        return math.log(self._lowest_level()), math.log((self.resolution.decay + _BEYOND) / (2 * math.pi) ** 2)

    def levels(self) -> tuple[Array, Array]:
        low, high = self.limits()
        step = self.resolution.step
        g = np.exp(high - step * np.arange(math.ceil((high - low) / step) + 1))
        return g, step / (2 * g)

    def by_panel(self, levels: Array, weights: Array, contribution: Contribution) -> None:
        """Nothing: levels are served one by one."""

    def batches(self, levels: Array, weights: Array, contribution: Contribution) -> Iterator[Nodes]:
        for g, w in zip(levels.tolist(), weights.tolist()):
            yield from self._on_ring(g, w, contribution.squares)

    def _lattice(self, root: float, count: int) -> Array:
        """Those of `count` nodes around the circle that noise of width `root` reaches from a stimulus."""
        half = math.ceil(self.resolution.tail * root * count)
        own = len(self.phases) * (2 * half + 1)
        within_reach(min(own, count))
        if own >= count:
            return np.arange(count)
        near = np.rint(self.phases * count)[:, None] + np.arange(-half, half + 1)
        return np.unique(near.ravel() % count)

    def _on_ring(self, g: float, w: float, squares: bool) -> Iterator[Nodes]:
        root = math.sqrt(g)
        count = max(_FEWEST, math.ceil(1 / (self.spacing_at(g) * root)))
        y_all = self._lattice(root, count) / count
        reach = self.window * root
        turns = np.arange(-math.ceil(reach), math.ceil(reach) + 2)
        x = (turns[:, None] + self.phases[self.order]).ravel()
        low, high = np.searchsorted(x, y_all - reach), np.searchsorted(x, y_all + reach)
        seen = high > low
        y_all, low, high = y_all[seen], low[seen], high[seen]
        for a, b in pairwise(_cuts(np.maximum(high - low, self.joint.shape[1]), _BLOCK)):
            y, first, size = y_all[a:b], low[a:b], (high - low)[a:b]
            start = np.concatenate([[0], np.cumsum(size)])
            column = np.arange(start[-1]) - np.repeat(start[:-1] - first, size)
            offset = x[column] - np.repeat(y, size)
            exponent = offset * offset * (-0.5 / g)
            top = np.maximum.reduceat(exponent, start[:-1])
            kernel = np.exp(exponent - np.repeat(top, size))
            weights = kernel * np.repeat(np.exp(top) * (w / (count * root * math.sqrt(2 * math.pi))), size)
            column = self.order[column % len(self.phases)]  # a turn away is the same stimulus
            values = [kernel, kernel * offset, *([kernel * offset**2] if squares else []), weights]
            shape = len(y), len(self.phases)
            yield self._nodes(y, [sparse.csr_array((data, column, start), shape=shape) for data in values])

    def _nodes(self, y: Array, matrices: list[sparse.csr_array]) -> Nodes:
        """One block of nodes, from matrices (P, J) of the kernel, its moments about the nodes, and the weights."""
        *kernels, average = matrices
        mass, *moments = ((kernel @ self.joint).T[None] for kernel in kernels)
        place = y[None, None]

        def to_stimuli(values: Array) -> Array:
            return np.asarray(average.T @ values[0].T)

        return Nodes(mass, (moments[0],), self.scale, place, place, to_stimuli, tuple(moments[1:]))


def _cuts(sizes: Array, most: int) -> list[int]:
    """Row numbers that cut rows of these sizes into blocks of about `most` entries."""
    total = np.cumsum(sizes)
    blocks = max(1, math.ceil(float(total[-1]) / most))
    inner = np.searchsorted(total, total[-1] * np.arange(1, blocks) / blocks)
    return [int(cut) for cut in np.unique(np.concatenate([[0], inner, [len(sizes)]]))]


def ring_of(stimuli: Array, prior: Array, likelihood: Array, resolution: Resolution, geometry: Geometry) -> RingLayout:
    """The layout for stimuli (J, 1) on a circle."""
    assert geometry.period is not None
    angles = stimuli[:, 0] / geometry.period
    return RingLayout(np.mod(angles - angles[prior.argmax()], 1.0), prior, likelihood, resolution)
