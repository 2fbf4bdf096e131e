"""Coarser views of a response: half of the neurons, half of the time, or neurons in pairs.

Networks that learned them can be asked what one half of a population tells beyond the other, and whether a response
that was degraded ever tells more than the response itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ModelError
from .encoders import Encoder, LinearGaussian, LinearNonlinearPoisson

#: What networks may learn beside the whole response, and the views that each adds.
LEARNED: dict[str, tuple[str, ...]] = {
    "halves": ("first half", "second half"),
    "thinned": ("thinned",),
    "merged": ("merged",),
}


def views_of(learned: tuple[str, ...]) -> tuple[str, ...]:
    """Every view that networks know, the whole response first."""
    return ("all", *(view for name in learned for view in LEARNED[name]))


def seen_by(view: str, responses: int) -> Tensor:
    """1 for the neurons that a view has, 0 for the others, (k,); every other neuron makes a half."""
    halves = {"first half": 0, "second half": 1}
    if view not in halves:
        return torch.ones(responses)
    return (torch.arange(responses) % 2 == halves[view]).float()


def coarser(encoder: Encoder, r: Tensor, view: str, generator: torch.Generator | None = None) -> Tensor:
    """A view of responses (..., k), on the scale of the whole response; a Markov chain X -> R -> R'.

    Parameters
    ----------
    view : str
        ``thinned``: what half of the time would have shown: each spike is kept with probability 1/2 and counts for
        two; of linear neurons, noise of as much variance again. ``merged``: neurons 0 and 1, 2 and 3, ... give their
        mean, a last one without partner its own. ``first half``, ``second half`` and ``all`` leave the numbers as they
        are: networks look at their own neurons only (`seen_by`).

    Raises
    ------
    ModelError
        Neurons of another kind cannot be thinned.
    """
    if view == "merged":
        pairs = r.shape[-1] // 2 * 2
        mean = (r[..., 0:pairs:2] + r[..., 1:pairs:2]) / 2
        return torch.cat([mean.repeat_interleave(2, dim=-1), r[..., pairs:]], dim=-1)
    if view != "thinned":
        return r
    if isinstance(encoder, LinearNonlinearPoisson):
        return 2 * torch.binomial(r, torch.full_like(r, 0.5), generator=generator)
    if isinstance(encoder, LinearGaussian):
        silent = torch.zeros(*r.shape[:-1], encoder.dimensions, dtype=r.dtype, device=r.device)
        return r + encoder.sample(silent, generator)
    raise ModelError(f"responses of {type(encoder).__name__} cannot be thinned; expected counts, or linear neurons")
