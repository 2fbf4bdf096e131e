"""The cases of locality: a prior that reaches far, and p(R, x) changed inside a ball."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from msgspec.structs import replace

from ..errors import CaseError
from ..models import EncodingModel, Laplace, Mixture
from ..models.arrays import Array
from ..models.data import Row
from ..models.tuning import AnyTuning
from ..models.warps import perturb, relocate_stimuli
from .cases import Case

#: The most nodes of a lattice that a file may ask for: exact values on these take seconds.
MOST_NODES = 2000


def probabilities(logits: Array, slopes: Array) -> tuple[Array, Array]:
    """p(r|x) from logits known but for a constant per stimulus, and its derivative from theirs, (K, n) each."""
    table = np.exp(logits - logits.max(axis=0))
    table /= table.sum(axis=0)
    gradient = table * (slopes - (table * slopes).sum(axis=0))
    return table, np.where(table > 0, gradient, 0.0)


class FarCase(Case, frozen=True):
    """A model (`built`), the same with p(R, x) changed inside a ball (`changed`), and how far each stimulus is from it.

    ``distances`` is (J,), negative beside the ball and on its near side; ``levels`` are distances, rising, at which the
    change may be compared.
    """

    built: ClassVar[Any]
    changed: ClassVar[Any]
    distances: ClassVar[Any]
    levels: ClassVar[Any]

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        if len(self.reached) < 3:
            raise CaseError("the stimuli lie at fewer than three of the distances that are compared")
        return self.built, self.changed

    @property
    def farther(self) -> FarCase | None:
        """The same case as far as numbers go, on which a refutation must stand as well; None where it goes so far."""
        return None

    @property
    def farthest(self) -> tuple[FarCase, ...]:
        """The same case to thousands of times the ball, if there is such a one."""
        return ()

    @property
    def limit(self) -> float:
        """A sound case: at most this share of the largest change outside the ball is left in the limit."""
        return 0.05

    @cached_property
    def reached(self) -> tuple[float, ...]:
        """The levels with a stimulus of their own, before the next one.

        Without it the change at a level would be that at the next, as if it stood.
        """
        own = np.histogram(self.distances, [*self.levels, np.inf])[0]
        return tuple(level for level, count in zip(self.levels, own) if count)


class DecayCase(FarCase, frozen=True, tag="decay"):
    """A prior with light tails on a lattice that reaches far to the right, and a change inside a ball about `centre`.

    The prior is a mixture of Gaussians: distances D are measured from the mean of its rightmost component, in units of
    that component's sd, up to 16. Or it is a Laplace prior: D is measured from its mean, in its spread, up to 64. Each
    tuning curve gives the logit of one response; the last response has logit 0.
    Inside the ball p(r|x) becomes `inside` (weights), and the prior is multiplied by
    ``1 + tilt (x - centre) / radius`` and rescaled to keep the ball's mass.

    With `beside` the stimulus lies in the plane: a second feature is 0 or `ASIDE` sd of the rightmost component, each
    with probability 1/2, and where it is not 0 the tuning curves are those in `beside`. The ball lies about
    (centre, 0). With `along` = 1 the two features are exchanged.

    With `mirror` the first feature x becomes -x, and the lattice reaches far to the left. With `octaves` D goes so many
    octaves farther.
    """

    prior: Mixture | Laplace
    tuning: tuple[AnyTuning, ...]
    centre: float
    radius: float
    tilt: float
    inside: Row | None = None
    beside: tuple[AnyTuning, ...] | None = None
    mirror: bool = False
    along: int = 0
    octaves: int = 0

    #: The distances at which the change is compared, for Gaussian tails.
    LEVELS: ClassVar[tuple[float, ...]] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    #: The second feature's other value, and the lattice's spacing on a line, and in the plane or far out; in sd.
    ASIDE: ClassVar[float] = 1.0
    SPACING: ClassVar[tuple[float, float]] = (0.15, 0.3)
    #: How many octaves farther the weights are numbers: to 32 sd of a Gaussian, to 256 times a Laplace prior's spread.
    FARTHER: ClassVar[tuple[int, int]] = (1, 2)

    @cached_property
    def last(self) -> tuple[float, float]:
        """Mean and sd, or spread, of the component from which D counts."""
        if isinstance(self.prior, Laplace):
            return self.prior.mean, self.prior.spread
        return max(zip(self.prior.means, self.prior.sds), key=lambda component: component[0])

    @cached_property
    def lattice(self) -> Array:
        """Values of the (first) feature, before `mirror`, (n,)."""
        mean, sd = self.last
        exponential = isinstance(self.prior, Laplace)
        step = self.SPACING[exponential or self.beside is not None] * self.prior.scale
        low = mean - 4 * sd
        if isinstance(self.prior, Mixture):
            low = min(self.prior.means) - 4 * max(self.prior.sds)
        low = min(low, self.centre - self.radius)
        count = int((mean + (self.levels[-1] + 0.5) * sd - low) / step) + 1
        if count > MOST_NODES:
            raise CaseError(f"the lattice has {count} nodes; expected at most {MOST_NODES}")
        return np.asarray(low + step * np.arange(count))

    @cached_property
    def built(self) -> EncodingModel:
        if self.along not in (0, 1) or (self.along and self.beside is None):
            raise CaseError(f"along is {self.along}; expected 0, or 1 in the plane")
        x = self.lattice
        log_mass = self.prior.log_density(x)
        mass = np.exp(log_mass - log_mass.max())
        rows = [self._row(self.tuning)]
        stimuli = x[:, None]
        if self.beside is not None:
            if len(self.beside) != len(self.tuning):
                raise CaseError(f"beside has {len(self.beside)} tuning curves, tuning {len(self.tuning)}")
            rows.append(self._row(self.beside))
            aside = np.repeat([0.0, self.ASIDE * self.last[1]], len(x))
            stimuli, mass = np.stack([np.tile(x, 2), aside], axis=1), np.tile(mass, 2)
        table, gradient = (np.concatenate(parts, axis=1) for parts in zip(*rows))
        across = np.zeros((*gradient.shape, stimuli.shape[1]))
        across[..., 0] = gradient
        model = EncodingModel(
            stimuli,
            mass / mass.sum(),
            table,
            stimulus_volumes=np.full(len(stimuli), x[1] - x[0]),
            likelihood_gradient=across,
        )
        if self.mirror:
            turn = np.ones_like(stimuli)
            turn[:, 0] = -1.0
            backward = np.arange(len(stimuli)).reshape(len(rows), -1)[:, ::-1].ravel()
            model = relocate_stimuli(model, stimuli * turn, turn).reordered(backward)
        if self.along:
            slopes = model.likelihood_gradient
            assert slopes is not None
            model = model.replace(stimuli=model.stimuli[:, ::-1], likelihood_gradient=slopes[..., ::-1])
        return model

    def _row(self, tuning: tuple[AnyTuning, ...]) -> tuple[Array, Array]:
        """p(r|x) along the lattice and its derivative, (K, n) each."""
        x = self.lattice
        logits = np.stack([curve(x) for curve in tuning] + [np.zeros(len(x))])
        slopes = np.stack([curve.derivative(x) for curve in tuning] + [np.zeros(len(x))])
        return probabilities(logits, slopes)

    @cached_property
    def changed(self) -> EncodingModel:
        """The model after the change."""
        model = self.built
        table = None
        if self.inside is not None:
            weights = np.asarray(self.inside, dtype=float)
            if weights.shape != (len(model.likelihood),) or (weights < 0).any() or weights.sum() <= 0:
                raise CaseError(f"inside must be {len(model.likelihood)} weights, not negative, not all zero")
            table = (weights / weights.sum())[:, None]
        tilt = 1 + self.tilt * np.clip((self._far - self.centre) / self.radius, -1, 1)
        centre = np.zeros(model.dimensions)
        centre[self.along] = -self.centre if self.mirror else self.centre
        return perturb(model, centre, self.radius, likelihood=table, prior_weights=tilt if self.tilt else None)

    @cached_property
    def distances(self) -> Array:
        """D of each stimulus, (J,); -1 inside the ball and on its near side."""
        mean, sd = self.last
        outside = self._far > self.centre + self.radius
        return np.where(outside, (self._far - mean) / sd, -1.0)

    @cached_property
    def _far(self) -> Array:
        """The feature along which stimuli may be far, before `mirror`, (J,)."""
        return np.asarray(self.built.stimuli[:, self.along] * (-1.0 if self.mirror else 1.0))

    @property
    def levels(self) -> tuple[float, ...]:
        """The distances at which the change is compared."""
        exponential = isinstance(self.prior, Laplace)
        if not 0 <= self.octaves <= self.FARTHER[exponential]:
            raise CaseError(f"octaves is {self.octaves}; expected 0 to {self.FARTHER[exponential]}")
        usual = (*self.LEVELS, 32.0, 64.0) if exponential else self.LEVELS
        return (*usual, *(2.0**n * usual[-1] for n in range(1, self.octaves + 1)))

    @property
    def farther(self) -> FarCase | None:
        most = self.FARTHER[isinstance(self.prior, Laplace)]
        return replace(self, octaves=most) if self.octaves < most else None


class JumpCase(FarCase, frozen=True, tag="jump"):
    """A prior with very heavy tails: atoms at 0 and at base^0, base^1, ..., each `ratio` times as probable as the last.

    The atom at 0 has probability `weight`. There p(r|x) changes from `before` to `inside` (weights); at the other atoms
    it is `before` throughout. With `mirror` the other atoms lie to the left of 0.
    """

    atoms: int
    base: float
    weight: float
    ratio: float
    before: Row
    inside: Row
    mirror: bool = False

    @cached_property
    def built(self) -> EncodingModel:
        return self._model(self.before)

    @cached_property
    def changed(self) -> EncodingModel:
        return self._model(self.inside)

    def _model(self, at_zero: Row) -> EncodingModel:
        if not (4 <= self.atoms <= 40 and 1 < self.base <= 1000 and 0 < self.weight < 1 and 0 < self.ratio < 1):
            raise CaseError("expected 4 to 40 atoms, base in (1, 1000], weight and ratio in (0, 1)")
        if len(self.before) != len(self.inside):
            raise CaseError(f"before has {len(self.before)} responses, inside {len(self.inside)}")
        x = np.concatenate([[0.0], (-1.0 if self.mirror else 1.0) * float(self.base) ** np.arange(self.atoms)])
        tail = float(self.ratio) ** np.arange(self.atoms)
        prior = np.concatenate([[self.weight], (1 - self.weight) * tail / tail.sum()])
        table = np.tile(np.asarray(self.before, dtype=float)[:, None], len(x))
        table[:, 0] = at_zero
        table = table / table.sum(axis=0)
        # The response depends on x only at 0, which is a lone atom: its derivative there is taken as 0.
        return EncodingModel(x, prior, table, likelihood_gradient=np.zeros((*table.shape, 1)))

    @cached_property
    def distances(self) -> Array:
        """D of each stimulus, (J,); -1 at 0."""
        apart = np.abs(self.built.stimuli[:, 0])
        return np.where(apart > 0, apart, -1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        """The distances at which the change is compared."""
        return tuple(float(self.base) ** n for n in range(self.atoms))
