"""Discretising a continuous 1-D encoding model (prior density, tuning curve, noise) to a given accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ModelError
from .encoding_model import EncodingModel
from .geometry import geometry_of
from .noise import GaussianNoise, Noise
from .priors import Gaussian, Prior
from .tuning import Linear, Tuning

#: The most nodes that are tried: with more, a posterior takes too long to compute.
MOST_NODES = 8192


def encoding_model(
    prior: Prior | None = None,
    tuning: Tuning | Sequence[Tuning] | None = None,
    noise: Noise | None = None,
    nodes: int | None = None,
    *,
    tolerance: float = 1e-6,
) -> EncodingModel:
    """Discretise a continuous 1-D encoding model.

    Parameters
    ----------
    prior : Prior
        `Gaussian`, `Mixture`, `Uniform`, `Laplace` or `StudentT` of `stiminfo.models` (default: standard Gaussian);
        `VonMises` for a stimulus on a circle.
    tuning : Tuning or sequence of Tuning
        The tuning curve; categorical noise takes one curve (a logit) per category. On a circle it must be periodic
        (`VonMisesBump`, `Periodic`).
    noise : Noise
        `GaussianNoise`, `PoissonNoise`, `BernoulliNoise` or `CategoricalNoise` (default: unit Gaussian).
    nodes : int, optional
        Number of stimulus nodes. If left out, it is doubled until two errors are below `tolerance`: the change of
        I(R;X) at the last doubling, and the error of I_local from placing the prior on nodes, which is about
        ``0.01 (h^2 max(J, 1/scale^2))^2`` nats for node spacing h and Fisher information J.
    tolerance : float
        In nats; used only if `nodes` is left out.

    Returns
    -------
    EncodingModel
        With cell volumes and the likelihood's gradient.

    Raises
    ------
    ModelError
        (a ValueError) the parts do not fit together, or `MOST_NODES` nodes do not reach the tolerance.
    """
    prior = Gaussian() if prior is None else prior
    noise = GaussianNoise() if noise is None else noise
    curves = (Linear(),) if tuning is None else tuple(tuning) if isinstance(tuning, Sequence) else (tuning,)
    if not curves:
        raise ModelError("tuning is empty; expected at least one tuning curve")
    if nodes is not None:
        if int(nodes) != nodes or nodes < 2:
            raise ModelError(f"nodes is {nodes}; expected a whole number, at least 2")
        return _discretise(prior, curves, noise, int(nodes))
    if not tolerance > 0:
        raise ModelError(f"tolerance is {tolerance}; expected a positive number of nats")
    count, before = 64, float("nan")
    while count <= MOST_NODES:
        model = _discretise(prior, curves, noise, count)
        information = model.mutual_information()
        if abs(information - before) < tolerance and _lattice_error(model, prior.scale) < tolerance:
            return model
        before, count = information, 2 * count
    raise ModelError(f"{MOST_NODES} nodes do not reach a tolerance of {tolerance:g} nats; give nodes= or a larger one")


def _discretise(prior: Prior, curves: Sequence[Tuning], noise: Noise, count: int) -> EncodingModel:
    x, widths = prior.nodes(count)
    log_mass = prior.log_density(x) + np.log(widths)
    mass = np.exp(log_mass - log_mass.max())
    values = np.stack([np.broadcast_to(curve(x), x.shape) for curve in curves]).astype(float)
    if not np.isfinite(values).all():
        raise ModelError(f"a tuning curve is not finite at x = {x[~np.isfinite(values).all(axis=0)][0]:g}")
    geometry = geometry_of(getattr(prior, "geometry", None), 1)  # most priors are of a line, and need not say so
    if geometry.period is not None:
        turned = np.stack([np.broadcast_to(curve(x + geometry.period), x.shape) for curve in curves])
        if not np.allclose(turned, values, rtol=1e-9, atol=1e-9 * np.abs(values).max()):
            raise ModelError(
                f"a tuning curve on {geometry} must have the same value one period later; use VonMisesBump"
            )
    channel = noise.channel(values)
    derivatives = np.stack([curve.derivative(x) for curve in curves])
    gradient = np.einsum("nkj,nj->kj", channel.slope, derivatives)
    gradient = np.where(channel.likelihood > 0, gradient, 0.0)
    return EncodingModel(
        x,
        mass / mass.sum(),
        channel.likelihood,
        stimulus_volumes=widths,
        response_volumes=channel.volumes,
        likelihood_gradient=gradient[..., None],
        responses=channel.responses,
        geometry=geometry,
    )


def _lattice_error(model: EncodingModel, scale: float) -> float:
    """Leading error of I_local from placing the prior on nodes, the largest at any stimulus that is not rare (nats)."""
    gradient = model.likelihood_gradient
    assert gradient is not None
    table = model.likelihood
    fisher = np.divide(gradient[..., 0] ** 2, table, out=np.zeros_like(table), where=table > 0).sum(axis=0)
    spacing = np.gradient(model.stimuli[:, 0])
    typical = model.prior > 1e-6 * model.prior.max()
    return float((0.01 * (spacing**2 * np.maximum(fisher, scale**-2)) ** 2)[typical].max())
