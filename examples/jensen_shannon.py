"""Each stimulus's share of the mutual information is proportional to how far p(R|x) is from p(R).

The distance is the Jensen-Shannon divergence, which is finite and symmetric. It is scaled so that the shares average to
I(R;X): the measure is complete and positive. It is neither additive nor local, because the scale depends on all
stimuli: a change at one of them changes the shares of the others.
"""

import numpy as np

import stiminfo as si


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """KL(p || q) over the first axis, nats, where q is 0 only where p is."""
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / np.where(p > 0, q, 1)), 0).sum(axis=0)


def jensen_shannon(model: si.EncodingModel) -> np.ndarray:
    """Shares of I(R;X) by Jensen-Shannon divergence, shape (J,), nats."""
    at_x, on_average = model.likelihood, (model.likelihood @ model.prior)[:, None]
    middle = (at_x + on_average) / 2
    distance = (divergence(at_x, middle) + divergence(on_average + 0 * at_x, middle)) / 2
    mean = model.prior @ distance
    return np.zeros(len(distance)) if mean < 1e-15 else model.mutual_information() * distance / mean


MEASURE = si.Measure(
    "Jensen-Shannon shares",
    jensen_shannon,
    claims={"completeness": True, "positivity": True, "additivity": False, "locality": False},
)
