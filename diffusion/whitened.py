"""How linear-Gaussian responses show a Gaussian stimulus, in coordinates in which nothing cancels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ModelError
from ..models.arrays import Array
from .eigenvectors import settled

#: Largest ratio of a response's standard deviation to that of its noise, times the rounding of the numbers in use: the
#: noise keeps at least two of its digits.
MOST_PRECISE = 2e-3
#: And without regard to it: the square of the ratio must keep digits beside 1.
LIMIT = 1e7


@dataclass(frozen=True)
class Whitened:
    """How responses show a Gaussian stimulus: the singular values of ``S^-1/2 W C^1/2``, and both its bases.

    Nothing cancels in these coordinates, however little noise there is.

    Attributes
    ----------
    strength : (m,) standard deviations of what is seen, in units of the noise
    axes : (k, m) directions of responses
    reach : (d, d) ``C^1/2`` times directions of the stimulus: the first m are seen, the others are not
    whole : (d,) the strengths, with 0 for directions that are not seen
    """

    strength: Array
    axes: Array
    reach: Array
    whole: Array

    @classmethod
    def of(cls, root: Array, drive: Array, rounding: float) -> Whitened:
        """From C^1/2 (d, d) and S^-1/2 W (k, d); raises `ModelError` where rounding hides the noise."""
        axes, strength, turned = np.linalg.svd(drive @ root)
        most = min(LIMIT, MOST_PRECISE / rounding)
        if strength[0] > most:
            raise ModelError(
                f"p(X|r) cannot be computed in this precision: responses vary {strength[0]:.2g} times as much as their "
                f"noise; the limit is {most:.1g}"
            )
        whole = np.zeros(root.shape[1])
        whole[: len(strength)] = strength
        return cls(strength, axes[:, : len(strength)], root @ turned.T, whole)

    def given(self) -> tuple[Array, Array, Array]:
        """Eigenvalues and eigenvectors of Cov(X|r), and the map (d, k) from white r - E[r] to E[X|r] - E[X]."""
        u, singular, _ = np.linalg.svd(self.reach / np.sqrt(1 + self.whole**2))
        gain = self.reach[:, : len(self.strength)] * (self.strength / (1 + self.strength**2))
        return singular**2, settled(singular, u), gain @ self.axes.T

    def information(self) -> float:
        """I(R;X) in nats."""
        return float(0.5 * np.log1p(self.strength**2).sum())

    def removed(self) -> float:
        """The trace of Cov(E[X|R])."""
        return float(((self.reach**2) @ (self.whole**2 / (1 + self.whole**2))).sum())
