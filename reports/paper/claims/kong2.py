"""Appendix B on Kong's second decomposition: equations 19 to 22, on small models."""

from __future__ import annotations

import numpy as np

from ....estimators import i_kong2, i_local
from ....models import ResponsePair
from ....models.arrays import Array
from ..models import other_prior
from .claim import CONFIRMED, Result, claim
from .joints import CLOSE, distance, mean, models, xor_model
from .quadrature import Noisy, noisy, over_levels

#: Largest error of an integral of finite differences, in nats.
_ROUGH = 1e-5


@claim("eq-19", "Appendix B, Eq. 19", "The mean of Kong's second decomposition is I(R;X).", CONFIRMED)
def kong2_integral() -> Result:
    off = []
    for model in models():
        found = over_levels(model, lambda at: 0.5 * at.given_x((at.shift / at.level) ** 2))
        off.append(max(distance(found, i_kong2(model)), abs(mean(model, found) - model.mutual_information())))
    return Result(max(off) < 5e-6, f"{len(off)} models: at most {max(off):.1g} nats off")


@claim(
    "eq-20",
    "Appendix B, Eq. 20",
    "Kong's second decomposition is half the integral of the mean squared score of p(R|Xg), over r ~ p(r|x).",
    CONFIRMED,
)
def kong2_scores() -> Result:
    off = [distance(over_levels(m, lambda at: 0.5 * at.given_x(at.score**2)), i_kong2(m)) for m in models()]
    return Result(max(off) < _ROUGH, f"{len(off)} models, first differences: at most {max(off):.1g} nats off")


@claim(
    "appendix-b-averages",
    "Appendix B, after Eq. 20",
    "I_local averages over r given xg, Kong's second decomposition over r given x, and so they differ.",
    CONFIRMED,
)
def averages_differ() -> Result:
    apart = max(distance(i_local(model), i_kong2(model)) for model in models())
    means = max(abs(mean(m, i_local(m) - i_kong2(m))) for m in models())
    return Result(
        apart > 0.01 and means < CLOSE,
        f"they differ by up to {apart:.3f} nats at a stimulus, and by {means:.1g} on average",
    )


def jointly_gaussian_slope(prior_sd: float, noise_sd: float) -> float:
    """The b of I_kong2(x) = I_kong2(0) + b x^2 for X ~ N(0, S^2) and r = x + N(0, s^2), from its closed form."""
    from scipy.integrate import quad

    big, small = prior_sd**2, noise_sd**2

    def integrand(t: float) -> float:
        g = np.exp(t)
        return float(big**2 * g**3 / (2 * ((big * g + small * big + small * g) * (big + g)) ** 2))

    return float(quad(integrand, -40, 40, limit=400)[0])


@claim(
    "appendix-b-gaussian",
    "Appendix B, after Eq. 20",
    "Where X and R are jointly Gaussian I_local is constant, and Kong's second decomposition is quadratic in the "
    "distance from the mean, as I_surp is.",
    CONFIRMED,
)
def quadratic() -> Result:
    noise = 0.5
    found = other_prior(noise=noise)
    seen, sd = found.likely(), float(np.hypot(1.0, 0.4))
    x = found.before.x[seen]
    off, slopes = {}, {}
    for name in ("i_local", "i_kong2", "i_surp"):
        values = found.before.values[name][seen]
        basis = np.stack([np.ones_like(x), x**2], axis=1)
        fit = np.linalg.lstsq(basis, values, rcond=None)[0]
        off[name], slopes[name] = distance(basis @ fit, values), float(fit[1])
    truth = {
        "i_local": 0.0,
        "i_kong2": jointly_gaussian_slope(sd, noise),
        "i_surp": 0.5 / (sd**2 + noise**2),
    }
    worst = max(abs(slopes[name] - truth[name]) for name in truth)
    return Result(
        max(off.values()) < 1e-3 and worst < 1e-3,
        "coefficients of x^2 "
        + ", ".join(f"{name} {slopes[name]:.5f} (closed form {truth[name]:.5f})" for name in truth)
        + f"; the fits are off by at most {max(off.values()):.1g} nats",
    )


def _pair() -> ResponsePair:
    """Two responses, independent given four stimuli on a line."""
    model = models()[2]
    second = np.random.default_rng(3).dirichlet(np.ones(2), len(model.prior)).T
    return ResponsePair(model.stimuli, model.prior, model.likelihood[:, None] * second[None])


def _parts(pair: ResponsePair, level: float) -> tuple[Noisy, Noisy, tuple[int, ...]]:
    """What R and what both responses say at a level; and the shape in which p(r, r'|xg) of both is a table."""
    first, both = noisy(pair.first, level), noisy(pair.both, level)
    return first, both, (*first.p.shape, pair.likelihood.shape[1])


@claim(
    "eq-21",
    "Appendix B, Eq. 21",
    "Expanding Kong's second decomposition of two responses leaves cross terms that do not cancel, so it is not "
    "additive.",
    CONFIRMED,
)
def cross_terms() -> Result:
    pair = _pair()
    rows: dict[str, list[Array]] = {"x": [], "xg": [], "whole": []}
    steps = np.linspace(-10.0, 16.0, 161)
    for level in np.exp(steps):
        first, both, shape = _parts(pair, float(level))
        score = first.score[..., None]
        later = both.score.reshape(shape) - score  # of p(r'|r, xg)
        product = (score * later).reshape(both.p.shape)
        rows["x"].append(level * both.given_x(product))
        rows["xg"].append(level * both.given_xg(product))
        rows["whole"].append(0.5 * level * both.given_x((score + later).reshape(both.p.shape) ** 2))
    cross, none, whole = (np.trapezoid(np.array(rows[name]), steps, axis=0) for name in ("x", "xg", "whole"))
    gap = i_kong2(pair.first) + i_kong2.conditional(pair) - i_kong2(pair.both)
    off = distance(whole, i_kong2(pair.both))
    return Result(
        float(np.abs(cross).max()) > 0.01 and float(np.abs(gap).max()) > 1e-3 and off < 1e-4,
        f"two responses to four stimuli: the cross term is {cross.min():+.4f} to {cross.max():+.4f} nats over r, r' "
        f"given x, and {np.abs(none).max():.1g} over r, r' given xg, as for I_local; additivity is off by up to "
        f"{np.abs(gap).max():.4f}",
    )


@claim(
    "eq-22",
    "Appendix B, Eq. 22",
    "I_local of two responses is linear in log p(r'|r, xg) and log p(r|xg) (their Laplacians: the trace, as in Eq. 5), "
    "and so is additive.",
    CONFIRMED,
)
def laplacians() -> Result:
    pair = _pair()
    rows: dict[str, list[Array]] = {"R": [], "R' given R": []}
    steps = np.linspace(-10.0, 16.0, 161)
    for level in np.exp(steps):
        first, both, shape = _parts(pair, float(level))
        later = both.curvature.reshape(shape) - first.curvature[..., None]
        rows["R"].append(-0.5 * level * first.given_xg(first.curvature))
        rows["R' given R"].append(-0.5 * level * both.given_xg(later.reshape(both.p.shape)))
    one, two = (np.trapezoid(np.array(found), steps, axis=0) for found in rows.values())
    off = max(distance(one + two, i_local(pair.both)), distance(two, np.asarray(i_local.conditional(pair))))
    model = xor_model()
    each, information = model.prior @ i_local.featurewise(model), model.mutual_information()
    return Result(
        off < 1e-4 and abs(each.sum() - information) < CLOSE,
        f"second differences: the two parts are at most {off:.1g} nats off I_local of both and of R' given R. In the "
        f"plane it takes the trace: XOR, {each[0]:.5f} from one entry, {each.sum():.5f} from both, I(R;X) = "
        f"{information:.5f}",
    )


@claim(
    "kong2-features",
    "Beside Appendix B",
    "The features of Kong's second decomposition are never negative.",
    CONFIRMED,
    ours=True,
)
def kong2_features() -> Result:
    model = xor_model()
    each = i_kong2.featurewise(model)
    off = distance(each.sum(axis=1), i_kong2(model))
    return Result(each.min() > 0 and off < 1e-9, f"XOR: {each[0, 0]:.5f} and {each[0, 1]:.5f} nats, never negative")
