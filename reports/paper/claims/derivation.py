"""Equations 1 to 9, 11, 12 and 14 on small models, by quadrature that shares no code with the engine."""

from __future__ import annotations

import numpy as np

from ....estimators import PUBLISHED, i_local
from ....models import EncodingModel
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, Result, claim
from .joints import CLOSE, distance, mean, models, xor_model
from .quadrature import WEIGHT, Noisy, fisher_at, noisy, over_levels, posterior


@claim("eq-1-4", "Eqs. 1 to 4", "I_sp, I_SSI, I_surp and I_CiSSI each average to I(R;X).", CONFIRMED)
def definitions() -> Result:
    worst = 0.0
    for model in models():
        p, table = model.prior, model.likelihood
        base = table @ p
        post = table * p / base[:, None]

        def plogp(values: Array) -> Array:
            return np.where(values > 0, values * np.log(np.where(values > 0, values, 1)), 0.0)

        by_hand = {
            "i_sp": -plogp(base).sum() + plogp(table).sum(axis=0),
            "i_ssi": -plogp(p).sum() + table.T @ plogp(post).sum(axis=1),
            "i_surp": (plogp(table) - table * np.log(base)[:, None]).sum(axis=0),
            "i_cissi": table.T @ (plogp(post) - post * np.log(p)).sum(axis=1),
        }
        for name, values in by_hand.items():
            worst = max(worst, distance(values, PUBLISHED[name](model)))
            worst = max(worst, abs(mean(model, values) - model.mutual_information()))
    return Result(worst < 1e-12, f"{4 * len(models())} comparisons: at most {worst:.1g} nats off, means included")


def information_of_noisy(model: EncodingModel, level: float) -> float:
    """I(R;Xg) in nats."""
    found = noisy(model, level)
    base = model.likelihood @ model.prior
    ratio = np.log(np.where(found.p > 0, found.p, 1) / base)
    return mean(model, found.mean((found.p * ratio).sum(axis=2)))


@claim("eq-5", "Eq. 5", "I(R;Xg) equals I(R;X) without noise and tends to 0 as the noise grows.", CONFIRMED)
def ends() -> Result:
    off = [
        max(abs(information_of_noisy(m, 1e-5) - m.mutual_information()), information_of_noisy(m, 1e9)) for m in models()
    ]
    return Result(max(off) < 1e-5, f"at g = 1e-5 and 1e9, {len(off)} models: at most {max(off):.1g} nats off")


@claim("eq-6", "Eq. 6", "d I(R;Xg) / dg = -1/2 E[J(Xg)] (de Bruijn).", CONFIRMED)
def de_bruijn() -> Result:
    worst = 0.0
    for model in models():
        for level in (0.05, 0.4, 3.0):
            step = 1e-3 * level
            slope = (information_of_noisy(model, level + step) - information_of_noisy(model, level - step)) / (2 * step)
            half = -0.5 * mean(model, fisher_at(noisy(model, level)))
            worst = max(worst, abs(slope - half) / max(abs(half), 1e-3))
    return Result(worst < 1e-4, f"relative difference at most {worst:.1g} over {3 * len(models())} models and levels")


@claim("eq-7", "Eq. 7", "I(R;X) is half the integral over g of E[J(Xg)].", CONFIRMED)
def integral() -> Result:
    off = [abs(mean(m, over_levels(m, lambda at: 0.5 * fisher_at(at))) - m.mutual_information()) for m in models()]
    return Result(max(off) < CLOSE, f"{len(off)} models: at most {max(off):.1g} nats off I(R;X)")


@claim("eq-8", "Eq. 8", "I_local(x) is the integral of Eq. 7 with the average over Xg given x.", CONFIRMED)
def pointwise() -> Result:
    off = [distance(over_levels(m, lambda at: 0.5 * fisher_at(at)), i_local(m)) for m in models()]
    low = min(float(i_local(m).min()) for m in models())
    return Result(
        max(off) < CLOSE and low >= 0,
        f"{len(off)} models: at most {max(off):.1g} nats between two independent codes; the smallest value is "
        f"{low:.3f}",
    )


@claim("eq-9", "Eq. 9", "With J_ii in the place of J, I_local splits into features, each non-negative.", CONFIRMED)
def features() -> Result:
    model = xor_model()
    each = i_local.featurewise(model)
    off = distance(each.sum(axis=1), i_local(model))
    total = mean(model, each.sum(axis=1))
    return Result(
        off < 1e-9 and each.min() > 0 and abs(total - model.mutual_information()) < CLOSE,
        f"XOR: features {each[0, 0]:.5f} and {each[0, 1]:.5f} nats, together {total:.5f} = I(R;X)",
    )


def _score_square(found: Noisy) -> Array:
    """J(xg) = 4 sum_r (d sqrt p(r|xg) / dxg)^2, (J, M), by finite differences: no posterior mean enters."""
    step = 1e-4 * np.sqrt(found.level)

    def root(xg: Array) -> Array:
        return np.asarray(np.sqrt(posterior(found.model, xg, found.level) @ found.model.likelihood.T))

    slope = (root(found.xg + step) - root(found.xg - step)) / (2 * step)
    return np.asarray(4 * (slope**2).sum(axis=2))


@claim(
    "eq-11",
    "Eq. 11",
    "J(xg) = |xhat(xg, r) - xhat(xg)|^2 / g^2.",
    CORRECTED,
    "averaged over r ~ p(r|xg) (and, in several dimensions, this is the trace of J)",
)
def score_as_difference() -> Result:
    worst_mean, least_single = 0.0, np.inf
    for model in models():
        found = noisy(model, 0.5)
        truth = _score_square(found)
        square = (found.shift / found.level) ** 2
        likely = WEIGHT > 1e-6
        scale = truth[:, likely].max()
        worst_mean = max(worst_mean, float(np.abs((found.p * square).sum(axis=2) - truth)[:, likely].max() / scale))
        least_single = min(least_single, float(np.abs(square - truth[..., None])[:, likely].max() / scale))
    return Result(
        least_single < 1e-4,
        f"|xhat(xg, r) - xhat(xg)|^2 / g^2 of a single r is off by {least_single:.0%} of the largest J or more; "
        f"averaged over r ~ p(r|xg), by {worst_mean:.1g}",
        worst_mean < 1e-4,
    )


@claim(
    "eq-12",
    "Eq. 12",
    "For large noise g^2 E[J(Xg)] tends to 1/2 tr Cov(E[X|R]).",
    CORRECTED,
    "to tr Cov(E[X|R]), without the 1/2",
)
def large_noise() -> Result:
    ratios, level = [], 1e7
    for model in models():
        joint = model.likelihood * model.prior
        mean_r = (joint @ model.stimuli[:, 0]) / joint.sum(axis=1)
        spread = float(joint.sum(axis=1) @ (mean_r - mean(model, model.stimuli[:, 0])) ** 2)
        ratios.append(mean(model, fisher_at(noisy(model, level))) * level**2 / spread)
    off = max(abs(np.array(ratios) - 1))
    return Result(
        bool(max(abs(np.array(ratios) - 0.5)) < 1e-3),
        f"g^2 J(xg) at g = 1e7 is {min(ratios):.5f} to {max(ratios):.5f} of tr Cov(E[X|R])",
        off < 1e-3,
    )


@claim(
    "eq-14",
    "Eq. 14",
    "The kernel of Xg is exp(-|xg - x|^2 / g), of width g.",
    CORRECTED,
    "exp(-|xg - x|^2 / 2g), of width sqrt(g)",
)
def kernel() -> Result:
    level, t = 0.7, np.linspace(-30, 30, 60_001)
    variances = []
    for power in (level, 2 * level):
        weight = np.exp(-(t**2) / power)
        variances.append(float((weight @ t**2) / weight.sum()))
    return Result(
        abs(variances[0] - level) < 1e-6,
        f"at g = 0.7, exp(-|u|^2/g) has variance {variances[0]:.3f} and exp(-|u|^2/2g) {variances[1]:.3f}: its "
        "width is sqrt(g)",
        abs(variances[1] - level) < 1e-6,
    )
