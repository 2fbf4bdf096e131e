"""`Simulation`: values of I(R;X) and of measures on all tables that a bias and an interval are computed from.

A plug-in value is biased, upward for I(R;X), because trials are few. Two estimates of the bias err in opposite
directions, and their mean errs less than either (study `sampling`):

- a jackknife, which takes what did not occur to be impossible, and finds too little;
- tables simulated from draws of the posterior of p(r|x) (see `shrinkage`): by how much a table's value exceeds that of
  the draw that it comes from, on average. It lends every stimulus the responses of all others, and finds too much.

The interval is normal around the corrected value. Its standard error is the larger one of the jackknife and of the
simulated tables, joined with half the distance of the two bias estimates. Where values are skewed (p(r|x) near 0 or 1)
the posterior interval is better, so the interval is widened to contain it. A neuron that fires seldom tells more in
proportion to the spikes that happened to occur: then the standard error grows with the value, and it is the square root
of the value whose error is symmetric. The interval reaches as far up as on that scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import NormalDist

import numpy as np

from ...models import EncodingModel
from ...models.arrays import Array
from ..measure import Measure
from .bias import deletions, jackknife
from .permutation import information_of
from .shrinkage import posterior_draws, simulated_tables

Progress = Callable[[int, int], object]
#: Arrays by name of the measure; `WHOLE` is I(R;X).
Values = Mapping[str, Array]
#: Stands for I(R;X) among measures; no measure can have this name.
WHOLE = ""
#: Responses of tables that are computed at once.
AT_ONCE = 2048
#: A value that counts as 0 where it is divided by, in nats.
_TINY = 1e-12
#: The most by which an interval reaches further up than down, in half widths: values near 0 have no scale.
_FURTHER = 0.5


class Simulation:
    """Values of a table, of tables that lack trials, of posterior draws, and of tables simulated from those.

    Attributes
    ----------
    drawn, off : by measure, (B, J) values of draws, and what those of the simulated tables exceed them by
    jackknife : by measure, bias and standard error, (J,) each
    """

    def __init__(self, table: Array, model: EncodingModel, measures: Mapping[str, Measure]) -> None:
        self.table, self.trials = table, table.sum(axis=1)
        self.model, self.measures = model, measures
        self.drawn: dict[str, Array] = {}
        self.off: dict[str, Array] = {}
        self.jackknife: dict[str, tuple[Array, Array]] = {}

    def values(self, tables: Array) -> Values:
        """I(R;X), (B, 1), and each measure, (B, J), of tables (B, J, K)."""
        shares = tables / tables.sum(axis=2, keepdims=True)
        turned = np.ascontiguousarray(shares.swapaxes(1, 2))
        found = {name: measure.each(self.model, turned) for name, measure in self.measures.items()}
        return {WHOLE: information_of(shares, self.model.prior)[:, None]} | found

    def run(self, number: int, rng: np.random.Generator, progress: Progress | None) -> None:
        """Compute all that `summary` needs."""
        whole = self.values(self.table[None])
        deals = [self.values(left) for left in deletions(self.table, rng)]
        for name, value in whole.items():
            biases, errors = zip(*(jackknife(value[0], deal[name]) for deal in deals))
            self.jackknife[name] = np.mean(biases, axis=0), np.sqrt(np.mean(np.square(errors), axis=0))
        drawn, simulated = [], []
        size = max(1, AT_ONCE // self.table.shape[1])
        for start in range(0, number, size):
            draws = posterior_draws(self.table, min(size, number - start), rng)
            drawn.append(self.values(draws))
            simulated.append(self.values(simulated_tables(draws, self.trials, rng)))
            if progress is not None:
                progress(start + len(draws), number)
        self.drawn = _joined(drawn)
        self.off = {name: value - self.drawn[name] for name, value in _joined(simulated).items()}

    def summary(self, name: str, plug_in: Array, level: float, effect: float, positive: bool) -> tuple[Array, ...]:
        """Corrected value, its error, and the ends of the interval."""
        off, drawn = self.off[name], self.drawn[name]
        (deleted, jackknife_error), simulated, spread = self.jackknife[name], off.mean(axis=0), off.std(axis=0)
        corrected = plug_in - effect * (deleted + simulated) / 2
        doubt = effect * np.abs(deleted - simulated) / 2
        error = np.hypot(doubt, effect * spread / np.sqrt(len(off)) / 2)
        reach = NormalDist().inv_cdf((1 + level) / 2) * np.hypot(
            np.sqrt(effect) * np.maximum(spread, jackknife_error), doubt
        )
        # (sqrt(corrected) + reach / (2 sqrt(corrected)))^2 - corrected - reach
        further = np.minimum(reach**2 / (4 * np.maximum(np.abs(corrected), _TINY)), _FURTHER * reach)
        middle, *ends = np.quantile(drawn, [0.5, (1 - level) / 2, (1 + level) / 2], axis=0)
        low, high = (middle + np.sqrt(effect) * (end - middle) for end in ends)
        low, high = np.minimum(low, corrected - reach), np.maximum(high, corrected + reach + further)
        return (corrected, error, *((np.maximum(low, 0), np.maximum(high, 0)) if positive else (low, high)))


def _joined(parts: Iterable[Values]) -> dict[str, Array]:
    parts = list(parts)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
