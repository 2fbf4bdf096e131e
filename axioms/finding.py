"""What a check finds on one case: by how much an axiom is broken, how sure that is, and the numbers to show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from ..models.arrays import Array

#: What an axiom allows of exact values, in nats, for stimuli in R^1 and beyond (2-d quadrature is coarser) ...
TOLERANCE = {1: 1e-6, 2: 1e-5}
#: ... and relative to the largest value compared, for measures of other size (Fisher).
RELATIVE_TOLERANCE = 1e-9
#: A quick value that breaks an axiom by less than this many tolerances is looked at again only if among the worst.
SCREEN = 10.0
#: A residual is not called small where its own error may be larger than this.
COARSEST_ERROR = 1e-4


def tolerance_for(dimensions: int, scale: float) -> float:
    """What is allowed at stimuli in R^d for values up to `scale`."""
    return TOLERANCE[1 if dimensions == 1 else 2] + RELATIVE_TOLERANCE * scale


@dataclass(frozen=True)
class Values:
    """A measure's values on one model, with bounds on their numerical error; both (J,) or (J, d)."""

    value: Array
    error: Array


class Finding(Struct, frozen=True):
    """One case judged.

    Attributes
    ----------
    violation : by how much the axiom is broken (nats; a share for locality); negative or tiny where it is not
    error : how far the violation may be off
    tolerance : what the axiom allows
    broken, sound : whether the violation is real, or surely absent; neither is "cannot tell"
    at : index of the stimulus where it is worst, -1 where it concerns them all
    sides : the numbers compared, by what they are: label -> one value per stimulus (or a single one)
    says : the finding in words
    asked : whether the case could have shown a break; False where every value compared is about 0
    doubt : what makes the error large, where it is more than rounding
    """

    violation: float
    error: float
    tolerance: float
    broken: bool
    sound: bool
    at: int = -1
    sides: dict[str, list[float]] = {}
    says: str = ""
    asked: bool = True
    doubt: str = ""

    @property
    def excess(self) -> float:
        """The violation in units of what is allowed."""
        return self.violation / self.tolerance


def judge(
    violation: float, error: float, scale: float, dimensions: int, at: int, sides: dict[str, Array], says: str
) -> Finding:
    """A finding for an axiom that bounds a residual."""
    allowed = tolerance_for(dimensions, scale)
    return Finding(
        violation=violation,
        error=error,
        tolerance=allowed,
        broken=bool(violation > allowed and violation > 2 * error),
        sound=bool(violation <= allowed and error <= COARSEST_ERROR * (1 + scale)),
        at=at,
        sides=listed(sides),
        says=says,
        asked=any(bool((np.abs(side) > allowed).any()) for side in sides.values()),
    )


def shown(value: float, apart: float) -> str:
    """A value with as many digits as show a difference of `apart`, six at least.

    >>> shown(0.5, 0.1), shown(0.500001, 1e-6), shown(0.5000000012, 1.2e-9)
    ('0.5', '0.500001', '0.5000000012')
    """
    if not (apart > 0 and value and math.isfinite(value)):
        return f"{value:.6g}"
    return f"{value:.{min(17, max(6, 2 + math.ceil(math.log10(abs(value) / apart))))}g}"


def listed(sides: dict[str, Array]) -> dict[str, list[float]]:
    """Arrays as lists of floats."""
    return {label: np.asarray(value, dtype=float).tolist() for label, value in sides.items()}


def worst(findings: list[Finding]) -> Finding:
    """The finding that decides: a broken one first, then one that cannot tell, then the largest residual."""
    return max(findings, key=lambda f: (f.broken, not f.sound, f.excess))
