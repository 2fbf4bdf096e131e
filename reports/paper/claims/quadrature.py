"""Expectations over the noisy stimulus Xg = X + sqrt(g) Z of a small finite model, by plain quadrature.

It shares no code with the engine: formulas that were checked with the engine's own code would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....models import EncodingModel
from ....models.arrays import Array

#: Nodes and weights of Z ~ N(0, 1): a trapezoidal rule for |z| <= 9.5.
_Z = np.linspace(-9.5, 9.5, 401)
WEIGHT = np.exp(-0.5 * _Z**2)
WEIGHT /= WEIGHT.sum()
#: Steps of finite differences, in standard deviations of the noise: they leave relative errors of about 1e-8 in first
#: and 1e-6 in second derivatives.
_FIRST, _SECOND = 1e-4, 1e-3


@dataclass(frozen=True)
class Noisy:
    """One level of noise: for each stimulus x_j and node m of the noise, what xg and (xg, r) say about the stimulus.

    Attributes
    ----------
    model : its J stimuli lie in R^1
    level : the noise variance g
    xg : (J, M) the noisy stimuli
    p : (J, M, K) p(r|xg)
    xhat : (J, M) E[X|xg]
    xhat_r : (J, M, K) E[X|xg, r]
    """

    model: EncodingModel
    level: float
    xg: Array
    p: Array
    xhat: Array
    xhat_r: Array

    @property
    def shift(self) -> Array:
        """D = E[X|xg, r] - E[X|xg], (J, M, K)."""
        return np.asarray(self.xhat_r - self.xhat[..., None])

    def mean(self, values: Array) -> Array:
        """E_{Xg|x} of values (J, M), (J,)."""
        return np.asarray(values @ WEIGHT)

    def given_xg(self, values: Array) -> Array:
        """E_{Xg|x} E_{r|Xg} of values (J, M, K), (J,)."""
        return self.mean((self.p * values).sum(axis=2))

    def given_x(self, values: Array) -> Array:
        """E_{r|x} E_{Xg|x} of values (J, M, K), (J,)."""
        return self.mean(np.einsum("kj,jmk->jm", self.model.likelihood, values))

    def _log_p(self, steps: float) -> Array:
        """Log p(r|xg) so many standard deviations of the noise further on, (J, M, K); 0 where r is impossible."""
        xg = self.xg + steps * np.sqrt(self.level)
        p = posterior(self.model, xg, self.level) @ self.model.likelihood.T
        return np.log(np.where(p > 0, p, 1.0))

    @property
    def score(self) -> Array:
        """D log p(r|xg) / dxg, (J, M, K), by finite differences: no posterior mean enters."""
        return np.asarray((self._log_p(_FIRST) - self._log_p(-_FIRST)) / (2 * _FIRST * np.sqrt(self.level)))

    @property
    def curvature(self) -> Array:
        """d^2 log p(r|xg) / dxg^2, (J, M, K), by finite differences."""
        around = self._log_p(_SECOND) - 2 * self._log_p(0.0) + self._log_p(-_SECOND)
        return np.asarray(around / (_SECOND**2 * self.level))


def posterior(model: EncodingModel, xg: Array, level: float) -> Array:
    """p(x|xg) for stimuli in R^1, (..., J), at noisy stimuli (...)."""
    weight = np.log(model.prior) - (xg[..., None] - model.stimuli[:, 0]) ** 2 / (2 * level)
    weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def noisy(model: EncodingModel, level: float) -> Noisy:
    """The quantities at one level, for a model with stimuli in R^1."""
    x = model.stimuli[:, 0]
    xg = x[:, None] + np.sqrt(level) * _Z
    weight = posterior(model, xg, level)
    p = weight @ model.likelihood.T
    xhat = weight @ x
    moment = weight @ (model.likelihood * x).T
    xhat_r = np.divide(moment, p, out=np.repeat(xhat[..., None], p.shape[2], axis=2), where=p > 0)
    return Noisy(model, level, xg, p, xhat, xhat_r)


def over_levels(
    model: EncodingModel, integrand: Callable[[Noisy], Array], *, above: float | None = None, steps: int = 201
) -> Array:
    """``int integrand dg``, (J, ...), by a trapezoidal rule in log g.

    The levels go from exp(-9) times the smallest squared distance of stimuli, or from `above`, to exp(16) times the
    largest.
    """
    x = np.sort(model.stimuli[:, 0])
    first = 2 * np.log(np.diff(x).min()) - 9.0 if above is None else np.log(above)
    levels = np.linspace(first, 2 * np.log(x[-1] - x[0]) + 16.0, steps)
    values = np.array([integrand(noisy(model, float(np.exp(t)))) * np.exp(t) for t in levels])
    return np.asarray(np.trapezoid(values, levels, axis=0))


def fisher_at(found: Noisy) -> Array:
    """E_{Xg|x}[J(Xg)] = E_{Xg|x} E_{r|Xg}[(D / g)^2], (J,)."""
    return found.given_xg((found.shift / found.level) ** 2)
