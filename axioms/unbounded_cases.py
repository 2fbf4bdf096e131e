"""Cases of locality where few responses are not enough: responses as unbounded as the stimulus, and lone atoms."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np
from msgspec.structs import replace
from scipy.special import gammaln

from ..errors import CaseError
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.warps import perturb
from .locality_cases import FarCase, probabilities


class ReadingCase(FarCase, frozen=True, tag="reading"):
    """X ~ N(0, 1) and a response that follows it without end, on cells or as counts; another response in the ball.

    Outside the ball r ~ N(gain x, sd^2), or, as `counts`, Poisson of mean gain (x - lowest x) + 1. Inside |x| < 1 the
    mean is that of x = `place` and the log likelihood is divided by `spread`: N(gain place, spread sd^2). The prior is
    multiplied there by 1 + tilt x (1 - x^2)^3, its mass kept. With `mirror` x becomes -x. The lattice reaches to 16 sd
    of the prior, or with `octaves` = 1 to 32.
    """

    gain: float
    sd: float
    place: float
    spread: float
    tilt: float = 0.0
    counts: bool = False
    mirror: bool = False
    octaves: int = 0

    LEVELS: ClassVar[tuple[float, ...]] = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    #: Spacing of the lattice, and of cells in sd.
    SPACING: ClassVar[float] = 0.2
    CELLS: ClassVar[float] = 0.5
    #: How far beyond the last level the lattice reaches, and how far to the left.
    REACH: ClassVar[tuple[float, float]] = (0.6, 4.0)
    #: Cells or counts that a file may ask for.
    MOST: ClassVar[int] = 1000

    @cached_property
    def lattice(self) -> Array:
        """Stimuli before they are turned round."""
        right, left = self.levels[-1] + self.REACH[0], self.REACH[1]
        return np.asarray(self.SPACING * np.arange(-round(left / self.SPACING), round(right / self.SPACING) + 1))

    @cached_property
    def _responses(self) -> Array:
        """The centres of the response's cells, or the counts, (K,)."""
        top = self.gain * (self.lattice[-1] - self.lattice[0]) + 1
        if self.counts:
            return np.arange(np.ceil(top + 6 * np.sqrt(top) + 6))
        return np.arange(1 - 6 * self.sd, top + 6 * self.sd, self.CELLS * self.sd)

    def _channel(self, x: Array) -> tuple[Array, Array]:
        """Log p(r|x) but for a constant, and its derivative by x: (K, n) each."""
        mean = self.gain * (x - self.lattice[0]) + 1
        r = self._responses[:, None]
        if self.counts:
            return r * np.log(mean) - mean - gammaln(r + 1), (r / mean - 1) * self.gain
        t = (r - mean) / self.sd
        return -0.5 * t * t, t * (self.gain / self.sd)

    def _check(self) -> None:
        if not (0.05 <= self.gain <= 10 and 0.05 <= self.sd <= 10 and 0.1 <= self.spread <= 100):
            raise CaseError("expected gain and sd in [0.05, 10], spread in [0.1, 100]")
        if not (self.lattice[0] <= self.place <= self.lattice[-1] and -1 < self.tilt * 0.3 < 1):
            raise CaseError(f"expected place in [{self.lattice[0]:g}, {self.lattice[-1]:g}] and |tilt| < 3.3")
        top = self.gain * (self.lattice[-1] - self.lattice[0])
        if top / (1 if self.counts else self.CELLS * self.sd) > self.MOST:
            raise CaseError(f"the response has more than {self.MOST} values")

    @cached_property
    def built(self) -> EncodingModel:
        self._check()
        x = self.lattice
        table, gradient = probabilities(*self._channel(x))
        prior = np.exp(-0.5 * x * x)
        sign = -1.0 if self.mirror else 1.0
        return EncodingModel(
            sign * x,
            prior / prior.sum(),
            table,
            stimulus_volumes=np.full(len(x), self.SPACING),
            likelihood_gradient=sign * gradient[..., None],
            responses=self._responses,
        )

    @cached_property
    def changed(self) -> EncodingModel:
        model, x = self.built, self.lattice
        log = self._channel(np.array([self.place]))[0] / self.spread
        inside = np.exp(log - log.max())
        tilt = 1 + self.tilt * x * np.clip(1 - x * x, 0, None) ** 3
        return perturb(
            model,
            np.zeros(1),
            1.0,
            likelihood=inside / inside.sum(),
            prior_weights=np.maximum(tilt, 1e-3) if self.tilt else None,
        )

    @cached_property
    def distances(self) -> Array:
        return np.where(self.lattice >= 1, self.lattice, -1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        if self.octaves not in (0, 1):
            raise CaseError(f"octaves is {self.octaves}; expected 0 or 1")
        return self.LEVELS[: self.octaves - 1 or None]

    @property
    def farther(self) -> FarCase | None:
        return None if self.octaves else replace(self, octaves=1)


class AtomsCase(FarCase, frozen=True, tag="atoms"):
    """Lone atoms at 0, 1, 2, ... or at 0, 1, 2, 4, ... with exponential or lighter weights; the response at 0 changes.

    The response to atom n > 0 is ``kinds[(n - 1) % len(kinds)]``, 0 or 1, and the weight of an atom at x of kind k
    falls as exp(-(rate x)^2 / 2) if ``light[k]``, else as exp(-rate x). At 0 the response is 0 and becomes 1. With
    `mirror` the atoms lie at -x.
    """

    atoms: int
    kinds: tuple[int, ...]
    light: tuple[bool, bool]
    doubling: bool = False
    mirror: bool = False
    rate: float = 1.0

    #: The log of the smallest weight that a number can hold, with some room.
    SMALLEST: ClassVar[float] = -690.0
    #: From here on atoms lie at up to thousands of times the size of the ball.
    SLOW: ClassVar[float] = 0.125
    #: The smallest rate at which the weights fall: forty atoms, at up to 2^38, still end in weights near 0.
    SLOWEST: ClassVar[float] = 2.0**-32

    @cached_property
    def _atoms(self) -> tuple[Array, Array, Array]:
        """|x|, rising from 0, the kind and the log weight of each atom; those too rare for a number are left out."""
        if not (6 <= self.atoms <= 200 and self.kinds and set(self.kinds) <= {0, 1}):
            raise CaseError("expected 6 to 200 atoms, and at least one kind, 0 or 1")
        if not self.SLOWEST <= self.rate <= 1:
            raise CaseError(f"rate is {self.rate!r}; expected a number from {self.SLOWEST:g} to 1")
        steps = np.arange(min(self.atoms, 40) if self.doubling else self.atoms)
        x = np.where(steps > 0, 2.0 ** (steps - 1), 0.0) if self.doubling else steps * 1.0
        kinds = np.concatenate([[0], np.resize(np.asarray(self.kinds), len(x) - 1)])
        light = np.array(self.light)[kinds]
        far = self.rate * x
        log = np.where(light, -0.5 * far * far, -far)
        kept = log > self.SMALLEST
        return x[kept], kinds[kept], log[kept]

    def _model(self, at_zero: int) -> EncodingModel:
        x, kinds, log = self._atoms
        kinds = np.where(x == 0, at_zero, kinds)
        table = np.stack([kinds == 0, kinds == 1]).astype(float)
        weights = np.exp(log)
        return EncodingModel(
            -x if self.mirror else x,
            weights / weights.sum(),
            table,
            likelihood_gradient=np.zeros((*table.shape, 1)),
        )

    @cached_property
    def built(self) -> EncodingModel:
        return self._model(0)

    @cached_property
    def changed(self) -> EncodingModel:
        return self._model(1)

    @property
    def limit(self) -> float:
        """Doubling atoms that reach far show the power by which a local measure's change falls: little may be left."""
        return 0.002 if self.doubling and self.rate <= self.SLOW else 0.05

    @cached_property
    def distances(self) -> Array:
        x = self._atoms[0]
        return np.where(x > 0, x, -1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        farthest = float(self._atoms[0][-1])
        return tuple(2.0**n for n in range(1 if self.doubling else 3, 60) if 2.0**n <= farthest)
