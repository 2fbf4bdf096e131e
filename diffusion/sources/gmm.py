"""A smooth stand-in for the digits: a Gaussian mixture fitted to them, whose exact denoiser is known.

A finite set is no measure of a network's accuracy: its exact posterior knows each image, and a network a smooth prior.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ...models.arrays import Array
from ..datasets import digits
from ..encoders import Encoder, LinearGaussian
from ..gaussian import MixtureDenoiser
from ..importance import ImportanceDenoiser
from .dataset import Asked, Dataset
from .mixture import MixtureSource
from .source import ExactDenoiser

#: What `fit` gave, in float32. It is stored, since another version of scikit-learn may find another mixture.
FILE = Path(__file__).with_suffix(".safetensors")
_COMPONENTS, _SIDE = 12, 8
#: Variance added to each pixel, as a share of their mean variance: some pixels of the digits never vary.
_SOFTENED = 0.03
#: Steps of EM; the log-likelihood then rises by less than 1e-3 nats per step.
_STEPS = 30
_CREDIT = "Gaussian mixture of 12 components, fitted to the digits of E. Alpaydin and C. Kaynak (UCI, 1998), CC BY 4.0"


class DigitMixture(MixtureSource):
    """The fitted mixture. Beside linear neurons it serves all whose slopes are known, by importance sampling."""

    linear_only = False

    def _denoiser_of(self, encoder: Encoder) -> ExactDenoiser:
        if isinstance(encoder, LinearGaussian):
            return MixtureDenoiser(*self.parts, encoder)
        return ImportanceDenoiser(*self.parts, encoder)


def fit() -> tuple[Array, Array, Array]:
    """Weights (C,), means (C, d) and covariances (C, d, d) of the mixture of the digits."""
    return fitted_mixture(digits().pixels.reshape(-1, _SIDE**2).astype(float))


def fitted_mixture(rows: Array) -> tuple[Array, Array, Array]:
    """Weights, means and covariances of a mixture fitted to rows (N, d) by scikit-learn."""
    from sklearn.mixture import GaussianMixture

    softened = _SOFTENED * float(rows.var(axis=0).mean())
    mixture = GaussianMixture(_COMPONENTS, reg_covar=softened, random_state=0, max_iter=_STEPS, tol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fixed number of steps is what is wanted, not convergence
        mixture.fit(rows)
    return mixture.weights_, mixture.means_, mixture.covariances_


def _source(asked: Asked) -> DigitMixture:
    stored = {name: value.astype(float) for name, value in load_file(FILE).items()}
    weights = stored["weights"] / stored["weights"].sum()
    covs = stored["roots"] @ stored["roots"].transpose(0, 2, 1)
    return DigitMixture("gmm", weights, stored["means"], covs, (_SIDE, _SIDE), _CREDIT)


def stored_form(weights: Array, means: Array, covs: Array) -> dict[str, Array]:
    """The arrays of `FILE`: the covariances as their Cholesky roots."""
    named = {"weights": weights, "means": means, "roots": np.linalg.cholesky(covs)}
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in named.items()}


DATASET = Dataset("gmm", source=_source, kind=DigitMixture, side=_SIDE)
