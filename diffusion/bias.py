"""How far estimates may be off where the denoiser or the sampler is not exact: what can be measured without the truth.

Three things are measured, on stimuli that the denoiser has not learned.

- *By errors.* With m = xhat(xg), D = xhat(xg, r) - m and T = D . (2 (x - m) - D), the mean of T over all that is seen
  through xg is ``h - E|D - D*|^2``, where D* is the exact gain of a response, h = E|D*|^2 is the integrand of I_local,
  and D has the mean 0 given xg: errors of the denoiser enter to second order, and only downwards. What a sampler says
  in place of h is compared with T in bands of levels.
- *Completeness.* The mean of the estimates over stimuli should be I(R;X), which the likelihood gives alone.
- *Single stimuli.* |D|^2 at responses to posterior draws, against what the sampler says at the same noisy stimuli. (T
  has less bias, but many times its noise, and here only differences between stimuli count.) Where nothing has learned
  responses that are not linear, D is that of a Gaussian X and the neurons as they are, not a linear step.

What another sampler says of an exact denoiser is compared, instead of the first and third, with what its own one says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .bias_record import BANDS, UNKNOWN, Bias
from .denoiser import Denoiser, Unknown, normal
from .information_bounds import bounds_of_information
from .posterior_squares import PosteriorSquares, own_sampler

if TYPE_CHECKING:
    from .samplers import ResponseSampler

#: Fewest and most noisy stimuli that are compared by errors.
_FEWEST, _MOST = 64, 8192
#: Most and fewest single stimuli whose spread is measured, and levels in each half of their noisy stimuli.
_SINGLE, _LEAST, _LEVELS = 48, 12, 8
#: Stimuli that a denoiser draws itself, where none are given.
_DRAWN = 512
#: Fewest and most passes of a measurement. One that an estimate asks for takes at most half as many as the estimate.
LEAST_PASSES, MOST_PASSES = 1 << 12, 1 << 17
#: Standard deviation at single stimuli where too few passes are left to measure it: networks of minutes have .02 to .1.
_USUAL = 0.1
#: A part of the range that holds a smaller share of the nats has too few for a ratio of its own.
_SLIGHT = 0.02


@dataclass(frozen=True)
class Reference:
    """What the bias of a denoiser is measured on.

    Attributes
    ----------
    stimuli : (n, d), which it has not learned
    information : I(R;X) in nats and its standard error, where it is known
    members : (m, d), stimuli over whose distribution `information` is; by default `stimuli`
    """

    stimuli: Tensor
    information: tuple[float, float] | None = None
    members: Tensor | None = None


class Approximate(Denoiser):
    """A denoiser that is not exact. Its bias is measured when an estimate first needs it, and kept.

    Attributes
    ----------
    reference : what to measure it on; by default stimuli that the denoiser draws itself, a weaker check
    kept : what was measured before, after training say, by the sampler's name
    """

    exact = False
    reference: Reference | None = None
    kept: Mapping[str, Bias] = MappingProxyType({})

    def bias(self, sampler: ResponseSampler | None, passes: int) -> Bias | None:
        if sampler is not None and sampler.name in self.kept:
            return self.kept[sampler.name]
        return measured(self, sampler, passes, self.reference)


def measured(
    denoiser: Denoiser, sampler: ResponseSampler | None, passes: int, reference: Reference | None = None
) -> Bias:
    """The bias of estimates that take so many passes, measured once and then remembered by the denoiser.

    Without a reference the denoiser draws stimuli itself; one that cannot has an unknown bias.
    """
    own = own_sampler(denoiser)  # beside it, little is left to chance
    least = LEAST_PASSES if own is None else LEAST_PASSES // 4
    spent = min(MOST_PASSES // 2, max(least, 1 << max(0, passes.bit_length() - 2)))
    known: dict[tuple[str, int, int], Bias] = vars(denoiser).setdefault("_biases", {})
    key = ("" if sampler is None else sampler.name, 0 if sampler is None else sampler.passes(denoiser), spent)
    if key not in known:
        try:
            drawn = reference or Reference(denoiser.draw_prior(_DRAWN, denoiser.generator(0)))
            known[key] = measure_bias(denoiser, sampler, drawn, spent)
        except Unknown:
            known[key] = UNKNOWN
    return known[key]


@dataclass(frozen=True)
class _Seen:
    """Noisy stimuli, what they weigh in ``int dg / (2 g^2)``, and what the sampler says there, summed over features."""

    x: Tensor
    xg: Tensor
    gamma: Tensor
    weight: Tensor
    said: Tensor


def fewest_passes(denoiser: Denoiser, sampler: ResponseSampler) -> int:
    """The passes that `measure_bias` takes even if it is given fewer: a closure takes one per neuron or feature."""
    return _FEWEST * (2 * sampler.passes(denoiser) + 1 + denoiser.passes_given_response)


def measure_bias(
    denoiser: Denoiser, sampler: ResponseSampler | None, reference: Reference, passes: int, seed: int = 0
) -> Bias:
    """Measure how far the estimates of a denoiser with a sampler may be off.

    Parameters
    ----------
    sampler : None for the measures without one: the squared gain itself
    passes : about how many to spend; it takes no fewer than `fewest_passes`
    """
    generator, x = denoiser.generator(seed), denoiser.tensor(reference.stimuli)
    with torch.no_grad():
        seen = _noisy(denoiser, sampler, x, passes // 2, generator)
        errors = _by_errors(denoiser, seen, generator).sum(1).cpu().double() * seen.weight
        said = seen.said * seen.weight
        total = said.mean()
        if not total > 0:
            return UNKNOWN  # of an answer that is rounded, say, whose derivative is 0
        low, high = _range(denoiser, x)
        band = ((seen.gamma.log() - math.log(low)) / math.log(high / low) * BANDS).long().clamp(0, BANDS - 1).cpu()
        sums = torch.zeros(2, BANDS, dtype=torch.float64).index_add_(1, band, torch.stack([said - errors, said]))
        gap = sums[0] / sums[1].clamp_min(_SLIGHT * sums[1].sum().clamp_min(1e-300))
        whole, doubt = float((said - errors).mean() / total), float((said - errors).std() / len(said) ** 0.5 / total)
        incomplete = _incompleteness(denoiser, sampler, reference, passes // 2, generator)
        # The truth is not negative: more than all of it is T's own bias, where linear steps overshoot. How far the mean
        # total is off is known where I(R;X) is.
        gap, whole = gap.clamp_max(1.0), min(whole, 1.0)
        doubt = min(doubt, max(1.0, incomplete)) if incomplete else doubt
        single = _single(denoiser, sampler, x, passes // 2, generator)
    return Bias(low, high, tuple(gap.tolist()), whole, doubt, incomplete, single, float(total))


def _by_errors(denoiser: Denoiser, seen: _Seen, generator: torch.Generator) -> Tensor:
    """T at noisy stimuli, feature by feature, or E|D|^2 where an exact denoiser draws it."""
    if (own := own_sampler(denoiser)) is not None:
        return own.squared_gain(denoiser, seen.xg, seen.gamma, denoiser.knows_variance, generator)
    m = denoiser.xhat(seen.xg, seen.gamma)
    gain = denoiser.xhat(seen.xg, seen.gamma, denoiser.encoder.sample(seen.x, generator)) - m
    return gain * (2 * (seen.x - m) - gain)


def _range(denoiser: Denoiser, x: Tensor) -> tuple[float, float]:
    """The lowest and the highest level that estimates use."""
    scales = denoiser.scales(x[:1])
    return float(scales.low[0]) * math.exp(-scales.below), float(scales.high[0]) * math.exp(scales.above)


def _noisy(
    denoiser: Denoiser, sampler: ResponseSampler | None, x: Tensor, passes: int, generator: torch.Generator
) -> _Seen:
    """Noisy stimuli at levels that cover the range evenly."""
    cost = 2 + (0 if sampler is None else sampler.passes(denoiser))
    count = min(_MOST, max(_FEWEST, passes // cost))
    low, high = (math.log(g) for g in _range(denoiser, x))
    place = torch.arange(count, device=x.device, dtype=x.dtype)
    place = (place + torch.rand(count, dtype=x.dtype, device=x.device, generator=generator)) / count
    rows = x[torch.randint(len(x), (count,), device=x.device, generator=generator)]
    return _look(denoiser, sampler, rows, (low + (high - low) * place).exp(), high - low, generator)


def _look(
    denoiser: Denoiser,
    sampler: ResponseSampler | None,
    x: Tensor,
    gamma: Tensor,
    width: float,
    generator: torch.Generator,
) -> _Seen:
    xg = x + gamma.sqrt()[:, None] * normal(x.shape, x, generator)
    if sampler is None:
        r = denoiser.encoder.sample(x, generator)
        said = (denoiser.xhat(xg, gamma, r) - denoiser.xhat(xg, gamma)) ** 2
    else:
        said = sampler.squared_gain(denoiser, xg, gamma, False, generator)
    return _Seen(x, xg, gamma, width / (2 * gamma.cpu().double()), said.sum(1).cpu().double())


def _incompleteness(
    denoiser: Denoiser,
    sampler: ResponseSampler | None,
    reference: Reference,
    passes: int,
    generator: torch.Generator,
) -> float:
    """What the mean of totals differs from I(R;X), with its standard error, as a share of the mean."""
    x = denoiser.tensor(reference.stimuli if reference.members is None else reference.members)
    if reference.information is None:
        bounds = bounds_of_information(denoiser.encoder, x)
        if bounds is None:
            return 0.0
        (low, below), (high, above) = bounds
    else:
        low = high = reference.information[0]
        below = above = reference.information[1]
    seen = _noisy(denoiser, sampler, x, passes, generator)
    nats = seen.said * seen.weight
    mean, stderr = float(nats.mean()), float(nats.std() / len(nats) ** 0.5)
    ends = max(1, len(nats) // 64)  # beyond them the integrand falls as gamma and as 1 / gamma
    width = float(seen.weight[0] * 2 * seen.gamma[0])
    mean += float(nats[:ends].mean() + nats[-ends:].mean()) / width
    off = max(low - mean, mean - high, 0.0)
    return (off + math.hypot(stderr, below if mean < low else above)) / mean


def _single(
    denoiser: Denoiser, sampler: ResponseSampler | None, x: Tensor, passes: int, generator: torch.Generator
) -> float:
    """The spread over stimuli of what the sampler says less |D|^2 at responses to posterior draws, see `Bias`."""
    if sampler is None:
        return _USUAL
    halves, square = 2, PosteriorSquares(denoiser)
    fewest = sampler.passes(denoiser) + square.before + square.passes
    count = min(_SINGLE, len(x), passes // (halves * _LEVELS * fewest))
    if count < min(_LEAST, len(x)):  # known before any pass is spent
        return _USUAL
    draws = 1 + (passes // (count * halves * _LEVELS) - fewest) // square.passes
    rows = x[:count].repeat_interleave(halves * _LEVELS, 0)
    low, high = (math.log(g) for g in _range(denoiser, x))
    place = torch.rand(count, halves, _LEVELS, dtype=x.dtype, device=x.device, generator=generator)
    place = (torch.arange(_LEVELS, device=x.device) + place).reshape(-1) / _LEVELS
    seen = _look(denoiser, sampler, rows, (low + (high - low) * place).exp(), high - low, generator)
    squares = torch.zeros_like(seen.said)
    square.look(seen.xg, seen.gamma)
    for _ in range(draws):
        squares += square.draw(generator).sum(1).cpu().double() * seen.weight / draws
    said, other = (part.reshape(count, halves, _LEVELS).mean(2) for part in (seen.said * seen.weight, squares))
    # Both halves have noise of their own, and so their product has none on average.
    off = (said / said.mean() - other / other.mean()).prod(1) / (said.mean(1) / said.mean()).clamp_min(1) ** 2
    return float((off.mean() + off.std() / count**0.5).clamp_min(0).sqrt())
