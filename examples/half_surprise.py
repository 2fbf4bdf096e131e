"""Half the specific surprise: positive and additive, but the halves do not add up to the mutual information."""

import numpy as np

import stiminfo as si


def half_surprise(model: si.EncodingModel) -> np.ndarray:
    """Half the specific surprise at each stimulus, shape (J,), nats."""
    return 0.5 * si.i_surp(model)


MEASURE = si.Measure("half surprise", half_surprise, claims={"completeness": False, "positivity": True})
