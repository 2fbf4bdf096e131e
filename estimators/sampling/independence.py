"""Whether a population's responses depend on the stimulus, on one another, and on the trials before.

References
----------
Phipson B, Smyth GK (2010) Permutation p-values should never be zero. Stat. Appl. Genet. Mol. Biol. 9, 39.
Schott JR (2005) Testing for complete independence in high dimensions. Biometrika 92, 951-956 (the sum of squared
    correlations).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from ...models.arrays import Array
from .blocks import allowed_for, autocorrelation_sentence, length_from, shifts_of
from .permutation import ENTRIES, NullTest

#: Chance of the warning of dependent neurons if they are independent.
_FALSE_ALARM = 0.01
#: Responses by trials times permutations above which there are fewer permutations, at least `_FEWEST`: seconds.
_WORK, _FEWEST = 1_000_000_000, 99
#: Neurons whose dependence in time is followed, and resamples that find its effect on variances to a few percent.
_FOLLOWED, _RESAMPLES = 64, 100


def permutation_of_trials(
    responses: Array, stimulus: Array, count: int, permutations: int, rng: np.random.Generator, block: int = 1
) -> NullTest:
    """Test whether responses (n, N) depend on the stimulus (n,), by dealing whole trials to the stimuli at random.

    The statistic is the variance of the stimuli's mean responses over that of all trials, added up over neurons. As
    whole trials are dealt, the test is right whether or not neurons depend on one another. Trials that depend on those
    before them, in blocks of several, are shifted in a circle against the stimuli instead.
    """
    off = responses - responses.mean(axis=0)
    spread = np.sqrt((off**2).mean(axis=0))
    off = off[:, spread > 0] / spread[spread > 0]
    trials = np.bincount(stimulus, minlength=count)
    number = int(np.clip(_WORK // max(1, off.size), _FEWEST, permutations))

    def statistic(dealt: Array) -> Array:
        """Of stimuli dealt to the trials (B, n), (B,)."""
        batch, n = dealt.shape
        rows = (dealt + count * np.arange(batch)[:, None]).ravel()
        member = csr_array((np.ones(batch * n), (rows, np.tile(np.arange(n), batch))), shape=(batch * count, n))
        sums = (member @ off).reshape(batch, count, -1)
        return np.asarray((sums**2 / trials[:, None]).sum(axis=(1, 2)))

    value, null = float(statistic(stimulus[None])[0]), []
    size = max(1, ENTRIES // max(1, count * off.shape[1] + len(off)))
    shifts = shifts_of(len(stimulus), block, number, rng) if block > 1 else None
    number = number if shifts is None else len(shifts)
    for start in range(0, number, size):
        part = range(start, min(start + size, number))
        dealt = [rng.permutation(stimulus) if shifts is None else np.roll(stimulus, shifts[k]) for k in part]
        null.append(statistic(np.stack(dealt)))
    drawn = np.concatenate(null)
    scatter = float(drawn.std())
    tiny = 1e-10 * max(1.0, value)
    z = (value - float(drawn.mean())) / scatter if scatter > tiny else 0.0
    p = (1 + int((drawn >= value - tiny).sum())) / (1 + number)
    return NullTest(p, float(drawn.mean()), z)


@dataclass(frozen=True)
class Dependence:
    """How trials of a population depend on one another.

    Attributes
    ----------
    block : trials per block; 1 if they are independent
    effect : by how much blocks raise the variance of a mean response over that of single trials, at least 1
    warnings : sentences if residuals, responses minus their mean at the stimulus, are correlated: over neurons, or in
        time
    """

    block: int
    effect: float
    warnings: tuple[str, ...]


def dependence(responses: Array, stimulus: Array, count: int, rng: np.random.Generator) -> Dependence:
    """Find how trials (n, N) of `count` stimuli (n,) depend on one another."""
    trials = np.bincount(stimulus, minlength=count).astype(float)
    member = csr_array((np.ones(len(stimulus)), (stimulus, np.arange(len(stimulus)))), shape=(count, len(stimulus)))
    off = responses - ((member @ responses) / trials[:, None])[stimulus]
    said = [_correlation_sentence(off, len(off) - count), autocorrelation_sentence(off)]
    block, effect = 1, 1.0
    if said[-1] is not None:
        some = off[:, np.unique(np.linspace(0, off.shape[1] - 1, _FOLLOWED).round().astype(int))]
        block = length_from(some)
        effect = _design_effect(some, stimulus, trials, block, rng)
        said.append(allowed_for(block, effect))
    return Dependence(block, effect, tuple(one for one in said if one is not None))


def _design_effect(off: Array, stimulus: Array, trials: Array, block: int, rng: np.random.Generator) -> float:
    """Variance of the stimuli's mean residuals (n, m) if blocks are drawn, over that if trials are; at least 1."""
    n, spread = len(off), np.sqrt((off**2).mean(axis=0))
    off = off[:, spread > 0] / spread[spread > 0]
    drawn = np.zeros(len(trials))
    for _ in range(_RESAMPLES):
        start = rng.integers(n, size=(-(-n // block), 1))
        chosen = ((start + np.arange(block)) % n).ravel()[:n]
        member = csr_array((np.ones(n), (stimulus[chosen], chosen)), shape=(len(trials), n))
        drawn += ((member @ off) ** 2).sum(axis=1) / _RESAMPLES
    alone = np.bincount(stimulus, (off**2).sum(axis=1), minlength=len(trials))
    return max(1.0, float((drawn / trials**2).sum() / (alone / trials**2).sum()))


def _correlation_sentence(off: Array, free: int) -> str | None:
    """A warning if squared correlations of neurons add up to more than independent neurons would have."""
    size = np.sqrt((off**2).sum(axis=0))
    off = off[:, size > 1e-9 * size.max(initial=0.0)] / size[size > 1e-9 * size.max(initial=0.0)]
    pairs = off.shape[1] * (off.shape[1] - 1) / 2
    if pairs == 0 or free < 2:
        return None
    found = off.T @ off
    upper = found[np.triu_indices(len(found), 1)]
    total, sd = float((upper**2).sum()), math.sqrt(2 * pairs) / free
    if total - pairs / free < norm.isf(_FALSE_ALARM) * sd:
        return None
    return (
        f"Given the stimulus, the neurons are correlated (mean correlation {upper.mean():.3f}, root mean square "
        f"{math.sqrt(total / pairs):.3f}, of which {1 / math.sqrt(free):.3f} is noise): they are not conditionally "
        "independent, and values and intervals of the population do not account for this."
    )
