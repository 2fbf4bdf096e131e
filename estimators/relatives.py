"""Relatives of I_local: other measures that the axioms admit, since any gradual loss of X defines one.

Let X_t forget X step by step, so that I(R;X_t) falls from I(R;X) to 0. The loss at each step is an average over X_t of
something non-negative; its average over X_t given X = x, summed over the steps, is a complete measure. Gaussian noise
of the same width in all directions gives I_local. Other noise, or noise on another scale of x, gives its relatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ..errors import LoadError, NotApplicable, nearest, spelt
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from . import local, surp
from .finite import joint_of
from .measure import Measure
from .registry import FAMILIES, PUBLISHED
from .spacing import MANY, product_axes

#: Smallest ratio of prior probabilities for which the rates of a walk keep their digits.
_RAREST = 1e-12
#: Steps of log time over which a walk forgets.
_STEPS = 801
#: A map of stimuli, (J, d) to (J, d).
Map = Callable[[Array], Array]


def on_other_stimuli(name: str, move: Map, source: str, *, mixes: bool = False) -> Measure:
    """I_local of another description of the stimulus, ``move(x)`` in place of x.

    Parameters
    ----------
    mixes : whether features of ``move(x)`` depend on several features of x; there is then no feature-wise form
    """

    def of_moved(form: Callable[[Any], Any]) -> Callable[[Any], Array]:
        return lambda target: _at_moved(form, target, move(target.stimuli))

    return Measure(
        name,
        of_moved(local.i_local.pointwise),
        conditional=of_moved(local.i_local.conditional),
        featurewise=None if mixes else of_moved(local.i_local.featurewise),
        claims=_CLAIMS,
        needs=("distances", "vectors"),
        slow=True,
        source=source,
    )


def _at_moved(form: Callable[[Any], Any], target: EncodingModel | ResponsePair, x: Array) -> Array:
    """A form of I_local where the stimuli are moved to x (J, d); values in the order of the original stimuli."""
    moved = type(target)(x, target.prior, target.likelihood)
    values = form(moved)
    if np.array_equal(moved.stimuli, x):
        return np.asarray(values)
    index = {tuple(row): k for k, row in enumerate(moved.stimuli)}
    return np.asarray(values[[index[tuple(row)] for row in x]])


def _warp(x: Array) -> Array:
    # Slopes between 1 and 2: light tails stay light, and neighbours stay neighbours.
    return np.asarray(x + np.tanh(2 * x) / 2)


def _expand(x: Array) -> Array:
    if np.abs(x).max() > 300:
        raise NotApplicable("sinh(x) overflows float64 beyond 300")
    return np.asarray(np.sinh(x))


def _unequal(x: Array) -> Array:
    # Noise twice as wide along the second feature is equivalent to equal noise on a stimulus half as wide there.
    return np.asarray(x * np.where(np.arange(x.shape[1]) % 2, 0.5, 1.0))


#: Correlated noise has the covariance A A'; this is the inverse of its root A.
_ROOT_INVERSE = np.linalg.inv(np.array([[1.0, 0.5], [0.5, 1.0]]))


def _correlated(x: Array) -> Array:
    return _affordable(x @ _ROOT_INVERSE.T) if x.shape[1] == 2 else x


def _affordable(turned: Array) -> Array:
    """The stimuli, if quadrature in the plane takes seconds: they are few, or on a grid along the axes."""
    if turned.shape[1] == 2 and len(turned) > MANY and product_axes(turned) is None:
        raise NotApplicable(f"more than {MANY} stimuli in the plane, rotated off their grid, would take minutes")
    return turned


def _whitening(stimuli: Array, prior: Array) -> Array:
    """The stimuli along the axes of their covariance on which they vary, in units of its root, (J, axes)."""
    apart = stimuli - prior @ stimuli
    values, vectors = np.linalg.eigh((apart.T * prior) @ apart)
    varies = values > 1e-12 * values[-1]
    if varies.sum() < 2:
        return stimuli  # on a line a unit does not matter
    return _affordable((apart @ vectors[:, varies]) / np.sqrt(values[varies]))


def whitened(model: EncodingModel) -> Array:
    """I_local with noise whose covariance is proportional to that of the stimulus, (J,), nats."""
    return _at_moved(local.i_local.pointwise, model, _whitening(model.stimuli, model.prior))


def _whitened_conditional(pair: ResponsePair) -> Array:
    # The noise is that of the prior, whatever the first response was.
    return _at_moved(local.i_local.conditional, pair, _whitening(pair.stimuli, pair.prior))


def walk(model: EncodingModel) -> Array:
    """I(x) where X_t is a random walk between neighbouring stimuli on a line, reversible under the prior, (J,), nats.

    With f_t(x, r) = p(r | X_t = x) and rates q(x, y), the loss -dI/dt is the mean of
    ``1/2 sum_y q(x, y) sum_r (f(y, r) - f(x, r)) log(f(y, r) / f(x, r))``, which is never negative. It depends on the
    order of the stimuli and not on their distances; on a fine lattice it is Langevin diffusion in the prior.

    Raises
    ------
    NotApplicable
        The stimuli do not lie on a line, or the prior's range is too large for float64.
    """
    if model.dimensions != 1:
        raise NotApplicable("neighbours are defined on a line only")
    if model.prior.min() < _RAREST * model.prior.max():
        raise NotApplicable(f"rates lose their digits where one stimulus is {1 / _RAREST:.0e} times rarer than another")
    order = np.argsort(model.stimuli[:, 0])
    p, table = model.prior[order], model.likelihood[:, order].T
    if len(p) == 1:
        return np.zeros(1)
    # The conductance of a link is the smaller of its ends' probabilities (Metropolis).
    link = np.minimum(p[1:], p[:-1])
    up, down = link / p[:-1], link / p[1:]
    leave = np.append(up, 0) + np.append(0, down)
    values, vectors = eigh_tridiagonal(-leave, np.sqrt(up * down))
    root = np.sqrt(p)
    forward, backward = vectors / root[:, None], vectors.T * root
    table = backward @ table
    times = np.linspace(np.log(1e-9 / -values[0]), np.log(60 / -values[-2]), _STEPS)
    lost = []
    for time in np.exp(times):
        decay = np.exp(np.minimum(values, 0) * time)[:, None]
        f = np.clip(forward @ (decay * table), 1e-300, None)
        pull = ((f[1:] - f[:-1]) * np.log(f[1:] / f[:-1])).sum(axis=1) / 2
        at = np.append(up * pull, 0) + np.append(0, down * pull)
        lost.append(time * (forward @ (decay[:, 0] * (backward @ at))))
    out = np.empty(len(p))
    out[order] = np.trapezoid(np.array(lost), times, axis=0)
    return out


def _walk_conditional(pair: ResponsePair) -> Array:
    # The loss obeys a chain rule: that of (r, r') minus that of r is a mean of divergences of r' given r.
    return walk(pair.both) - walk(pair.first)


def erased(model: EncodingModel) -> Array:
    """X_t is X until an exponential time, then nothing: the loss is KL(p(R|x) || p(R)), so this is I_surp, (J,)."""
    return np.asarray(surp.pointwise(joint_of(model)))


_CLAIMS = {name: local.i_local.claims[name] for name in ("completeness", "positivity", "additivity", "data_processing")}

#: By name; the first is I_local itself.
RELATIVES: dict[str, Measure] = {
    "isotropic noise": local.i_local,
    "warped stimulus": on_other_stimuli("warped stimulus", _warp, "I_local of x + tanh(2x)/2, each feature"),
    "expanded stimulus": on_other_stimuli("expanded stimulus", _expand, "I_local of sinh(x), each feature"),
    "unequal noise": on_other_stimuli("unequal noise", _unequal, "noise twice as wide along every second feature"),
    "correlated noise": on_other_stimuli(
        "correlated noise", _correlated, "noise of correlation 0.8 in R^2", mixes=True
    ),
    "whitened noise": Measure(
        "whitened noise",
        whitened,
        conditional=_whitened_conditional,
        claims=_CLAIMS,
        needs=("distances", "vectors"),
        slow=True,
        source="noise of the stimulus's own covariance",
    ),
    "erasure": Measure("erasure", erased, claims=_CLAIMS, source="X kept until an exponential time, then lost: I_surp"),
    "walk": Measure(
        "walk",
        walk,
        conditional=_walk_conditional,
        claims=_CLAIMS,
        needs=("distances", "vectors"),
        slow=True,
        source="X walks between neighbouring stimuli of a line",
    ),
}


#: Longest number in a measure's name that is read as one.
_MOST_DIGITS = 20


def is_known(name: str) -> bool:
    """Whether a measure is known by this name, or by the part of it before a colon and a number."""
    return name in PUBLISHED or name in RELATIVES or name.partition(":")[0] in FAMILIES


def named(name: str) -> Measure:
    """A published measure, a relative, or one of a family such as ``i_nce:64``, by its name.

    Raises
    ------
    LoadError
        There is no such measure; the message suggests the nearest name.
    UnknownName
        The number in the name does not fit its family.
    """
    name = spelt(name, (*PUBLISHED, *RELATIVES))
    if name in PUBLISHED or name in RELATIVES:
        return PUBLISHED.get(name) or RELATIVES[name]
    family, colon, number = name.partition(":")
    if family not in FAMILIES:
        raise LoadError(f"unknown measure {name!r}{nearest(name, [*PUBLISHED, *FAMILIES])}")
    whole = number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS
    given = (int(number) if whole else number,) if colon else ()
    return FAMILIES[family](*given)
