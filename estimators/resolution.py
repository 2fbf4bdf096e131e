"""How finely the integrals over the Gaussian channel are computed, depending on what the result is for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..errors import OutOfReach
from ..models.arrays import Array

#: Stimuli lie in a plane where they leave it by less than this share of their range: rounding.
_FLAT = 1e-12


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


#: By use: ROUGH for a resample, QUICK for a search, CHECK to check a standard value, STANDARD for a value, FINE for a
#: verdict. By dimension; in two the lattice is a square, in three a cube.
ROUGH = {
    1: Resolution(5.0, 12.0, 0.55, 3.0, 6.0),
    2: Resolution(4.2, 9.5, 0.70, 2.5, 8.0),
    3: Resolution(4.3, 10.0, 0.65, 2.8, 5.0),
}
QUICK = {
    1: Resolution(5.8, 16.0, 0.42, 3.5, 6.0),
    2: Resolution(4.8, 12.5, 0.55, 3.0, 8.0),
    3: Resolution(4.3, 10.0, 0.65, 2.8, 5.0),
}
CHECK = {
    1: Resolution(6.5, 19.0, 0.35, 4.0),
    2: Resolution(5.4, 16.5, 0.47, 3.2, 5.0),
    3: Resolution(4.7, 12.0, 0.55, 3.0, 5.0),
}
STANDARD = {
    1: Resolution(7.0, 22.0, 0.30, 4.5),
    2: Resolution(5.9, 19.5, 0.40, 3.5, 5.0),
    3: Resolution(5.2, 15.0, 0.50, 3.2, 5.0),
}
FINE = {
    1: Resolution(8.0, 28.0, 0.24, 6.0),
    2: Resolution(6.7, 24.0, 0.33, 4.5, 5.0),
    3: Resolution(5.5, 16.5, 0.46, 3.3, 5.0),
}
#: Most stimuli that may span three dimensions, the corners of a box: nodes times stimuli grow as their square.
_MOST_IN_SPACE = 8


def resolution_for(stimuli: Array, table: dict[int, Resolution] = STANDARD) -> Resolution:
    """The resolution for stimuli (J, d).

    Beyond the plane it is that of the line, plane or space in which they all lie, see `Span`.

    Raises
    ------
    OutOfReach
        More than eight of them span three dimensions, or they span more, where a lattice would be too large.
    """
    d = stimuli.shape[1]
    rank = len(span_of(stimuli).axes) if is_flat(stimuli) else d
    if rank not in table or (rank > 2 and len(stimuli) > _MOST_IN_SPACE):
        raise OutOfReach(
            f"{len(stimuli)} stimuli that span {rank} dimensions of R^{d}: quadrature over noise serves those on a "
            f"line or in a plane, up to {_MOST_IN_SPACE} in three dimensions, and independent features in parts of "
            "these kinds; for others, denoisers of the finite set give an estimate: "
            "si.i_local.estimate(model, passes=4096)"
        )
    return table[rank]


def is_flat(stimuli: Array) -> bool:
    """Whether stimuli (J, d) are served in the coordinates of their span: beyond the plane, and on a line of it."""
    if stimuli.shape[1] > 2:
        return True
    if stimuli.shape[1] < 2 or len(stimuli) < 2:
        return False
    span = span_of(stimuli)
    # A plane's own axes are kept: stimuli may fill a grid along them.
    return len(span.axes) < 2 and len(np.unique(span.within(stimuli))) == len(stimuli)


class Span(NamedTuple):
    """The line or plane, or more, in which stimuli lie.

    Noise across it tells nothing of the stimulus, and posterior means lie in it. So integrals over the Gaussian channel
    are the same in its coordinates.

    Attributes
    ----------
    origin : (d,)
    axes : (m, d) orthonormal rows
    """

    origin: Array
    axes: Array

    def within(self, points: Array) -> Array:
        """Coordinates (n, m) of points (n, d) of the span."""
        return np.asarray((points - self.origin) @ self.axes.T)


def span_of(stimuli: Array) -> Span:
    """The smallest span of stimuli (J, d), with one axis at least."""
    points = np.ascontiguousarray(stimuli, dtype=float)
    return _span(points.tobytes(), points.shape)


@lru_cache(maxsize=16)  # one value asks for the span of its stimuli several times
def _span(data: bytes, shape: tuple[int, ...]) -> Span:
    points = np.frombuffer(data).reshape(shape)
    _, sizes, axes = np.linalg.svd(points - points[0], full_matrices=False)
    rank = max(1, int((sizes > _FLAT * sizes.max(initial=0.0)).sum()))
    return Span(points[0], axes[:rank])
