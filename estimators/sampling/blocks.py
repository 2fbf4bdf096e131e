"""Trials that are not independent: a warning, a block length, and what dependence does to variances and to a test.

Responses drift, and frames of a film resemble their neighbours. Then trials in a row say less than as many independent
ones. Resampling whole blocks of consecutive trials keeps the dependence inside a block.

References
----------
Politis DN, Romano JP (1992) A circular block-resampling procedure for stationary data. In: Exploring the Limits of
    Bootstrap, 263-270.
Politis DN, White H (2004) Automatic block-length selection for the dependent bootstrap. Econometric Reviews 23, 53-70,
    with the correction by Patton, Politis & White (2009), same journal 28, 372-375.
Rao JNK, Scott AJ (1981) The analysis of categorical data from complex sample surveys. JASA 76, 221-230 (the mean
    design effect).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ...errors import ModelError
from ...models.arrays import Array
from .permutation import ENTRIES

#: Lags over which the autocorrelation is averaged for the warning.
_LAGS = 10
#: Chance of the warning if trials are independent.
_FALSE_ALARM = 0.01
#: Of responses that are labels, so many of the most frequent ones are followed.
_FOLLOWED = 50
#: Insignificant lags in a row at which a correlation has ended (Politis & White).
_ENDED = 5
#: Resampled tables for a design effect, which they determine to about 5 percent.
_RESAMPLES = 400


@dataclass(frozen=True)
class TrialOrder:
    """The N trials of a count table in the order in which they were made.

    Attributes
    ----------
    stimulus, response : (N,) row and column of the count table, of each trial
    values : (N,) numerical responses (counts, say), in which a drift is easier to see than in labels; or None
    block : trials per block; None for the length from `block_length`, 1 to take the trials as independent
    """

    stimulus: Any
    response: Any
    values: Any = None
    block: int | None = None

    def checked(self, counts: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns as arrays; raises `ModelError` if they are not the trials of the count table (J, K)."""
        stimulus, response = np.asarray(self.stimulus), np.asarray(self.response)
        whole = stimulus.ndim == 1 and stimulus.shape == response.shape
        if not whole or stimulus.dtype.kind not in "iu" or response.dtype.kind not in "iu":
            raise ModelError("the order of trials needs one row and one column of the table, whole numbers, per trial")
        inside = (stimulus >= 0) & (stimulus < len(counts)) & (response >= 0) & (response < counts.shape[1])
        if not inside.all() or (_table(stimulus, response, counts.shape) != counts).any():
            raise ModelError("the trials in order are not those of the count table")
        if self.values is not None and np.shape(self.values) != stimulus.shape:
            raise ModelError(f"{np.size(self.values)} values of responses for {len(stimulus)} trials")
        if self.block is not None and not 1 <= self.block <= len(stimulus) / 3:
            raise ModelError(f"block is {self.block} trials; expected 1 to a third of the {len(stimulus)} trials")
        return stimulus.astype(np.int64), response.astype(np.int64)


def _table(stimulus: Array, response: Array, shape: tuple[int, ...]) -> Array:
    """Counts (B, J, K) of B sequences of trials (B, N), or (J, K) of one."""
    if stimulus.ndim == 1:
        return np.asarray(_table(stimulus[None], response[None], shape)[0])
    cell = (np.arange(len(stimulus))[:, None] * shape[0] + stimulus) * shape[1] + response
    return np.bincount(cell.ravel(), minlength=len(stimulus) * shape[0] * shape[1]).reshape(-1, *shape).astype(float)


def _residuals(order: TrialOrder, counts: Array) -> Array:
    """Responses minus their mean at the stimulus, (N, m): numerical values, or indicators of frequent labels."""
    stimulus, response = order.checked(counts)
    if order.values is not None:
        seen = np.asarray(order.values, dtype=float)[:, None]
    else:
        seen = (response[:, None] == np.argsort(-counts.sum(axis=0), kind="stable")[:_FOLLOWED]).astype(float)
    total = np.zeros((len(counts), seen.shape[1]))
    np.add.at(total, stimulus, seen)
    off = seen - (total / np.maximum(counts.sum(axis=1, keepdims=True), 1))[stimulus]
    return off if (off**2).sum() > 1e-12 * (seen**2).sum() else np.zeros_like(off)


def _autocorrelation(off: Array, lags: int) -> tuple[Array, float]:
    """Autocorrelation at lags 1, 2, ..., of residuals (N, m), added up; and its standard error without dependence."""
    total = float((off**2).sum())
    if total == 0:
        return np.zeros(lags), 1.0
    found = np.array([(off[:-k] * off[k:]).sum() / total for k in range(1, lags + 1)])
    dimensions = total**2 / float(((off.T @ off) ** 2).sum())
    return found, 1 / math.sqrt(len(off) * dimensions)


def autocorrelation_warning(order: TrialOrder, counts: Array) -> str | None:
    """A sentence if successive responses are alike beyond what their stimuli explain, or None.

    The mean autocorrelation over lags 1 to 10 of responses, each minus the mean response to its stimulus, is compared
    with its standard error if trials were independent; independent trials are warned of in 1 case of 100.
    """
    return autocorrelation_sentence(_residuals(order, counts))


def autocorrelation_sentence(off: Array) -> str | None:
    """The warning from residuals (N, m) of trials in their order."""
    lags = min(_LAGS, len(off) // 4)
    if lags < 1:
        return None
    found, error = _autocorrelation(off, lags)
    mean = float(found.mean())
    if mean < norm.isf(_FALSE_ALARM) * error / math.sqrt(lags):
        return None
    return (
        f"Successive responses are alike beyond what the stimuli explain (mean autocorrelation {mean:.2f} over lags 1 "
        f"to {lags}): trials are not independent."
    )


def block_length(order: TrialOrder, counts: Array) -> int:
    """Trials per block, from the autocorrelation of responses (each minus the mean response to its stimulus).

    It is 1 where `autocorrelation_warning` says nothing. Otherwise the rule is that of Politis and White (2004) for the
    circular block bootstrap: ``(2 G^2 / D)^(1/3) N^(1/3)`` with ``G = sum |k| R(k)`` and ``D = (4/3) (sum R(k))^2``
    under a flat-top window, which ends at twice the lag after which five autocorrelations in a row are insignificant;
    at most a third of the trials. Labels are projected on the direction in which they are most alike over lags 1 to 10.
    """
    return 1 if autocorrelation_warning(order, counts) is None else length_from(_residuals(order, counts))


def length_from(off: Array) -> int:
    """Trials per block from the residuals (N, m) of trials in their order, which are alike."""
    trials = len(off)
    alike = sum(off[:-k].T @ off[k:] for k in range(1, min(_LAGS, trials // 4) + 1))
    off = off @ np.linalg.eigh(alike + np.transpose(alike))[1][:, -1:]
    most = min(trials // 3, math.ceil(math.sqrt(trials)) + _ENDED)
    found, error = _autocorrelation(off, most)
    large = np.abs(found) > 2 * error * math.sqrt(math.log10(trials))
    last = max(1, next((k for k in range(most) if not large[k : k + _ENDED].any()), most))
    lag = np.arange(1, min(2 * last, most) + 1)
    window = np.minimum(1.0, 2 * (1 - lag / (2 * last + 1)))
    slope, whole = (2 * (window * weight * found[: len(lag)]).sum() for weight in (lag, np.ones_like(lag)))
    ratio = 2 * slope**2 / (4 / 3 * max(1 + whole, 0.1) ** 2)
    return int(np.clip(math.ceil((ratio * trials) ** (1 / 3)), 2, trials // 3))


def _resampled(order: TrialOrder, counts: Array, length: int, rng: np.random.Generator) -> Iterator[Array]:
    """`_RESAMPLES` tables of circular blocks of trials, as many trials each as there are, in batches (B, J, K)."""
    stimulus, response = order.checked(counts)
    trials = len(stimulus)
    size = max(1, ENTRIES // max(counts.size, trials))
    for done in range(0, _RESAMPLES, size):
        number = min(size, _RESAMPLES - done)
        start = rng.integers(trials, size=(number, math.ceil(trials / length), 1))
        drawn = ((start + np.arange(length)) % trials).reshape(number, -1)[:, :trials]
        yield _table(stimulus[drawn], response[drawn], counts.shape)


def design_effect(order: TrialOrder, counts: Array, length: int, rng: np.random.Generator) -> float:
    """By how much blocks raise the variance of p(r|x) over that of single trials, on average; at least 1.

    The mean of ``sum_r (p*(r|x) - p(r|x))^2 / p(r|x)`` over stimuli and resampled tables p*, of blocks over that of
    single trials. A stimulus that a resampled table lacks is left out of it.
    """
    expected = counts / counts.sum(axis=1, keepdims=True)

    def variance(size: int) -> float:
        found = []
        for tables in _resampled(order, counts, size, rng):
            trials = tables.sum(axis=2, keepdims=True)
            drawn = np.divide(tables, trials, out=np.zeros_like(tables), where=trials > 0)
            square = np.divide((drawn - expected) ** 2, expected, out=np.zeros_like(tables), where=expected > 0)
            found.append(square.sum(axis=2)[trials[..., 0] > 0])
        return float(np.concatenate(found).mean())

    alone = variance(1)
    return max(1.0, variance(length) / alone) if alone > 0 else 1.0


def allowed_for(length: int, effect: float) -> str:
    """A sentence on what is done about dependent trials."""
    return (
        f"Corrections, intervals and the test allow for this: blocks of {length} trials raise variances {effect:.1f} "
        "times."
    )


def shifts_of(trials: int, length: int, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Shifts of trials in a circle, by at least a block, each once at most."""
    return rng.permutation(np.arange(length, trials - length + 1))[:number]


def shifted_tables(
    order: TrialOrder, counts: Array, length: int, number: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Null tables (B, J, K): the responses shifted in a circle by at least a block against the stimuli.

    Shifts leave the dependence among stimuli and that among responses as they are. Each shift is used once at most.
    """
    stimulus, response = order.checked(counts)
    trials = len(stimulus)
    shifts = shifts_of(trials, length, number, rng)
    size = max(1, ENTRIES // max(counts.size, trials))
    for start in range(0, len(shifts), size):
        moved = (np.arange(trials) + shifts[start : start + size, None]) % trials
        yield _table(np.broadcast_to(stimulus, moved.shape), response[moved], counts.shape)
