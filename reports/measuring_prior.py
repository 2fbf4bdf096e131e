"""The prior of a recording's stimuli: one that has a name, or probabilities that are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ModelError, OptionError, nearest, spelt
from ..models.arrays import Array, as_distribution
from ..models.recordings import Recording
from ..models.recordings.sheet import listed

#: Priors that have a name; any other is given in numbers.
PRIORS = ("trials", "uniform")


def prior_of_recording(recording: Recording, given: Any) -> tuple[Array, str]:
    """p(x) of each stimulus, and what it is called."""
    count = len(recording.labels)
    given = spelt(given, PRIORS)
    if isinstance(given, str):
        if given not in PRIORS:
            raise OptionError(f"unknown prior {given!r}{nearest(given, PRIORS)}")
        shares = recording.trials / recording.trials.sum()
        return (shares if given == PRIORS[0] else np.full(count, 1 / count)), given
    if isinstance(given, Mapping):
        named = {str(label): value for label, value in given.items()}
        if set(named) != set(recording.labels):
            odd = sorted(set(named) ^ set(recording.labels))
            raise ModelError(f"the prior does not match the stimuli: {listed(odd)} in only one of them")
        given = [named[label] for label in recording.labels]
    prior = as_distribution(given, "prior", count)
    if (prior == 0).any():
        raise ModelError(f"the prior of stimulus {recording.labels[int(np.argmin(prior))]!r} is 0; leave its row out")
    return prior, "given"
