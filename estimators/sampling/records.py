"""The records of this package: what is asked for, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...models.arrays import Array

#: How corrected values and intervals are computed, in words.
METHOD = (
    "corrected by the mean of a jackknife and of simulated tables; interval: normal around the corrected value, "
    "upward on the scale of its square root, joined with the posterior of a Dirichlet model, and with 0 where the "
    "permutation test sees no information"
)


@dataclass(frozen=True)
class Settings:
    """How values are corrected and intervals computed.

    Attributes
    ----------
    prior : "trials" (each stimulus's share of the trials), "uniform", or (J,) probabilities
    resamples : number of simulated tables; None for `default_resamples`
    permutations : number of permuted tables
    level : of the intervals, between 0 and 1
    seed : the same seed gives the same result
    corrections : whether values are corrected by other methods, too

    Raises
    ------
    ValueError
        A number is out of its range.
    """

    prior: Any = "trials"
    resamples: int | None = None
    permutations: int = 1000
    level: float = 0.95
    seed: int = 0
    corrections: bool = False

    def __post_init__(self) -> None:
        for name, number, least in (("resamples", self.resamples, 2), ("permutations", self.permutations, 1)):
            if number is not None and number < least:
                raise ValueError(f"{name} is {number}; expected {least} or more")
        if not 0 < self.level < 1:
            raise ValueError(f"level is {self.level:g}; expected a share between 0 and 1")


@dataclass(frozen=True, eq=False)
class Corrected:
    """Values by one correction, and the error that they have because trials are few.

    Attributes
    ----------
    value, error : (J,) corrected values and their standard errors, or (1,) of I(R;X); None if the correction does not
        serve here
    reason : why it does not; None if it does
    """

    value: Array | None = None
    error: Array | None = None
    reason: str | None = None

    def each(self, change: Callable[[Array], Array]) -> Corrected:
        """The same with its arrays changed."""
        if self.value is None or self.error is None:
            return self
        return Corrected(change(self.value), change(self.error))


@dataclass(frozen=True)
class InformationSampling:
    """The mutual information I(R;X) of a count table, in nats.

    Attributes
    ----------
    plug_in : of the observed shares
    corrected : plug-in minus the estimated bias, may be negative; None if the trials say nothing, as the next three
    correction_error : error of the bias estimate: half the distance between its two estimates, plus simulation error
    low, high : the interval, not below 0
    p_value : share of permuted tables with at least this plug-in value, counting the observed table as one of them
    null_mean : mean plug-in value of the permuted tables
    z : how many standard deviations of permuted tables the plug-in value lies above their mean; 0 if they do not differ
    """

    plug_in: float
    corrected: float | None
    correction_error: float | None
    low: float | None
    high: float | None
    p_value: float
    null_mean: float
    z: float


@dataclass(frozen=True)
class MeasureSampling:
    """One measure at the J stimuli of a count table, in the measure's units.

    The mean over stimuli of the corrected values of a complete measure is the corrected I(R;X).

    Attributes
    ----------
    plug_in : (J,) of the observed shares
    corrected, correction_error, low, high : (J,) as for I(R;X); the interval is not below 0 if the measure claims
        positivity
    """

    plug_in: Array
    corrected: Array | None
    correction_error: Array | None
    low: Array | None
    high: Array | None


@dataclass(frozen=True)
class SamplingResult:
    """What a count table says of I(R;X) and of measures per stimulus.

    Attributes
    ----------
    information, measures : the values
    silent : why the trials say nothing, a sentence; None if they say something
    prior : (J,) the prior of the stimuli
    resamples, permutations, level, seed : as used
    block : trials per block; 1 if the trials are taken as independent
    effect : the design effect: by how much dependence between trials raises variances
    warnings : sentences on the trials in their order
    method : in words
    corrections : if asked for, by measure (I(R;X) under ""), values by each correction, see `corrections`
    """

    information: InformationSampling
    measures: Mapping[str, MeasureSampling]
    silent: str | None
    prior: Array
    resamples: int
    permutations: int
    level: float
    seed: int
    block: int = 1
    effect: float = 1.0
    warnings: tuple[str, ...] = ()
    method: str = METHOD
    corrections: Mapping[str, Mapping[str, Corrected]] = field(default_factory=dict)
