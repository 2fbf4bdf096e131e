"""How quadrature nodes of the Gaussian channel have to be spaced: the noise levels, and the lattice of Xg at each.

Why the nodes suffice. In units of sqrt(g) the integrand is analytic in a strip of half-width pi / u around the real
axis, where u is the widest gap between stimuli that the posterior bridges, and a Gaussian average grows there by
exp(strip^2 / 2). A lattice of spacing 2 pi strip / (decay + strip^2 / 2) therefore errs by exp(-decay). A gap of u is
bridged only exp(-u^2 / 8) of the time or, beside a stimulus that is e^L rarer than its neighbour, up to
u = tail + sqrt(tail^2 + 2 L); lower levels g are cut off. At high levels the integrand is a power series in 1 / g, and
three of its terms are fitted to the last nodes. Where stimuli are much rarer than their neighbours, adaptive panels
replace the trapezoid over log g.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..errors import OutOfReach
from ..models.arrays import Array
from .resolution import Resolution

#: More stimuli than this make a lattice, whose neighbours say how finely the integrals have to be computed.
MANY = 48
#: Largest number of nodes per level; with more, quadrature takes hours.
_MOST_NODES = 1e8
#: Shares of the widest bridged gap for which the spacing is computed.
_SHARES = np.geomspace(0.02, 1.0, 40)


class Spacing:
    """A finite joint distribution, scaled for quadrature, and how fine its quadrature has to be."""

    #: Whether above the last level the integrand is a power series in 1 / g.
    power_series = True
    #: Whether the line is a circle of period 1.
    closed = False

    def __init__(self, stimuli: Array, prior: Array, likelihood: Array, resolution: Resolution) -> None:
        self.x, self.d, self.resolution = stimuli, stimuli.shape[1], resolution
        self.axes = product_axes(stimuli) if self.d == 2 else None
        self.likelihood = likelihood
        self.range = float(np.linalg.norm(np.ptp(stimuli, axis=0)))
        log_prior = np.log(prior)
        self.spread = float(log_prior.max() - log_prior.min())
        self.log_prior = log_prior
        self.prior = prior / prior.max()
        # Each response's joint probabilities are scaled to a maximum of 1, so that rare responses keep their digits.
        joint = (likelihood * self.prior).T
        self.scale = joint.max(axis=0)
        self.scale = np.where(self.scale > 0, self.scale, 1.0)
        self.joint = joint / self.scale
        tail = resolution.tail
        self.widest = tail + math.sqrt(tail**2 + 2 * self.spread)
        # chi^2 between the response distributions of neighbours, and the same over the squared gap; known on a lattice.
        self.step_contrast = self.contrast = math.inf
        self.bridge, self.rarity, self.lapse = math.inf, self.spread, self.spread
        if self.d == 1:
            self._read_line(likelihood)
        elif self.axes is not None and len(stimuli) > MANY:
            self._read_grid(likelihood, self.axes)

    def along(self) -> tuple[Array, Array]:
        """The places (N,) of stimuli on a line, in order, and the number of the stimulus at each."""
        order = np.argsort(self.x[:, 0])
        return self.x[order, 0], order

    def _read_line(self, likelihood: Array) -> None:
        """Set `bridge`, `rarity`, `lapse` and, on a lattice, `contrast` from the order of stimuli on a line.

        Between neighbours on the concave envelope of the log prior a posterior passes step by step, so `bridge` is the
        widest gap between such neighbours. `lapse` is the largest log ratio of neighbours or drop below the envelope.
        `rarity` is the same for few stimuli; on a fine lattice a valley of the prior is not a rare stimulus, and only
        steps count.
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
            # Between many close neighbours the posterior changes less sharply than between two isolated stimuli.
            self.resolution = replace(self.resolution, tail=self.resolution.tail - 0.5, decay=self.resolution.decay - 4)
            chi = _chi_squared(likelihood[:, order], 1)
            self.step_contrast, self.contrast = float(chi.max()), float((chi / np.diff(x) ** 2).max())

    def _read_grid(self, likelihood: Array, axes: tuple[Array, Array, Array]) -> None:
        """Set the same on a product grid in R^2, from neighbours along each axis."""
        order, *coordinates = axes
        shape = tuple(map(len, coordinates))
        height = self.log_prior[order].reshape(shape)
        table = likelihood[:, order].reshape(-1, *shape)
        self.rarity = self.lapse = max(float(np.abs(np.diff(height, axis=i)).max(initial=0.0)) for i in (0, 1))
        # Between many close neighbours the posterior changes less sharply than between two isolated stimuli.
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
        """Logs of the lowest level that matters, and of that above which the integrand is a power series in 1/g."""
        return math.log(self._lowest_level()), 2 * math.log(self.range) + self.resolution.reach

    def levels(self) -> tuple[Array, Array]:
        """Noise levels and the weights of ``int dg / (2 g^2)``, including the tail above the last level."""
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
        # A gap of u is bridged exp(-u^2 / 8) of the time, and responses across it differ little.
        if self.d == 1 and self.lapse < 2:
            low = max(low, nearest**2 / (8 * (float(self._decay(np.array(low))) + 2)))
        elif self.d == 2 and math.isfinite(self.contrast):
            low = max(low, nearest**2 / (8 * float(self._decay(np.array(low)))))
        return low

    def spacing(self, levels: Array) -> Array:
        """Lattice spacings at levels (L,), in units of sqrt(g): the finest that any bridged gap u needs."""
        root = np.sqrt(levels)
        bridged = np.minimum(self.range / root, self.widest)
        bridged = np.minimum(bridged, 2 * self.resolution.tail + self.bridge / root)
        u = bridged[:, None] * _SHARES
        seldom = np.maximum(u / 2 - self.lapse / u, 0) ** 2 / 2  # minus the log of how often such a gap is bridged
        decay = np.maximum(self._decay(levels)[:, None] - seldom, 1.0) + np.log1p(u)
        strip = np.minimum(math.pi / u, np.sqrt(2 * decay))
        return np.asarray((2 * math.pi * strip / (decay + strip**2 / 2)).min(axis=1))

    def spacing_at(self, g: float) -> float:
        """The same at one level."""
        return float(self.spacing(np.array([g]))[0])

    def _decay(self, levels: Array) -> Array:
        """The decay needed at these levels: on a fine, smooth lattice low levels contribute little."""
        share = np.maximum(levels * self.contrast, 4 * self.step_contrast)
        return np.asarray(self.resolution.decay + np.log(np.clip(share, 1e-6, 1.0)))

    def own(self, h: float) -> int:
        """Nodes of the lattice of spacing h around one stimulus."""
        return int((2 * math.ceil(self.resolution.tail / h) + 1) ** self.d)

    def ends(self, g: float, axes: tuple[Array, Array, Array]) -> list[tuple[int, int]]:
        """The ends of a product grid's lattice along each axis, in units of its spacing."""
        root, h, tail = math.sqrt(g), self.spacing_at(g), self.resolution.tail
        return [(math.floor((x.min() / root - tail) / h), math.ceil((x.max() / root + tail) / h)) for x in axes[1:]]


def within_reach(nodes: float) -> None:
    """Raise `OutOfReach` if a level has so many nodes that quadrature would take hours."""
    if nodes > _MOST_NODES:
        raise OutOfReach(
            f"quadrature over noise would take {nodes:.1e} nodes per level: the stimuli lie too far apart compared "
            "with the smallest gap between them"
        )


def _chi_squared(table: Array, axis: int) -> Array:
    """chi^2 between the response distributions (first axis) of neighbours along `axis`."""
    change = np.diff(table, axis=axis)
    mean = (np.delete(table, -1, axis=axis) + np.delete(table, 0, axis=axis)) / 2
    return np.asarray(np.divide(change**2, mean, out=np.zeros_like(mean), where=mean > 0).sum(axis=0))


def product_axes(stimuli: Array) -> tuple[Array, Array, Array] | None:
    """(order, axis 1, axis 2) if the stimuli fill a product grid along the axes of R^2, else None."""
    first, second = np.unique(stimuli[:, 0]), np.unique(stimuli[:, 1])
    if len(first) * len(second) != len(stimuli):
        return None
    return np.lexsort((stimuli[:, 1], stimuli[:, 0])), first, second
