"""Percentile bootstrap intervals of a count table's plug-in values; `sampling` has intervals that cover the truth.

References
----------
Efron B, Tibshirani RJ (1993) An Introduction to the Bootstrap, ch. 13 (percentile intervals).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import ModelError
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.counts import CountTable
from .exact import PublishedMeasure
from .measure import Measure
from .sampling.bias import panzeri_treves_bias, relevant_responses
from .sampling.warnings import stimulus_warnings, table_warnings

__all__ = [
    "BootstrapIntervals",
    "bootstrap_intervals",
    "default_resamples",
    "model_of",
    "panzeri_treves_bias",
    "relevant_responses",
    "stimulus_warnings",
    "table_warnings",
]

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class BootstrapIntervals:
    """Percentile intervals of a count table's plug-in values.

    Attributes
    ----------
    information : (low, high) of I(R;X), nats
    measures : measure -> (J, 2), low and high of I(x) at each stimulus, in the measure's units
    resamples, level, seed : how they were computed
    """

    information: tuple[float, float]
    measures: Mapping[str, Array]
    resamples: int
    level: float
    seed: int


def default_resamples(table: CountTable) -> int:
    """1000, or fewer (at least 200) where there are so many stimuli that 1000 would take minutes.

    The measures that integrate over noise determine the cost. It grows with the number of stimuli, and is several times
    higher where some stimulus had far fewer trials than another, or where stimuli lie in a plane or in space.
    """
    trials = table.counts.sum(axis=1)
    uneven = trials.max() > 12 * max(float(trials.min()), 1.0)
    space = {1: 1, 2: 12}.get(table.stimuli.shape[1], 30)
    cost = (5 + 0.2 * len(trials)) * (8 if uneven else 1) * space  # ms
    return int(min(1000, max(200, 40_000 / cost)) // 50 * 50)


def bootstrap_intervals(
    table: CountTable,
    measures: Mapping[str, Measure],
    *,
    resamples: int | None = None,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> BootstrapIntervals:
    """Percentile bootstrap intervals of I(R;X) and of every measure at every stimulus.

    Each resample draws, for each stimulus, as many of its trials as it had, with replacement. The prior is unchanged,
    because the experiment fixed how many trials each stimulus got.

    A bootstrap interval shows the scatter of the plug-in values and does not correct their bias. Resamples are biased
    relative to the table as the table is relative to the truth, upward for I(R;X): with few trials the interval lies
    above the truth, and may lie above the table's own value. Nor can it show what did not occur: a stimulus whose
    trials all had the same response has an interval that is too narrow.

    Parameters
    ----------
    table : CountTable
        The experiment, each stimulus in one row.
    measures : mapping of str to Measure
        Measures that apply to the table; an error that one raises is passed on.
    resamples : int, optional
        By default `default_resamples`.
    level : float
        Share of the resamples inside, split evenly between the tails.
    seed : int
        The same seed gives the same intervals.
    progress : callable, optional
        ``progress(done, total)`` after each resample.

    Raises
    ------
    ValueError
        `resamples` is below 1, or `level` is not between 0 and 1.
    ModelError
        A stimulus stands in two rows.
    """
    count = default_resamples(table) if resamples is None else resamples
    if count < 1:
        raise ValueError(f"resamples is {count}; expected 1 or more")
    if not 0 < level < 1:
        raise ValueError(f"level is {level:g}; expected a share between 0 and 1")
    trials = table.counts.sum(axis=1)
    model = model_of(table)
    rng = np.random.default_rng(seed)
    information = np.empty(count)
    values = {name: np.empty((count, len(trials))) for name in measures}
    for b in range(count):
        drawn = rng.multinomial(trials.astype(np.int64), table.counts / trials[:, None])
        model = EncodingModel.from_counts(drawn, table.stimuli)
        information[b] = model.mutual_information()
        for name, measure in measures.items():
            values[name][b] = _quickly(measure, model)
        if progress is not None:
            progress(b + 1, count)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = (float(end) for end in np.quantile(information, tails))
    intervals = {name: np.quantile(array, tails, axis=0).T for name, array in values.items()}
    return BootstrapIntervals((low, high), intervals, count, level, seed)


def _quickly(measure: Measure, model: EncodingModel) -> Array:
    """I(x) to the accuracy of a search (about 1e-5 nats), far finer than an interval, in half the time."""
    return measure.evaluate(model, "pointwise", "quick")[0] if isinstance(measure, PublishedMeasure) else measure(model)


def model_of(table: CountTable) -> EncodingModel:
    """The plug-in joint distribution, one stimulus per row.

    Raises
    ------
    ModelError
        A stimulus stands in two rows; a model would merge them.
    """
    model = table.model()
    if len(model.stimuli) != len(table.counts):
        raise ModelError("a stimulus stands in two rows of the table; add their counts into one")
    return model
