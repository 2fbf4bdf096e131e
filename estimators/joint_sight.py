"""The sight of a finite joint: all responses are summed, and noisy stimuli are drawn where members are confused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..diffusion.finite_joint import BLOCK, PAIRS, FiniteJoint
from .sight import Seen, Sight


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
    chosen : (B,) uniform numbers that choose c
    """

    joint: FiniteJoint
    which: Tensor
    chosen: Tensor

    def own(self, value: Callable[[Seen], Tensor]) -> Tensor:
        def at(rows: Tensor, part: _Part) -> Tensor:
            chance = self.joint.own[self.which[rows]]
            return part.weight_of(self._member(rows)) * (chance[..., None] * value(part.seen(self._member(rows)))).sum(1)

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

        return self._over(self._of(((self.joint.ratio @ self.joint.table * self.joint.prior) + self.joint.prior) / 2), at)

    def response(self) -> Tensor:
        return self.x  # all responses are summed

    # -- proposals ------------------------------------------------------------------------------------------------

    def _member(self, rows: Tensor) -> Tensor:
        assert self.joint.at is not None
        return self.joint.at[self.which[rows]]

    def _at_x(self) -> Callable[[Tensor], Tensor]:
        assert self.joint.at is not None
        pairs = self.joint.pairs(self.joint.at)

        def proposal(rows: Tensor) -> Tensor:
            q = 0.5 * torch.softmax(pairs.confused(self.gamma[rows], self.which[rows]), dim=1)
            return q.scatter_add(1, self._member(rows)[:, None], torch.full_like(q[:, :1], 0.5))

        return proposal

    def _of(self, law: Tensor) -> Callable[[Tensor], Tensor]:
        count = law.shape[1]
        law = (law + self.joint.telling) / 2
        every = torch.arange(count, device=law.device)
        pairs = self.joint.pairs(every) if count <= PAIRS else None

        def proposal(rows: Tensor) -> Tensor:
            q = law[self.which[rows]]
            if pairs is None:
                return q
            log = pairs.confused(self.gamma[rows].repeat_interleave(count), every.repeat(len(rows)))
            shared = torch.softmax(log, dim=1).reshape(len(rows), count, count)
            return 0.5 * q + 0.5 * (q[:, None] @ shared)[:, 0]

        return proposal

    def _over(self, proposal: Callable[[Tensor], Tensor], value: Callable[[Tensor, _Part], Tensor]) -> Tensor:
        joint = self.joint
        width = max(len(joint.log_prior), len(joint.table)) * max(joint.members.shape[1], min(PAIRS, len(joint.members)))
        every = torch.arange(len(self.gamma), device=self.gamma.device)
        found = []
        for rows in torch.split(every, max(1, BLOCK // width)):
            q = proposal(rows)
            c = torch.searchsorted(q.cumsum(1), self.chosen[rows, None]).clamp_max(q.shape[1] - 1)[:, 0]
            found.append(value(rows, _Part(joint, q, c, self.gamma[rows], self.z[rows])))
        return torch.cat(found)


class _Part:
    """Some noisy stimuli: the posteriors of the members, without and with each response, relative to the member c."""

    def __init__(self, joint: FiniteJoint, q: Tensor, c: Tensor, gamma: Tensor, z: Tensor) -> None:
        self.away = joint.members - joint.members[c][:, None]  # (B, N, d)
        noise = gamma.sqrt()[:, None] * z
        self.log = -((noise[:, None] - self.away) ** 2).sum(2) / (2 * gamma[:, None])  # log density at each member
        self.log_proposed = torch.logsumexp(q.log() + self.log, dim=1)
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
