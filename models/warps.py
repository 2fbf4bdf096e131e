"""Invertible, coordinatewise maps of the stimulus, and perturbations confined to a ball."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ModelError, NotVectors
from .arrays import Array, as_real_array
from .encoding_model import EncodingModel


def warp_stimuli(
    model: EncodingModel, function: Callable[[Array], Array], derivative: Callable[[Array], Array]
) -> EncodingModel:
    """X' = phi(X), coordinate by coordinate: stimuli move, volumes scale by |phi'|, the gradient by 1 / phi'.

    Parameters
    ----------
    function, derivative : callable
        phi, strictly monotone, and phi'; both take and return arrays of shape (J, d).
    """
    moved = as_real_array(function(model.stimuli), "function(stimuli)", model.stimuli.shape)
    return relocate_stimuli(model, moved, derivative(model.stimuli))


def relocate_stimuli(model: EncodingModel, stimuli: Any, slopes: Any = None, *, monotone: bool = True) -> EncodingModel:
    """The same joint distribution, with stimulus j moved to ``stimuli[j]``.

    Parameters
    ----------
    stimuli : array_like, shape (J, d)
        The images phi(x_j) of an invertible map that acts on each coordinate separately.
    slopes : array_like, shape (J, d), optional
        phi'(x_j); ones if left out.
    monotone : bool
        Whether the map must be monotone, as an invertible map of a continuous coordinate is; if not, any bijection
        of the values of a coordinate will do.

    Raises
    ------
    ModelError
        The map is not invertible, or not monotone.
    NotVectors
        The stimuli are no vectors (angles, or labels): an audit takes a measure that warps them to decline.
    """
    if not model.geometry.vectors:
        raise NotVectors(f"stimuli of geometry {model.geometry} cannot be moved like points of R^d")
    moved = as_real_array(stimuli, "stimuli", model.stimuli.shape)
    growth = np.ones_like(moved) if slopes is None else as_real_array(slopes, "slopes", moved.shape)
    if (growth == 0).any():
        raise ModelError("slopes of an invertible map must not be 0")
    for i in range(moved.shape[1]):
        pairs = np.unique(np.stack([model.stimuli[:, i], moved[:, i]], axis=1), axis=0)  # by the old coordinate
        if not len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1])):
            raise ModelError(f"the map of coordinate {i} is not a function of that coordinate, or not invertible")
        rising = np.diff(pairs[:, 1])
        if monotone and not ((rising > 0).all() or (rising < 0).all()):
            raise ModelError(f"the map of coordinate {i} is not monotone; expected an invertible, coordinatewise map")
    gradient = model.likelihood_gradient
    return model.replace(
        stimuli=moved,
        stimulus_volumes=model.stimulus_volumes * np.abs(growth).prod(axis=1),
        likelihood_gradient=None if gradient is None else gradient / growth,
    )


def perturb(
    model: EncodingModel, centre: Any, radius: float, *, likelihood: Any = None, prior_weights: Any = None
) -> EncodingModel:
    """Change p(R, x) only inside the ball |x - centre| < radius.

    Parameters
    ----------
    centre : array_like, shape (d,)
    radius : float
    likelihood : array_like, shape (K, J) or (K, 1), optional
        The new p(r|x) for stimuli in the ball; its gradient there becomes 0.
    prior_weights : array_like, shape (J,), optional
        Factors that multiply the prior in the ball; it is then rescaled to keep the ball's mass.

    Raises
    ------
    ModelError
        No stimulus lies in the ball, or the weights in it are not positive.
    """
    inside = ball(model, centre, radius)
    changes: dict[str, Any] = {}
    if likelihood is not None:
        table = np.broadcast_to(as_real_array(likelihood, "likelihood"), model.likelihood.shape)
        changes["likelihood"] = np.where(inside, table, model.likelihood)
        if model.likelihood_gradient is not None:
            changes["likelihood_gradient"] = np.where(inside[None, :, None], 0.0, model.likelihood_gradient)
    if prior_weights is not None:
        weights = as_real_array(prior_weights, "prior_weights", model.prior.shape)
        bent = model.prior[inside] * weights[inside]
        if (weights[inside] <= 0).any():
            raise ModelError("prior_weights must be positive in the ball")
        prior = model.prior.copy()
        prior[inside] = bent * (prior[inside].sum() / bent.sum())
        changes["prior"] = prior
    return model.replace(**changes)


def ball(model: EncodingModel, centre: Any, radius: float) -> np.ndarray:
    """Which stimuli lie in the ball, a mask of shape (J,); at least one must."""
    point = as_real_array(np.atleast_1d(centre), "centre", (model.dimensions,))
    inside = np.asarray(np.linalg.norm(model.stimuli - point, axis=1) < radius)
    if not inside.any():
        raise ModelError(f"no stimulus lies within {radius:g} of {point.tolist()}")
    return inside
