"""How finely the integrals over the Gaussian channel are computed, depending on what the result is for."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OutOfReach


@dataclass(frozen=True)
class Resolution:
    """How finely to integrate.

    Attributes
    ----------
    tail : how far the noise average reaches, in standard deviations
    decay : minus the log of the lattice's error
    step : spacing in log g
    reach : log of the largest g over the squared range of the stimuli
    rare : the integral over g is adaptive where the log ratio of the prior at neighbouring stimuli exceeds this
    """

    tail: float
    decay: float
    step: float
    reach: float
    rare: float = 2.5


#: By use: QUICK for a search, CHECK to check a standard value, STANDARD for a value, FINE for a verdict. By dimension;
#: in two the lattice is a square.
QUICK = {1: Resolution(5.8, 16.0, 0.42, 3.5, 6.0), 2: Resolution(4.8, 12.5, 0.55, 3.0, 8.0)}
CHECK = {1: Resolution(6.5, 19.0, 0.35, 4.0), 2: Resolution(5.4, 16.5, 0.47, 3.2, 5.0)}
STANDARD = {1: Resolution(7.0, 22.0, 0.30, 4.5), 2: Resolution(5.9, 19.5, 0.40, 3.5, 5.0)}
FINE = {1: Resolution(8.0, 28.0, 0.24, 6.0), 2: Resolution(6.7, 24.0, 0.33, 4.5, 5.0)}


def resolution_for(dimensions: int, table: dict[int, Resolution] = STANDARD) -> Resolution:
    """The resolution for stimuli in R^d; raises `OutOfReach` for d > 2, where a lattice would be too large."""
    if dimensions not in table:
        raise OutOfReach(
            f"stimuli in R^{dimensions}: quadrature over noise serves d = 1 and 2 (for more, use the estimators from "
            "denoisers)"
        )
    return table[dimensions]
