"""The bias of plug-in values: the formula of Panzeri and Treves for I(R;X), and a jackknife for every measure.

References
----------
Panzeri S, Treves A (1996) Analytical estimates of limited sampling biases in different information measures.
    Network: Computation in Neural Systems 7, 87-107.
Panzeri S, Senatore R, Montemurro MA, Petersen RS (2007) Correcting for the sampling bias problem in spike train
    information measures. Journal of Neurophysiology 98, 1064-1072.
Shao J, Tu D (1995) The Jackknife and Bootstrap, ch. 2 (groups of deleted observations).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...models.arrays import Array
from ...models.counting import as_counts

#: Deletions of the jackknife: with fewer, the estimate depends on how trials fall into groups.
DELETIONS = 40


def relevant_responses(counts: Any) -> NDArray[np.int64]:
    """R_s, a Bayesian estimate of how many responses each stimulus can evoke, shape (J,).

    A stimulus may be able to evoke responses that did not occur in its N_s trials. The procedure of Panzeri & Treves
    (1996) assumes x such responses beyond the n that occurred, each of probability ``1 - (N_s / (N_s + n))^(1/N_s)``,
    and shares the rest among the n in proportion to their counts plus one. It chooses the x for which the expected
    number of responses that occur in N_s trials is closest to n: it increases x from 0 (where the shares are the
    observed ones) until the number no longer gets closer. R_s is at most R, the number of responses that occurred with
    any stimulus.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
        Trials of each stimulus with each response.
    """
    table = as_counts(counts)
    most = int(table.any(axis=0).sum())
    return np.array([_support(row[row > 0], most) for row in table], dtype=np.int64)


def _support(occurred: Array, most: int) -> int:
    """R_s of one stimulus; `occurred` are its counts that are not 0."""
    n, trials = len(occurred), float(occurred.sum())
    if n == 0:
        return 0

    def missed(probability: Array) -> float:
        return float(((1 - probability) ** trials).sum())

    unseen = 1 - (trials / (trials + n)) ** (1 / trials)  # of each response that did not occur
    extra, off = 0, missed(occurred / trials)
    while n + extra < most:
        left = 1 - (extra + 1) * unseen
        if left <= 0:
            break
        expected = n - missed(left * (occurred + 1) / (trials + n)) + (extra + 1) * n / (trials + n)
        if abs(expected - n) >= off:
            break
        extra, off = extra + 1, abs(expected - n)
    return n + extra


def panzeri_treves_bias(counts: Any) -> float:
    """Estimated upward bias of the plug-in I(R;X), in nats: the mean plug-in value minus the true one.

    ``(sum_s (R_s - 1) - (R - 1)) / (2 N)``, the first order in 1/N, with R_s from `relevant_responses`, R the number
    of responses that occurred at all and N the number of trials (Panzeri & Treves 1996; in bits, divide by log 2).

    The formula is right to first order if trials are drawn from the joint distribution, so that the stimuli's shares
    vary too. If the number of trials per stimulus was fixed beforehand, the bias of I(R;X) is larger by ``phi^2 / (2
    N)``, because the entropy of all responses is biased less than the formula assumes. Here phi^2 = sum p(r,x)^2 /
    (p(r) p(x)) - 1 is Pearson's coefficient, between 0 (no information) and min(R, J) - 1. The extreme is a
    deterministic channel with fixed numbers of trials: it has no bias, and the estimate is ``-(R - 1) / (2 N)``.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
        Trials of each stimulus with each response.

    Examples
    --------
    >>> panzeri_treves_bias([[20, 20], [10, 30]])
    0.00625
    """
    table = as_counts(counts)
    table = table[table.any(axis=1)]
    total = int(table.any(axis=0).sum())
    return float(((relevant_responses(table) - 1).sum() - (total - 1)) / (2 * table.sum()))


def deletions(counts: Array, rng: np.random.Generator) -> Iterator[Array]:
    """Tables of the jackknife: each (g, J, K) holds g tables, and each trial is missing from one of them.

    Each stimulus's trials are dealt into g groups at random, and the k-th table lacks the k-th group of every stimulus.
    There are as many groups as trials of the stimulus with the fewest, at most `DELETIONS`, and as many deals as make
    about `DELETIONS` tables. The only trial of a stimulus is never deleted.
    """
    trials = counts.sum(axis=1).astype(np.int64)
    groups = int(min(DELETIONS, trials[trials > 1].min()))
    columns, size = np.arange(counts.shape[1]), counts.shape[1]
    for _ in range(math.ceil(DELETIONS / groups)):
        left = np.repeat(counts[None], groups, axis=0).astype(float)
        for j in np.flatnonzero(trials > 1):
            dealt = rng.permutation(np.repeat(columns, counts[j].astype(np.int64)))
            cell = np.arange(len(dealt)) % groups * size + dealt
            left[:, j] -= np.bincount(cell, minlength=groups * size).reshape(groups, size)
        yield left


def jackknife(value: Array, left: Array) -> tuple[Array, Array]:
    """Bias and standard error of plug-in values, from those of the tables of one deal.

    With g groups they are ``(g - 1) (mean - value)`` and ``sqrt((g - 1) / g sum (left - mean)^2)``.

    Parameters
    ----------
    value : (...,) of the whole table
    left : (g, ...) of the tables that lack a group
    """
    groups, mean = len(left), left.mean(axis=0)
    return (groups - 1) * (mean - value), np.sqrt((groups - 1) / groups * ((left - mean) ** 2).sum(axis=0))
