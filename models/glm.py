"""Tuning by a Poisson regression on a smooth basis of the stimulus, by scikit-learn."""

from __future__ import annotations

import numpy as np

from ..errors import MissingExtra, ModelError
from .arrays import Array
from .geometry import Geometry

#: Weight of the squared coefficients, relative to the mean deviance of a trial: enough for a unique answer.
PENALTY = 1e-4
#: Steps of the optimiser, far more than it takes.
_STEPS = 1000


def regressed(stimuli: Array, means: Array, trials: Array, geometry: Geometry, terms: int) -> Array:
    """Rates (N, J) of Poisson regressions with a logarithmic link, one per neuron.

    Only mean counts and numbers of trials enter the likelihood of Poisson counts.

    Parameters
    ----------
    stimuli : (J, d)
    means : (N, J) mean counts
    trials : (J,) how many trials each mean is of
    geometry
        On a circle the basis consists of the first `terms` harmonics; else of cubic splines on `terms` knots for each
        feature, whose effects on the log rate add.
    terms : int

    Raises
    ------
    ModelError
        `terms` is too small, or the stimuli are nominal.
    MissingExtra
        scikit-learn is not installed.
    """
    least = 1 if geometry.period is not None else 2
    if isinstance(terms, bool) or not isinstance(terms, int | np.integer) or terms < least:
        raise ModelError(f"terms is {terms!r}; expected a whole number, at least {least}")
    if not geometry.distances:
        raise ModelError("nominal stimuli have no smooth tuning; leave terms out, and the means are taken")
    try:
        from sklearn.linear_model import PoissonRegressor
        from sklearn.preprocessing import SplineTransformer
    except ImportError as error:
        raise MissingExtra("Poisson regression needs scikit-learn: pip install 'stiminfo[diffusion]'") from error
    if geometry.period is not None:
        turn = 2 * np.pi * stimuli / geometry.period * np.arange(1, terms + 1)
        basis = np.concatenate([np.cos(turn), np.sin(turn)], axis=1)
    else:
        basis = SplineTransformer(n_knots=int(terms)).fit_transform(stimuli)
    rates = np.zeros(means.shape)
    for n, mean in enumerate(means):
        if mean.any():  # a silent neuron stays silent
            fit = PoissonRegressor(alpha=PENALTY, max_iter=_STEPS).fit(basis, mean, sample_weight=trials)
            rates[n] = fit.predict(basis)
    return rates
