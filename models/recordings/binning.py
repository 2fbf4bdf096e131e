"""Responses that are counted: whole numbers and labels as they are, continuous ones in bins that the user declares."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...errors import RecordingError
from ..arrays import Array
from ..counting import no_counts, why_no_count
from .options import Options
from .sheet import others

_HINT = (
    "continuous responses need a law, --law gaussian, or bins: --bins 4 for bins of equal mass, or --edges 0.5,1 for "
    "boundaries of your own"
)


class Binned(NamedTuple):
    """Responses in a form that can be counted.

    Attributes
    ----------
    codes : (n, N) whole numbers
    labels : for each of the N responses, what each code is called
    values : for each of the N responses, the number that each code stands for; None if some response is a label
    told : sentences
    """

    codes: Array
    labels: tuple[tuple[str, ...], ...]
    values: tuple[Array, ...] | None
    told: tuple[str, ...]


def binned(responses: Array, names: tuple[str, ...], options: Options, where: str, lines: list[str]) -> Binned:
    """The codes of responses (n, N), numbers or labels.

    Raises
    ------
    RecordingError
        A response is fractional, negative or beyond 2^53, so that it is no count, and no bins are declared.
    """
    if responses.dtype.kind != "f":
        if len(options.edges) or options.bins:
            raise RecordingError(f"{where}: the responses are labels; edges and bins are for numbers")
        return _as_they_are(responses, None)
    if len(options.edges) or options.bins:
        return _in_bins(responses, options)
    wrong = no_counts(responses)
    if wrong.any():
        found = np.argwhere(wrong).tolist()
        row, column = found[0]
        value = responses[row, column]
        raise RecordingError(
            f"{where}, {lines[row]}, column {names[column]!r}: {value:g} is {why_no_count(value)}, so it is no number "
            f"of spikes; {_HINT}{others([f'{lines[i]}, column {names[k]!r}' for i, k in found])}"
        )
    return _as_they_are(responses, responses)


def _as_they_are(responses: Array, numbers: Array | None) -> Binned:
    codes = np.empty(responses.shape, dtype=np.int64)
    labels, values = [], []
    for i in range(responses.shape[1]):
        found, codes[:, i] = np.unique(responses[:, i], return_inverse=True)
        labels.append(tuple(str(one) if numbers is None else f"{one:.15g}" for one in found))
        values.append(found)
    return Binned(codes, tuple(labels), None if numbers is None else tuple(values), ())


def _in_bins(responses: Array, options: Options) -> Binned:
    codes = np.empty(responses.shape, dtype=np.int64)
    labels, values = [], []
    for i, column in enumerate(responses.T):
        edges = np.array(options.edges, dtype=float)
        if options.bins:
            shares = np.arange(1, options.bins) / options.bins
            edges = np.unique(np.quantile(column, shares))
        codes[:, i] = np.digitize(column, edges)
        names = [f"below {edges[0]:.4g}"]
        names += [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
        labels.append((*names, f"from {edges[-1]:.4g}"))
        means = [column[codes[:, i] == k].mean() if (codes[:, i] == k).any() else np.nan for k in range(len(edges) + 1)]
        values.append(np.array(means))
    if options.bins:
        how = f"each response in {options.bins} bins of equal mass, with boundaries from all its trials"
    else:
        boundaries = ", ".join(f"{edge:g}" for edge in options.edges)
        how = f"each response in {len(options.edges) + 1} bins, with boundaries {boundaries}"
    lost = (
        "information is that of the bin: at most that of the response, with a bias that grows with the number of bins"
    )
    return Binned(codes, tuple(labels), tuple(values), (how, lost))
