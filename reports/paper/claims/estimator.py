"""Section 5.4 and appendix C.3: the published estimator, on cases with closed forms."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad

from ....estimators import i_local
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, SLIP, Result, claim
from .joints import distance, models
from .quadrature import Noisy, noisy, over_levels

#: Noise variances s^2 of the neuron r = x + N(0, s^2), with X ~ N(0, 1).
_NOISE = (1.0, 0.25, 0.05, 0.01)
#: DDPM's linear schedule (C.3).
_BETA = np.linspace(1e-4, 0.02, 1000)


def levels_at(steps: Array) -> Array:
    """The levels g = (1 - abar) / abar at steps t = 1, ..., 1000 of DDPM's linear schedule."""
    kept = np.cumprod(1 - _BETA)
    return np.asarray(((1 - kept) / kept)[np.asarray(steps) - 1])


def published_levels() -> Array:
    """The levels at the steps t = 40, 80, ..., 1000."""
    return levels_at(np.arange(40, 1001, 40))


def _half_fisher(level: float, noise: float) -> float:
    """J(xg) / 2 of the neuron, the same at every xg: 1/2 (1/(v + g) - 1/(1 + g)), v the posterior variance."""
    variance = noise / (1 + noise)
    return 0.5 * (1 / (variance + level) - 1 / (1 + level))


@claim(
    "section-5-4-approximation",
    "Section 5.4",
    "Drawing r ~ p(R | xhat) of the denoised stimulus approximates I_local.",
    CORRECTED,
    "with a bias: in the linear Gaussian case it finds 1/2 nat at most, however large I(R;X) is. r ~ p(R | xg), or a "
    "regression of D^2 on xg, has none",
)
def plug_in() -> Result:
    rows, worst = [], 0.0
    for noise in _NOISE:

        def integrand(t: float, noise: float = noise) -> float:
            level = np.exp(t)
            # r - xhat(xg) is drawn with variance s^2 only, and D = (r - xhat(xg)) v / (v + s^2).
            spread = level / (1 + level)
            share = spread / (spread + noise)
            return float(share**2 * noise / (2 * level**2) * level)

        found = quad(integrand, -40, 40, epsabs=1e-12, limit=400)[0]
        truth = 0.5 * np.log1p(1 / noise)
        worst = max(worst, abs(found - 0.5 / (1 + noise)))
        rows.append((noise, truth, found))
    return Result(
        all(abs(found - truth) < 0.05 * truth for _, truth, found in rows),
        "X ~ N(0, 1), r = x + N(0, s^2): true and estimated "
        + "; ".join(f"{truth:.3f}, {found:.3f} (s^2 = {noise:g})" for noise, truth, found in rows)
        + f". The estimate is (1/2)/(1 + s^2) (to {worst:.0g})",
        worst < 1e-9,
    )


@claim("section-5-4-argument", "Section 5.4", "The response is drawn given xhat(x).", SLIP, "xhat(xg) is meant")
def plugged_x() -> Result:
    apart, same = 0.0, 0.0
    for model in models():

        def with_x(at: Noisy) -> Array:
            return 0.5 * at.given_x((at.shift / at.level) ** 2)

        def with_xg(at: Noisy) -> Array:
            return 0.5 * at.given_xg((at.shift / at.level) ** 2)

        truth = i_local(model)
        apart = max(apart, distance(over_levels(model, with_x), truth))
        same = max(same, distance(over_levels(model, with_xg), truth))
    return Result(
        apart < 1e-3,
        f"read literally, xhat(x) = x and r ~ p(R|x): that is Kong's second decomposition, {apart:.3f} nats off "
        f"at most; with what is known from xg, r ~ p(R|xg), {same:.1g}",
        same < 1e-6,
        slip=True,
    )


@claim(
    "section-5-4-even",
    "Section 5.4; C.3",
    "The levels g are evenly spaced.",
    SLIP,
    "the steps t of C.3 are evenly spaced",
)
def even_levels() -> Result:
    levels = published_levels()
    steps = np.diff(levels)
    return Result(
        bool(steps.max() / steps.min() < 1.01),
        f"from {levels[0]:.4f} to {levels[-1]:.0f} in steps of {steps.min():.3f} to {steps.max():.0f}: even in t",
        len(np.unique(np.diff(np.arange(40, 1001, 40)))) == 1,
        slip=True,
    )


@claim(
    "section-5-4-truncation",
    "Section 5.4",
    "Ending the integral at a large g has little effect, since Fisher information decays.",
    CONFIRMED,
)
def truncated() -> Result:
    top = float(published_levels()[-1])
    shares = []
    for noise in _NOISE:
        above = quad(lambda u, noise=noise: _half_fisher(1 / u, noise) / u**2, 0, 1 / top)[0]
        shares.append(above / (0.5 * np.log1p(1 / noise)))
    # J(xg) is at most tr Cov(X|xg) / g^2 and on average at most tr Cov(X) / g^2; a pixel in [-1, 1] has variance 1.
    images = 32 * 32 / (2 * top)
    return Result(
        max(shares) < 1e-3 and images < 0.05,
        f"above the last level of C.3, g = {top:.0f}, lie at most {max(shares):.4%} of I(R;X) for r = x + N(0, s^2), "
        f"and at most {images:.3f} nats on average for any images of 32 x 32 pixels in [-1, 1]",
    )


@claim(
    "c-3-range",
    "Beside C.3",
    "The levels of C.3 leave out what lies below the first of them, the more the less noisy the responses are.",
    CONFIRMED,
    ours=True,
)
def uncovered() -> Result:
    levels = published_levels()
    cut, net = [], []
    for noise in _NOISE[1:]:
        truth = 0.5 * np.log1p(1 / noise)
        cut.append(quad(lambda g, noise=noise: _half_fisher(g, noise), 0, levels[0])[0] / truth)
        net.append(_lost(levels, noise))
    return Result(
        min(cut) > 0.01 and bool(np.all(np.diff(cut) > 0)),
        f"below g = {levels[0]:.4f} lie "
        + ", ".join(f"{share:.1%}" for share in cut)
        + " of I(R;X) at s^2 = 0.25, 0.05, 0.01; the trapezoid's own overestimate leaves "
        + ", ".join(f"{share:.1%}" for share in net)
        + " missing",
    )


def _lost(levels: Array, noise: float) -> float:
    """The share of I(R;X) that a trapezoidal rule over these levels misses."""
    values = [_half_fisher(level, noise) for level in levels]
    return 1 - float(np.trapezoid(values, levels)) / float(0.5 * np.log1p(1 / noise))


@claim(
    "c-3-count",
    "C.3",
    "There are 24 levels, at the steps [40:40:1000].",
    SLIP,
    "ambiguous: 25 with step 1000, 24 without; no result depends on it",
)
def count_levels() -> Result:
    whole, half_open = np.arange(40, 1001, 40), np.arange(40, 1000, 40)
    lost = [[_lost(levels_at(steps), noise) for noise in _NOISE[1:]] for steps in (whole, half_open)]
    return Result(
        len(whole) == 24,
        f"MATLAB's start:step:stop gives {len(whole)}, Python's half-open range {len(half_open)}; the integral misses "
        + " or ".join(", ".join(f"{share:.2%}" for share in row) for row in lost)
        + " at s^2 = 0.25, 0.05, 0.01",
        len(half_open) == 24 and distance(np.array(lost[0]), np.array(lost[1])) < 1e-3,
        slip=True,
    )


@claim(
    "c-3-schedule",
    "C.3, Eqs. 25 to 28",
    "DDPM's steps are Xg with g = (1 - abar) / abar, and predicted noise gives xhat(xg) and xhat(xg, r).",
    CONFIRMED,
)
def reparameterised() -> Result:
    kept = np.cumprod(1 - _BETA)
    mean, variance = np.ones(1000), np.zeros(1000)
    m, v = 1.0, 0.0
    for t, beta in enumerate(_BETA):  # Eq. 25
        m, v = float(np.sqrt(1 - beta)) * m, (1 - beta) * v + beta
        mean[t], variance[t] = m, v
    steps = max(distance(mean, np.sqrt(kept)), distance(variance, 1 - kept))
    outputs = 0.0
    for model in models():
        for t in (40, 400, 1000):
            share, level = float(kept[t - 1]), float(levels_at(np.array([t]))[0])
            found = noisy(model, level)
            scaled = np.sqrt(share) * found.xg  # x_t
            x = model.stimuli[:, 0]
            noise = (scaled[..., None] - np.sqrt(share) * x) / np.sqrt(1 - share)
            # Eq. 26 is the law of x_t given x; no level enters.
            log = np.log(model.prior) - (scaled[..., None] - np.sqrt(share) * x) ** 2 / (2 * (1 - share))
            prior = np.exp(log - log.max(axis=-1, keepdims=True))
            prior /= prior.sum(axis=-1, keepdims=True)
            given = prior[:, :, None] * model.likelihood
            mass = given.sum(axis=-1)
            given = np.divide(given, mass[..., None], out=np.zeros_like(given), where=mass[..., None] > 0)
            for weight, target in ((prior[:, :, None], found.xhat[..., None]), (given, found.xhat_r)):
                predicted = (weight * noise[:, :, None]).sum(axis=-1)
                back = (scaled[..., None] - np.sqrt(1 - share) * predicted) / np.sqrt(share)  # Eqs. 27 and 28
                seen = (weight.sum(axis=-1) > 0) & (np.ones_like(mass, bool) if target.shape[-1] > 1 else True)
                outputs = max(outputs, float(np.abs(back - target)[seen].max()))
    return Result(
        steps < 1e-12 and outputs < 1e-9,
        f"1,000 steps of Eq. 25 give Eq. 26 to {steps:.1g}; the mean noise given x_t, or x_t and r, put into Eqs. 27 "
        f"and 28 gives the posterior means to {outputs:.1g} on {len(models())} models",
    )
