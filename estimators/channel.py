"""The Gaussian channel Xg = X + sqrt(g) Z over a finite joint distribution: integrals over its noise level.

I_local and Kong's two measures are integrals over the noise level g of averages over Xg given x. Both are trapezoid
sums, over log g and over a lattice of Xg whose spacing is proportional to sqrt(g); both converge spectrally. At a node
y the integrands need three things: shift(y) = E[X|Xg=y] - y, response_shift(y)_r = E[X|Xg=y, r] - y, and p(r|Xg=y).
`layouts` places the nodes; `spacing` explains why they suffice; `ring` does the same on a circle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from ..errors import ModelError, OutOfReach
from ..models import EncodingModel, Population, ResponsePair
from ..models.arrays import Array
from ..models.population import MOST_ENTRIES
from .layouts import NodeLayout
from .nodes import Contribution, Nodes
from .resolution import Resolution, Span, is_flat, span_of
from .ring import ring_of

#: If a gap is smaller than this share of half the range, stimuli relative to the middle of the range lose its digits.
_TINY = 1e-6
#: Largest number of entries of an average over nodes by panel: it is made anew for each batch of nodes.
_PANELS = 200_000
#: Memory of quadrature per entry of the table of responses, in bytes, and GiB of it that a core works off in an hour:
#: measured with 400,000 responses to 8 stimuli.
_BYTES, _PER_HOUR = 110, 27


def integrate(
    contribution: Contribution,
    target: EncodingModel | ResponsePair | Population,
    likelihood: Array,
    resolution: Resolution,
) -> Array:
    """``int_0^inf dg / (2 g^2) E_{Xg|x_j}[...]``, shape (J, columns), nats.

    Parameters
    ----------
    contribution : turns a batch of nodes into its part of the integral, with `Nodes.average`
    target : gives the stimuli (J, d), their geometry, and the prior (J,)
    likelihood : (K, J)

    Raises
    ------
    ModelError
        Stimuli are too close to each other for their range.
    OutOfReach
        The nodes would take hours, or the table of responses more memory than machines have; or a stimulus is too rare
        for quadrature in three dimensions.
    """
    if likelihood.size > MOST_ENTRIES:
        gibibytes = likelihood.size * _BYTES / 2**30
        raise OutOfReach(
            f"quadrature over noise with {likelihood.shape[0]:,} responses to {likelihood.shape[1]:,} stimuli would "
            f"take about {gibibytes:.0f} GiB and {gibibytes / _PER_HOUR:.1g} hours; describe the neurons one by one, "
            "population = si.Population(stimuli, rates), and use si.i_local.estimate(population)"
        )
    stimuli, prior = target.stimuli, target.prior
    if len(stimuli) == 1:
        return np.zeros((1, contribution.columns))
    on_circle = target.geometry.period is not None
    points = stimuli if on_circle else centred(stimuli)
    if is_flat(stimuli):
        span = span_of(stimuli)._replace(origin=points[0])  # `points` are the same but for place and size
        points = span.within(points)
        contribution = contribution if contribution.turns else _in_full(contribution, span)
        if len(np.unique(points, axis=0)) < len(points):
            raise OutOfReach(
                "quadrature over noise takes stimuli for ones of a line or plane that leave it by 1e-12 of its range; "
                "some of them then coincide: give features in units in which they vary alike"
            )

    def layout(resolution: Resolution) -> NodeLayout:
        make = partial(ring_of, geometry=target.geometry) if on_circle else NodeLayout
        return make(points, prior, likelihood, resolution)

    return _integral(layout, contribution, resolution)


def sum_of_features(
    featurewise: Callable[[EncodingModel, Resolution], Array],
    contribution: Contribution,
    model: EncodingModel,
    likelihood: Array,
    resolution: Resolution,
) -> Array:
    """The sum of a measure's features, (J,), nats; a contribution of one column, which turns, gives it at once.

    Up to the plane the features are summed, which may be remembered. Beyond it a span has fewer coordinates.
    """
    if model.dimensions <= 2:
        return np.asarray(featurewise(model, resolution).sum(axis=1))
    return integrate(contribution, model, likelihood, resolution)[:, 0]


def _integral(layout: Callable[[Resolution], NodeLayout], contribution: Contribution, resolution: Resolution) -> Array:
    problem = layout(resolution)
    if problem.rarity > resolution.rare:
        if problem.d > 2:
            raise OutOfReach(
                "quadrature over noise in three dimensions serves priors whose weights differ by a factor of "
                f"{math.exp(resolution.rare):.0f} at most"
            )
        # A rare stimulus is confused with distant ones, many sqrt(g) away, where tails and lattice matter more.
        finer = replace(resolution, tail=resolution.tail + 1, decay=resolution.decay + 6)
        return _adaptive(layout(finer), contribution)
    return _total(problem, contribution, *problem.levels())


def _in_full(contribution: Contribution, span: Span) -> Contribution:
    """The same contribution, for nodes in a span's coordinates: it sees them in all features."""
    return contribution._replace(of=lambda nodes: contribution.of(nodes.seen_in(span.axes, span.origin)))


def centred(stimuli: Array) -> Array:
    """The stimuli relative to the middle of their range, in units of it, (J, d); this leaves the integral as it is.

    Where a gap is tiny compared with the range, they are taken relative to that gap, if float64 resolves it there.

    Raises
    ------
    ModelError
        Neighbours are so close, for their range, that squares of their distance vanish in float64.
    """
    if len(stimuli) == 1:
        return np.zeros_like(stimuli)
    low, high = stimuli.min(axis=0), stimuli.max(axis=0)
    half = float((high / 2 - low / 2).max())
    if half < np.finfo(float).tiny:
        raise ModelError(f"the stimuli lie at most {(high - low).max():.3g} apart; give them in another unit")
    middle = low / 2 + high / 2
    for i, axis in enumerate(stimuli.T):
        values = np.unique(axis)
        gaps = np.diff(values)
        if len(gaps) and gaps.min() < _TINY * half:
            middle[i] = values[gaps.argmin()]
            half = 2.0 ** math.ceil(math.log2(half))  # a power of two changes no digit
    scaled = (stimuli - middle) / half / 2
    nearest = min(np.diff(np.unique(scaled[:, i])).min(initial=1.0) for i in range(scaled.shape[1]))
    if nearest < 1e-100 or len(np.unique(scaled, axis=0)) < len(scaled):
        raise ModelError("some stimuli are too close, for their range, to be distinguished in float64; merge them")
    return np.asarray(scaled)


def _total(problem: NodeLayout, contribution: Contribution, levels: Array, weights: Array) -> Array:
    shape = len(problem.prior), contribution.columns
    return _summed(problem.batches(levels, weights, contribution), contribution, shape)


def _summed(batches: Iterable[Nodes], contribution: Contribution, shape: tuple[int, ...]) -> Array:
    total = np.zeros(shape)
    for nodes in batches:
        total += contribution.of(nodes)
    return total


def _by_panel(problem: NodeLayout, contribution: Contribution, levels: Array, weights: Array) -> Array:
    """The parts (P, J, columns) of the levels (P, L) of each panel."""
    size, found = max(1, _PANELS // problem.joint.size), []
    for start in range(0, len(levels), size):
        some = levels[start : start + size], weights[start : start + size]
        batches = problem.by_panel(*some, contribution)
        if batches is None:
            found += [_total(problem, contribution, *one)[None] for one in zip(*some)]
        else:
            shape = len(some[0]), len(problem.prior), contribution.columns
            found.append(_summed(batches, contribution, shape))
    return np.concatenate(found)


def _adaptive(problem: NodeLayout, contribution: Contribution) -> Array:
    """Integrate over Gauss-Legendre panels in log g, which are halved until they agree.

    For a stimulus much rarer than its neighbours the integrand has kinks in log g, where one neighbour takes over from
    another. The rarer the stimulus, the sharper the kinks: a fixed step would need thousands of nodes.
    """
    roots, gauss = np.polynomial.legendre.leggauss(10)

    def parts(ends: Array) -> Array:
        """The parts (P, J, columns) of panels with these ends (P, 2)."""
        low, half = ends[:, :1], np.diff(ends) / 2
        g = np.exp(low + half * (roots + 1))
        return _by_panel(problem, contribution, g, gauss * half / (2 * g))

    low, high = problem.limits()
    edges = np.linspace(low, high, math.ceil((high - low) / 3) + 1)
    total = np.zeros((len(problem.prior), contribution.columns))
    if problem.power_series:
        # Beyond the last level the integrand is a power series in t = 1 / g, and dg / (2 g^2) = dt / 2.
        t = math.exp(-high) * (roots + 1) / 2
        total += _total(problem, contribution, 1 / t, gauss * math.exp(-high) / 4)
    # The difference of a panel and its halves bounds the error of the panel; that of the halves is far smaller.
    tolerance = 1e5 * math.exp(-problem.resolution.decay)
    ends = np.stack([edges[:-1], edges[1:]], axis=1)
    whole = parts(ends)
    while len(ends):
        allowed = tolerance * (1 + np.abs(total + whole.sum(axis=0)).max())
        middle = ends.mean(axis=1)
        halves = np.stack([ends[:, 0], middle, middle, ends[:, 1]], axis=1).reshape(-1, 2)
        found = parts(halves).reshape(-1, 2, *total.shape)
        agree = np.abs(found.sum(axis=1) - whole).max(axis=(1, 2)) <= allowed
        agree |= np.diff(ends)[:, 0] < 1e-4
        total += found[agree].sum(axis=(0, 1))
        ends, whole = halves.reshape(-1, 2, 2)[~agree].reshape(-1, 2), found[~agree].reshape(-1, *total.shape)
    return total
