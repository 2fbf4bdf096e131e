"""Effects of few trials on the plug-in values of a count table: an estimate of the bias, intervals, and warnings.

References
----------
Panzeri S, Treves A (1996) Analytical estimates of limited sampling biases in different information measures.
    Network: Computation in Neural Systems 7, 87-107.
Panzeri S, Senatore R, Montemurro MA, Petersen RS (2007) Correcting for the sampling bias problem in spike train
    information measures. Journal of Neurophysiology 98, 1064-1072.
Efron B, Tibshirani RJ (1993) An Introduction to the Bootstrap, ch. 13 (percentile intervals).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.counting import as_counts
from ..models.counts import CountTable
from .exact import PublishedMeasure
from .measure import Measure

#: Trials per relevant response below which even corrected information is unreliable (Panzeri et al. 2007).
TRIALS_PER_RESPONSE = 4

Progress = Callable[[int, int], object]


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


def stimulus_warnings(counts: Any, names: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each stimulus with too few trials, in order.

    There are too few if there are fewer trials than relevant responses, or fewer than `TRIALS_PER_RESPONSE` for each.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
        Trials of each stimulus with each response.
    names : sequence of str
        J labels.
    """
    table = as_counts(counts)
    said = []
    for name, trials, relevant in zip(names, table.sum(axis=1), relevant_responses(table), strict=True):
        had = f"Stimulus {name} has {trials:.0f} {'trial' if trials == 1 else 'trials'}"
        if trials == 1:
            said.append(f"{had}: one response says nothing of the others, and every resample repeats it.")
        elif trials < relevant:
            said.append(f"{had} for about {relevant} relevant responses, fewer than one each: they say nothing.")
        elif trials < TRIALS_PER_RESPONSE * relevant:
            said.append(
                f"{had} for about {relevant} relevant {'response' if relevant == 1 else 'responses'}, fewer than "
                f"{TRIALS_PER_RESPONSE} each (Panzeri et al. 2007): its values are unreliable."
            )
    return tuple(said)


def table_warnings(counts: Any, interval: tuple[float, float] | None = None) -> tuple[str, ...]:
    """A sentence for each reason to doubt I(R;X) of the whole table.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
        Trials of each stimulus with each response; no row is empty.
    interval : (low, high), optional
        The bootstrap interval of I(R;X), nats.
    """
    table = as_counts(counts)
    information, bias = EncodingModel.from_counts(table).mutual_information(), panzeri_treves_bias(table)
    share = table.sum(axis=1) / table.sum()
    entropy = -float((share * np.log(share)).sum())
    tiny = 1e-12
    said = []
    if len(table) == 1:
        said.append("There is one stimulus: I(R;X) is 0 whatever the responses.")
    elif bias > information / 2:
        said.append(
            f"The estimated bias, {bias:.4f} nats, exceeds half of the plug-in I(R;X), {information:.4f} nats: "
            "there are too few trials to distinguish this information from none."
        )
    if information - bias > entropy + tiny:
        said.append(
            f"The corrected I(R;X), {information - bias:.4f} nats, exceeds the stimulus entropy, {entropy:.4f} nats: "
            "the bias formula does not serve here (responses almost determined by the stimulus); use the plug-in value."
        )
    if interval is not None and not interval[0] - tiny <= information <= interval[1] + tiny:
        said.append(
            f"The plug-in I(R;X) lies {'below' if information < interval[0] else 'above'} its bootstrap interval: "
            "resampling adds a bias as large as the scatter, so trials are few."
        )
    few = int((table.sum(axis=1) < TRIALS_PER_RESPONSE * relevant_responses(table)).sum())
    if 2 * few > len(table) > 1:
        said.append(
            f"{few} of {len(table)} stimuli have fewer than {TRIALS_PER_RESPONSE} trials for each relevant response: "
            "do not rank stimuli by these values."
        )
    return tuple(said)
