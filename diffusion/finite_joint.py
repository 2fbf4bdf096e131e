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
#: Levels at which the guide of a joint is computed.
_LEVELS = 80
#: First and last point of a scanned line, in units of the distance to a member, and the number of points.
_SCANNED = -1.0, 2.0, 25
#: Responses by which a scan judges what a noisy stimulus tells, the most probable ones: in a set of `PAIRS` members,
#: and at least.
_FEW, _FEWEST = 128, 8
#: The lowest level is this much below the one that confuses the closest members, and the highest that much above the
#: one that confuses all, in log g; a pair adds less than 1e-5 of its information beyond.
_DEEP, _HIGH = 4.0, 10.0
#: The share of levels that are spread evenly over the range, whatever the profile is.
_EVEN = 0.2


@dataclass(frozen=True)
class Pairs:
    """B members beside all N: squared distances, log prior odds, and the log of Hellinger's distance of responses.

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

    def telling(self, entropies: bool) -> Tensor:
        """Laws (n, N) of members: half those of X given r and x, half the shares of the information that each may add.

        Parameters
        ----------
        entropies : whether the information is a difference of entropies, or a divergence
        """
        given = self.lift * self.prior  # (K, N) p(member | r)
        law = self.own @ given
        share = _normalised(self.own @ torch.special.xlogy(given, self.lift).abs())
        if entropies:
            surer = self.own @ torch.special.xlogy(given, given) - torch.special.xlogy(self.prior, self.prior)
            law, share = (law + self.prior) / 2, (share + _normalised(surer.abs())) / 2
        return (law + share) / 2

    def pairs(self, rows: Tensor) -> Pairs:
        """Members `rows` (B,) beside all."""
        apart = torch.stack([((self.members - self.members[i]) ** 2).sum(1) for i in rows])
        root = self.table.sqrt()
        unlike = torch.stack([((root - root[:, i, None]) ** 2).sum(0) for i in rows])
        return Pairs(apart, self.log_prior - self.log_prior[rows, None], unlike.clamp_min(1e-12).log() / 2)

    def look(self, entropies: bool) -> Guide:
        """Where noisy stimuli around any member matter to responses to the n stimuli; see `telling`."""
        law, small = self.telling(entropies), len(self.prior) <= PAIRS
        held = torch.arange(len(self.prior), device=law.device)
        if not small:  # some stand for all, as often as they are drawn
            places = (torch.arange(PAIRS, dtype=law.dtype, device=law.device) + 0.5) / PAIRS
            held = torch.searchsorted(law.mean(0).cumsum(0), places).clamp_max(len(held) - 1).unique()
        pairs = self.pairs(held)
        u = _levels(pairs)
        every = torch.arange(len(held), device=law.device)
        ts, logs = zip(*(pairs.bridged(g.expand(len(held)), every) for g in u.exp()))
        t, log = torch.stack(ts), torch.stack(logs)  # (G, H, N)
        if small:
            log = log + self._between_two(pairs, t, u.exp())
        each = _normalised((log.exp() * pairs.apart / u.exp()[:, None, None]).sum(2).T)  # (H, G)
        share = _partly_even(_normalised(law[:, held]) @ each)
        one = law.argmax(1)
        members = self.members - self.members[one][:, None]  # (n, N, d)
        u = u.expand(len(law), -1)
        if not small:
            return Guide(u, share, one, members[:, None], law[:, None])
        steps = t[..., None] * (self.members - self.members[:, None])  # (G, N, N, d)
        bridges = (members[:, None, :, None] + steps).flatten(2, 3)  # (n, G, N^2, d)
        # The root, since these masses are rough: what they underrate is still drawn sometimes.
        root = torch.softmax((log + pairs.apart.log()).clamp_min(-1e4) / 2, dim=2)
        crossed = law[:, None, :, None] * torch.where(pairs.apart > 0, root, 0.0)
        points = torch.cat([members[:, None].expand(-1, len(t), -1, -1), bridges], dim=2)
        weight = torch.cat([law[:, None].expand(-1, len(t), -1), crossed.flatten(2, 3)], dim=2) / 2
        return Guide(u, share, one, points, weight)

    def _between_two(self, pairs: Pairs, t: Tensor, g: Tensor) -> Tensor:
        """Log of the square of the probability of both members, at the points t (G, N, N) between them."""
        apart = pairs.apart
        inner = apart[:, :, None] + apart[:, None] - apart[None]  # twice (other - one) . (third - one)
        away = t[..., None] ** 2 * apart[..., None] - t[..., None] * inner + apart[:, None]  # (G, one, other, third)
        likely = self.log_prior - away / (2 * g[:, None, None, None])
        one = likely.diagonal(dim1=1, dim2=3).transpose(1, 2)
        other = likely.diagonal(dim1=2, dim2=3)
        return 2 * (torch.logaddexp(one, other) - torch.logsumexp(likely, dim=3))

    def scan(self) -> Guide:
        """Where noisy stimuli around each of the n stimuli matter: on lines to other members, by the gains there."""
        assert self.at is not None
        guides = [self._scan(at, own) for at, own in zip(self.at.tolist(), self.own)]
        u, share, points, weight = (torch.stack(part) for part in zip(*guides))
        return Guide(u, share, self.at, points[:, None], weight)

    def _scan(self, at: int, own: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        away = self.members - self.members[at]
        pairs = self.pairs(torch.tensor([at], device=away.device))
        u = _levels(pairs)
        zero = torch.zeros(len(u), dtype=torch.long, device=away.device)
        others = pairs.bridged(u.exp(), zero)[1].amax(0).topk(min(PAIRS, len(away) - 1)).indices
        t = torch.linspace(*_SCANNED, dtype=away.dtype, device=away.device)
        points = (t[:, None, None] * away[others]).reshape(-1, away.shape[1])
        lengths, step = pairs.apart[0, others].sqrt().repeat(len(t)), t[1] - t[0]
        most = own.topk(min(len(own), max(_FEWEST, _FEW * PAIRS // len(away)))).indices
        own, table = own[most], self.table[most]
        apart, near = ((points[:, None] - away) ** 2).sum(2), (points**2).sum(1)
        tiny = torch.finfo(away.dtype).tiny
        found = []
        for g in u.exp():
            share = torch.softmax(self.log_prior - apart / (2 * g), dim=1)
            mean = share @ away
            chance = share @ table.T
            gain = table @ (share[..., None] * (away - mean[:, None])) / chance.clamp_min(tiny)[..., None]
            drift = (own[:, None] * gain * (2 * mean[:, None] + gain)).sum((1, 2)).abs()
            size = drift + ((own + chance)[..., None] * gain**2).sum((1, 2))
            # A point stands for a step of its line, or for the width of the noise if that is less.
            found.append(size * (-near / (2 * g)).exp() * (lengths * step / g.sqrt()).clamp_max(1) / g)
        weight = torch.stack(found)
        share = _partly_even(_normalised(weight.sum(1)))
        scanned = _normalised(weight) / 2
        weight = torch.cat([1 - scanned.sum(1, keepdim=True), scanned], dim=1)
        return u, share, torch.cat([torch.zeros_like(points[:1]), points]), weight


@dataclass(frozen=True)
class Guide:
    """Where noisy stimuli matter to n stimuli.

    Attributes
    ----------
    u : (n, G) evenly spaced levels, log g
    share : (n, G) how much each level matters
    one : (n,) the member to which points are relative
    points : (n, G or 1, M, d) points around which noisy stimuli should be drawn
    weight : (n, G or 1, M) the probabilities with which they should be
    """

    u: Tensor
    share: Tensor
    one: Tensor
    points: Tensor
    weight: Tensor

    def at(self, which: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor]:
        """Points (B, M, d) and weights (B, M) for the stimuli `which` (B,) at levels (B,)."""
        first, step = self.u[which, 0], self.u[which, 1] - self.u[which, 0]
        level = ((gamma.log() - first) / step).round().long().clamp(0, self.u.shape[1] - 1)
        points, weight = self.points[which, level.clamp_max(self.points.shape[1] - 1)], self.weight
        return points, weight[which, level.clamp_max(weight.shape[1] - 1)]


def _levels(pairs: Pairs) -> Tensor:
    """Evenly spaced levels log g, from where no pair is confused to where all are, (G,)."""
    gaps = pairs.apart[pairs.apart > 0]
    low = float(gaps.min().log()) - math.log(8 + 2 * float(pairs.odds.abs().max())) - _DEEP
    high = float(gaps.max().log()) + _HIGH
    return torch.linspace(low, high, _LEVELS, dtype=gaps.dtype, device=gaps.device)


def _normalised(weight: Tensor) -> Tensor:
    return weight / weight.sum(-1, keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)


def _partly_even(share: Tensor) -> Tensor:
    return _normalised((1 - _EVEN) * share + _EVEN / share.shape[-1])
