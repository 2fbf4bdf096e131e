"""Equations 5 to 9, 11, 12, 14 and 18 to 22, on small models, by quadrature written apart from the engine."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....estimators import PUBLISHED, i_kong1, i_kong2, i_local, i_surp
from ....models import EncodingModel
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, Claim, Result
from .quadrature import Noisy, fisher_at, noisy, over_levels

#: What quadrature of this kind may be off by, in nats.
_CLOSE = 1e-6


@cache
def models() -> tuple[EncodingModel, ...]:
    """Small joints of every shape, from fixed random numbers."""
    rng = np.random.default_rng(5)
    found = [EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])]
    for stimuli, responses in ((3, 2), (4, 3), (6, 5), (9, 4)):
        x = np.cumsum(rng.uniform(0.3, 1.5, stimuli))
        found.append(EncodingModel(x, rng.dirichlet(np.ones(stimuli)), rng.dirichlet(np.ones(responses), stimuli).T))
    return tuple(found)


def xor_model() -> EncodingModel:
    """X uniform on the corners of a square; p(R = 1 | x) is 0.9 on one diagonal and 0.1 on the other."""
    x = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    p = np.where(x[:, 0] * x[:, 1] > 0, 0.9, 0.1)
    return EncodingModel(x, np.full(4, 0.25), np.stack([p, 1 - p]))


def _mean(model: EncodingModel, values: Array) -> float:
    return float(model.prior @ values)


def information_of_noisy(model: EncodingModel, level: float) -> float:
    """I(R;Xg) in nats."""
    found = noisy(model, level)
    base = model.likelihood @ model.prior
    ratio = np.log(np.where(found.p > 0, found.p, 1) / base)
    return _mean(model, found.mean((found.p * ratio).sum(axis=2)))


def ends() -> Result:
    """Eq. 5."""
    off = [
        max(abs(information_of_noisy(m, 1e-5) - m.mutual_information()), information_of_noisy(m, 1e9)) for m in models()
    ]
    return Result(max(off) < 1e-5, f"at g = 1e-5 and 1e9, {len(off)} models: at most {max(off):.1g} nats off")


def de_bruijn() -> Result:
    """Eq. 6."""
    worst = 0.0
    for model in models():
        for level in (0.05, 0.4, 3.0):
            step = 1e-3 * level
            slope = (information_of_noisy(model, level + step) - information_of_noisy(model, level - step)) / (2 * step)
            half = -0.5 * _mean(model, fisher_at(noisy(model, level)))
            worst = max(worst, abs(slope - half) / max(abs(half), 1e-3))
    return Result(worst < 1e-4, f"relative difference at most {worst:.1g} over {3 * len(models())} models and levels")


def integral() -> Result:
    """Eq. 7."""
    off = [abs(_mean(m, over_levels(m, lambda at: 0.5 * fisher_at(at))) - m.mutual_information()) for m in models()]
    return Result(max(off) < _CLOSE, f"{len(off)} models: at most {max(off):.1g} nats off I(R;X)")


def pointwise() -> Result:
    """Eq. 8."""
    off = [float(np.abs(over_levels(m, lambda at: 0.5 * fisher_at(at)) - i_local(m)).max()) for m in models()]
    low = min(float(i_local(m).min()) for m in models())
    return Result(
        max(off) < _CLOSE and low >= 0,
        f"{len(off)} models: at most {max(off):.1g} nats between two independent codes; the smallest value is "
        f"{low:.3f}",
    )


def features() -> Result:
    """Eq. 9."""
    model = xor_model()
    each = i_local.featurewise(model)
    off = float(np.abs(each.sum(axis=1) - i_local(model)).max())
    total = _mean(model, each.sum(axis=1))
    return Result(
        off < 1e-9 and each.min() > 0 and abs(total - model.mutual_information()) < _CLOSE,
        f"XOR: features {each[0, 0]:.5f} and {each[0, 1]:.5f} nats, together {total:.5f} = I(R;X)",
    )


def _score_square(found: Noisy, model: EncodingModel) -> Array:
    """J(xg) by differences of sqrt p(r|xg): 4 sum_r (d sqrt p)^2, (J, M), without a posterior mean."""
    step = 1e-4 * np.sqrt(found.level)

    def root(xg: Array) -> Array:
        weight = np.log(model.prior) - (xg[..., None] - found.stimuli) ** 2 / (2 * found.level)
        weight = np.exp(weight - weight.max(axis=2, keepdims=True))
        weight /= weight.sum(axis=2, keepdims=True)
        return np.asarray(np.sqrt(weight @ model.likelihood.T))

    slope = (root(found.xg + step) - root(found.xg - step)) / (2 * step)
    return np.asarray(4 * (slope**2).sum(axis=2))


def score_as_difference() -> Result:
    """Eq. 11."""
    worst_mean, least_single = 0.0, np.inf
    for model in models():
        found = noisy(model, 0.5)
        truth = _score_square(found, model)
        square = (found.shift / found.level) ** 2
        likely = found.nodes > 1e-6
        scale = truth[:, likely].max()
        worst_mean = max(worst_mean, float(np.abs((found.p * square).sum(axis=2) - truth)[:, likely].max() / scale))
        least_single = min(least_single, float(np.abs(square - truth[..., None])[:, likely].max() / scale))
    return Result(
        least_single < 1e-4,
        f"|xhat(xg, r) - xhat(xg)|^2 / g^2 of a single r is off by {least_single:.0%} of the largest J or more; "
        f"averaged over r ~ p(r|xg), by {worst_mean:.1g}",
        worst_mean < 1e-4,
    )


def large_noise() -> Result:
    """Eq. 12."""
    ratios = []
    for model in models():
        level = 1e7
        joint = model.likelihood * model.prior
        mean_r = (joint @ model.stimuli[:, 0]) / joint.sum(axis=1)
        spread = float(joint.sum(axis=1) @ (mean_r - _mean(model, model.stimuli[:, 0])) ** 2)
        ratios.append(_mean(model, fisher_at(noisy(model, level))) * level**2 / spread)
    off = max(abs(np.array(ratios) - 1))
    return Result(
        bool(max(abs(np.array(ratios) - 0.5)) < 1e-3),
        f"g^2 J(xg) at g = 1e7 is {min(ratios):.5f} to {max(ratios):.5f} of tr Cov(E[X|R])",
        off < 1e-3,
    )


def kernel() -> Result:
    """Eq. 14."""
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


def kong1(sign: int) -> Array:
    """E_X of Eq. 18's integral with the errors in either order, over I(R;X), for each model."""

    def integrand(at: Noisy) -> Array:
        error = (at.stimuli[:, None] - at.xhat) ** 2
        error_r = (at.stimuli[:, None, None] - at.xhat_r) ** 2
        return np.asarray(sign * at.given_x(error[..., None] - error_r) / (2 * at.level**2))

    return np.array([_mean(m, over_levels(m, integrand)) / m.mutual_information() for m in models()])


def kong1_sign() -> Result:
    """Eq. 18."""
    printed, turned = kong1(-1), kong1(1)
    return Result(
        bool(np.abs(printed - 1).max() < 1e-4),
        f"as printed its mean is {printed.mean():.4f} I(R;X); with the errors exchanged {turned.mean():.4f} I(R;X)",
        bool(np.abs(turned - 1).max() < 1e-4),
    )


def kong1_negative() -> Result:
    """The Discussion on Kong1."""
    low = min(float(i_kong1(m).min()) for m in models())
    bits = EncodingModel([[0, 0], [0, 1], [1, 0], [1, 1]], [0.25] * 4, [[1, 1, 1, 0], [0, 0, 0, 1]])
    parts = i_kong1.featurewise(bits)[1]
    same = max(float(np.abs(i_kong1.featurewise(m).sum(axis=1) - i_surp(m)).max()) for m in models())
    return Result(
        low < -1e-9,
        f"the sum is I_surp (to {same:.1g} nats) and is {low:.4f} or more; a feature may be negative: AND of two "
        f"bits at (0, 1): {parts.min():.4f}",
        low >= 0 and same < _CLOSE and float(parts.min()) < -0.2,
        {"stimuli": bits.stimuli.tolist(), "prior": bits.prior.tolist(), "likelihood": bits.likelihood.tolist()},
    )


def kong2_integral() -> Result:
    """Eq. 19."""
    off = []
    for model in models():
        found = over_levels(model, lambda at: 0.5 * at.given_x((at.shift / at.level) ** 2))
        off.append(
            max(float(np.abs(found - i_kong2(model)).max()), abs(_mean(model, found) - model.mutual_information()))
        )
    return Result(max(off) < 5e-6, f"{len(off)} models: at most {max(off):.1g} nats off")


def kong2_features() -> Result:
    """Eq. 20."""
    model = xor_model()
    each = i_kong2.featurewise(model)
    off = float(np.abs(each.sum(axis=1) - i_kong2(model)).max())
    return Result(each.min() > 0 and off < 1e-9, f"XOR: {each[0, 0]:.5f} and {each[0, 1]:.5f} nats, never negative")


def averages_differ() -> Result:
    """Eq. 21."""
    apart = []
    for model in models():
        local, kong = i_local(model), i_kong2(model)
        apart.append(float(np.abs(local - kong).max()))
    means = max(abs(_mean(m, i_local(m) - i_kong2(m))) for m in models())
    return Result(
        max(apart) > 0.01 and means < _CLOSE,
        f"they differ by up to {max(apart):.3f} nats at a stimulus, and by {means:.1g} on average",
    )


def trace_needed() -> Result:
    """Eq. 22."""
    model = xor_model()
    each = model.prior @ i_local.featurewise(model)
    information = model.mutual_information()
    return Result(
        abs(each[0] - information) < 1e-3,
        f"XOR: one diagonal entry of J gives {each[0]:.5f} of I(R;X) = {information:.5f} nats, the trace "
        f"{each.sum():.5f}",
        abs(each.sum() - information) < _CLOSE,
    )


def definitions() -> Result:
    """Eqs. 1 to 4."""
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
            worst = max(worst, float(np.abs(values - PUBLISHED[name](model)).max()))
            worst = max(worst, abs(_mean(model, values) - model.mutual_information()))
    return Result(worst < 1e-12, f"{4 * len(models())} comparisons: at most {worst:.1g} nats off, means included")


def _equation(number: str, slug: str, statement: str, expected: str, check: object, correction: str = "") -> Claim:
    return Claim(slug, number, statement, expected, check, correction)  # type: ignore[arg-type]


CLAIMS = (
    _equation(
        "Eqs. 1 to 4", "eq-1-4", "I_sp, I_SSI, I_surp and I_CiSSI each average to I(R;X).", CONFIRMED, definitions
    ),
    _equation("Eq. 5", "eq-5", "I(R;Xg) is I(R;X) without noise, and 0 in the limit of noise.", CONFIRMED, ends),
    _equation("Eq. 6", "eq-6", "d I(R;Xg) / dg = -1/2 E[J(Xg)] (de Bruijn).", CONFIRMED, de_bruijn),
    _equation("Eq. 7", "eq-7", "I(R;X) is half the integral over g of E[J(Xg)].", CONFIRMED, integral),
    _equation("Eq. 8", "eq-8", "I_local(x) is that integral with the average over Xg given x.", CONFIRMED, pointwise),
    _equation("Eq. 9", "eq-9", "With J_ii it splits over features, each non-negative.", CONFIRMED, features),
    _equation(
        "Eq. 11",
        "eq-11",
        "J(xg) = |xhat(xg, r) - xhat(xg)|^2 / g^2.",
        CORRECTED,
        score_as_difference,
        "averaged over r ~ p(r|xg) (and, in several dimensions, this is the trace of J)",
    ),
    _equation(
        "Eq. 12",
        "eq-12",
        "For large noise g^2 E[J(Xg)] tends to 1/2 tr Cov(E[X|R]).",
        CORRECTED,
        large_noise,
        "to tr Cov(E[X|R]), without the 1/2",
    ),
    _equation(
        "Eq. 14",
        "eq-14",
        "The kernel of Xg is exp(-|xg - x|^2 / g), of width g.",
        CORRECTED,
        kernel,
        "exp(-|xg - x|^2 / 2g), of width sqrt(g)",
    ),
    _equation(
        "Eq. 18",
        "eq-18",
        "Kong's first decomposition integrates |x - xhat(xg, r)|^2 - |x - xhat(xg)|^2.",
        CORRECTED,
        kong1_sign,
        "the other way round",
    ),
    _equation(
        "Discussion",
        "discussion-kong1",
        "Kong's first decomposition may be negative.",
        CORRECTED,
        kong1_negative,
        "only its features may; their sum is I_surp",
    ),
    _equation(
        "Eq. 19", "eq-19", "Kong's second decomposition is an integral whose mean is I(R;X).", CONFIRMED, kong2_integral
    ),
    _equation("Eq. 20", "eq-20", "It splits over features, each non-negative.", CONFIRMED, kong2_features),
    _equation(
        "Eq. 21",
        "eq-21",
        "I_local averages over r given xg where Kong's second averages over r given x: other values, one mean.",
        CONFIRMED,
        averages_differ,
    ),
    _equation(
        "Eq. 22",
        "eq-22",
        "In several dimensions too the integrand is J(xg), written without a trace.",
        CORRECTED,
        trace_needed,
        "its trace",
    ),
)
