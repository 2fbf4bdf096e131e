"""`Estimate`: the result of estimating a measure from a denoiser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..models.arrays import Array


class Mean(tuple[float, float]):
    """A mean over stimuli and its standard error, and beside them its systematic error.

    Attributes
    ----------
    value, stderr : nats; the two numbers of the tuple
    systematic : nats, that of the mean of a denoiser that is not exact: the bias of one network is alike at all
        stimuli, so that it does not average out; NaN where it could not be measured
    """

    systematic: float

    def __new__(cls, value: float, stderr: float, systematic: float) -> Self:
        """The pair, with a third number beside it."""
        made = super().__new__(cls, (value, stderr))
        made.systematic = systematic
        return made

    def __getnewargs__(self) -> tuple[float, float, float]:
        return self[0], self[1], self.systematic

    @property
    def value(self) -> float:
        """The mean, nats."""
        return self[0]

    @property
    def stderr(self) -> float:
        """Its standard error, nats."""
        return self[1]

    def __repr__(self) -> str:
        return f"Mean({said(*self, self.systematic)} nats)"


@dataclass(frozen=True)
class Estimate:
    """A measure's values at n stimuli, estimated from a denoiser.

    Attributes
    ----------
    value, stderr : (n,) nats. The true value lies within two standard errors in about 95 cases of 100, and within five
        in 999 of 1,000: few and skewed replicates make the error wider. It covers sampling and integration, the part of
        the integral outside the range of levels, events too rare to have been drawn, and rounding. Sampling errors of
        different stimuli are independent.
    featurewise, featurewise_stderr : (n, d) nats, or None for a measure without features
    passes : denoiser passes spent on each stimulus
    cutoff : (n,) nats, the estimated part of the integral outside the range of gamma; it is included in the value
        unless the range was given, and its uncertainty in the standard error
    systematic : (n,) nats, a measured bound on the bias of a denoiser that is not exact (a network), beside the
        standard error (`stiminfo.diffusion.bias`): nine true values in ten lie within two standard errors and this. 0
        for exact denoisers, NaN where it cannot be measured
    bound : (n,) nats, the part of the standard error that is no sampling error, which a mean over stimuli keeps
    reached : (n,) whether the standard error is at most `rtol` times the value; None where no `rtol` was given
    replicates : independent estimates that were averaged
    gamma_range : lowest and highest noise level
    measure, sampler, seed : what was asked for
    """

    value: Array
    stderr: Array
    featurewise: Array | None
    featurewise_stderr: Array | None
    passes: int
    cutoff: Array
    systematic: Array
    bound: Array
    reached: Array | None
    replicates: int
    gamma_range: tuple[float, float]
    measure: str
    sampler: str
    seed: int

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper ends, (n,) each, of an interval for the value.

        It is that of the standard error, widened by the systematic error on either side; NaN where that is not known.

        Raises
        ------
        ValueError
            `level` is not between 0 and 1.
        """
        from scipy.special import stdtrit
        from scipy.stats import norm

        if not 0 < level < 1:
            raise ValueError(f"level is {level}; expected a number between 0 and 1")
        degrees = self.replicates - 1
        half = 2 * self.stderr * stdtrit(degrees, 0.5 + level / 2) / stdtrit(degrees, norm.cdf(2)) + self.systematic
        return self.value - half, self.value + half

    def mean(self, weights: Any = None) -> Mean:
        """A weighted mean over the stimuli and its standard error, with its systematic error; equal weights by default.

        Sampling errors average out over stimuli; what `bound` holds does not, nor does the systematic error, which is
        that of the tuple: ``mean = est.mean(); value, stderr = mean; mean.systematic``.

        Parameters
        ----------
        weights : (n,) of any sign and scale, with a sum that is not 0

        Raises
        ------
        ValueError
            The weights are not (n,) finite numbers, or sum to 0.
        """
        n = len(self.value)
        w = np.full(n, 1 / n) if weights is None else np.asarray(weights, dtype=float)
        if w.shape != (n,) or not np.isfinite(w).all() or w.sum() == 0:
            raise ValueError(
                f"weights have shape {w.shape} and sum {w.sum():g}; expected ({n},) with a sum that is not 0"
            )
        w = w / w.sum()
        sampled = (w**2 * (self.stderr**2 - self.bound**2).clip(0)).sum()
        stderr = float(np.sqrt(sampled + (np.abs(w) @ self.bound) ** 2))
        return Mean(float(w @ self.value), stderr, float(np.abs(w) @ self.systematic))

    def beside(self, pilot: Estimate) -> Estimate:
        """An estimate over a given range, with the cut-off and the errors that a pilot over all levels shows."""
        cutoff = np.abs(pilot.value - self.value)
        stderr = np.sqrt(self.stderr**2 + cutoff**2 + pilot.stderr**2)
        features, other = self.featurewise_stderr, pilot.featurewise_stderr
        if features is not None and other is not None:
            apart = np.asarray(pilot.featurewise) - np.asarray(self.featurewise)
            features = np.sqrt(features**2 + apart**2 + other**2)
        passes, replicates = self.passes + pilot.passes, min(self.replicates, pilot.replicates)
        changed = replace(self, stderr=stderr, cutoff=cutoff, featurewise_stderr=features, passes=passes)
        return replace(changed, bound=np.hypot(self.bound, cutoff), replicates=replicates)

    def __repr__(self) -> str:
        shown = ", ".join(said(*row) for row in zip(self.value[:4], self.stderr[:4], self.systematic[:4]))
        more = f", ... ({len(self.value)} stimuli)" if len(self.value) > 4 else ""
        return f"Estimate({self.measure}: {shown}{more} nats, {self.passes} passes)"


def said(value: float, stderr: float, systematic: float) -> str:
    """A total with its standard error and, where the denoiser is not exact, its systematic error."""
    beyond = "" if systematic == 0 else " ± unknown (systematic)" if np.isnan(systematic) else f" ± {systematic:.2g}"
    return f"{value:.4g} ± {stderr:.2g}{beyond}"


def joined(parts: list[Estimate], seed: int) -> Estimate:
    """Estimates of several blocks of stimuli as one."""
    names = ("value", "stderr", "cutoff", "systematic", "bound", "reached", "featurewise", "featurewise_stderr")
    known = [name for name in names if getattr(parts[0], name) is not None]
    arrays: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in known}
    return replace(
        parts[0],
        **arrays,
        passes=max(part.passes for part in parts),
        replicates=min(part.replicates for part in parts),
        gamma_range=(min(part.gamma_range[0] for part in parts), max(part.gamma_range[1] for part in parts)),
        seed=seed,
    )
