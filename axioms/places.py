"""Stimuli that are no points of R^d: on a circle, where only the period sets a scale, and nominal ones, mere labels.

Locality is not asked there: on a circle nothing is farther than half a turn, and labels have no distances.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..errors import CaseError
from ..models import EncodingModel
from ..models.data import FiniteSpec, PairSpec, Table
from ..models.geometry import named
from .axiom import FORTIETH, TENTH, Family
from .cases import Case, ModelCase, PairCase
from .strategies import finite_specs, pair_specs

#: Drawn angles are so many to a turn.
PARTS = 24
CIRCLES = ("circle:360", "circle:180", "circle:24", "circle:1", "circle:2pi", "circle:pi")
NOMINAL = "nominal"


class PlacesCase(Case, frozen=True, tag="places"):
    """A model, and the same joint distribution with other `stimuli`: angles in another unit or cut, or other labels.

    `geometry` is theirs, if it is not that of the model; `slope` that of the map where it turns, mirrors or scales a
    circle, None where it is any bijection, to which the likelihood's gradient does not go over.
    """

    model: FiniteSpec
    stimuli: Table
    geometry: str | None = None
    slope: float | None = None

    @cached_property
    def built(self) -> EncodingModel:
        """The model as it is given."""
        return self.model.build()

    @cached_property
    def mapped(self) -> EncodingModel:
        """The model with its new stimuli."""
        model, slopes = self.built, self.built.likelihood_gradient
        if self.slope == 0:
            raise CaseError("the slope of an invertible map is not 0")
        moved = model.replace(
            stimuli=self.stimuli,
            geometry=self.geometry or model.geometry,
            likelihood_gradient=None if slopes is None or self.slope is None else slopes / self.slope,
        )
        if moved.stimuli.shape != model.stimuli.shape:
            raise CaseError("two of the new stimuli are one and the same")
        return moved

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return self.built, self.mapped


@lru_cache(maxsize=64)
def _distinct(count: int) -> SearchStrategy[list[int]]:
    """So many angles, in parts of a turn, no two a whole turn apart."""
    angles = st.integers(-PARTS, 2 * PARTS - 1)
    return st.lists(angles, min_size=count, max_size=count, unique_by=lambda n: n % PARTS)


@lru_cache(maxsize=1)
def _circles() -> SearchStrategy[str]:
    return st.sampled_from(CIRCLES)


def _angles(parts: list[int], circle: str) -> Table:
    period = named(circle).period
    assert period is not None
    return tuple((n * period / PARTS,) for n in parts)


@composite
def on_circles(draw: DrawFn, specs: SearchStrategy[Any]) -> Any:
    """A model or pair of at most 24 stimuli on a line, placed on a circle. Shrinks to angles 0 and beside it."""
    spec, circle = draw(specs), draw(_circles())
    return replace(spec, stimuli=_angles(draw(_distinct(len(spec.stimuli))), circle), geometry=circle)


def nominal(specs: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Models or pairs whose stimuli are labels."""
    return specs.map(partial(replace, geometry=NOMINAL))


@composite
def turns(draw: DrawFn, specs: SearchStrategy[FiniteSpec], only: bool = False) -> PlacesCase:
    """A circle cut elsewhere and, unless `only` that, mirrored or in another unit. Shrinks to a turn by one part."""
    spec, by = draw(on_circles(specs)), draw(st.integers(1, PARTS - 1))
    if only:
        return turned(spec, by)
    return turned(spec, by, draw(st.sampled_from([1, -1])), draw(_circles()))


def turned(spec: FiniteSpec, by: int, sign: int = 1, unit: str | None = None) -> PlacesCase:
    """The case in which a circle is turned by parts of a turn, after it is mirrored (`sign` -1) and scaled."""
    old, new = named(str(spec.geometry)), named(unit or str(spec.geometry))
    assert old.period is not None
    assert new.period is not None
    scale = sign * new.period / old.period
    # In [0, period): angles that were on both sides of the cut are beside one another, and the other way round.
    moved = tuple(((x * scale + by * new.period / PARTS) % new.period,) for (x,) in spec.stimuli)
    return PlacesCase(spec, moved, str(new), scale)


@composite
def shuffled(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> PlacesCase:
    """Labels, or discrete angles, that stand for other stimuli than before, or labels that are new."""
    spec = draw(specs)
    if spec.geometry != NOMINAL or draw(st.booleans()):
        return PlacesCase(spec, tuple(draw(st.permutations(spec.stimuli))))
    new = draw(st.lists(st.integers(-99, 99), min_size=len(spec.stimuli), max_size=len(spec.stimuli), unique=True))
    return PlacesCase(spec, tuple((n,) for n in new))


def asked(gradient: bool, cases: Callable[[SearchStrategy[Any]], SearchStrategy[Any]], did: str) -> tuple[Family, ...]:
    """The families of an axiom on circles and on nominal stimuli; ``cases(specs)`` makes its cases of models."""
    specs = finite_specs(gradient=gradient, max_responses=4)
    return (
        Family(f"finite, on a circle{did}", cases(on_circles(specs)), FORTIETH),
        Family(f"finite, nominal{did}", cases(nominal(specs)), TENTH),
    )


def pairs(gradient: bool) -> tuple[Family, ...]:
    """Pairs of responses to stimuli on a circle, and to nominal ones."""
    specs = pair_specs(gradient, max_responses=2)
    return (
        Family("finite pairs, on a circle", on_circles(specs).map(PairCase), FORTIETH),
        Family("finite pairs, nominal", nominal(specs).map(PairCase), FORTIETH),
    )


def models(gradient: bool) -> tuple[Family, ...]:
    """The families of an axiom about models as they are."""
    return asked(gradient, lambda specs: specs.map(ModelCase), "")


# Directions on both sides of the cut, and the same stimuli as names; hours that go round; orientations in radians.
COMPASS = FiniteSpec(
    ((0,), (90,), (180,), (345,)), (1, 2, 1, 2), ((3, 1, 0), (1, 1, 2), (0, 1, 3), (2, 2, 0)), geometry="circle:360"
)
NAMES = replace(COMPASS, geometry=NOMINAL)
HOURS = FiniteSpec(
    tuple((j,) for j in range(24)),
    tuple(1 + j % 3 for j in range(24)),
    tuple((1 + abs(12 - j), 1 + j * j % 5, 1 + j % 2) for j in range(24)),
    geometry="circle:24",
)
RADIANS = FiniteSpec(((0.5,), (1.5,), (3,)), (1, 1, 2), ((2, 1, 0), (1, 2, 1), (0, 0, 1)), geometry="circle:pi")
NEAR = FiniteSpec(((10,), (14,), (21,)), (1, 1, 2), RADIANS.responses, geometry="circle:360")
WORDS = replace(HOURS, geometry=NOMINAL)
SPECS = (COMPASS, NAMES, RADIANS, HOURS, WORDS)
PAIRS = tuple(
    PairCase(
        PairSpec(
            COMPASS.stimuli,
            COMPASS.prior,
            (((4, 2), (2, 1)), ((1, 2), (2, 4)), ((0, 1), (3, 0)), ((1, 1), (1, 1))),
            geometry=geometry,
        )
    )
    for geometry in ("circle:360", NOMINAL)
)
MODELS_AND_PAIRS = (*map(ModelCase, SPECS), *PAIRS)
#: A circle cut elsewhere; and mirrored, or in radians.
CUT = (turned(COMPASS, 1), turned(HOURS, 7), turned(RADIANS, 12))
UNITS = (
    turned(COMPASS, 0, 1, "circle:2pi"),
    turned(HOURS, 0, 1, "circle:1"),
    # Angles that are near to one another in either unit.
    *(turned(NEAR, 0, 1, unit) for unit in ("circle:2pi", "circle:1", "circle:24")),
)
TURNED = (*CUT, *UNITS, turned(HOURS, 0, -1))
#: Names, and angles, that stand for other stimuli.
SHUFFLED = tuple(PlacesCase(spec, (*spec.stimuli[1:], spec.stimuli[0])) for spec in (NAMES, WORDS, COMPASS))
