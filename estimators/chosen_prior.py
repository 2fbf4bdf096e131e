"""Plug-in values of a count table under a prior that is not the share of trials."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models import EncodingModel
from ..models.arrays import Array
from ..models.counting import as_counts
from .exact import PublishedMeasure
from .measure import Measure
from .sampling_bias import relevant_responses

#: The name under which `information_with_prior` stands among measures.
INFORMATION = "I(R;X)"


def with_prior(measure: PublishedMeasure, prior: Array) -> Measure:
    """The measure of the same likelihood under this prior (J,), to the accuracy of a search: for resamples."""

    def pointwise(model: EncodingModel) -> Any:
        return measure.evaluate(model.replace(prior=prior), "pointwise", "quick")[0]

    return Measure(measure.name, pointwise, units=measure.units)


def information_with_prior(prior: Array) -> Measure:
    """I(R;X) under this prior, at every stimulus the same."""
    return Measure(
        INFORMATION, lambda model: np.full(len(prior), model.replace(prior=prior).mutual_information()), units="nats"
    )


def bias_with_prior(counts: Any, prior: Array) -> float:
    """Estimated upward bias of the plug-in I(R;X) under a chosen prior, with the numbers of trials fixed, in nats.

    To first order in 1/N_x, ``sum_x p(x) (R_x - 1) / (2 N_x) - sum_r Var p(r) / (2 p(r))``, where the variance of the
    plug-in p(r) = sum_x p(x) p(r|x) is ``sum_x p(x)^2 p(r|x) (1 - p(r|x)) / N_x``, and R_x is from
    `relevant_responses`: the noise entropy is estimated too low by the first term, the response entropy by the second.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (J, K)
    prior : (J,)
    """
    table = as_counts(counts)
    trials = table.sum(axis=1)
    share = table / trials[:, None]
    mean = prior @ share
    variance = (prior**2 / trials) @ (share * (1 - share))
    noise = (prior * (relevant_responses(table) - 1) / (2 * trials)).sum()
    return float(noise - (variance[mean > 0] / mean[mean > 0]).sum() / 2)
