"""Sections 3 and 6 on the approximation of mutual information by Fisher information."""

from __future__ import annotations

import numpy as np

from ....estimators import fisher
from ....models import Gaussian, GaussianNoise, encoding_model
from .claim import CONFIRMED, Result, claim

#: Noise variances, from low to high.
_NOISE = (0.01, 1.0, 4.0)


def brunel_nadal(noise: float) -> tuple[float, float]:
    """For X ~ N(0, 1) and r = x + N(0, noise): H(X) + E[log J(X) / (2 pi e)] / 2, and I(R;X); nats."""
    model = encoding_model(prior=Gaussian(), noise=GaussianNoise(noise**0.5), nodes=301)
    entropy = float(0.5 * np.log(2 * np.pi * np.e))
    approximation = entropy + 0.5 * float(model.prior @ np.log(fisher(model) / (2 * np.pi * np.e)))
    return approximation, model.mutual_information()


@claim(
    "section-6-low-noise",
    "Section 3; Discussion",
    "Brunel and Nadal's approximation of I(R;X) by Fisher information holds at low noise, and fails at high noise.",
    CONFIRMED,
)
def low_noise() -> Result:
    rows = [brunel_nadal(noise) for noise in _NOISE]
    off = [abs(found - truth) / truth for found, truth in rows]
    return Result(
        off[0] < 0.01 and min(off[1:]) > 0.5,
        "X ~ N(0, 1), r = x + N(0, s^2), approximation and I(R;X): "
        + "; ".join(f"{found:.3f}, {truth:.3f} (s^2 = {noise:g})" for noise, (found, truth) in zip(_NOISE, rows)),
    )


@claim(
    "section-6-dimensions",
    "Discussion",
    "Brunel and Nadal's approximation returns minus infinity where there are more stimulus dimensions than neurons.",
    CONFIRMED,
)
def too_few_neurons() -> Result:
    fields = np.array([[1.0, 2.0], [1.0, -1.0]])
    one, two = (np.linalg.slogdet(fields[:count].T @ fields[:count])[1] for count in (1, 2))
    # r = w.x + N(0, 1) of X ~ N(0, 1) in the plane.
    truth = 0.5 * float(np.log(1 + fields[0] @ fields[0]))
    return Result(
        bool(np.isneginf(one)) and bool(np.isfinite(two)),
        f"two stimulus dimensions: log det J is {one} for one linear neuron, whose I(R;X) is {truth:.3f} nats, and "
        f"{two:.3f} for two",
    )
