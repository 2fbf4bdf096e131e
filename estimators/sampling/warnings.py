"""Sentences about count tables with too few trials, and about too few simulated experiments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models import EncodingModel
from ...models.counting import as_counts
from .bias import panzeri_treves_bias, relevant_responses

#: Trials per relevant response below which even corrected information is unreliable (Panzeri et al. 2007).
TRIALS_PER_RESPONSE = 4
#: The fewest simulated experiments that a default takes: the spread of so many is known to an eighth.
_ENOUGH = 30


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


def table_warnings(counts: Any, bias: float | None = None, prior: Any = None, units: str = "nats") -> tuple[str, ...]:
    """A sentence for each reason to doubt I(R;X) of the whole table.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
        Trials of each stimulus with each response; no row is empty.
    bias : float, optional
        The estimate of the plug-in value's bias, nats; by default that of `panzeri_treves_bias`.
    prior : array_like, shape (J,), optional
        p(x), with which the bias was estimated; by default the shares of the trials.
    units : {"nats", "bits"}
        Of the numbers in the sentences.
    """
    table = as_counts(counts)
    share = table.sum(axis=1) / table.sum() if prior is None else np.asarray(prior)
    unit = math.log(2) if units == "bits" else 1.0
    plug_in = EncodingModel.from_counts(table)
    information = EncodingModel(plug_in.stimuli, share, plug_in.likelihood).mutual_information() / unit
    bias = (panzeri_treves_bias(table) if bias is None else bias) / unit
    entropy = -float((share * np.log(share)).sum()) / unit
    tiny = 1e-12
    said = []
    if len(table) == 1:
        said.append("There is one stimulus: I(R;X) is 0 whatever the responses.")
    elif bias > information / 2:
        said.append(
            f"The estimated bias, {bias:.4f} {units}, exceeds half of the plug-in I(R;X), {information:.4f} {units}: "
            "there are too few trials to distinguish this information from none."
        )
    if information - bias > entropy + tiny:
        said.append(
            f"The corrected I(R;X), {information - bias:.4f} {units}, exceeds the stimulus entropy, {entropy:.4f} "
            f"{units}: the estimate of the bias does not serve here (responses almost determined by the stimulus); use "
            "the plug-in value."
        )
    few = int((table.sum(axis=1) < TRIALS_PER_RESPONSE * relevant_responses(table)).sum())
    if 2 * few > len(table) > 1:
        said.append(
            f"{few} of {len(table)} stimuli have fewer than {TRIALS_PER_RESPONSE} trials for each relevant response: "
            "do not rank stimuli by these values."
        )
    return tuple(said)


def resample_warnings(resamples: int, level: float) -> tuple[str, ...]:
    """A sentence if intervals rest on few simulated experiments.

    There are few if their spread is not known to an eighth, or if fewer than one of them is expected beyond the ends of
    an interval of this level.
    """
    need = max(_ENOUGH, math.ceil(round(1 / (1 - level), 6)))
    if resamples >= need:
        return ()
    return (
        f"{resamples} simulated experiments are few for intervals of {100 * level:g} %: their ends are rough "
        f"(--resamples {need} or more).",
    )
