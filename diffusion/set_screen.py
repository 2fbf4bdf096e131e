"""Posteriors over a large set of stimuli: one product in float32 finds the members that matter, float64 weighs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .denoiser import Posterior

#: Sets with fewer numbers gain nothing.
_LARGE = 1 << 20
#: Members whose weight is below exp(-30) of the largest are left out: together 1e-8 in a set of 100,000.
_DEPTH = 30.0
#: float32 serves where its rounding of the largest member's square, over gamma, is less than this. On MNIST an
#: integrand over 2 gamma, up to 3 nats, is then right to 4e-7 nats in the root mean square, and to 1.3e-6 at most. With
#: 13 times as much (1.3e-5 at most), 8 images together would take 0.7 times as long, and 2 as long as they do.
_NATS = 6e-6
#: Where at most one in so many members matters, all is done in float64.
_FEW = 2
#: Noisy stimuli taken at once: enough for a product to be fast, few enough that the same members matter to all.
ROWS = 24
#: Rows of the set taken at once.
_ROWS = 4096


@dataclass(frozen=True)
class Weighed:
    """Posteriors of B noisy stimuli over the members `index` (M,), or over all (None).

    Attributes
    ----------
    weights : (B, M)
    mean : (B, d), relative to the centre of the set
    variance : (B, d), or None where it was not asked for
    """

    index: Tensor | None
    weights: Tensor
    mean: Tensor
    variance: Tensor | None


class Screen:
    """The set in single precision, and the products of noisy stimuli with it.

    Parameters
    ----------
    stimuli : (N, d), in a dtype that float32 represents exactly
    centre : (d,), the mean of the set
    half_square : (N,), half the squared distances from there
    log_prior : (N,)
    likelihoods : from responses (B, k) to their log likelihoods at each member, (B, N)
    plain : the weights (B, N) in float64 of (xg, g, r), where float32 does not serve
    """

    def __init__(
        self,
        stimuli: Tensor,
        centre: Tensor,
        half_square: Tensor,
        log_prior: Tensor,
        likelihoods: Callable[[Tensor], Tensor],
        plain: Callable[[Tensor, Tensor, Tensor | None], Tensor],
    ) -> None:
        self.stimuli, self.centre = stimuli, centre
        self.half_square, self.log_prior = half_square, log_prior
        self.likelihoods, self.plain = likelihoods, plain
        self.largest = max(float(block.square().sum(1).max()) for block in self._blocks()) ** 0.5
        self.lowest = torch.finfo(torch.float32).eps * self.largest**2 / _NATS  # level, for products in float32

    @classmethod
    def fits(cls, stimuli: Tensor, centre: Tensor, half_square: Tensor) -> bool:
        """Whether the set is large, exact in float32, and not so far from 0 that products lose their digits."""
        exact = stimuli.dtype in (torch.float32, torch.uint8, torch.int8, torch.int16)
        return exact and stimuli.numel() >= _LARGE and float(centre.square().sum()) <= 16 * float(half_square.mean())

    def _blocks(self) -> Iterator[Tensor]:
        return (part.float() for part in torch.split(self.stimuli, _ROWS))

    def posterior(
        self,
        xg: Tensor,
        g: Tensor,
        r: Tensor | None,
        variance: bool,
        draw: bool,
        generator: torch.Generator | None,
    ) -> Posterior:
        """The posterior at levels g (B, 1), whose products with the set are kept for those given a response."""
        levels = g[:, 0].argsort()  # at similar levels, the same members matter
        low = int((g < self.lowest).sum())
        order = [rows for part in (levels[:low], levels[low:]) for rows in torch.split(part, ROWS) if len(rows)]
        products = [self.products(xg[rows] - self.centre) for rows in order]

        def found(r: Tensor | None, variance: bool, draw: bool) -> Posterior:
            mean, spread, drawn = torch.empty_like(xg), torch.empty_like(xg), torch.empty_like(xg)
            for rows, product in zip(order, products):
                response = None if r is None else r[rows]
                likelihood = None if response is None else self.likelihoods(response)
                seen = self.weigh(xg[rows] - self.centre, g[rows], product, likelihood, variance)
                if seen is None:
                    seen = self._of_all(self.plain(xg[rows], g[rows], response), variance)
                mean[rows] = seen.mean + self.centre
                if seen.variance is not None:
                    spread[rows] = seen.variance
                if draw:
                    which = torch.multinomial(seen.weights, 1, generator=generator)[:, 0]
                    members = which if seen.index is None else seen.index[which]
                    drawn[rows] = self.stimuli[members].to(xg)
            return Posterior(mean, spread if variance else None, drawn if draw else None)

        first = found(r, variance, draw)
        if r is None:
            first.given = lambda r, variance: found(r, variance, False)
        return first

    def products(self, offset: Tensor) -> Tensor:
        """Products of noisy stimuli (B, d), relative to the centre, with each member, in float32, (B, N)."""
        narrow = offset.float()
        return torch.cat([narrow @ block.T for block in self._blocks()], dim=1)

    def weigh(
        self, offset: Tensor, g: Tensor, products: Tensor, likelihood: Tensor | None, variance: bool
    ) -> Weighed | None:
        """The posteriors of B noisy stimuli at levels g (B, 1); None where float32 would show.

        Parameters
        ----------
        likelihood : (B, N) log likelihoods of a response to each, if there is one
        """
        log = (products - self.half_square.float()) / g.float() + self.log_prior.float()
        if likelihood is not None:
            likelihood = likelihood - likelihood.amax(1, keepdim=True)
            log += likelihood.float()
        rounding = torch.finfo(torch.float32).eps
        unsure = 4 * rounding * self.largest * offset.norm(dim=1, keepdim=True) / g
        index = (log > log.amax(1, keepdim=True) - (_DEPTH + unsure).float()).any(0).nonzero()[:, 0]
        if len(index) * _FEW <= len(self.stimuli):
            block = self.stimuli[index].to(offset) - self.centre
            exact = (offset @ block.T - self.half_square[index]) / g + self.log_prior[index]
            weights = torch.softmax(exact if likelihood is None else exact + likelihood[:, index], dim=1)
            mean = weights @ block
            return Weighed(index, weights, mean, (weights @ block**2 - mean**2).clamp_min(0) if variance else None)
        if float(g.min()) < self.lowest:
            return None
        return self._of_all(torch.softmax(log, dim=1), variance)

    def _of_all(self, weights: Tensor, variance: bool) -> Weighed:
        """Moments under weights (B, N), with products in their precision."""
        moments = torch.zeros(2, len(weights), len(self.centre), dtype=self.centre.dtype, device=weights.device)
        for part, rows in zip(torch.split(weights, _ROWS, dim=1), torch.split(self.stimuli, _ROWS)):
            block = rows.to(weights.dtype)
            moments[0] += part @ block
            if variance:
                moments[1] += part @ block.square()
        total = weights.to(self.centre).sum(1, keepdim=True)  # rounded weights sum to 1 only about
        mean, square = moments / total
        return Weighed(None, weights, mean - self.centre, (square - mean**2).clamp_min(0) if variance else None)
