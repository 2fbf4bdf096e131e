"""Joints drawn to be hard for an estimate: rare stimuli and responses, sharp or faint responses, scales, far from 0.

Every measure but `fisher` keeps its value where stimuli are scaled and shifted, so the truth is computed in convenient
units and the denoiser sees others.
"""

import numpy as np
from scipy.stats import norm, poisson
from truths import gains_on_the_line, gaussian_truth, mixture_truth

import stiminfo as si
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson, TableEncoder


def _rare(rng, count):
    """Probabilities of which some are small, down to 1e-5."""
    p = np.exp(rng.normal(size=count)) * np.where(rng.random(count) < 0.4, 10 ** rng.uniform(-5, -1, count), 1)
    return p / p.sum()


def _one_rare(rng, count):
    """Probabilities of which one is small, from 1e-5 to 1e-2, and the others are not."""
    p = 0.1 + rng.dirichlet(np.ones(count))
    one = rng.integers(count)
    p[one] = 0
    p[one] = 10 ** rng.uniform(-5, -2) * p.sum()
    return p / p.sum()


def _points(rng):
    """Two to six points, with gaps of 1e-3 to 1: in the plane, or on a line through R^1 to R^3."""
    count, flat = int(rng.integers(2, 7)), rng.random() < 0.75
    low = -3 if rng.random() < 0.5 else -0.5
    steps = 10 ** rng.uniform(low, 0, (count, 1 if flat else 2)) * rng.choice([-1, 1], (count, 1 if flat else 2))
    points = np.cumsum(steps, axis=0)
    if not flat:
        return points
    axis = rng.normal(size=(1, int(rng.integers(1, 4))))
    return points @ axis / np.linalg.norm(axis)


def _moved(rng, stimuli):
    """The scale and the offset of other units, in which the digits of the stimuli's differences are kept."""
    gap = np.ptp(stimuli, axis=0).max() * 1e-3
    scale = 10 ** rng.uniform(-6, 6)
    return scale, scale * gap * 10 ** rng.uniform(0, 6) * rng.choice([-1, 0, 1])


def table(rng, odds=_rare):
    """A table of responses, some of them rare, or nearly the same at all stimuli."""
    from stiminfo.diffusion import FiniteSetDenoiser

    stimuli = _points(rng)
    count = int(rng.integers(2, 6))
    rows = np.stack([odds(rng, count) if rng.random() < 0.7 else rng.dirichlet(np.full(count, 0.3)) for _ in stimuli])
    if rng.random() < 0.3:  # faint: all nearly the same
        rows = rows[:1] + 10 ** rng.uniform(-3, -1) * (rows - rows[:1])
    prior = odds(rng, len(stimuli))
    model = si.EncodingModel(stimuli, prior, rows.T)
    scale, offset = _moved(rng, stimuli)
    moved = model.stimuli * scale + offset
    return model, FiniteSetDenoiser(moved, TableEncoder(moved, model.likelihood), model.prior), moved


def counts(rng, odds=_rare):
    """A set seen by one or two Poisson neurons, sparse or busy, flat or steep."""
    from stiminfo.diffusion import FiniteSetDenoiser

    stimuli, k = _points(rng), int(rng.integers(1, 3))
    prior = odds(rng, len(stimuli))
    scale, offset = _moved(rng, stimuli)
    weights = rng.normal(size=(k, stimuli.shape[1]))
    drive = stimuli @ weights.T
    gain, amplitude = 10 ** rng.uniform(-1, 1), 10 ** rng.uniform(-2.5, 1, k)
    moved = stimuli * scale + offset
    encoder = LinearNonlinearPoisson(
        weights, gain=gain / scale, threshold=drive.mean(0) * scale + offset * weights.sum(1), amplitude=amplitude
    )
    denoiser = FiniteSetDenoiser(moved, encoder, prior)
    rates = encoder.rates(denoiser.stimuli).numpy()
    rows = np.ones((1, len(stimuli)))
    for rate in rates.T:
        top = int(poisson.isf(1e-14, rate.max())) + 2
        rows = (rows[:, None] * poisson.pmf(np.arange(top)[:, None], rate)[None]).reshape(-1, len(stimuli))
    rows = rows[rows.max(1) > 1e-16]
    return si.EncodingModel(stimuli, prior, rows / rows.sum(axis=0)), denoiser, moved


def drives(rng, odds=_rare):
    """A set seen by a linear neuron with Gaussian noise."""
    from stiminfo.diffusion import FiniteSetDenoiser

    stimuli = _points(rng)
    prior = odds(rng, len(stimuli))
    scale, offset = _moved(rng, stimuli)
    weights = rng.normal(size=(1, stimuli.shape[1]))
    drive = stimuli @ weights[0]
    sd = np.ptp(drive) * 10 ** rng.uniform(-1.5, 1)
    moved = stimuli * scale + offset
    denoiser = FiniteSetDenoiser(moved, LinearGaussian(weights, (sd * scale) ** 2), prior)
    seen = moved @ weights[0]  # as the denoiser has them, with its rounding
    seen = (seen - seen.min()) / scale / sd
    steps = np.unique(np.round((seen[:, None] + np.arange(-9, 9.01, 0.2)).ravel() * 5)) / 5
    rows = 0.2 * norm.pdf(steps[:, None] - seen)
    full = rows.sum(axis=0)
    model = si.EncodingModel(stimuli, prior, rows / full, response_volumes=np.full(len(steps), 0.2))
    return model, denoiser, moved


def rare(rng):
    """A set with one rare stimulus, and responses of which one is rare."""
    return (table, counts, drives)[rng.integers(3)](rng, _one_rare)


class _Unlisted(LinearGaussian):
    """Neurons whose responses cannot be summed, so that they are drawn."""

    def outcomes(self, x):
        return None


def unlisted(rng):
    """`drives`, with responses that are drawn."""
    from stiminfo.diffusion import FiniteSetDenoiser

    model, one, moved = drives(rng, (_rare, _one_rare)[rng.integers(2)])
    encoder = _Unlisted(one.encoder.weights, one.encoder.noise)
    return model, FiniteSetDenoiser(moved, encoder, one.log_prior.exp()), moved


def gaussian(rng):
    """A Gaussian in R^1 to R^4, narrow or wide by direction, seen with little or much noise."""
    from stiminfo.diffusion import GaussianDenoiser

    d, k = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    c = (turn * 10 ** rng.uniform(-4, 1, d)) @ turn.T
    w, s = rng.normal(size=(k, d)), np.diag(10 ** rng.uniform(-4, 1.5, k))
    mean = rng.normal(size=d) * 10 ** rng.uniform(0, 4)
    denoiser = GaussianDenoiser(mean, c, LinearGaussian(w, s))
    x = mean + rng.multivariate_normal(np.zeros(d), c)
    return (mean, c, w, s, x), denoiser, x[None]


def mixture(rng):
    """A mixture on the line, with rare components, seen with little or much noise."""
    from stiminfo.diffusion import MixtureDenoiser

    count = int(rng.integers(2, 4))
    weights = np.exp(rng.normal(size=count)) * np.where(rng.random(count) < 0.4, 10 ** rng.uniform(-3, -1, count), 1)
    weights /= weights.sum()
    means, sds = rng.normal(size=count) * 3, 10 ** rng.uniform(-0.7, 0.2, count)
    noise = 10 ** rng.uniform(-0.7, 0.7)
    c = rng.choice(count, p=weights)
    x = means[c] + sds[c] * rng.normal()
    scale, offset = 10 ** rng.uniform(-4, 4), 10 ** rng.uniform(0, 4) * rng.choice([-1, 0, 1])
    offset *= scale
    encoder = LinearGaussian([[1.0]], (noise * scale) ** 2)
    denoiser = MixtureDenoiser(weights, means[:, None] * scale + offset, (sds * scale)[:, None, None] ** 2, encoder)
    return (weights, means, sds, noise, x), denoiser, np.array([[x * scale + offset]])


FAMILIES = {
    "table": table,
    "counts": counts,
    "drives": drives,
    "gaussian": gaussian,
    "mixture": mixture,
    "rare": rare,
    "unlisted": unlisted,
}
MEASURES = ("fisher", "i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2")


def case(measure, family, seed):
    """Truth, denoiser and stimulus (1, d) of a measure in one case; None where it is not defined or not known."""
    rng = np.random.default_rng([seed, list(FAMILIES).index(family)])
    model, denoiser, moved = FAMILIES[family](rng)
    if measure == "fisher" and family not in ("gaussian", "mixture"):
        return None
    if family == "gaussian":
        return gaussian_truth(measure, model), denoiser, moved
    if family == "mixture":
        if measure == "fisher":
            return float(denoiser.encoder.fisher(denoiser.tensor(moved[0])).sum()), denoiser, moved
        return mixture_truth(measure, model), denoiser, moved
    if model.mutual_information() < 1e-6:
        return None
    j = int(rng.integers(len(moved)))
    if measure in ("i_local", "i_kong2"):
        found = gains_on_the_line(model, j)
        if found is None:
            return None
        truth = found[int(measure == "i_kong2")]
    else:
        truth = getattr(si, {"i_kong1": "i_surp"}.get(measure, measure))(model)[j]
    return float(truth), denoiser, moved[j : j + 1]
