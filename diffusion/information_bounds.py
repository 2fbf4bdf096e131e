"""Bounds of I(R;X) from samples of the stimuli and the likelihood alone: no denoiser, no density of the stimuli."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .encoders import Encoder

#: Stimuli among which each response is sought, and responses that are held at once.
_AMONG, _AT_ONCE = 2048, 64


def bounds_of_information(
    encoder: Encoder, x: Tensor, seed: int = 0
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """A lower and an upper bound of I(R;X) in nats, with standard errors, from stimuli (n, d) alone; None if too few.

    p(r) is the mean of p(r|x') over other stimuli x': with the own stimulus among them the mean of log p(r|x) / p(r) is
    at most I(R;X), and without it at least that (Poole et al. 2019, "On variational bounds of mutual information").
    """
    x = x[:_AMONG]
    if len(x) < 2:
        return None
    r = encoder.sample(x, torch.Generator(device=x.device).manual_seed(seed))
    try:
        log = torch.cat([encoder.log_likelihood(part[:, None], x[None]) for part in torch.split(r, _AT_ONCE)]).double()
    except NotImplementedError:
        return None
    own, count = log.diagonal().clone(), len(x)
    whole = log.logsumexp(1) - math.log(count)
    others = log.fill_diagonal_(-torch.inf).logsumexp(1) - math.log(count - 1)
    parts = [own - evidence for evidence in (whole, others)]
    low, high = ((float(part.mean()), float(part.std() / count**0.5)) for part in parts)
    return low, high
