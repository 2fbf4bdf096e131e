"""Cases with both an estimate and an exact value of every measure, and how z-scores are judged."""

import numpy as np

import stiminfo as si
from stiminfo.models import Gaussian, GaussianNoise, Linear, LinearGaussian, LinearNonlinearPoisson, Mixture

MEASURES = ("fisher", "i_sp", "i_ssi", "i_surp", "i_cissi", "i_local", "i_kong1", "i_kong2")
#: Passes at which the average of rare, large contributions is close to normal for sets of a few stimuli.
PASSES = 40_000


def _any_likelihood(rng):
    """A finite joint of small integers in R^1 or R^2: some responses never occur at some stimuli."""
    from stiminfo.diffusion import FiniteSetDenoiser

    d = int(rng.integers(1, 3))
    stimuli = np.unique(rng.integers(0, 6, (int(rng.integers(2, 6)), d)), axis=0).astype(float)
    if len(stimuli) < 2:
        stimuli = np.vstack([stimuli, stimuli + 1])
    prior, table = rng.integers(1, 6, len(stimuli)), rng.integers(0, 4, (int(rng.integers(2, 5)), len(stimuli)))
    table[0] += 1
    model = si.EncodingModel(stimuli, prior / prior.sum(), table / table.sum(axis=0))
    return model, FiniteSetDenoiser.from_model(model)


def _poisson_population(rng):
    """A finite set seen by one or two Poisson neurons; the exact side sees their counts as one table."""
    from scipy.stats import poisson

    from stiminfo.diffusion import FiniteSetDenoiser

    d, k = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    stimuli, prior = rng.normal(size=(int(rng.integers(2, 6)), d)), rng.integers(1, 6, 5)
    prior = prior[: len(stimuli)] / prior[: len(stimuli)].sum()
    encoder = LinearNonlinearPoisson(rng.normal(size=(k, d)), gain=2.0, threshold=0.2, amplitude=1.5)
    denoiser = FiniteSetDenoiser(stimuli, encoder, prior)
    rates = encoder.rates(denoiser.stimuli).numpy()
    table = np.ones((1, len(stimuli)))
    for rate in rates.T:
        counts = poisson.pmf(np.arange(12)[:, None], rate)
        table = (table[:, None] * counts[None]).reshape(-1, len(stimuli))
    return si.EncodingModel(stimuli, prior, table / table.sum(axis=0)), denoiser


def _density(rng):
    """A Gaussian or a mixture on the line with a linear-Gaussian response; the exact side sees it on a lattice."""
    from stiminfo.diffusion import MixtureDenoiser

    noise = float(rng.uniform(0.4, 1.5))
    if rng.random() < 0.5:
        weights, means, sds = np.ones(1), np.zeros(1), rng.uniform(0.5, 1.5, 1)
        prior = Gaussian(0.0, float(sds[0]))
    else:
        weights, means, sds = rng.dirichlet([2, 2]), 1.5 * rng.normal(size=2), rng.uniform(0.5, 1.0, 2)
        prior = Mixture(tuple(weights), tuple(means), tuple(sds))
    model = si.encoding_model(prior, Linear(), GaussianNoise(noise), nodes=128)
    encoder = LinearGaussian([[1.0]], noise**2)
    return model, MixtureDenoiser(weights, means[:, None], (sds**2)[:, None, None], encoder)


FAMILIES = {"table": _any_likelihood, "poisson": _poisson_population, "density": _density}


def z_score(measure, family, seed, passes=PASSES):
    """(z, whether the 95% interval covers) of one measure at one stimulus of one case; None where it is not defined."""
    rng = np.random.default_rng([seed, list(FAMILIES).index(family)])
    model, denoiser = FAMILIES[family](rng)
    if (measure == "fisher") != (family == "density") and measure == "fisher":
        return None
    if model.mutual_information() < 1e-6:
        return None  # nothing to estimate, exactly
    j = int(rng.choice(np.flatnonzero(model.prior > 0.05 * model.prior.max())))
    truth = float(getattr(si, measure)(model)[j])
    # Of a Gaussian the variance form has no noise to calibrate; it is held against the closed form elsewhere.
    form = "raw" if family == "density" else "auto"
    found = getattr(si, measure).estimate(denoiser, model.stimuli[j : j + 1], passes=passes, seed=seed, form=form)
    low, high = found.interval()
    return (found.value[0] - truth) / found.stderr[0], bool(low[0] <= truth <= high[0])


def judge(scores, alarm):
    """Whether z-scores have mean 0, spread 1 and 95% coverage, in bands that calibrated z-scores rarely leave."""
    from scipy.stats import binom, norm

    z, covered = np.array([score for score, _ in scores]), int(sum(cover for _, cover in scores))
    count, sigmas = len(z), norm.isf(alarm / 2)
    low, high = binom.ppf(alarm / 2, count, 0.95), binom.isf(alarm / 2, count, 0.95)
    return {
        "mean": abs(z.mean()) < sigmas / count**0.5,
        # The kurtosis of these samples is a little above 3, which widens the band by a fifth.
        "spread": abs(z.std() - 1) < 1.2 * sigmas / (2 * count) ** 0.5,
        "coverage": low <= covered <= high,
    }
