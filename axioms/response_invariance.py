"""Response invariance: new labels or new units of the response do not change I(x)."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..models.data import ContinuousSpec, FiniteSpec
from . import crossed, known, larger, ordinary, places, rarely, sizes, smallest, symmetric, uncommon, usual
from .axiom import FIFTH, FORTIETH, PAPER, TENTH, Axiom, Family
from .cases import ResponseMapCase
from .evaluator import Evaluator
from .families import planes, spaces
from .finding import Finding, unchanged
from .strategies import continuous_specs, finite_specs


def check(measure: Evaluator, case: ResponseMapCase) -> Finding:
    """I is unchanged by an invertible map of the response."""
    what = "a smooth bijection of the response" if case.factors else "a renaming of the responses"
    if case.values is not None:
        what = "new numerical values of the responses"
    return unchanged(measure.pointwise(case.built), measure.pointwise(case.mapped), case.built, what)


@composite
def relabelling_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> ResponseMapCase:
    """A finite model and a permutation of its responses. Shrinks to the responses as they are."""
    spec = draw(specs)
    # Responses that never occur are dropped when the model is built; only the others can be renamed.
    possible = spec.build().likelihood.shape[0]
    return ResponseMapCase(spec, order=tuple(draw(st.permutations(range(possible)))))


@composite
def stretching_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec | ContinuousSpec]) -> ResponseMapCase:
    """A continuous response and a smooth bijection of it: cell volumes grow by factors of 1 to 4."""
    factors = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    spec = draw(specs)
    return ResponseMapCase(spec, factors=tuple(factors))


@composite
def revaluing_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> ResponseMapCase:
    """Numerical responses 0, 1, 2, ... that become others: farther apart, of the other sign, or in another order."""
    spec = draw(specs)
    if spec.values is None:
        spec = replace(spec, values=tuple(range(len(spec.responses[0]))))
    count = len(spec.build().likelihood)
    unit = draw(st.sampled_from([1, -1, 1000, 0.125]))
    values = [unit * n for n in itertools.accumulate([draw(st.integers(1, 8)) for _ in range(count)])]
    return ResponseMapCase(spec, values=tuple(draw(st.permutations(values)) if draw(st.booleans()) else values))


def _families(gradient: bool) -> tuple[Family, ...]:
    usual = ordinary.drawn(gradient)
    return (
        Family("finite, renamed", relabelling_cases(finite_specs(gradient=gradient))),
        Family("finite, 2-d, renamed", relabelling_cases(planes(gradient)), FIFTH),
        Family("finite, 3-d to 8-d, renamed", relabelling_cases(spaces(gradient)), TENTH),
        Family("finite, numbers stretched", revaluing_cases(finite_specs(gradient=gradient)), FIFTH),
        Family("continuous cells, stretched", stretching_cases(finite_specs(gradient=gradient, volumes=True)), FIFTH),
        Family("continuous, stretched", stretching_cases(continuous_specs()), FIFTH),
        *places.asked(gradient, relabelling_cases, ", renamed"),
        Family("finite, 2-d, numbers stretched", revaluing_cases(planes(gradient)), FORTIETH),
        *places.asked(gradient, revaluing_cases, ", numbers stretched"),
        Family("ordinary, renamed", relabelling_cases(usual) | revaluing_cases(usual), FORTIETH),
    )


def _of_models(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
    numerical = specs.filter(lambda spec: spec.values is not None)
    stretchable = specs.filter(lambda spec: spec.response_volumes is not None)
    return (
        Family("your models, renamed", relabelling_cases(specs)),
        Family("your models, stretched", stretching_cases(stretchable)),
        Family("your models, numbers stretched", revaluing_cases(numerical)),
    )


AXIOM = Axiom(
    id="response_invariance",
    title="Response invariance",
    statement="I is unchanged by an invertible map of the response, discrete or continuous.",
    why="The units of a response, or the names of its values, carry no information about the stimulus.",
    source=f"Remark 2 of {PAPER}",
    check=check,
    cases=(ResponseMapCase,),
    known=(
        ResponseMapCase(known.CELLS, factors=(2, 1, 1)),
        ResponseMapCase(known.CELLS, factors=(1e3, 1, 1e-3)),
        ResponseMapCase(known.UNEVEN, order=(2, 0, 1)),
        ResponseMapCase(known.UNEVEN_PLANE, order=(2, 0, 1)),
        ResponseMapCase(known.SPIKES, values=(0, 1, 8)),
        ResponseMapCase(known.SPIKES, values=(0, -1, -2)),
        *(ResponseMapCase(known.SPIKES, values=values) for values in ((1, 3, 5), (2, 4, 6), (0.5, 1.5, 2.5))),
        ResponseMapCase(known.SPIKES, values=(2, 0, 1)),
        ResponseMapCase(known.SPIKES, values=(1e12, 2e12, 4e12)),
        ResponseMapCase(known.SPIKES, values=(0, 1e-7, 2e-7)),
        ResponseMapCase(known.SPIKES, values=(0, 1e-13, 2e-13)),
        ResponseMapCase(known.SPIKES, values=(16777216, 16777217, 16777218)),
        ResponseMapCase(known.MANY_RESPONSES, order=tuple(range(known.COUNT))[::-1]),
        *(ResponseMapCase(spec, order=(2, 0, 1)) for spec in (known.SPACE, known.SIXTH, known.SEVENTH)),
        ResponseMapCase(known.FOUR, order=(2, 0, 1)),
        ResponseMapCase(known.MANY_FEATURES, order=(3, 1, 0, 2)),
        *(ResponseMapCase(spec, order=(2, 0, 1)) for spec in known.RARE),
        *(ResponseMapCase(spec, order=(2, 0, 1)) for spec in places.SPECS),
        ResponseMapCase(known.WIDE, order=tuple(7 * k % 25 for k in range(25))),
        *rarely.RENAMINGS,
        *larger.RENAMINGS,
        *uncommon.RENAMINGS,
        *usual.RENAMINGS,
        *symmetric.RENAMINGS,
    ),
    known_with_gradient=(ResponseMapCase(known.SHARED_SLOPES, order=(2, 0, 1)),),
    smallest=smallest.renamings,
    sizes=sizes.renamings,
    crossed=crossed.renamings,
    families=_families,
    of_models=_of_models,
)
