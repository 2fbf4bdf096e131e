"""A finite joint distribution of stimuli and responses, where the responses to a set of stimuli can be listed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from .encoders import Encoder

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
#: Most members of a set whose noisy stimuli are guided where responses are drawn. With 3 to 5 members estimates then
#: scatter a third to a sixth as much; from 24 on no less, as many pairs are confused at each level anyway.
_GUIDED = 8
#: The lowest level is this much below the one that confuses the closest members, and the highest that much above the
#: one that confuses all, in log g; a pair adds less than 1e-5 of its information beyond.
_DEEP, _HIGH = 4.0, 10.0
#: The share of noisy stimuli that are drawn by the law that is asked for, wherever much is told: weights are at most 1
#: over this.
_BY_LAW = 0.15
#: The share of levels that are spread evenly over the range, whatever the profile is.
_EVEN = 0.1


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
    table : (K, N) p(r_k | member); of some responses only, to guide by, where `likelihoods` is given
    own : (n, K) the probabilities of the responses given each stimulus that is asked for
    at : (n,) the index of that stimulus among the members, or None where it is not one of them
    likelihoods, stimuli : where responses cannot be listed, from (B, k) of them to their log likelihoods at the members
        (B, N), up to a constant for each, and the members as the encoder takes them
    """

    members: Tensor
    log_prior: Tensor
    table: Tensor
    own: Tensor
    at: Tensor | None
    likelihoods: Callable[[Tensor], Tensor] | None = None
    stimuli: Tensor | None = None

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
        logs = torch.stack([pairs.bridged(g.expand(len(held)), every)[1] for g in u.exp()])
        mass = logs.exp() * pairs.apart / u.exp()[:, None, None]  # (G, H, N)
        one = law.argmax(1)
        if small:
            return self._look_between(u, law, one, mass.sum(0), entropies)
        share = _partly_even(_normalised(law[:, held]) @ _normalised(mass.sum(2).T))
        members = self.members - self.members[one][:, None]  # (n, N, d)
        return Guide(u.expand(len(law), -1), share, one, members[:, None], law[:, None])

    def _look_between(self, u: Tensor, law: Tensor, one: Tensor, mass: Tensor, entropies: bool) -> Guide:
        """Noisy stimuli around the members, and on the lines between those pairs (of `mass` (N, N)) that matter most.

        Some are drawn by the law of members, however little is told there.
        """
        guides = []
        for own, ratio, each, base in zip(self.own, self.ratio, law, one):
            both = (each[:, None] * mass).sqrt()  # the root, since these masses are rough
            both = (both + both.T).triu(1)
            lines = both.flatten().topk(min(PAIRS, len(each) * (len(each) - 1) // 2)).indices
            away = self.members - self.members[base]
            line = lines // len(each), lines % len(each)

            def told(at: _Scanned, ratio: Tensor = ratio) -> Tensor:
                moved = (ratio[at.most, None] * at.chance[..., None] * at.gain**2).sum((1, 2))
                if entropies:
                    within = at.square - at.chance[..., None] * at.gain**2
                    surer = at.spread - (ratio[at.most, None] * within).sum(1)
                    moved = moved + surer.sum(1).abs()
                return moved * torch.exp(at.density)

            points, scanned = self._scanned(u, away, line, own, told)
            weight = torch.cat([_BY_LAW * each.expand(len(u), -1), (1 - _BY_LAW) * _normalised(scanned)], dim=1)
            guides.append((_partly_even(_normalised(scanned.sum(1))), torch.cat([away, points]), weight))
        share, points, weight = (torch.stack(part) for part in zip(*guides))
        return Guide(u.expand(len(law), -1), share, one, points[:, None], weight)

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

        def told(seen: _Scanned) -> Tensor:
            given, gain = own[seen.most], seen.gain
            drift = (given[:, None] * gain * (2 * seen.mean[:, None] + gain)).sum((1, 2)).abs()
            size = drift + ((given + seen.chance)[..., None] * gain**2).sum((1, 2))
            return size * torch.exp(-(seen.points**2).sum(1) / (2 * seen.gamma))

        points, found = self._scanned(u, away, (torch.full_like(others, at), others), own, told)
        share = _partly_even(_normalised(found.sum(1)))
        scanned = (1 - _BY_LAW) * _normalised(found)
        weight = torch.cat([1 - scanned.sum(1, keepdim=True), scanned], dim=1)
        return u, share, torch.cat([torch.zeros_like(points[:1]), points]), weight

    def _scanned(
        self, u: Tensor, away: Tensor, line: tuple[Tensor, Tensor], own: Tensor, told: Callable[[_Scanned], Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Points (M, d) on lines between members at `away` (N, d), and how much they tell at each level, (G, M).

        The responses that are likely by their law `own` (K,) are all that `told` sees.
        """
        t = torch.linspace(*_SCANNED, dtype=away.dtype, device=away.device)
        start, along = away[line[0]], away[line[1]] - away[line[0]]
        points = (start + t[:, None, None] * along).reshape(-1, away.shape[1])
        lengths, step = along.norm(dim=1).repeat(len(t)), t[1] - t[0]
        most = own.topk(min(len(own), max(_FEWEST, _FEW * PAIRS // len(away)))).indices
        apart = ((points[:, None] - away) ** 2).sum(2)
        found = []
        for g in u.exp():
            size = told(_Scanned(points, g, self.log_prior - apart / (2 * g), away, self.table[most], most))
            # A point stands for a step of its line, or for the width of the noise if that is less.
            found.append(size * (lengths * step / g.sqrt()).clamp_max(1) / g)
        return points, torch.stack(found)


class _Scanned:
    """What noisy stimuli at M points tell at one level, by some of the responses."""

    def __init__(self, points: Tensor, gamma: Tensor, log: Tensor, away: Tensor, table: Tensor, most: Tensor) -> None:
        self.points, self.gamma, self.most = points, gamma, most
        self.density = torch.logsumexp(log, dim=1)
        share = torch.softmax(log, dim=1)
        self.mean = share @ away
        apart = away - self.mean[:, None]
        weighted = share[..., None] * apart
        self.chance = share @ table.T
        self.gain = (table @ weighted) / self.chance.clamp_min(torch.finfo(share.dtype).tiny)[..., None]
        self._parts = weighted * apart, table

    @property
    def spread(self) -> Tensor:
        """Var(X_i|xg), (M, d)."""
        return self._parts[0].sum(1)

    @property
    def square(self) -> Tensor:
        """E[(X_i - E[X_i|xg])^2 p(r|X) | xg], (M, K, d)."""
        return self._parts[1] @ self._parts[0]


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


def some_responses(encoder: Encoder, stimuli: Tensor, likelihoods: Callable[[Tensor], Tensor]) -> Tensor | None:
    """A table (K, N) of responses drawn at each of N stimuli, weighted as a sample of each stimulus's law.

    None where the set is so large that looking for the noisy stimuli that matter costs more than it helps.
    """
    count, d = stimuli.shape
    draws = max(_FEWEST, _FEW // count)
    if count > _GUIDED or PAIRS * _SCANNED[2] * draws * count * d > BLOCK:
        return None
    generator = torch.Generator(device=stimuli.device).manual_seed(0)
    log = likelihoods(encoder.sample(stimuli.repeat(draws, 1), generator)).double()
    return torch.softmax(log - torch.logsumexp(log, dim=1, keepdim=True), dim=0)


def _levels(pairs: Pairs) -> Tensor:
    """Evenly spaced levels log g, from where no pair is confused to where all are, (G,)."""
    gaps = pairs.apart[pairs.apart > 0]
    if not len(gaps):  # a lone member, such as the only response that ever occurs: no level matters
        gaps = torch.ones_like(pairs.apart[0, :1])
    low = float(gaps.min().log()) - math.log(8 + 2 * float(pairs.odds.abs().max())) - _DEEP
    high = float(gaps.max().log()) + _HIGH
    return torch.linspace(low, high, _LEVELS, dtype=gaps.dtype, device=gaps.device)


def _normalised(weight: Tensor) -> Tensor:
    return weight / weight.sum(-1, keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)


def _partly_even(share: Tensor) -> Tensor:
    return _normalised((1 - _EVEN) * share + _EVEN / share.shape[-1])
