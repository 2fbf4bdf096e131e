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
PAIRS = 64
#: Spacing in log g of the levels at which a joint's profile is computed.
_STEP = 0.25
#: The lowest level is this much below the one that confuses the closest members, and the highest that much above the
#: one that confuses all, in log g; a pair adds less than 1e-5 of its information beyond.
_DEEP, _HIGH = 4.0, 10.0
#: The share of levels that are spread evenly over the range, whatever the profile is.
_EVEN = 0.3


@dataclass(frozen=True)
class Pairs:
    """B members beside all N: squared distances, log prior odds, and how differently they are responded to (log)."""

    apart: Tensor
    odds: Tensor
    unlike: Tensor

    def confused(self, g: Tensor, rows: Tensor) -> Tensor:
        """Log of how much noise at levels g (B,) confuses the members `rows` (B,) with the others, (B, N).

        By bounds on the mean over xg, given the one, of the squared posterior odds of the rarer of both: Chernoff's, the
        mass of the rarer one, and moments of the odds for weak and for strong noise.
        """
        ratio, odds = self.apart[rows] / g[:, None], self.odds[rows]
        rarer = torch.where(odds < 0, 2 * odds + ratio, 3 * ratio - 2 * odds)
        log = torch.minimum(torch.minimum(odds.clamp_max(0), odds / 2 - ratio / 8), rarer) + self.unlike[rows]
        return torch.where(ratio > 0, log, -torch.inf)


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
        found = [(pairs.confused(g.expand(len(held)), every).exp() * pairs.apart / g).sum(1) for g in u.exp()]
        each = torch.stack(found, dim=1)  # (H, G)
        each = each / each.sum(1, keepdim=True).clamp_min(torch.finfo(each.dtype).tiny)
        share = law[:, held] / law[:, held].sum(1, keepdim=True)
        mixed = (1 - _EVEN) * share @ each + _EVEN / len(u)
        return u, mixed / mixed.sum(1, keepdim=True)
