"""Data processing: a degraded response carries no more information about any stimulus."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from ..models.data import FiniteSpec
from . import known
from .axiom import FIFTH, PAPER, Axiom, Family
from .cases import GarblingCase
from .evaluator import Evaluator
from .families import planes
from .finding import Finding, judge_worst
from .strategies import continuous_specs, finite_specs, steps, weight_rows


def check(measure: Evaluator, case: GarblingCase) -> Finding:
    """X -> R -> R' implies I_R'(x) <= I_R(x) at every x."""
    before, after = measure.pointwise(case.built), measure.pointwise(case.garbled)
    return judge_worst(
        after.value - before.value,
        before.error + after.error,
        float(np.abs(before.value).max()),
        case.built.dimensions,
        {"I(x) of R": before.value, "I(x) of R'": after.value},
        lambda j: (
            f"at stimulus {j} garbling the response raises I from {before.value[j]:.6g} to {after.value[j]:.6g} nats"
        ),
    )


@composite
def garbling_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> GarblingCase:
    """A finite model and a degraded response: a merge of responses, or noise in whole weights 0 to 3.

    Shrinks to all responses merged into one.
    """
    spec = draw(specs)
    count = len(spec.responses[0])
    if draw(st.booleans()):
        rows = tuple(draw(weight_rows(count, 3)) for _ in range(count))
    else:
        groups = [draw(st.integers(0, max(0, count - 2))) for _ in range(count)]
        rows = tuple(tuple(int(g == label) for label in range(max(groups) + 1)) for g in groups)
    return GarblingCase(spec, rows)


@composite
def transform_cases(draw: DrawFn) -> GarblingCase:
    """A continuous model with numerical responses, degraded by |r - a|, rounding, clipping or added noise."""
    spec = draw(continuous_specs())
    kind = draw(st.sampled_from(["abs", "round", "clip", "noise"]))
    return GarblingCase(spec, None, kind, draw(steps(2, 12)))


def _families(gradient: bool) -> tuple[Family, ...]:
    return (
        Family("finite, garbled", garbling_cases(finite_specs(gradient=gradient))),
        Family("finite, 2-d, garbled", garbling_cases(planes(gradient)), FIFTH),
        Family("continuous, transformed", transform_cases(), FIFTH),
    )


AXIOM = Axiom(
    id="data_processing",
    title="Data processing",
    statement="X -> R -> R' implies I_R'(x) <= I_R(x) at every x.",
    why="Otherwise a coarser response would seem to carry more information about a stimulus.",
    source=f"Remark 1 of {PAPER}",
    check=check,
    cases=(GarblingCase,),
    known=(
        GarblingCase(known.SHARED, known.MERGE),
        GarblingCase(known.UNEVEN, known.MERGE),
        GarblingCase(known.SHARED_PLANE, known.MERGE),
        GarblingCase(known.UNEVEN_PLANE, known.MERGE),
        GarblingCase(known.SHARED_BY_MANY, known.MERGE),
        GarblingCase(known.WIDE, tuple(tuple(int(k // 2 == m) for m in range(13)) for k in range(25))),
    ),
    known_with_gradient=(GarblingCase(known.SHARED_SLOPES, known.MERGE),),
    families=_families,
    of_models=lambda specs: (Family("your models, garbled", garbling_cases(specs)),),
)
