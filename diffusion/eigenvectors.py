"""Eigenvectors that are the same on every machine: draws along them must not depend on how a library rounds."""

from __future__ import annotations

import numpy as np

from ..errors import ModelError
from ..models.arrays import Array

#: Eigenvalues that differ by less than this, relative to the largest and to themselves, are equal up to rounding. Small
#: ones that differ are not: along them precise responses are told apart.
_EQUAL, _ALIKE = 1e-12, 1e-9
#: Of the fixed directions. No seed that a user's covariance may be drawn from: directions must not lie in its axes.
_SEED = 0x5714F0


def eigen_of_covariance(cov: Array, name: str, *, definite: bool = False) -> tuple[Array, Array]:
    """Eigenvalues (d,), never negative, and eigenvectors (d, d) of a covariance matrix.

    Raises
    ------
    ModelError
        The matrix is not symmetric and positive semi-definite or, with `definite`, positive definite.
    """
    if not np.allclose(cov, cov.T, rtol=1e-9, atol=1e-12 * max(np.abs(cov).max(), 1e-300)):
        raise ModelError(f"{name} is not symmetric; expected a covariance matrix")
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    if (definite and not values[0] > 0) or values[0] < -1e-9 * max(values[-1], 1e-300):
        expected = "positive definite covariance" if definite else "covariance"
        raise ModelError(f"{name} has an eigenvalue of {values[0]:.3g}; expected a {expected} matrix")
    return values.clip(0), settled(values, vectors)


def settled(values: Array, vectors: Array) -> Array:
    """Orthonormal eigenvectors (d, d) whose signs, and whose axes where eigenvalues (d,) are equal, do not vary.

    Only the subspace of equal eigenvalues is defined, so that rounding in the last digit turns its axes at will. They
    are turned towards fixed directions here, which only the subspace decides.
    """
    fixed = np.random.default_rng(_SEED).standard_normal(vectors.shape)
    found = np.where((vectors * fixed).sum(axis=0) < 0, -vectors, vectors)
    order = np.argsort(values)
    rising, first = values[order], 0
    while first < len(order):
        bound = min(_EQUAL * np.abs(rising).max(), _ALIKE * abs(rising[first]))
        last = int(np.searchsorted(rising, rising[first] + bound, side="right"))
        if last > first + 1:
            equal = order[first:last]
            inside = vectors[:, equal] @ (vectors[:, equal].T @ fixed[:, equal])
            axes, corner = np.linalg.qr(inside)
            found[:, equal] = axes * np.where(np.diag(corner) < 0, -1.0, 1.0)
        first = max(last, first + 1)
    return found
