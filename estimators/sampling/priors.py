"""The prior of the stimuli: what the experiment did, all alike, or as the user says."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ModelError
from ...models.arrays import Array, as_distribution


def entropy(prior: Array) -> float:
    """H(X) in nats, which I(R;X) cannot exceed; no probability is 0."""
    return -float(prior @ np.log(prior))


def prior_of(trials: Any, prior: Any = "trials") -> Array:
    """The prior of J stimuli, (J,).

    Parameters
    ----------
    trials : (J,)
        Trials of each stimulus.
    prior : "trials", "uniform" or array_like (J,)
        "trials" is each stimulus's share of the trials. It is the default because it is what the neuron met; if the
        experiment showed every stimulus equally often, it is uniform. Give the probabilities if the stimuli are met
        differently outside the experiment.

    Raises
    ------
    ModelError
        The prior is no distribution over J stimuli, or a stimulus has the probability 0.
    """
    shares = np.asarray(trials, dtype=float)
    if isinstance(prior, str):
        if prior not in ("trials", "uniform"):
            raise ModelError(f"prior is {prior!r}; expected 'trials', 'uniform' or one probability per stimulus")
        return shares / shares.sum() if prior == "trials" else np.full(len(shares), 1 / len(shares))
    given = as_distribution(prior, "prior", len(shares))
    if (given == 0).any():
        raise ModelError(f"prior[{int(np.argmin(given))}] is 0; leave that stimulus out of the table")
    return given
