"""Models of two stimulus features: products of 1-D models, and responses to both features on a grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import ModelError
from .arrays import Array, as_real_array
from .encoding_model import EncodingModel
from .noise import Noise
from .priors import Prior


def product_model(first: EncodingModel, second: EncodingModel) -> EncodingModel:
    """Independent features, each with its own response: X1 and X2 are independent, and R = (R1, R2).

    A complete, feature-wise measure should give each feature the information of its own model. Raises `ModelError` for
    stimuli that are no vectors (angles, or labels).
    """
    for model in (first, second):
        if not model.geometry.vectors:
            raise ModelError(f"a product of models needs stimuli in R^d; these are of geometry {model.geometry}")
    stimuli = np.concatenate(
        [np.repeat(first.stimuli, len(second.stimuli), axis=0), np.tile(second.stimuli, (len(first.stimuli), 1))],
        axis=1,
    )
    gradient = None
    if first.likelihood_gradient is not None and second.likelihood_gradient is not None:
        one = np.einsum("kji,lm->kljmi", first.likelihood_gradient, second.likelihood)
        two = np.einsum("kj,lmi->kljmi", first.likelihood, second.likelihood_gradient)
        gradient = np.concatenate([one, two], axis=-1).reshape(-1, len(stimuli), stimuli.shape[1])
    return EncodingModel(
        stimuli,
        np.outer(first.prior, second.prior).ravel(),
        np.einsum("kj,lm->kljm", first.likelihood, second.likelihood).reshape(-1, len(stimuli)),
        stimulus_volumes=np.outer(first.stimulus_volumes, second.stimulus_volumes).ravel(),
        response_volumes=np.outer(first.response_volumes, second.response_volumes).ravel(),
        likelihood_gradient=gradient,
    )


def two_feature_model(
    priors: tuple[Prior, Prior],
    tuning: Callable[[Array, Array], tuple[Array, Array, Array]],
    noise: Noise,
    nodes: tuple[int, int],
    *,
    log_coupling: Callable[[Array, Array], Array] | None = None,
) -> EncodingModel:
    """One response to two features, on a grid.

    Parameters
    ----------
    priors : a prior of each feature
    tuning : callable
        ``tuning(x1, x2)`` returns f, df/dx1, df/dx2 for arrays of one shape.
    noise : a `Noise` that takes one tuning curve
    nodes : number of nodes along each feature
    log_coupling : callable, optional
        ``log_coupling(x1, x2)`` is added to the log prior, for dependent features (a correlated Gaussian, say); nats.

    Raises
    ------
    ModelError
        `tuning` does not return three arrays of that shape.
    """
    (a, wa), (b, wb) = (prior.nodes(count) for prior, count in zip(priors, nodes))
    x1, x2 = (grid.ravel() for grid in np.meshgrid(a, b, indexing="ij"))
    log_mass = priors[0].log_density(x1) + priors[1].log_density(x2)
    if log_coupling is not None:
        log_mass = log_mass + log_coupling(x1, x2)
    volumes = np.outer(wa, wb).ravel()
    mass = np.exp(log_mass - log_mass.max()) * volumes
    value, *slopes = (as_real_array(part, "tuning", x1.shape) for part in tuning(x1, x2))
    if len(slopes) != 2:
        raise ModelError(f"tuning returned {1 + len(slopes)} arrays; expected f, df/dx1, df/dx2")
    channel = noise.channel(value[None])
    gradient = channel.slope[0][..., None] * np.stack(slopes, axis=-1)
    return EncodingModel(
        np.stack([x1, x2], axis=1),
        mass / mass.sum(),
        channel.likelihood,
        stimulus_volumes=volumes,
        response_volumes=channel.volumes,
        likelihood_gradient=np.where((channel.likelihood > 0)[..., None], gradient, 0.0),
        responses=channel.responses,
    )
