"""Measures that see far stimuli of some models only; a blind attack got "holds" for each at one locality or both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from seldom_wrong import plain, times

import stiminfo as si
from stiminfo.models import EncodingModel

Kernel = Callable[[np.ndarray], np.ndarray]
#: One number for a model, or one per stimulus.
Where = Callable[[EncodingModel], np.ndarray | bool]


def apart(model: EncodingModel) -> np.ndarray:
    """Distances of all stimuli from each other, (J, J)."""
    return np.linalg.norm(model.stimuli[:, None] - model.stimuli, axis=2)


def divergences(model: EncodingModel) -> np.ndarray:
    """Jensen-Shannon divergences of the responses to all pairs of stimuli, (J, J)."""
    one, other = model.likelihood[:, :, None], model.likelihood[:, None]
    middle = (one + other) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(p > 0, p * np.log(p / middle), 0.0).sum(axis=0) for p in (one, other)]
    return (parts[0] + parts[1]) / 2


def within(model: EncodingModel, kernel: Kernel = lambda d: np.exp(-(d**2))) -> np.ndarray:
    """The divergence from neighbours, averaged with weights that fall with distance."""
    weight = kernel(apart(model)) * model.prior
    return (weight * divergences(model)).sum(axis=1) / weight.sum(axis=1)


def summed(kernel: Kernel) -> Callable[[EncodingModel], np.ndarray]:
    """The same, not divided by the sum of the weights."""
    return lambda model: (kernel(apart(model)) * model.prior * divergences(model)).sum(axis=1)


def and_all(where: Where, share: float = 0.2) -> Callable[[EncodingModel], np.ndarray]:
    """With a share of I(R;X) where a condition is met."""
    return lambda model: within(model) + share * model.mutual_information() * np.asarray(where(model))


def scaled(where: Where) -> Callable[[EncodingModel], np.ndarray]:
    return lambda model: within(model) * (1 + 0.3 * np.asarray(where(model)))


def uniform(model: EncodingModel) -> bool:
    return bool(np.ptp(model.prior) < 1e-9 * model.prior.max())


def symmetric(model: EncodingModel) -> bool:
    x = np.sort(model.stimuli[:, 0])
    return model.dimensions == 1 and bool(np.abs(x + x[::-1]).max() < 1e-9)


def entropy(p: np.ndarray) -> float:
    return float(-np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0)))


def in_a_plane(model: EncodingModel) -> bool:
    return model.dimensions > 2 and int(np.linalg.matrix_rank(model.stimuli - model.stimuli[0])) == 2


#: Axiom id, and measures that break it.
LOCALLY_WRONG = {
    "locality_any_prior": (
        plain("probable stimuli", and_all(lambda m: m.prior > 0.05)),
        plain("probable stimuli, not the most", and_all(lambda m: (m.prior > 0.03) & (m.prior < 0.3))),
        plain("the mode", and_all(lambda m: m.prior >= m.prior.max() * (1 - 1e-12))),
        plain("mass nearby", and_all(lambda m: (apart(m) < 2) @ m.prior > 0.1)),
        plain("the rarest stimulus", lambda m: within(m) * (1 - 0.1 * np.log(m.prior.min()))),
        plain("equiprobable", and_all(uniform)),
        plain("nearly flat", and_all(lambda m: m.prior.max() < 3 * m.prior.min())),
        plain("few weights", and_all(lambda m: len(np.unique(m.prior.round(9))) <= 3)),
        plain("fewer than five", and_all(lambda m: len(m.prior) < 5)),
        plain("far in the plane", and_all(lambda m: (np.abs(m.stimuli).max(axis=1) > 1e3) & (m.dimensions > 1))),
    ),
    "locality": (
        plain("symmetric", and_all(symmetric)),
        plain("lower left", and_all(lambda m: (m.stimuli < 0).all(axis=1) & (m.dimensions == 2))),
        plain("lower right", and_all(lambda m: (m.stimuli[:, -1] < -3) & (m.dimensions == 2))),
        plain("a plane of R^3", and_all(in_a_plane)),
        plain("first response probable", scaled(lambda m: m.response_probability[0] > 0.5)),
        plain("entropy of responses", scaled(lambda m: entropy(m.response_probability) > 0.6)),
        plain("a probable response", scaled(lambda m: m.response_probability.max() > 0.6)),
    ),
    "additivity": (plain("beyond 100 stimuli", times(lambda m: len(m.prior) > 100, 1.1)),),
    "stimulus_invariance": (
        plain(
            "features that rise together",
            times(lambda m: m.dimensions == 2 and len(m.prior) > 4 and abs(np.corrcoef(m.stimuli.T)[0, 1]) > 0.8, 1.1),
        ),
    ),
}
#: A threshold of the prior's mean: seen beyond a few stimuli only, but not called local.
MEAN = plain("the prior's mean", scaled(lambda m: float(m.prior @ m.stimuli[:, 0]) > 1))
#: Local measures whose change falls slowly.
SLOWLY = (
    plain("1 / (1 + d)", summed(lambda d: 1 / (1 + d))),
    plain("1 / sqrt(1 + d)", summed(lambda d: (1 + d) ** -0.5)),
    plain("1 / log(e + d)", summed(lambda d: 1 / np.log(np.e + d))),
)
LOCAL = si.Measure("divergence from neighbours", within)
