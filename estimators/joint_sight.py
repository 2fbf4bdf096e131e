"""The sight of a finite joint: all responses are summed, and noisy stimuli are drawn where members are confused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.finite_joint import BLOCK, PAIRS, FiniteJoint, Guide
from .sight import Seen, Sight

#: From rows (B,) to members (B,), points (B, M, d) relative to them around which to draw, and probabilities (B, M).
Proposal = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]


@dataclass
class JointSight(Sight):
    """A `Sight` in which averages over responses are sums, and those over noisy stimuli are importance-weighted.

    A noisy stimulus is drawn around a member c from a proposal q(c), and has the weight of its density under the law
    that is asked for over that under q. Half of q is the law itself, so a weight is at most about 2; the other half are
    members that noise at this level confuses with it, among them rare ones. Positions are relative to c, which keeps
    the digits of small gaps.

    Attributes
    ----------
    joint : FiniteJoint
    which : (B,) index of the stimulus in the joint's `own`
    guide : Guide
    chosen : (B,) uniform numbers that choose c
    """

    joint: FiniteJoint
    which: Tensor
    guide: Guide
    chosen: Tensor

    def own(self, value: Callable[[Seen], Tensor]) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            chance = self.joint.own[self.which[rows]]
            return part.weight_of(self._member(rows)) * (chance[..., None] * value(part.seen(self._member(rows)))).sum(
                1
            )

        return self._over(self._at_x(), at)

    def local(self) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            member = self._member(rows)
            return part.weight_of(member) * (part.chance[..., None] * part.gain**2).sum(1)

        return self._over(self._at_x(), at)

    def elsewhere(self, value: Callable[[Seen], Tensor]) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            chance = self.joint.ratio[self.which[rows]] * part.chance
            return part.weight_of(None) * (chance[..., None] * value(part.seen(None))).sum(1)

        return self._over(self._of((self.joint.ratio @ self.joint.table * self.joint.prior)), at)

    def errors(self, r: Tensor | None = None) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            ratio = self.joint.ratio[self.which[rows]]
            given = part.spread - (ratio[..., None] * (part.square - part.chance[..., None] * part.gain**2)).sum(1)
            return (part.weight_of(None) * given).sum(1)

        return self._over(
            self._of(((self.joint.ratio @ self.joint.table * self.joint.prior) + self.joint.prior) / 2), at
        )

    def response(self) -> Tensor:
        return self.x  # all responses are summed

    # -- proposals ------------------------------------------------------------------------------------------------

    def _member(self, rows: Tensor) -> Tensor:
        assert self.joint.at is not None
        return self.joint.at[self.which[rows]]

    def _at_x(self) -> Proposal:
        points, weight, u = self.guide.points, self.guide.weight, self.guide.u
        assert points is not None
        assert weight is not None

        def proposal(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            which = self.which[rows]
            first, step = u[which, 0], u[which, 1] - u[which, 0]
            level = ((self.gamma[rows].log() - first) / step).round().long().clamp(0, u.shape[1] - 1)
            scanned = 0.5 * weight[which, level]
            own = 1 - scanned.sum(1, keepdim=True)
            around = torch.cat([torch.zeros_like(points[which, :1]), points[which]], dim=1)
            return self._member(rows), around, torch.cat([own, scanned], dim=1)

        return proposal

    def _of(self, law: Tensor) -> Proposal:
        law, joint = (law + self.joint.telling) / 2, self.joint
        count = law.shape[1]
        every = torch.arange(count, device=law.device)
        pairs = joint.pairs(every) if count <= PAIRS else None

        def proposal(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            q = law[self.which[rows]]
            one = q.argmax(1)
            away = joint.members - joint.members[one][:, None]
            if pairs is None:
                return one, away, q
            size = len(rows)
            ones = every.repeat(size)
            points, log = joint.bridges(pairs, self.gamma[rows].repeat_interleave(count), ones, ones)
            shared = q[..., None] * torch.softmax(log, dim=1).reshape(size, count, count)
            points = points.reshape(size, count, count, -1) + away[:, :, None]
            every_point = torch.cat([away, points.reshape(size, count * count, -1)], dim=1)
            return one, every_point, torch.cat([q, shared.reshape(size, -1)], dim=1) / 2

        return proposal

    def _over(self, proposal: Proposal, value: Callable[[Tensor, _Part], Tensor]) -> Tensor:
        joint = self.joint
        count, d = joint.members.shape
        width = max(count, len(joint.table), min(count, PAIRS) ** 3, 25 * min(count, PAIRS)) * d
        every = torch.arange(len(self.gamma), device=self.gamma.device)
        found = []
        for rows in torch.split(every, max(1, BLOCK // width)):
            one, points, q = proposal(rows)
            c = torch.searchsorted(q.cumsum(1), self.chosen[rows, None] * q.sum(1, keepdim=True))
            c = c.clamp_max(q.shape[1] - 1)[:, 0]
            around = points[torch.arange(len(rows), device=c.device), c]
            apart = points - around[:, None]
            noise = self.gamma[rows].sqrt()[:, None] * self.z[rows]
            log = q.log() - ((noise[:, None] - apart) ** 2).sum(2) / (2 * self.gamma[rows, None])
            found.append(value(rows, _Part(joint, one, around + noise, self.gamma[rows], torch.logsumexp(log, dim=1))))
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
