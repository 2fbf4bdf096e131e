"""The sight of a finite set: noisy stimuli are drawn where members are confused, and responses are summed or drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..diffusion.finite_joint import BLOCK, FiniteJoint, Guide
from .sight import Seen, Sight

#: The share of noisy stimuli that follow the law given the very response drawn: weights are at most 1 over this.
_BY_RESPONSE = 0.15


@dataclass
class JointSight(Sight):
    """A `Sight` in which averages over responses are sums, and those over noisy stimuli are importance-weighted.

    A noisy stimulus is drawn around one of the guide's points, and has the weight of its density under the law that is
    asked for over that under the guide's. A part of the latter is the law itself, so that weights are bounded; the
    rest is where gains are, however rarely noise leads there. All positions are relative to a member, which keeps the
    digits of small gaps.

    Attributes
    ----------
    joint : FiniteJoint
    which : (B,) index of the stimulus in the joint's `own`
    guide : Guide
    chosen : (B,) uniform numbers that choose a point
    """

    joint: FiniteJoint
    which: Tensor
    guide: Guide
    chosen: Tensor

    def own(self, value: Callable[[Seen], Tensor]) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            member, chance = self._member(rows), self.joint.own[self.which[rows]]
            return part.weight_of(member) * (chance[..., None] * value(part.seen(member))).sum(1)

        return self._over(at)

    def local(self) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            member = self._member(rows)
            return part.weight_of(member) * (part.chance[..., None] * part.gain**2).sum(1)

        return self._over(at)

    def elsewhere(self, value: Callable[[Seen], Tensor]) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            chance = self.joint.ratio[self.which[rows]] * part.chance
            return part.weight_of(None) * (chance[..., None] * value(part.seen(None))).sum(1)

        return self._over(at)

    def errors(self, r: Tensor | None = None) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            ratio = self.joint.ratio[self.which[rows]]
            given = part.spread - (ratio[..., None] * (part.square - part.chance[..., None] * part.gain**2)).sum(1)
            return (part.weight_of(None) * given).sum(1)

        return self._over(at)

    def response(self) -> Tensor:
        return self.x  # all responses are summed

    def _member(self, rows: Tensor) -> Tensor:
        assert self.joint.at is not None
        return self.joint.at[self.which[rows]]

    def _over(self, value: Callable[[Tensor, _Part], Tensor], law: Tensor | None = None) -> Tensor:
        """A function of rows and what is seen there, for all rows, some at a time.

        Parameters
        ----------
        law : (B, N) a law of members around which a share of the noisy stimuli of each row is drawn
        """
        joint, guide = self.joint, self.guide
        count, d = joint.members.shape
        width = max(count, len(joint.table), guide.points.shape[2]) * d
        every = torch.arange(len(self.gamma), device=self.gamma.device)
        found = []
        for rows in torch.split(every, max(1, BLOCK // width)):
            which, gamma = self.which[rows], self.gamma[rows]
            points, q = guide.at(which, gamma)
            if law is not None:
                q = (1 - _BY_RESPONSE) * q
                q[:, :count] += _BY_RESPONSE * law[rows]
            c = torch.searchsorted(q.cumsum(1), self.chosen[rows, None] * q.sum(1, keepdim=True))
            around = points[torch.arange(len(rows), device=c.device), c.clamp_max(q.shape[1] - 1)[:, 0]]
            noise = gamma.sqrt()[:, None] * self.z[rows]
            log = q.log() - ((noise[:, None] - (points - around[:, None])) ** 2).sum(2) / (2 * gamma[:, None])
            proposed = torch.logsumexp(log, dim=1)
            found.append(value(rows, _Part(joint, guide.one[which], around + noise, gamma, proposed)))
        return torch.cat(found)


@dataclass
class GuidedSight(JointSight):
    """A `JointSight` in which responses are drawn, since they cannot be listed; `joint` holds some to guide by."""

    def own(self, value: Callable[[Seen], Tensor]) -> Tensor:
        log = self._likelihoods(self.response())

        def at(rows: Tensor, part: _Part) -> Tensor:
            member = self._member(rows)
            return part.weight_of(member) * value(Seen(part.offset(member), part.given(log[rows])[0][:, None]))[:, 0]

        return self._over(at)

    def local(self) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            drawn = torch.multinomial(part.share, 1, generator=self.generator)[:, 0]
            r = self.denoiser.encoder.sample(self._stimuli(drawn), self.generator)
            gain, spread = part.given(self._likelihoods(r))
            return part.weight_of(self._member(rows)) * (part.spread - spread if self.use_variance else gain**2)

        return self._over(at)

    def elsewhere(self, value: Callable[[Seen], Tensor]) -> Tensor:
        log = self._likelihoods(self.response())

        def at(rows: Tensor, part: _Part) -> Tensor:
            seen = Seen(part.offset(None), part.given(log[rows])[0][:, None])
            return part.weight_of(None, log[rows]) * value(seen)[:, 0]

        return self._over(at, self._law(log))

    def errors(self, r: Tensor | None = None) -> Tensor:
        log = self._likelihoods(self.response())

        def at(rows: Tensor, part: _Part) -> Tensor:
            given = part.weight_of(None, log[rows]) * part.given(log[rows])[1]
            return (part.weight_of(None) * part.spread - given).sum(1)

        return self._over(at, (self._law(log) + self.joint.prior) / 2)

    def response(self) -> Tensor:
        return Sight.response(self)

    def _stimuli(self, member: Tensor) -> Tensor:
        assert self.joint.stimuli is not None
        return self.joint.stimuli[member]

    def _likelihoods(self, r: Tensor) -> Tensor:
        """Log likelihoods of responses (B, k) at the members up to a constant, (B, N)."""
        assert self.joint.likelihoods is not None
        return self.joint.likelihoods(r).double()

    def _law(self, log: Tensor) -> Tensor:
        """p(member | r), (B, N)."""
        return torch.softmax(self.joint.log_prior + log, dim=1)


class _Part:
    """Some noisy stimuli: the posteriors of the members, without and with each response, relative to one member."""

    def __init__(self, joint: FiniteJoint, one: Tensor, xg: Tensor, gamma: Tensor, log_proposed: Tensor) -> None:
        self.joint = joint
        self.away = joint.members - joint.members[one][:, None]  # (B, N, d)
        self.log = -((xg[:, None] - self.away) ** 2).sum(2) / (2 * gamma[:, None])  # log density around each member
        self.log_proposed = log_proposed
        joined = joint.log_prior + self.log
        self.log_marginal = torch.logsumexp(joined, dim=1)
        self.share = (joined - self.log_marginal[:, None]).exp()
        self.mean = (self.share[:, None] @ self.away)[:, 0]
        self.apart = self.away - self.mean[:, None]
        self.weighted = self.share[..., None] * self.apart
        self.spread = (self.weighted * self.apart).sum(1)

    @cached_property
    def chance(self) -> Tensor:
        """p(r|xg) of all responses, (B, K)."""
        return self.share @ self.joint.table.T

    @cached_property
    def gain(self) -> Tensor:
        """D of all responses, (B, K, d)."""
        tiny = torch.finfo(self.share.dtype).tiny
        return (self.joint.table @ self.weighted) / self.chance.clamp_min(tiny)[..., None]

    @cached_property
    def square(self) -> Tensor:
        """E[(X_i - E[X_i|xg])^2 p(r|X) | xg] of all responses, (B, K, d)."""
        return self.joint.table @ (self.weighted * self.apart)

    def given(self, log: Tensor) -> tuple[Tensor, Tensor]:
        """D and Var(X_i|xg, r), (B, d) each, of one response per row with log likelihoods (B, N)."""
        share = torch.softmax(self.joint.log_prior + self.log + log, dim=1)[..., None]
        gain = (share * self.apart).sum(1)
        return gain, (share * (self.apart - gain[:, None]) ** 2).sum(1)

    def weight_of(self, member: Tensor | None, log: Tensor | None = None) -> Tensor:
        """The density around a member (B,), or of the marginal, over that of the proposal, (B, 1).

        With the log likelihoods (B, N) of a response per row, the marginal is that given the response.
        """
        density = self.log_marginal if member is None else self.log.gather(1, member[:, None])[:, 0]
        if log is not None:
            density = torch.logsumexp(torch.log_softmax(self.joint.log_prior + log, dim=1) + self.log, dim=1)
        return (density - self.log_proposed).exp()[:, None]

    def offset(self, member: Tensor | None) -> Tensor:
        """X - xhat(xg) with the stimulus x at a member (B,), or 0 without a stimulus, (B, 1, d)."""
        x = self.mean if member is None else self.away[torch.arange(len(member)), member]
        return (x - self.mean)[:, None]

    def seen(self, member: Tensor | None) -> Seen:
        """What is seen of all responses, with the stimulus x at a member (B,), or without a stimulus."""
        return Seen(self.offset(member), self.gain)
