"""p(r|x) from few trials: a Dirichlet model around the pooled p(r), whose concentration the trials determine.

The plug-in estimate takes what did not occur to be impossible, and resamples of it never show it. Here each p(.|x) is a
draw from a Dirichlet distribution with mean p(r), pooled over stimuli, and a concentration a: large if stimuli evoke
much the same responses, small if they differ. Given a, the posterior of p(.|x) is the Dirichlet distribution with
parameters n(x, r) + a p(r). The posterior of a, under a prior that is flat in log a, is computed on a grid.

Where stimuli differ much, a is small, and what a stimulus did not evoke in its few trials would be all but impossible.
So every stimulus gets one trial more, in equal parts of each response that it evoked and of all others together. With
two responses that is Jeffreys's prior, whose intervals of a probability near 0 or 1 cover.

References
----------
Good IJ (1965) The Estimation of Probabilities. MIT Press (the Dirichlet model and its concentration).
Brown LD, Cai TT, DasGupta A (2001) Interval estimation for a binomial proportion. Stat. Sci. 16, 101-133.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from ...models.arrays import Array

#: Concentrations, in trials: from far fewer than one trial's worth to more than any table can tell from infinity.
CONCENTRATIONS = np.geomspace(0.3, 3e4, 40)
#: Smaller probabilities of a draw count as 0: they change no value by 1e-9 nats, and slow integrals down.
_NEVER = 1e-12


def concentration_weights(counts: Array) -> Array:
    """Posterior weights of the `CONCENTRATIONS`; no column of the counts (J, K) is empty."""
    pooled, trials = counts.sum(axis=0) / counts.sum(), counts.sum(axis=1)
    rows, columns = np.nonzero(counts)
    occurred, share = counts[rows, columns], pooled[columns]
    log = [
        (gammaln(occurred + a * share) - gammaln(a * share)).sum() + (gammaln(a) - gammaln(a + trials)).sum()
        for a in CONCENTRATIONS
    ]
    weights = np.exp(np.array(log) - max(log))
    return np.asarray(weights / weights.sum())


def posterior_draws(counts: Array, number: int, rng: np.random.Generator) -> Array:
    """Draws of p(r|x) from its posterior, (B, J, K)."""
    pooled = counts.sum(axis=0) / counts.sum()
    a = rng.choice(CONCENTRATIONS, size=number, p=concentration_weights(counts))
    drawn = rng.gamma(counts + _one_more(counts, pooled) + a[:, None, None] * pooled)
    drawn /= drawn.sum(axis=2, keepdims=True)
    drawn[drawn < _NEVER] = 0.0
    return np.asarray(drawn / drawn.sum(axis=2, keepdims=True))


def _one_more(counts: Array, pooled: Array) -> Array:
    """One trial per stimulus, (J, K), dealt in equal parts to each response that it evoked and to all others."""
    others = np.where(counts > 0, 0.0, pooled)
    whole = others.sum(axis=1, keepdims=True)
    parts = (counts > 0).sum(axis=1, keepdims=True) + (whole > 0)
    return np.asarray(np.where(counts > 0, 1.0, np.divide(others, whole, out=others, where=whole > 0)) / parts)


def simulated_tables(likelihoods: Array, trials: Array, rng: np.random.Generator) -> Array:
    """A count table (J, K) from each of the likelihoods (B, J, K), with as many trials per stimulus as given."""
    return rng.multinomial(trials.astype(np.int64), likelihoods)
