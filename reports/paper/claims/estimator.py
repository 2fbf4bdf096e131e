"""Section 5.4 and appendices B and C.3: the published estimator, on cases with closed forms."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad

from ....estimators import i_local
from ....models.arrays import Array
from .claim import CORRECTED, REFUTED, Result, claim
from .joints import distance, models
from .quadrature import Noisy, over_levels

#: Noise variances s^2 of the neuron r = x + N(0, s^2), with X ~ N(0, 1).
_NOISE = (1.0, 0.25, 0.05, 0.01)


def published_levels() -> Array:
    """The levels g = (1 - abar) / abar at the steps t = 40, 80, ..., 1000 of DDPM's linear schedule."""
    kept = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    return np.asarray(((1 - kept) / kept)[np.arange(40, 1001, 40) - 1])


def _half_fisher(level: float, noise: float) -> float:
    """J(xg) / 2 of the neuron, the same at every xg: 1/2 (1/(v + g) - 1/(1 + g)), v the posterior variance."""
    posterior = noise / (1 + noise)
    return 0.5 * (1 / (posterior + level) - 1 / (1 + level))


@claim(
    "section-5-4-complete",
    "Section 5.4",
    "Drawing r ~ p(R | xhat) of the denoised stimulus estimates I_local, and so averages to I(R;X).",
    REFUTED,
    "it does not average to I(R;X); r must be drawn from p(R | xg), or E_r[D^2 | xg] be learned",
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
        all(abs(found - truth) < 1e-3 for _, truth, found in rows),
        "X ~ N(0, 1), r = x + N(0, s^2): true and estimated "
        + "; ".join(f"{truth:.3f}, {found:.3f} (s^2 = {noise:g})" for noise, truth, found in rows)
        + f". The estimate is (1/2)/(1 + s^2) (to {worst:.0g}), never above 1/2",
    )


@claim("section-5-4-argument", "Section 5.4", "The response is drawn given xhat(x).", CORRECTED, "xhat(xg) is meant")
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
    )


@claim(
    "section-5-4-even",
    "Section 5.4, C.3",
    "The levels g are evenly spaced.",
    CORRECTED,
    "the steps t of C.3 are evenly spaced",
)
def even_levels() -> Result:
    levels = published_levels()
    steps = np.diff(levels)
    return Result(
        bool(steps.max() / steps.min() < 1.01),
        f"from {levels[0]:.4f} to {levels[-1]:.0f} in steps of {steps.min():.3f} to {steps.max():.0f}: even in t",
        len(np.unique(np.diff(np.arange(40, 1001, 40)))) == 1,
    )


@claim("c-3-count", "C.3", "There are 24 levels g.", CORRECTED, "there are 25")
def count_levels() -> Result:
    count = len(published_levels())
    return Result(count == 24, f"t = 40, 80, ..., 1000 are {count}", count == 25)


@claim(
    "c-3-range",
    "C.3",
    "The levels cover the integral over g.",
    REFUTED,
    "the part below the first level is lost; the less noisy the responses, the larger it is",
)
def covered() -> Result:
    levels = published_levels()
    cut, net = [], []
    for noise in _NOISE[1:]:
        truth = 0.5 * np.log1p(1 / noise)
        below = quad(lambda g, noise=noise: _half_fisher(g, noise), 0, levels[0])[0]
        cut.append(below / truth)
        values = [_half_fisher(level, noise) for level in levels]
        net.append(1 - float(np.trapezoid(values, levels)) / truth)
    return Result(
        max(cut) < 0.01,
        f"below g = {levels[0]:.4f} lie "
        + ", ".join(f"{share:.1%}" for share in cut)
        + " of I(R;X) at s^2 = 0.25, 0.05, 0.01; the trapezoid's own overestimate leaves "
        + ", ".join(f"{share:.1%}" for share in net)
        + " missing",
    )


@claim("appendix-b-density", "Appendix B", "The integral over x' is weighted by p(r').", CORRECTED, "by p(x')")
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
    )
