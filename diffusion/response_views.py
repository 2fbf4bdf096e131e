"""Coarser views of a response: half of the neurons, half of the recording time, or neurons merged in pairs.

With networks that learned them one can ask how much one half of a population adds to the other, and whether a degraded
response ever carries more than the response itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ModelError
from .encoders import Encoder, LinearGaussian, LinearNonlinearPoisson

#: Sets of views that networks may learn beside the whole response, and the views in each.
LEARNED: dict[str, tuple[str, ...]] = {
    "halves": ("first half", "second half"),
    "thinned": ("thinned",),
    "merged": ("merged",),
}


def views_of(learned: tuple[str, ...]) -> tuple[str, ...]:
    """Every view that networks with these sets have learned; the whole response, ``all``, comes first."""
    return ("all", *(view for name in learned for view in LEARNED[name]))


def seen_by(view: str, responses: int) -> Tensor:
    """1 for the neurons that a view contains and 0 for the others, (k,); the halves are every other neuron."""
    halves = {"first half": 0, "second half": 1}
    if view not in halves:
        return torch.ones(responses)
    return (torch.arange(responses) % 2 == halves[view]).float()


def coarser(encoder: Encoder, r: Tensor, view: str, generator: torch.Generator | None = None) -> Tensor:
    """A view of responses (..., k), on the scale of the whole response; X -> R -> R' is a Markov chain.

    Parameters
    ----------
    view : str
        ``thinned``: half of the recording time. Each spike is kept with probability 1/2 and counts for two; linear
        neurons get their noise once more. ``merged``: neurons 0 and 1, 2 and 3, ... both give their mean; a last one
        without partner stays as it is. ``first half``, ``second half`` and ``all`` leave the numbers as they are: the
        networks mask the other neurons (`seen_by`).

    Raises
    ------
    ModelError
        Responses of this encoder cannot be thinned.
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


def shown_responses(seen: Tensor, like: Tensor, r: Tensor | None, given: Tensor | None) -> Tensor:
    """The responses and the view that they are, (B, k + views); zeros where no response is given.

    The view tells "not given" from the mean response, which is 0 as well.

    Parameters
    ----------
    seen : (views, k), what each view shows (`seen_by`)
    like : (B, d), gives the number of rows and the dtype
    r : (B, k)
    given : (B, views), one-hot; a row of zeros is given none. By default the whole response
    """
    views, responses = seen.shape
    if r is None:
        return like.new_zeros(len(like), responses + views)
    if given is None:
        given = torch.nn.functional.one_hot(torch.zeros(len(like), dtype=torch.long, device=r.device), views)
    given = given.to(like.dtype)
    return torch.cat([r * (given @ seen.to(like.dtype)), given], dim=1)
