"""The sight of a finite joint: all responses are summed, and noisy stimuli are drawn where members are confused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.finite_joint import BLOCK, FiniteJoint, Guide
from .sight import Seen, Sight


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

    def _over(self, value: Callable[[Tensor, _Part], Tensor]) -> Tensor:
        """A function of rows and what is seen there, for all rows, some at a time."""
        joint, guide = self.joint, self.guide
        count, d = joint.members.shape
        width = max(count, len(joint.table), guide.points.shape[2]) * d
        every = torch.arange(len(self.gamma), device=self.gamma.device)
        found = []
        for rows in torch.split(every, max(1, BLOCK // width)):
            which, gamma = self.which[rows], self.gamma[rows]
            points, q = guide.at(which, gamma)
            c = torch.searchsorted(q.cumsum(1), self.chosen[rows, None] * q.sum(1, keepdim=True))
            around = points[torch.arange(len(rows), device=c.device), c.clamp_max(q.shape[1] - 1)[:, 0]]
            noise = gamma.sqrt()[:, None] * self.z[rows]
            log = q.log() - ((noise[:, None] - (points - around[:, None])) ** 2).sum(2) / (2 * gamma[:, None])
            proposed = torch.logsumexp(log, dim=1)
            found.append(value(rows, _Part(joint, guide.one[which], around + noise, gamma, proposed)))
        return torch.cat(found)


class _Part:
    """Some noisy stimuli: the posteriors of the members, without and with each response, relative to one member."""

    def __init__(self, joint: FiniteJoint, one: Tensor, xg: Tensor, gamma: Tensor, log_proposed: Tensor) -> None:
        self.away = joint.members - joint.members[one][:, None]  # (B, N, d)
        self.log = -((xg[:, None] - self.away) ** 2).sum(2) / (2 * gamma[:, None])  # log density around each member
        self.log_proposed = log_proposed
        joined = joint.log_prior + self.log
        self.log_marginal = torch.logsumexp(joined, dim=1)
        share = (joined - self.log_marginal[:, None]).exp()
        self.mean = (share[:, None] @ self.away)[:, 0]
        apart = self.away - self.mean[:, None]
        weighted = share[..., None] * apart
        tiny = torch.finfo(share.dtype).tiny
        self.chance = share @ joint.table.T  # (B, K)
        self.gain = (joint.table @ weighted) / self.chance.clamp_min(tiny)[..., None]
        self.spread = (weighted * apart).sum(1)
        self.square = joint.table @ (weighted * apart)

    def weight_of(self, member: Tensor | None) -> Tensor:
        """The density around a member (B,), or of the marginal, over that of the proposal, (B, 1)."""
        log = self.log_marginal if member is None else self.log.gather(1, member[:, None])[:, 0]
        return (log - self.log_proposed).exp()[:, None]

    def seen(self, member: Tensor | None) -> Seen:
        """What is seen, with the stimulus x at a member (B,), or without a stimulus."""
        x = self.mean if member is None else self.away[torch.arange(len(member)), member]
        return Seen((x - self.mean)[:, None], self.gain)
