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
#: integrand over 2 gamma, up to 3 nats, is then right to 2e-6 nats in the root mean square, and to 3.5e-6 at most; with
#: float32 everywhere to 3.5e-5.
_NATS = 6e-6
#: At levels down to a quarter of that, weights in float64 and their moments in float32 are as right.
_MOMENTS = 4
#: Where at most one in so many members matters, all is done in float64.
_FEW = 2
#: Noisy stimuli taken at once: enough for a product to be fast, few enough that the same members matter to all.
ROWS = 48
#: Responses drawn at each noisy stimulus. A further one takes a third of the time of a further noisy stimulus, and
#: responses scatter more than noisy stimuli do.
RESPONSES = 3
#: Products with members that are kept for posteriors given a response; more are made again.
_KEPT = 1 << 26
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
    plain : the log weights (B, N) in float64 of (xg, g), where float32 does not serve
    """

    def __init__(
        self,
        stimuli: Tensor,
        centre: Tensor,
        half_square: Tensor,
        log_prior: Tensor,
        likelihoods: Callable[[Tensor], Tensor],
        plain: Callable[[Tensor, Tensor], Tensor],
    ) -> None:
        self.stimuli, self.centre = stimuli, centre
        self.half_square, self.log_prior = half_square, log_prior
        self.likelihoods, self.plain = likelihoods, plain
        # From the centre, where products have the fewest digits to lose.
        self.centred = torch.cat([(rows.to(centre) - centre).float() for rows in torch.split(stimuli, _ROWS)])
        self.largest = float(2 * half_square.max()) ** 0.5
        self.lowest = torch.finfo(torch.float32).eps * self.largest**2 / _NATS  # level, for products in float32

    @classmethod
    def fits(cls, stimuli: Tensor, centre: Tensor, half_square: Tensor) -> bool:
        """Whether the set is large, exact in float32, and not so far from 0 that products lose their digits."""
        exact = stimuli.dtype in (torch.float32, torch.uint8, torch.int8, torch.int16)
        return exact and stimuli.numel() >= _LARGE and float(centre.square().sum()) <= 16 * float(half_square.mean())

    def _blocks(self) -> Iterator[Tensor]:
        return iter(torch.split(self.centred, _ROWS))

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
        keep = r is None and len(xg) * len(self.stimuli) <= _KEPT
        batches = [_Rows(self, rows, xg[rows], g[rows], keep) for rows in order]

        def found(r: Tensor | None, variance: bool, draw: bool) -> Posterior:
            """Given responses (M, B, k), or none, (1, B, d)."""
            several = 1 if r is None else len(r)
            mean, drawn = xg.new_empty(several, *xg.shape), xg.new_empty(RESPONSES, *xg.shape)
            spread = torch.empty_like(mean)
            for batch in batches:
                rows = batch.rows
                seen = batch.weighed(None if r is None else r[:, rows].flatten(0, 1), several, variance)
                mean[:, rows] = seen.mean.unflatten(0, (several, -1)) + self.centre
                if seen.variance is not None:
                    spread[:, rows] = seen.variance.unflatten(0, (several, -1))
                if draw:
                    which = torch.multinomial(seen.weights, RESPONSES, replacement=True, generator=generator).T
                    members = which if seen.index is None else seen.index[which]
                    drawn[:, rows] = self.stimuli[members].to(xg)
            return Posterior(mean, spread if variance else None, draws=drawn if draw else None)

        one = found(None if r is None else r[None], variance, draw)
        lone = None if one.draws is None else one.draws[0]
        seen = Posterior(one.mean[0], None if one.variance is None else one.variance[0], lone, draws=one.draws)
        if r is None:
            seen.given = lambda r, variance: found(r, variance, False)
        return seen

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
        likelihood : (B, N) log likelihoods of a response to each, at most 0, if there is one
        """
        log = (products - self.half_square.float()) / g.float() + self.log_prior.float()
        if likelihood is not None:
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
        return self.of_all(torch.softmax(log, dim=1), variance)

    def of_all(self, weights: Tensor, variance: bool) -> Weighed:
        """Moments under weights (B, N), with products in their precision."""
        moments = torch.zeros(2, len(weights), len(self.centre), dtype=self.centre.dtype, device=weights.device)
        for part, block in zip(torch.split(weights, _ROWS, dim=1), self._blocks()):
            block = block.to(weights.dtype)
            moments[0] += part @ block
            if variance:
                moments[1] += part @ block.square()
        total = weights.to(self.centre).sum(1, keepdim=True)  # rounded weights sum to 1 only about
        mean, square = moments / total
        return Weighed(None, weights, mean, (square - mean**2).clamp_min(0) if variance else None)


class _Rows:
    """Some noisy stimuli (b, d) at levels (b, 1), with what their posteriors given any response have in common."""

    def __init__(self, screen: Screen, rows: Tensor, xg: Tensor, g: Tensor, keep: bool) -> None:
        self.screen, self.rows, self.xg, self.g, self.keep = screen, rows, xg, g, keep
        self.offset = xg - screen.centre
        self._products: Tensor | None = None
        self._plain: Tensor | None = None

    def products(self) -> Tensor:
        """With each member, in float32."""
        found = self.screen.products(self.offset) if self._products is None else self._products
        self._products = found if self.keep else None
        return found

    def plain(self) -> Tensor:
        """The log weights given no response, in float64."""
        found = self.screen.plain(self.xg, self.g) if self._plain is None else self._plain
        self._plain = found if self.keep else None
        return found

    def weighed(self, r: Tensor | None, several: int, variance: bool) -> Weighed:
        """The posteriors given `several` responses to each, (several b, k), or none."""

        def again(part: Tensor) -> Tensor:
            return part.repeat(several, 1)

        likelihood = None if r is None else self.screen.likelihoods(r)
        if likelihood is not None:
            likelihood -= likelihood.amax(1, keepdim=True)
        common = again(self.offset), again(self.g), again(self.products())
        seen = self.screen.weigh(*common, likelihood, variance)
        if seen is not None:
            return seen
        log = again(self.plain()) if likelihood is None else likelihood.add_(again(self.plain()))
        weights = torch.softmax(log, dim=1)
        # What is lost in logarithms grows in weights; what is lost in moments does not.
        fine = float(self.g.min()) >= self.screen.lowest / _MOMENTS
        return self.screen.of_all(weights.float() if fine else weights, variance)
