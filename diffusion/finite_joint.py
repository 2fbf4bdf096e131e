"""A finite joint distribution of stimuli and responses, where the responses to a set of stimuli can be listed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

#: Most entries of an array of (noisy stimuli, members, features) or (noisy stimuli, responses, features) at once.
BLOCK = 1 << 21
#: Most members of a set for which every pair is compared.
PAIRS = 24
#: Spacing in log g of the levels at which a joint's profile is computed.
_STEP = 0.25
#: The lowest level is this much below the one that confuses the closest members, and the highest that much above the
#: one that confuses all, in log g; a pair adds less than 1e-5 of its information beyond.
_DEEP, _HIGH = 4.0, 10.0
#: The share of levels that are spread evenly over the range, whatever the profile is.
_EVEN = 0.2


@dataclass(frozen=True)
class Pairs:
    """B members beside all N: squared distances, log prior odds, and how differently they are responded to (log).

    At noise level g, the mean over xg around the one member of the squared posterior odds of the rarer of both has its
    mass at ``one + t (other - one)``, where both are equally likely or, for strong noise, at t = 2 or -2 (Laplace's
    method).
    """

    apart: Tensor
    odds: Tensor
    unlike: Tensor

    def bridged(self, g: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The t, and the log of that mass, of the members `rows` (B,) at levels g (B,), (B, N) each."""
        ratio, odds = self.apart[rows] / g[:, None], self.odds[rows]
        t = (0.5 - odds / ratio.clamp_min(1e-12)).clamp(-2, 2)
        log = self.unlike[rows] - t**2 * ratio / 2 - 2 * (odds + ratio * (t - 0.5)).abs()
        return torch.where(ratio > 0, t, 0.0), torch.where(ratio > 0, log, -torch.inf)


@dataclass(frozen=True)
class FiniteJoint:
    """Members of a set, K responses to them, and what is asked for about n of them.

    Attributes
    ----------
    members : (N, d)
    log_prior : (N,)
    table : (K, N) p(r_k | member)
    own : (n, K) the probabilities of the responses given each stimulus that is asked for
    at : (n,) the index of that stimulus among the members, or None where it is not one of them
    """

    members: Tensor
    log_prior: Tensor
    table: Tensor
    own: Tensor
    at: Tensor | None

    @cached_property
    def prior(self) -> Tensor:
        """(N,) probabilities of the members."""
        return self.log_prior.exp()

    @cached_property
    def lift(self) -> Tensor:
        """p(r|member) / p(r), (K, N); 0 for responses that never occur."""
        chance = (self.table @ self.prior)[:, None]
        return self.table / chance.clamp_min(torch.finfo(chance.dtype).tiny)

    @cached_property
    def ratio(self) -> Tensor:
        """p(r|x) / p(r) of the stimuli that are asked for, (n, K)."""
        chance = self.table @ self.prior
        return self.own / chance.clamp_min(torch.finfo(chance.dtype).tiny)

    @cached_property
    def telling(self) -> Tensor:
        """Laws (n, N) of members, each as probable as the share of the information that it may contribute."""
        given = self.lift * self.prior  # (K, N) p(member | r)
        moved = self.own @ torch.special.xlogy(given, self.lift).abs()
        surer = (self.own @ torch.special.xlogy(given, given) - torch.special.xlogy(self.prior, self.prior)).abs()
        tiny = torch.finfo(given.dtype).tiny
        return sum(part / part.sum(1, keepdim=True).clamp_min(tiny) for part in (moved, surer)) / 2

    def pairs(self, rows: Tensor) -> Pairs:
        """Members `rows` (B,) beside all."""
        apart = torch.stack([((self.members - self.members[i]) ** 2).sum(1) for i in rows])
        root = self.table.sqrt()
        unlike = torch.stack([((root - root[:, i, None]) ** 2).sum(0) for i in rows])
        return Pairs(apart, self.log_prior - self.log_prior[rows, None], unlike.clamp_min(1e-12).log())

    def bridges(self, pairs: Pairs, g: Tensor, rows: Tensor, one: Tensor) -> tuple[Tensor, Tensor]:
        """Points (B, N, d) relative to the members `one` (B,), between these and all others, and their weights (B, N).

        `rows` are those of `one` in `pairs`. In a small set, a weight is the smaller the more likely third members are.
        """
        t, log = pairs.bridged(g, rows)
        away = self.members - self.members[one][:, None]
        points = t[..., None] * away
        if len(self.members) <= PAIRS:
            apart = ((points[:, :, None] - away[:, None]) ** 2).sum(3)  # (B, bridge, member)
            likely = self.log_prior - apart / (2 * g[:, None, None])
            own = likely.gather(2, one[:, None, None].expand(-1, likely.shape[1], 1))[..., 0]
            both = torch.logaddexp(likely.diagonal(dim1=1, dim2=2), own)
            log = log + 2 * (both - torch.logsumexp(likely, dim=2))
        return points, log

    def profile(self, law: Tensor) -> tuple[Tensor, Tensor]:
        """Levels u = log g, (G,), and how much they matter to stimuli drawn from laws (n, N) over members, (n, G)."""
        held = (law > 0).any(0).nonzero()[:, 0]
        if len(held) > PAIRS:  # the most important ones stand for all
            held = law.sum(0).topk(PAIRS).indices
        pairs = self.pairs(held)
        gaps = pairs.apart[pairs.apart > 0]
        rare = 8 + 2 * float(pairs.odds.abs().max())
        low = float(gaps.min().log()) - math.log(rare) - _DEEP
        u = torch.arange(low, float(gaps.max().log()) + _HIGH, _STEP, dtype=law.dtype, device=law.device)
        every = torch.arange(len(held), device=law.device)
        found = []
        for g in u.exp():
            _, log = self.bridges(pairs, g.expand(len(held)), every, held)
            found.append((log.exp() * pairs.apart / g).sum(1))
        each = torch.stack(found, dim=1)  # (H, G)
        each = each / each.sum(1, keepdim=True).clamp_min(torch.finfo(each.dtype).tiny)
        share = law[:, held] / law[:, held].sum(1, keepdim=True)
        mixed = (1 - _EVEN) * share @ each + _EVEN / len(u)
        return u, mixed / mixed.sum(1, keepdim=True)
