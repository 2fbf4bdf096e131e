"""Stimulus invariance: another scale of the stimulus does not change I(x)."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import crossed, crossed_maps, known, larger, ordinary, places, sizes, smallest, symmetric, uncommon, usual
from .axiom import FIFTH, FORTIETH, TENTH, Axiom, Family
from .cases import Case, LinearMapCase, StimulusMapCase
from .evaluator import Evaluator
from .families import planes, spaces
from .finding import Finding, unchanged
from .strategies import continuous_specs, finite_specs, steps


def check(measure: Evaluator, case: StimulusMapCase | LinearMapCase | places.PlacesCase) -> Finding:
    """I is unchanged by an invertible map of the stimulus, coordinatewise or linear."""
    what = "an invertible map of the stimulus"
    if isinstance(case, StimulusMapCase) and case.built.dimensions > 1:
        what = "an invertible map of each feature"
    if isinstance(case, places.PlacesCase):
        what = "another cut or unit of the circle" if case.slope else "a relabelling of the stimuli"
    return unchanged(measure.pointwise(case.built), measure.pointwise(case.mapped), case.built, what)


@composite
def relocation_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec], slopes: bool = False) -> StimulusMapCase:
    """Discrete stimuli moved by a bijection of each coordinate; with `slopes`, continuous ones by a monotone map.

    Shrinks to stimuli 0, 1, 2, ... in their order.
    """
    spec = draw(specs)
    columns, growth = [], []
    for i in range(len(spec.stimuli[0])):
        old = sorted({row[i] for row in spec.stimuli})
        steps = [draw(st.integers(1, 6)) for _ in old]
        sign = draw(st.sampled_from([1, -1]))
        order = range(len(old)) if slopes else draw(st.permutations(range(len(old))))
        new = {value: sign * sum(steps[:n]) for value, n in zip(old, order)}
        columns.append([new[row[i]] for row in spec.stimuli])
        rates = {value: sign * draw(st.integers(1, 4)) for value in old} if slopes else {}
        growth.append([rates[row[i]] for row in spec.stimuli] if slopes else [])
    return StimulusMapCase(spec, tuple(zip(*columns)), tuple(zip(*growth)) if slopes else None)


@composite
def warp_cases(draw: DrawFn) -> StimulusMapCase:
    """A continuous stimulus and the warp ``x + bend width sin(x / width)``, reflected or not."""
    bend, width = draw(steps(1, 3)), draw(steps(2, 8))
    return StimulusMapCase(draw(continuous_specs()), bend=bend, width=width, mirror=draw(st.booleans()))


def _moved(spec: FiniteSpec) -> SearchStrategy[Case]:
    """Any bijection of each coordinate of points, and of labels or angles."""
    return relocation_cases(st.just(spec)) if spec.geometry is None else places.shuffled(st.just(spec))


def _families(gradient: bool) -> tuple[Family, ...]:
    return (
        Family("finite, moved", relocation_cases(finite_specs(gradient=gradient), gradient)),
        Family("finite, 2-d, moved", relocation_cases(planes(gradient), gradient), FIFTH),
        Family("finite, 3-d to 8-d, moved", relocation_cases(spaces(gradient), gradient), TENTH),
        Family("continuous cells, moved", relocation_cases(finite_specs(gradient=gradient), True), FIFTH),
        Family("continuous, warped", warp_cases(), FIFTH),
        Family("circle, turned", places.turns(finite_specs(gradient=gradient, max_responses=4)), FORTIETH),
        *places.asked(gradient, places.shuffled, ", shuffled"),
        Family("ordinary, moved", ordinary.drawn().flatmap(_moved), FORTIETH),
    )


AXIOM = Axiom(
    id="stimulus_invariance",
    title="Stimulus invariance",
    statement="I is unchanged by an invertible, coordinatewise map of the stimulus, discrete or continuous.",
    why="Contrast or log contrast: the choice of scale should not matter.",
    source="Kostal & D'Onofrio (2018)",
    check=check,
    cases=(StimulusMapCase, places.PlacesCase),
    known=(
        StimulusMapCase(known.THREE, ((0,), (1,), (3,))),
        StimulusMapCase(known.SHARED, ((0,), (1,)), ((2,), (1,))),
        StimulusMapCase(known.THREE_PLANE, ((0, 0), (1, 0), (3, 0))),
        StimulusMapCase(known.TRIANGLE, ((0, 0), (3, 0), (0, -1))),
        StimulusMapCase(known.THREE, ((0,), (2,), (1,))),
        StimulusMapCase(known.THREE, known.METRES.stimuli),
        StimulusMapCase(known.THREE, known.TONES.stimuli),
        StimulusMapCase(known.SPACE, ((0, 0, 1), (3, 0, 3), (0, -2, 0))),
        StimulusMapCase(
            known.MANY_FEATURES,
            tuple(tuple(n * x for n, x in zip((1, -1, 2, 1, 3), row)) for row in known.MANY_FEATURES.stimuli),
        ),
        *(StimulusMapCase(spec, ((0,), (1,), (2,))) for spec in known.ALIKE),
        StimulusMapCase(known.PERIODIC, tuple((j,) for j in range(9))),
        *places.TURNED,
        *places.SHUFFLED,
        *larger.MOVED,
        *uncommon.MOVED,
        *usual.MOVED,
        *symmetric.MOVED,
    ),
    known_with_gradient=(StimulusMapCase(known.SHARED_SLOPES, ((0,), (1,)), ((2,), (1,))),),
    smallest=smallest.moves,
    sizes=sizes.moves,
    crossed=lambda gradient: crossed.moves(gradient) + crossed_maps.moves(gradient),
    families=_families,
    of_models=lambda specs: (Family("your models, moved", relocation_cases(specs)),),
)
