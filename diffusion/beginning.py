"""The networks at the start of training: fresh ones, or copies of networks that were trained before."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from ..errors import CheckpointError
from .architecture import Architecture, Levels
from .checkpoints import Learned
from .encoders import Encoder
from .networks import DenoisingNetwork, GainNetwork
from .response_views import views_of
from .sources import Source
from .stepped import denoising_of, gain_of

#: Images from which the responses' mean and spread are estimated, and the smallest spread that is used, as a share of
#: the largest: a neuron that hardly ever responds is not scaled up.
_SAMPLE, _LEAST_SPREAD = 4096, 0.05

#: The layers whose input is the response followed by one indicator per view.
_INPUTS = ("conditional.image.weight", "conditional.embed.0.weight", "conditional.heard.weight")


def fresh_denoisers(
    source: Source, encoder: Encoder, architecture: Architecture, levels: Levels, seed: int
) -> DenoisingNetwork:
    """Denoisers with random weights, scaled for these images and responses."""
    generator = torch.Generator().manual_seed(seed)
    r = encoder.sample(source.draw(_SAMPLE, generator).double(), generator)
    spread = r.std(0)
    known = slice(0 if architecture.prior_only else None)
    network = denoising_of(architecture)(
        architecture,
        source.shape,
        levels,
        torch.as_tensor(source.mean),
        math.sqrt(source.covariance.trace() / len(source.mean)),
        r.mean(0)[known],
        spread.clamp_min(float(spread.max()) * _LEAST_SPREAD)[known],
    )
    network.know_covariance(torch.as_tensor(source.covariance))
    network.know_encoder(encoder)
    return network


def fresh_gain(denoising: DenoisingNetwork) -> GainNetwork:
    """A gain network with random weights, scaled as these denoisers are."""
    architecture = replace(denoising.architecture, shared=not denoising.architecture.step, views=())
    return gain_of(architecture)(architecture, denoising.shape, denoising.levels, denoising.centre, denoising.spread)


def begin_with(start: Learned, denoising: DenoisingNetwork, gain: GainNetwork) -> None:
    """Copy the weights of trained networks into fresh ones; a view that is new starts as a copy of the whole response.

    Raises
    ------
    CheckpointError
        The trained networks have another architecture or another population.
    """
    weights = _with_views(start.denoising, views_of(denoising.architecture.views))
    for mine, others in ((denoising, weights), (gain, None if start.gain is None else start.gain.state_dict())):
        if others is not None:
            try:
                mine.load_state_dict(others)
            except RuntimeError:
                raise CheckpointError("the networks to start from have another architecture or population") from None


def _with_views(start: DenoisingNetwork, wanted: tuple[str, ...]) -> dict[str, Tensor]:
    """The weights, with columns for the wanted views in their order."""
    weights, known = dict(start.state_dict()), views_of(start.architecture.views)
    responses = len(start.response_mean)
    for name in _INPUTS:
        if name in weights:
            neurons, flags = weights[name].split([responses, len(known)], dim=1)
            columns = [flags[:, known.index(view if view in known else "all")] for view in wanted]
            weights[name] = torch.cat([neurons, torch.stack(columns, dim=1)], dim=1)
    return weights
