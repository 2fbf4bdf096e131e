"""A population with mixed selectivity for all factors of a world, whose law is known."""

from __future__ import annotations

import numpy as np

from ...errors import ModelError, nearest
from ...models.arrays import Array
from .tables import GaussianTable, MemberTable, PoissonTable
from .world import World

#: Spread of the log rate over a factor's values, on average over neurons, by kind of factor.
STRENGTH = {"nominal": 0.8, "circle": 0.8, "line": 0.6}
#: How much of the curve over a line is a bend, relative to its slope.
BEND = 0.5
#: Height of the cosine over a circle: its spread is then about that of the other curves.
COSINE = 1.4
#: Lowest and highest rate, counts: beyond the square root's range of stable variance, and of cortical neurons.
RATES = (0.02, 30.0)
#: How responses scatter: counts, or their square roots with noise of unit variance.
NOISES = ("gaussian", "poisson")


def mixed_population(
    world: World, neurons: int = 80, noise: str = "gaussian", *, seed: int = 0, mean: float = 3.0, strength: float = 1.0
) -> MemberTable:
    """Neurons whose log rate is a sum of one tuning curve per factor, with random gains.

    Every neuron depends on all factors. With ``noise="poisson"`` responses are counts. With ``noise="gaussian"`` they
    are ``r = 2 sqrt(rate) + n`` with n ~ N(0, 1), what the variance-stabilising square root makes of counts.

    Parameters
    ----------
    world : the images and their factors
    neurons : how many
    noise : "gaussian" or "poisson"
    seed : of the tuning
    mean : count of each neuron, averaged over images
    strength : scales the tuning; 0 makes neurons that tell nothing

    Raises
    ------
    ModelError
        An unknown noise, or a number out of its range.
    """
    if noise not in NOISES:
        raise ModelError(f"unknown noise {noise!r}{nearest(str(noise), NOISES)}")
    if isinstance(neurons, bool) or not isinstance(neurons, int) or neurons < 1:
        raise ModelError(f"neurons is {neurons!r}; expected a whole number, at least 1")
    if not 0 < mean < np.inf or not 0 <= strength < np.inf:
        raise ModelError(f"mean is {mean} and strength {strength}; expected a positive mean and no negative strength")
    rng = np.random.default_rng(seed)
    curves = [_tuning(world, f, neurons, rng) for f in range(len(world.names))]
    gains = np.abs(rng.normal(size=(len(curves), neurons)))
    gains /= np.sqrt((gains**2).mean(axis=0))
    rate = np.exp(strength * sum(gain * curve for gain, curve in zip(gains, curves)))
    rate = np.clip(rate * mean / rate.mean(axis=0), *RATES)
    if noise == "poisson":
        return PoissonTable(world.flat, rate)
    return GaussianTable(world.flat, 2 * np.sqrt(rate), np.eye(neurons))


def _tuning(world: World, f: int, neurons: int, rng: np.random.Generator) -> Array:
    """The part of each log rate that one factor decides, (N, neurons)."""
    kind, at = world.kinds[f], world.coordinates(world.names[f])
    if kind == "line":
        at = np.linspace(-1, 1, len(at))[:, None]  # values are in rising order
        bend = at**2 - (at**2).mean()
        curve = at * rng.normal(size=neurons) + BEND * bend * rng.normal(size=neurons)
    elif kind == "circle":
        preferred = rng.uniform(0, 2 * np.pi, neurons)
        curve = at @ np.stack([np.cos(preferred), np.sin(preferred)]) * COSINE
    else:
        curve = at @ rng.normal(size=(at.shape[1], neurons))
    return np.asarray(STRENGTH[kind] * curve[world.factors[:, f]])
