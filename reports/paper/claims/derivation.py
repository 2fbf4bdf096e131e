"""Section 4.1 and 4.2, equations 1 to 10, on small models, by quadrature that shares no code with the engine."""

from __future__ import annotations

import numpy as np

from ....estimators import PUBLISHED, fisher, i_local
from ....models import Bump, EncodingModel, Gaussian, GaussianNoise, ResponsePair, encoding_model
from ....models.arrays import Array
from .claim import CONFIRMED, Result, claim
from .joints import CLOSE, distance, mean, models, xor_model
from .plane import fisher_matrices
from .quadrature import WEIGHT, Noisy, fisher_at, noisy, over_levels

#: Largest error of an integral of finite differences, in nats.
_ROUGH = 1e-5


@claim("eq-1-4", "Section 3, Eqs. 1 to 4", "I_sp, I_SSI, I_surp and I_CiSSI each average to I(R;X).", CONFIRMED)
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


@claim(
    "section-4-1-ends",
    "Section 4.1, first display",
    "I(R;Xg) equals I(R;X) without noise and tends to 0 as the noise grows.",
    CONFIRMED,
)
def ends() -> Result:
    off = [
        max(abs(information_of_noisy(m, 1e-5) - m.mutual_information()), information_of_noisy(m, 1e9)) for m in models()
    ]
    return Result(max(off) < 1e-5, f"at g = 1e-5 and 1e9, {len(off)} models: at most {max(off):.1g} nats off")


@claim(
    "section-4-1-de-bruijn",
    "Section 4.1, step to Eq. 5",
    "By de Bruijn's identity d I(R;Xg) / dg is -1/2 E[J(Xg)].",
    CONFIRMED,
)
def de_bruijn() -> Result:
    worst = 0.0
    for model in models():
        for level in (0.05, 0.4, 3.0):
            step = 1e-3 * level
            slope = (information_of_noisy(model, level + step) - information_of_noisy(model, level - step)) / (2 * step)
            half = -0.5 * mean(model, fisher_at(noisy(model, level)))
            worst = max(worst, abs(slope - half) / max(abs(half), 1e-3))
    return Result(worst < 1e-4, f"relative difference at most {worst:.1g} over {3 * len(models())} models and levels")


def _curved(at: Noisy) -> Array:
    """1/2 E_{Xg|x}[J(Xg)], J as the mean curvature of -log p(r|xg)."""
    return at.given_xg(-0.5 * at.curvature)


@claim(
    "eq-5",
    "Section 4.1, Eq. 5",
    "I(R;X) is half the integral over g of the mean Fisher information, -E[d^2 log p(R|Xg) / dxg^2].",
    CONFIRMED,
)
def integral() -> Result:
    off = [abs(mean(m, over_levels(m, _curved)) - m.mutual_information()) for m in models()]
    return Result(max(off) < _ROUGH, f"{len(off)} models, second differences: at most {max(off):.1g} nats off I(R;X)")


@claim(
    "eq-6",
    "Section 4.1, Eq. 6",
    "I(R;X) is half the integral of the mean squared score of p(R|Xg), the score of p(Xg|R) less that of p(Xg).",
    CONFIRMED,
)
def scores() -> Result:
    off, apart = [], 0.0
    for model in models():
        found = over_levels(model, lambda at: 0.5 * at.given_xg(at.score**2))
        off.append(abs(mean(model, found) - model.mutual_information()))
        at, step = noisy(model, 0.5), 1e-4

        def log_densities(xg: Array, model: EncodingModel = model) -> Array:
            """Log p(xg|r) - log p(xg), (J, M, K), up to a constant for each r."""
            kernel = np.exp(-((xg[..., None] - model.stimuli[:, 0]) ** 2))  # 2 g = 1
            return np.asarray(
                np.log(kernel @ (model.likelihood * model.prior).T) - np.log(kernel @ model.prior)[..., None]
            )

        with np.errstate(divide="ignore", invalid="ignore"):
            difference = (log_densities(at.xg + step) - log_densities(at.xg - step)) / (2 * step)
        seen = (at.p > 1e-12) & (WEIGHT > 1e-6)[None, :, None]
        apart = max(apart, float(np.abs(difference - at.score)[seen].max()))
    return Result(
        max(off) < _ROUGH and apart < 1e-5,
        f"{len(off)} models, first differences: at most {max(off):.1g} nats off I(R;X); the two scores differ by "
        f"{apart:.1g} at g = 0.5",
    )


@claim(
    "eq-7",
    "Section 4.1, Eq. 7",
    "I(R;X) is the integral of E|xhat(Xg, R) - xhat(Xg)|^2 / (2 g^2), xhat being the posterior means.",
    CONFIRMED,
)
def denoisers() -> Result:
    off = [abs(mean(m, over_levels(m, lambda at: 0.5 * fisher_at(at))) - m.mutual_information()) for m in models()]
    return Result(max(off) < CLOSE, f"{len(off)} models: at most {max(off):.1g} nats off I(R;X)")


@claim(
    "eq-8",
    "Section 4.2, Eq. 8 (again as Eq. 10)",
    "I_local(x), Eq. 5 with the average over Xg given x, is complete.",
    CONFIRMED,
)
def pointwise() -> Result:
    off = [distance(over_levels(m, lambda at: 0.5 * fisher_at(at)), i_local(m)) for m in models()]
    curved = [distance(over_levels(m, _curved), i_local(m)) for m in models()]
    means = [abs(mean(m, i_local(m)) - m.mutual_information()) for m in models()]
    low = min(float(i_local(m).min()) for m in models())
    return Result(
        max(off + means) < CLOSE and max(curved) < _ROUGH and low >= 0,
        f"{len(off)} models: at most {max(off):.1g} nats between two independent codes ({max(curved):.1g} from "
        f"curvatures); means off I(R;X) by {max(means):.1g}; the smallest value is {low:.3f}",
    )


@claim(
    "eq-9",
    "Section 4.3; section 5.4, Eq. 9",
    "I_local splits into features, from J_ii or from the squared difference of the i-th outputs of two denoisers.",
    CONFIRMED,
)
def features() -> Result:
    model = xor_model()
    each = i_local.featurewise(model)
    by_hand = fisher_matrices(ResponsePair(model.stimuli, model.prior, model.likelihood[:, None]))["both"]
    off = distance(each.sum(axis=1), i_local(model))
    apart = distance(by_hand[:, (0, 1), (0, 1)], each)
    total = mean(model, each.sum(axis=1))
    return Result(
        off < 1e-9 and each.min() > 0 and apart < _ROUGH and abs(total - model.mutual_information()) < CLOSE,
        f"XOR: features {each[0, 0]:.5f} and {each[0, 1]:.5f} nats (Eq. 9 by quadrature in the plane: {apart:.1g} "
        f"off), together {total:.5f} = I(R;X)",
    )


@claim(
    "section-4-2-large",
    "Section 4.2",
    "As g grows, E[J(Xg)] given x falls to 0 at every stimulus.",
    CONFIRMED,
)
def vanishes() -> Result:
    levels = (1e2, 1e4, 1e6)
    largest = [max(float(fisher_at(noisy(m, level)).max()) for m in models()) for level in levels]
    return Result(
        largest[-1] < 1e-10 and bool(np.all(np.diff(largest) < 0)),
        f"at g = 1e2, 1e4, 1e6 at most {', '.join(f'{value:.1g}' for value in largest)} on {len(models())} models: "
        "as 1/g^2",
    )


@claim(
    "section-4-2-small",
    "Introduction; section 4.2",
    "I_local generalises Fisher information: its integrand at g -> 0 is J(x).",
    CONFIRMED,
)
def generalises() -> Result:
    model = encoding_model(prior=Gaussian(), tuning=Bump(-0.5, 1.0, 1.0), noise=GaussianNoise(1.0), nodes=141)
    plain, inner = fisher(model), np.abs(model.stimuli[:, 0]) < 2
    levels = (0.09, 0.03, 0.01)
    at = [fisher_at(noisy(model, level)) for level in levels]
    off = [distance(values[inner], plain[inner]) / float(plain.max()) for values in at]
    limit = distance((1.5 * at[2] - 0.5 * at[1])[inner], plain[inner]) / float(plain.max())
    return Result(
        limit < 0.02 and bool(np.all(np.diff(off) < 0)),
        f"a bump with Gaussian noise: E[J(Xg)] is {', '.join(f'{share:.1%}' for share in off)} of the largest J off "
        f"J(x) at g = 0.09, 0.03, 0.01, and {limit:.1%} extrapolated to 0",
    )
