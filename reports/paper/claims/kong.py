"""Kong's two decompositions: equations 18 to 22 and the Discussion, on small models."""

from __future__ import annotations

import numpy as np

from ....estimators import i_kong1, i_kong2, i_local, i_surp
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, Result, claim
from .joints import CLOSE, and_model, data_of, distance, mean, models, xor_model
from .quadrature import Noisy, over_levels


def kong1(sign: int) -> Array:
    """The mean of Eq. 18's integral over I(R;X), for each model; sign -1 takes the errors in the printed order."""

    def integrand(at: Noisy) -> Array:
        error = (at.model.stimuli - at.xhat) ** 2
        error_r = (at.model.stimuli[..., None] - at.xhat_r) ** 2
        return np.asarray(sign * at.given_x(error[..., None] - error_r) / (2 * at.level**2))

    return np.array([mean(m, over_levels(m, integrand)) / m.mutual_information() for m in models()])


@claim(
    "eq-18",
    "Eq. 18",
    "Kong's first decomposition integrates |x - xhat(xg, r)|^2 - |x - xhat(xg)|^2.",
    CORRECTED,
    "the difference has the opposite sign",
)
def kong1_sign() -> Result:
    printed, turned = kong1(-1), kong1(1)
    return Result(
        bool(np.abs(printed - 1).max() < 1e-4),
        f"as printed its mean is {printed.mean():.4f} I(R;X); with the errors exchanged {turned.mean():.4f} I(R;X)",
        bool(np.abs(turned - 1).max() < 1e-4),
    )


@claim(
    "discussion-kong1",
    "Discussion",
    "Kong's first decomposition may be negative.",
    CORRECTED,
    "only its features may be; their sum is I_surp",
)
def kong1_negative() -> Result:
    low = min(float(i_kong1(m).min()) for m in models())
    bits = and_model()
    parts = i_kong1.featurewise(bits)[1]
    same = max(distance(i_kong1.featurewise(m).sum(axis=1), i_surp(m)) for m in models())
    return Result(
        low < -1e-9,
        f"the sum is I_surp (to {same:.1g} nats) and is {low:.4f} or more; a feature may be negative: AND of two "
        f"bits at (0, 1): {parts.min():.4f}",
        low >= 0 and same < CLOSE and float(parts.min()) < -0.2,
        data_of(bits),
    )


@claim("eq-19", "Eq. 19", "Kong's second decomposition is an integral whose mean is I(R;X).", CONFIRMED)
def kong2_integral() -> Result:
    off = []
    for model in models():
        found = over_levels(model, lambda at: 0.5 * at.given_x((at.shift / at.level) ** 2))
        off.append(max(distance(found, i_kong2(model)), abs(mean(model, found) - model.mutual_information())))
    return Result(max(off) < 5e-6, f"{len(off)} models: at most {max(off):.1g} nats off")


@claim("eq-20", "Eq. 20", "Kong's second decomposition splits into features, each non-negative.", CONFIRMED)
def kong2_features() -> Result:
    model = xor_model()
    each = i_kong2.featurewise(model)
    off = distance(each.sum(axis=1), i_kong2(model))
    return Result(each.min() > 0 and off < 1e-9, f"XOR: {each[0, 0]:.5f} and {each[0, 1]:.5f} nats, never negative")


@claim(
    "eq-21",
    "Eq. 21",
    "I_local averages over r given xg, Kong's second decomposition over r given x: values differ, means do not.",
    CONFIRMED,
)
def averages_differ() -> Result:
    apart = max(distance(i_local(model), i_kong2(model)) for model in models())
    means = max(abs(mean(m, i_local(m) - i_kong2(m))) for m in models())
    return Result(
        apart > 0.01 and means < CLOSE,
        f"they differ by up to {apart:.3f} nats at a stimulus, and by {means:.1g} on average",
    )


@claim(
    "eq-22",
    "Eq. 22",
    "In several dimensions too the integrand is J(xg), without a trace.",
    CORRECTED,
    "the integrand is the trace of J(xg)",
)
def trace_needed() -> Result:
    model = xor_model()
    each = model.prior @ i_local.featurewise(model)
    information = model.mutual_information()
    return Result(
        abs(each[0] - information) < 1e-3,
        f"XOR: one diagonal entry of J gives {each[0]:.5f} of I(R;X) = {information:.5f} nats, the trace "
        f"{each.sum():.5f}",
        abs(each.sum() - information) < CLOSE,
    )
