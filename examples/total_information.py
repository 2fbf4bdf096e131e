"""I(R;X) at every stimulus: complete, positive and additive, but useless, since all stimuli get the same value.

The audit detects this by locality: changing the neuron anywhere changes the value everywhere.
"""

import numpy as np

import stiminfo as si


def total(model: si.EncodingModel) -> np.ndarray:
    """The mutual information at each stimulus, shape (J,), nats."""
    return np.full(len(model.stimuli), model.mutual_information())


def total_given(pair: si.ResponsePair) -> np.ndarray:
    """What the second response adds to the first, I(X;R'|R), at each stimulus, shape (J,), nats."""
    return np.full(len(pair.stimuli), pair.conditional_information())


MEASURE = si.Measure(
    "I(R;X) everywhere",
    total,
    conditional=total_given,
    claims={"completeness": True, "positivity": True, "additivity": True, "data_processing": True, "locality": False},
)
