"""`Estimate`: the result of estimating a measure from a denoiser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..models.arrays import Array


@dataclass(frozen=True)
class Estimate:
    """A measure's values at n stimuli, estimated from a denoiser.

    Attributes
    ----------
    value, stderr : (n,) nats; the standard error covers sampling and integration, the part of the integral outside the
        range of levels, events too rare to have been drawn, and rounding
    featurewise, featurewise_stderr : (n, d) nats, or None for a measure without features
    passes : denoiser passes spent on each stimulus
    cutoff : (n,) nats, the estimated part of the integral outside the range of gamma; it is included in the value
        unless the range was given, and its uncertainty in the standard error
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
    replicates: int
    gamma_range: tuple[float, float]
    measure: str
    sampler: str
    seed: int

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Lower and upper ends, (n,) each, of a t-interval for the value; raises `ValueError` unless 0 < level < 1."""
        from scipy.special import stdtrit

        if not 0 < level < 1:
            raise ValueError(f"level is {level}; expected a number between 0 and 1")
        half = stdtrit(self.replicates - 1, 0.5 + level / 2) * self.stderr
        return self.value - half, self.value + half

    def beside(self, pilot: Estimate) -> Estimate:
        """An estimate over a given range, with the cut-off and the errors that a pilot over all levels shows."""
        cutoff = np.abs(pilot.value - self.value)
        stderr = np.sqrt(self.stderr**2 + cutoff**2 + pilot.stderr**2)
        features, other = self.featurewise_stderr, pilot.featurewise_stderr
        if features is not None and other is not None:
            apart = np.asarray(pilot.featurewise) - np.asarray(self.featurewise)
            features = np.sqrt(features**2 + apart**2 + other**2)
        passes = self.passes + pilot.passes
        return replace(self, stderr=stderr, cutoff=cutoff, featurewise_stderr=features, passes=passes)

    def __repr__(self) -> str:
        shown = ", ".join(f"{v:.4g} ± {e:.2g}" for v, e in zip(self.value[:4], self.stderr[:4]))
        more = f", ... ({len(self.value)} stimuli)" if len(self.value) > 4 else ""
        return f"Estimate({self.measure}: {shown}{more} nats, {self.passes} passes)"


def joined(parts: list[Estimate], seed: int) -> Estimate:
    """Estimates of several blocks of stimuli as one."""
    names = ("value", "stderr", "cutoff", "featurewise", "featurewise_stderr")
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
