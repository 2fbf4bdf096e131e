"""What networks are compared with where the truth is smooth: noisy stimuli, and the exact gain at each.

A total may be right because errors at low and at high levels cancel. Each band of levels that holds a tenth of the
information is therefore judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...diffusion.denoiser import Denoiser
from ...diffusion.encoders import Encoder
from ...diffusion.level_range import levels_for
from ...diffusion.samplers import ResponseSampler
from ...diffusion.sources import ExactDenoiser, Source
from ...estimators.levels import LevelPlan

#: Stimuli, lattices of levels per stimulus, levels per lattice, and responses per noisy stimulus.
STIMULI, LATTICES, LEVELS, RESPONSES = 48, 5, 20, 3
#: Parts of the range of levels; a part is judged if it holds this share of the information.
BANDS, JUDGED = 6, 0.1
#: Passes of a sampler that is judged.
MOST_PASSES = 10_000_000
#: Noisy stimuli that go through a denoiser at once.
_AT_ONCE = 2048

Gain = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Truth:
    """Noisy stimuli (N, d) of n stimuli, and the exact gain at each.

    Attributes
    ----------
    x : (n, d)
    which, xg, gamma, weight : (N,) stimulus, (N, d), (N,) level, (N,) weight of ``int dg / (2 g^2)``
    band : (N,) part of the range of levels
    gain : (N, d) E_r[D_i^2 | xg], as a difference of posterior variances
    """

    x: Tensor
    which: Tensor
    xg: Tensor
    gamma: Tensor
    weight: Tensor
    band: Tensor
    gain: Tensor

    @classmethod
    def of(cls, source: Source, encoder: Encoder, stimuli: int = STIMULI, seed: int = 99) -> Truth:
        exact, levels = source.exact(encoder), levels_for(source, encoder)
        generator = torch.Generator().manual_seed(seed)
        x = source.held_out(stimuli).double()
        count = len(x)
        low, high = (torch.full((count,), g, dtype=torch.float64).log() for g in levels.bounds)
        plan = LevelPlan((low + high) / 2, low * 0 + torch.inf, (low - high) / 2, (high - low) / 2, 1.0)
        gamma, weight, beyond = plan.lattice(LEVELS, torch.rand(LATTICES, count, dtype=x.dtype, generator=generator))
        for end in (0, -1):  # beyond the ends, gain / gamma falls as gamma and as 1 / gamma
            weight[..., end] += (-beyond[..., end]).exp() / (2 * gamma[..., end])
        which = torch.arange(count)[:, None].expand(LATTICES, count, LEVELS).reshape(-1)
        flat = gamma.reshape(-1)
        xg = x[which] + flat.sqrt()[:, None] * torch.randn(len(flat), x.shape[1], dtype=x.dtype, generator=generator)
        band = (levels.place(flat) * BANDS).long().clamp_max(BANDS - 1)
        gain = torch.cat([exact_gain(exact, a, b, generator) for a, b in _blocks(xg, flat)])
        return cls(x, which, xg, flat, weight.reshape(-1), band, gain)

    def maps(self, gain: Tensor) -> Tensor:
        """The information of each stimulus and feature, (n, d)."""
        each = gain.double() * self.weight[:, None] / LATTICES
        return torch.zeros_like(self.x).index_add_(0, self.which, each)

    def in_bands(self, gain: Tensor) -> Tensor:
        """The mean information in each band, (BANDS,)."""
        each = gain.double().sum(1) * self.weight / LATTICES / len(self.x)
        return torch.zeros(BANDS, dtype=torch.float64).index_add_(0, self.band, each)

    def totals(self) -> tuple[Tensor, Tensor]:
        """The information of each stimulus and its standard error, (n,)."""
        each = torch.zeros(LATTICES, len(self.x), dtype=torch.float64)
        rows = torch.arange(LATTICES)[:, None].expand(-1, len(self.which) // LATTICES).reshape(-1)
        each.index_put_((rows, self.which), self.gain.sum(1) * self.weight, accumulate=True)
        return each.mean(0), each.std(0) / LATTICES**0.5

    def answers(self, gain: Gain) -> Tensor:
        """A gain at the noisy stimuli, (N, d)."""
        return torch.cat([gain(*part) for part in _blocks(self.xg.float(), self.gamma.float())])

    def judge(self, found: Tensor) -> dict[str, Any]:
        """Compare a gain (N, d) at the noisy stimuli, of `answers`, with the exact one.

        Returns
        -------
        dict
            ``total`` over the truth; ``rmse`` of single stimuli's totals and ``map`` of their maps, relative;
            ``bands``: estimate over truth in each band, and its share of the information; ``worst``: the ratio that is
            furthest from 1 among bands that hold `JUDGED` of it.
        """
        mine, true = self.maps(found), self.maps(self.gain)
        a, b = mine.sum(1), true.sum(1)
        ratio, share = self.in_bands(found) / self.in_bands(self.gain), self.in_bands(self.gain) / b.mean()
        judged = ratio[share >= JUDGED]
        return {
            "total": float(a.sum() / b.sum()),
            "rmse": float(((a - b) ** 2).mean().sqrt() / b.mean()),
            "map": float((mine - true).norm() / true.norm()),
            "worst": float(judged[(judged - 1).abs().argmax()]),
            "bands": [[float(r), float(s)] for r, s in zip(ratio, share)],
        }

    def ratio(self, denoiser: Denoiser, sampler: ResponseSampler, seed: int) -> dict[str, float]:
        """A sampler's total over the truth at the same noisy stimuli, a response at each, and its standard error.

        At the first of them only, if all would take more than `MOST_PASSES`.
        """
        generator = denoiser.generator(seed)
        some = slice(max(1, MOST_PASSES // sampler.passes(denoiser)))
        parts = _blocks(denoiser.tensor(self.xg[some]), denoiser.tensor(self.gamma[some]))
        with torch.no_grad():
            found = torch.cat([sampler.squared_gain(denoiser, xg, g, False, generator).cpu() for xg, g in parts])
        each = torch.zeros(2, len(self.x), dtype=torch.float64)
        both = torch.stack([found.double().sum(1), self.gain[some].sum(1)]) * self.weight[some]
        mine, true = each.index_add_(1, self.which[some], both)[:, torch.unique(self.which[some])]
        total = mine.sum() / true.sum()
        error = (mine - total * true).std() / len(true) ** 0.5 / true.mean()
        return {"total": float(total), "error": float(error)}


def exact_gain(exact: ExactDenoiser, xg: Tensor, gamma: Tensor, generator: torch.Generator) -> Tensor:
    """E_r[D_i^2 | xg] by the exact denoiser, from `RESPONSES` responses, (B, d)."""
    total = torch.zeros_like(xg)
    for _ in range(RESPONSES):
        seen = exact.posterior(xg, gamma, variance=True, draw=True, generator=generator)
        assert seen.draw is not None
        assert seen.variance is not None
        given = exact.posterior(xg, gamma, exact.encoder.sample(seen.draw, generator), variance=True)
        assert given.variance is not None
        total += (seen.variance - given.variance) / RESPONSES
    return total


def _blocks(*rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
    return zip(*(torch.split(part, _AT_ONCE) for part in rows))
