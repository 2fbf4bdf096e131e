"""Appendix B and the Discussion on Kong's first decomposition, on small models."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....estimators import i_kong1, i_surp
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, SLIP, Result, claim
from .joints import CLOSE, and_model, data_of, distance, mean, models
from .quadrature import Noisy, over_levels
from .table_one import verdict_of


def _errors(at: Noisy) -> Array:
    """E_{Xg|x}[(x - xhat(xg))^2 - (x - xhat(xg, r))^2] / (2 g^2), (J, K): Eq. 18's integrand with its sign turned."""
    plain, given = (at.model.stimuli - at.xhat) ** 2, (at.model.stimuli[..., None] - at.xhat_r) ** 2
    # An r that is impossible at x has an infinite integral, and the weight 0.
    possible = at.model.likelihood.T > 0
    found = at.mean(np.moveaxis(plain[..., None] - given, 2, 1)) / (2 * at.level**2)
    return np.where(possible, found, 0.0)


@cache
def kong1_pairs() -> tuple[Array, ...]:
    """Kong's first decomposition (J, K) for each stimulus and response, sign turned, for each model."""
    return tuple(over_levels(model, _errors) for model in models())


@claim(
    "eq-18",
    "Appendix B, Eq. 18",
    "Kong's first decomposition integrates |x - xhat(xg, r)|^2 - |x - xhat(xg)|^2.",
    CORRECTED,
    "the difference has the opposite sign",
)
def kong1_sign() -> Result:
    turned = np.array(
        [
            mean(m, np.einsum("kj,jk->j", m.likelihood, found)) / m.mutual_information()
            for m, found in zip(models(), kong1_pairs())
        ]
    )
    return Result(
        bool(np.abs(-turned - 1).max() < 1e-4),
        f"as printed its mean is {-turned.mean():.4f} I(R;X); with the errors exchanged {turned.mean():.4f} I(R;X)",
        bool(np.abs(turned - 1).max() < 1e-4),
    )


@claim(
    "appendix-b-kong1",
    "Appendix B, after Eq. 19",
    "Kong's first decomposition is log p(r|x) / p(r) at each x and r (once the sign of Eq. 18 is turned), and so its "
    "mean given x is I_surp.",
    CONFIRMED,
)
def kong1_is_a_log_ratio() -> Result:
    apart, average = 0.0, 0.0
    for model, found in zip(models(), kong1_pairs()):
        base, possible = model.likelihood @ model.prior, model.likelihood > 0
        ratio = np.log(np.where(possible, model.likelihood, 1.0) / np.where(possible, base[:, None], 1.0))
        apart = max(apart, distance(found, ratio.T))
        average = max(average, distance(np.einsum("kj,jk->j", model.likelihood, found), i_surp(model)))
    return Result(
        max(apart, average) < 1e-5,
        f"{len(models())} models, each stimulus and response: at most {apart:.1g} nats off, the mean {average:.1g}",
    )


@claim(
    "discussion-kong1",
    "Section 3; Discussion; Appendix B",
    "Kong's first decomposition is not local and can be negative.",
    CONFIRMED,
    "negative in its features: the stimulus-wise sum is I_surp, which is never negative (Appendix B says so)",
)
def kong1_negative() -> Result:
    low = min(float(i_kong1(m).min()) for m in models())
    bits = and_model()
    parts = i_kong1.featurewise(bits)[1]
    same = max(distance(i_kong1.featurewise(m).sum(axis=1), i_surp(m)) for m in models())
    local = verdict_of("i_kong1", "locality").verdict
    return Result(
        local == "refuted" and float(parts.min()) < -0.2 and same < CLOSE,
        f"locality {local}; a feature of the AND of two bits at (0, 1): {parts.min():.4f} nats. Only a feature can: "
        f"the sum is I_surp (to {same:.1g}), here {low:.4f} or more",
        None,
        data_of(bits),
    )


@claim(
    "kong1-features",
    "Appendix B, before Eq. 20",
    "Features of Kong's first decomposition, taken as in section 4.3, can be negative.",
    CONFIRMED,
)
def kong1_features() -> Result:
    bits = and_model()
    parts = i_kong1.featurewise(bits)[1]
    return Result(
        float(parts.min()) < -1e-3,
        f"AND of two bits, at (0, 1): {parts.min():.4f} nats of one feature, {parts.max():.4f} of the other",
        None,
        data_of(bits),
    )


@claim(
    "appendix-b-density",
    "Appendix B, before Eq. 20",
    "In p(r) the integral over x' is weighted by p(r').",
    SLIP,
    "by p(x'), as in section 3",
)
def appendix_b() -> Result:
    shapes, off = 0, 0.0
    for model in models():
        count, stimuli = model.likelihood.shape
        shapes += count != stimuli
        off = max(off, abs(float((model.likelihood @ model.prior).sum()) - 1))
    return Result(
        shapes == 0,
        f"weights p(r') do not fit the stimuli on {shapes} of {len(models())} models; with p(x') the response law "
        f"sums to 1 (to {off:.0g})",
        off < 1e-12,
        slip=True,
    )
