"""A permutation test of I(R;X): responses are dealt anew to the trials, so that they tell nothing of the stimulus.

References
----------
Phipson B, Smyth GK (2010) Permutation p-values should never be zero. Stat. Appl. Genet. Mol. Biol. 9, 39.
Patefield WM (1981) Algorithm AS 159: an efficient method of generating random R x C tables. Appl. Stat. 30, 91-97.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.stats import random_table

from ...models.arrays import Array

#: Entries of tables that are held at once.
ENTRIES = 4_000_000
#: Two values of I(R;X), in nats, that differ less are equal: they are the same sum in another order.
_SAME = 1e-10


class NullTest(NamedTuple):
    """The plug-in I(R;X) against its values where responses tell nothing of the stimulus.

    Attributes
    ----------
    p_value : (1 + number of null values that are not smaller) / (1 + number of null values)
    null_mean : mean of the null values, nats
    z : distance from their mean in their standard deviations; 0 if they do not differ
    """

    p_value: float
    null_mean: float
    z: float


def information_of(counts: Array, prior: Array) -> Array:
    """Plug-in I(R;X) of tables (..., J, K), nats."""
    likelihood = counts / counts.sum(axis=-1, keepdims=True)
    on_average = np.einsum("...jk,j->...k", likelihood, prior)[..., None, :]
    ratio = np.divide(likelihood, on_average, out=np.ones_like(likelihood), where=likelihood > 0)
    return np.asarray(np.einsum("...jk,...jk,j->...", likelihood, np.log(ratio), prior))


def permutation_test(counts: Array, prior: Array, permutations: int, rng: np.random.Generator) -> NullTest:
    """Test whether responses depend on the stimulus.

    If they do not, and trials are independent, p is uniform or, where values tie, larger.

    Parameters
    ----------
    counts : (J, K), trials of each stimulus with each response, no row empty
    prior : (J,)
    permutations : number of permuted tables
    """
    if 1 in counts.shape:
        return NullTest(1.0, 0.0, 0.0)
    return null_test(counts, prior, _permuted(counts, permutations, rng))


def _permuted(counts: Array, permutations: int, rng: np.random.Generator) -> Iterator[Array]:
    """Tables with the same trials of each stimulus and of each response, in batches (B, J, K)."""
    drawn = random_table(*(counts.sum(axis=axis).astype(np.int64) for axis in (1, 0)), seed=rng)
    size = max(1, ENTRIES // counts.size)
    for start in range(0, permutations, size):
        yield drawn.rvs(size=min(size, permutations - start))


def null_test(counts: Array, prior: Array, tables: Iterable[Array]) -> NullTest:
    """The test against null tables, which come in batches (B, J, K)."""
    value = float(information_of(counts, prior))
    null = np.concatenate([information_of(batch, prior) for batch in tables])
    not_smaller, spread = int((null >= value - _SAME).sum()), float(null.std())
    z = (value - float(null.mean())) / spread if spread > _SAME else 0.0
    return NullTest((1 + not_smaller) / (1 + len(null)), float(null.mean()), z)


def why_silent(counts: Array) -> str | None:
    """Why no permutation of the trials could change I(R;X), a sentence, or None."""
    if min(counts.shape) == 1:
        return None
    if (counts.sum(axis=1) == 1).all():
        what = "Every stimulus has one trial"
    elif (counts.sum(axis=0) <= 1).all():
        what = "Every response occurred once"
    else:
        return None
    return f"{what}: I(R;X) would be the same if responses were dealt to trials at random, so these trials say nothing."
