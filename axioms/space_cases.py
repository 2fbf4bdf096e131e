"""Cases of locality beyond the plane: beside independent features in any number, and along a line of R^d.

Exact measures reach both. Lone atoms that span three dimensions are not asked: exact measures serve these only where
the prior's weights differ by a factor of some hundred, and a light tail's differ by more.
"""

from __future__ import annotations

from functools import cached_property, reduce
from typing import Union

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..errors import CaseError
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.data import FiniteSpec, Row, Table
from ..models.product import product_model
from .locality_cases import DecayCase, FarCase
from .made_cases import MadeCase
from .strategies import weight_rows
from .unbounded_cases import AtomsCase, ReadingCase

#: The cases that others are made of.
Far = Union[DecayCase, ReadingCase, AtomsCase]  # noqa: UP007
#: Most stimuli that a file may ask for: exact values on these take a second.
MOST = 5000
#: The most features, as in `spaces`; and beside a lattice, which has many stimuli.
FEATURES, FEW = 8, 3
#: The values of a feature beside the one that reaches far: one ball holds both, with the place of the change.
_NEAR = ((0,), (0.25,))


class OfCase(MadeCase, frozen=True):
    """A case made of one that a file may hold; it goes as far as that one does."""

    far: Far

    @property
    def farther(self) -> FarCase | None:
        farther = self.far.farther
        return None if farther is None else replace(self, far=farther)


class BesideCase(OfCase, frozen=True, tag="beside"):
    """A case beside independent features, `others`, each with a response of its own; `before` of them come first.

    p(R, x) changes at all values of the other features, which lie in a ball with the place of the change.
    """

    others: tuple[FiniteSpec, ...]
    before: int = 0

    @cached_property
    def _parts(self) -> tuple[list[EncodingModel], list[EncodingModel]]:
        """The models of the features before, and after."""
        if not (self.others and 0 <= self.before <= len(self.others)):
            raise CaseError("expected another feature at least, and at most as many before as there are others")
        if self._count > MOST:
            raise CaseError(f"the case has {self._count} stimuli; expected at most {MOST}")
        models = [spec.build() for spec in self.others]
        # Lone atoms: their derivative is taken as 0.
        still = [m.replace(likelihood_gradient=np.zeros((*m.likelihood.shape, m.dimensions))) for m in models]
        return still[: self.before], still[self.before :]

    @property
    def _count(self) -> int:
        return len(self.far.distances) * int(np.prod([len(spec.stimuli) for spec in self.others], dtype=float))

    def _made(self, model: EncodingModel) -> EncodingModel:
        before, after = self._parts
        return reduce(product_model, [*before, model, *after])

    @property
    def distances(self) -> Array:
        sizes = [[len(model.prior) for model in models] for models in self._parts]
        return np.tile(np.repeat(self.far.distances, np.prod(sizes[1], dtype=int)), np.prod(sizes[0], dtype=int))


class LaidCase(OfCase, frozen=True, tag="laid"):
    """A case whose stimuli (J, n) are laid into R^d by a matrix, `rows`, of n independent rows of d numbers.

    The ball is then moved by `shift`, of d numbers, if that is given.
    """

    rows: Table
    shift: Row = ()

    def _made(self, model: EncodingModel) -> EncodingModel:
        rows = np.asarray(self.rows, dtype=float)
        if rows.ndim != 2 or len(rows) != model.dimensions or np.linalg.matrix_rank(rows) < len(rows):
            raise CaseError(f"expected {model.dimensions} independent rows of as many numbers as there are features")
        if self.shift and len(self.shift) != rows.shape[1]:
            raise CaseError(f"the shift has {len(self.shift)} numbers; expected {rows.shape[1]}")
        slopes = model.likelihood_gradient
        return model.replace(
            stimuli=model.stimuli @ rows + (np.asarray(self.shift, dtype=float) if self.shift else 0.0),
            likelihood_gradient=None if slopes is None else slopes @ np.linalg.pinv(rows).T,
        )


def near_by(weights: tuple[float, float], rows: tuple[tuple[float, ...], ...] = ((1,), (1,))) -> FiniteSpec:
    """A feature of two values; its response tells nothing of it unless `rows` are given."""
    return FiniteSpec(_NEAR, weights, rows)


@composite
def beside_cases(draw: DrawFn, far: SearchStrategy[Far], most: int = FEATURES) -> BesideCase:
    """One of three to `most` independent features reaches far; up to two of the others have a response."""
    count = draw(st.integers(2, most - 1))
    told = draw(st.sets(st.integers(0, count - 1), max_size=2))
    weights = st.tuples(st.integers(1, 3), st.integers(1, 3))
    rows = st.tuples(weight_rows(2), weight_rows(2))
    others = tuple(near_by(draw(weights), *([draw(rows)] if n in told else [])) for n in range(count))
    return BesideCase(draw(far), others, draw(st.integers(0, count)))


@composite
def laid_cases(draw: DrawFn, far: SearchStrategy[Far]) -> LaidCase:
    """A case on a line along one feature of R^3 to R^8; the others never vary.

    Along other lines a measure that bends each feature, sound as it may be, leaves what exact values reach.
    """
    along, d = draw(st.integers(0, 2)), draw(st.integers(3, FEATURES))
    step = draw(st.sampled_from([1, -1, 2, -2]))
    return LaidCase(draw(far), (tuple(step * (i == along) for i in range(d)),))
