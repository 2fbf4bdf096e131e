"""Data processing: a degraded response carries no more information about any stimulus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..models.data import FiniteSpec
from . import crossed, faint, known, larger, nearly, ordinary, places, rarely, sizes, smallest, steep, uncommon, usual
from .axiom import FIFTH, PAPER, TENTH, Axiom, Family
from .cases import GarblingCase
from .evaluator import Evaluator
from .families import planes, spaces
from .finding import Finding, Premise, judge_worst, place, shown
from .strategies import continuous_specs, finite_specs, steps, weight_rows

#: How much more likely than each other one a response stays as it is, where the noise is faint.
_SURE = 100_000
#: What then makes a negative I(x) break the axiom, too.
PREMISE = "I(x) where no response is left"


def check(measure: Evaluator, case: GarblingCase) -> Finding:
    """X -> R -> R' implies I_R'(x) <= I_R(x) at every x."""
    before, after = measure.pointwise(case.built), measure.pointwise(case.garbled)
    rise = after.value - before.value
    found = judge_worst(
        rise,
        before.error + after.error,
        float(np.abs(before.value).max()),
        case.built.dimensions,
        {"I(x) of R": before.value, "I(x) of R'": after.value},
        lambda j: (
            f"at {place(case.built, j)} garbling the response raises I from {shown(before.value[j], rise[j])} to "
            f"{shown(after.value[j], rise[j])} {before.units}"
        ),
    )
    if len(case.garbled.likelihood) > 1:
        return found
    j = int(np.abs(after.value).argmax())
    nothing = Premise(PREMISE, float(np.abs(after.value[j])), float(after.error[j]), found.tolerance)
    return replace(found, premise=nothing)


@composite
def garbling_cases(draw: DrawFn, specs: SearchStrategy[FiniteSpec]) -> GarblingCase:
    """A finite model and a degraded response: a merge of responses, noise in whole weights 0 to 3, splits, or a coin.

    Splits and a coin lose nothing; nor does the merge of responses that were one before they were split.

    Shrinks to all responses merged into one.
    """
    spec = draw(specs)
    count = len(spec.responses[0])
    kind = draw(st.sampled_from(["merge", "noise", "split", "lossless merge", "coin"]))
    if kind == "noise":
        return GarblingCase(spec, tuple(draw(weight_rows(count, 3)) for _ in range(count)))
    if kind == "merge":
        groups = [draw(st.integers(0, max(0, count - 2))) for _ in range(count)]
        return GarblingCase(spec, tuple(tuple(int(g == label) for label in range(max(groups) + 1)) for g in groups))
    same = [[int(k == m) for m in range(count)] for k in range(count)]
    if kind == "coin":
        heads, tails = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        return GarblingCase(spec, tuple((*(heads * w for w in row), *(tails * w for w in row)) for row in same))
    parts = [draw(st.sampled_from([(4,), (2, 2), (1, 3)])) for _ in range(count)]
    widths = [len(part) for part in parts]
    rows = tuple(
        tuple(w for m, part in enumerate(parts) for w in (part if m == k else (0,) * len(part))) for k in range(count)
    )
    if kind == "split":
        return GarblingCase(spec, rows)
    return GarblingCase(_split(spec, parts), tuple(tuple(same[k]) for k, n in enumerate(widths) for _ in range(n)))


def _split(spec: FiniteSpec, parts: Sequence[tuple[int, ...]]) -> FiniteSpec:
    """The model with each response split into parts of these weights, which sum to the same for each."""

    def split(row: Sequence[Any], times: Callable[[Any, int], Any]) -> tuple[Any, ...]:
        return tuple(times(entry, w) for entry, part in zip(row, parts) for w in part)

    slopes = spec.gradient and tuple(split(row, lambda s, w: tuple(w * one for one in s)) for row in spec.gradient)
    table = tuple(split(row, lambda entry, w: entry * w) for row in spec.responses)
    return replace(spec, responses=table, response_volumes=None, values=None, gradient=slopes)


def _unsplit(spec: FiniteSpec) -> GarblingCase:
    """The model with its first response split into halves, which are merged again."""
    count = len(spec.responses[0])
    same = tuple(tuple(int(k == m) for m in range(count)) for k in range(count))
    return GarblingCase(_split(spec, [(2, 2), *[(4,)] * (count - 1)]), (same[0], *same))


def _many_parts(spec: FiniteSpec, parts: int) -> tuple[GarblingCase, GarblingCase]:
    """Each response split into so many parts, and the same merged again: neither loses anything."""
    count = len(spec.responses[0])
    apart = tuple(tuple(int(m // parts == k) for m in range(count * parts)) for k in range(count))
    together = tuple(tuple(int(m // parts == k) for k in range(count)) for m in range(count * parts))
    return GarblingCase(spec, apart), GarblingCase(_split(spec, [(1,) * parts] * count), together)


def _faint(spec: FiniteSpec) -> GarblingCase:
    """A response that seldom becomes another: almost nothing is lost."""
    count = len(spec.responses[0])
    return GarblingCase(spec, tuple(tuple(1 + _SURE * (k == m) for m in range(count)) for k in range(count)))


@composite
def transform_cases(draw: DrawFn) -> GarblingCase:
    """A continuous model with numerical responses, degraded by |r - a|, rounding, clipping or added noise."""
    spec = draw(continuous_specs())
    kind = draw(st.sampled_from(["abs", "round", "clip", "noise"]))
    return GarblingCase(spec, None, kind, draw(steps(2, 12)))


def _families(gradient: bool) -> tuple[Family, ...]:
    return (
        Family("finite, garbled", garbling_cases(finite_specs(gradient=gradient))),
        Family("finite, steep, garbled", garbling_cases(steep.steep(finite_specs())), FIFTH),
        Family("finite, nominal, steep, garbled", garbling_cases(places.nominal(steep.steep(finite_specs()))), TENTH),
        Family("finite, 2-d, garbled", garbling_cases(planes(gradient)), FIFTH),
        # Responses of several features would, garbled, tell of them together.
        Family("finite, 3-d to 8-d, garbled", garbling_cases(spaces(gradient, told=1)), TENTH),
        Family("continuous, transformed", transform_cases(), FIFTH),
        *places.asked(gradient, garbling_cases, ", garbled"),
        Family("ordinary, garbled", garbling_cases(ordinary.drawn(gradient)), TENTH),
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
        GarblingCase(known.LOSSLESS, known.MERGE),
        GarblingCase(known.LOSSLESS, ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 1))),
        GarblingCase(known.LOSSLESS, ((1, 0, 0, 1, 0, 0), (0, 1, 0, 0, 1, 0), (0, 0, 1, 0, 0, 1))),
        *(GarblingCase(spec, known.MERGE) for spec in known.RARE),
        *(GarblingCase(spec, ((1, 0), (0, 1), (0, 1))) for spec in known.RARE),
        GarblingCase(known.BETWEEN, known.MERGE),
        *(GarblingCase(spec, known.MERGE) for spec in (known.SPACE, known.SIXTH, known.SEVENTH)),
        GarblingCase(known.FOUR, known.MERGE),
        GarblingCase(known.MANY_FEATURES, ((1, 0), (1, 0), (0, 1), (0, 1))),
        *(_unsplit(spec) for spec in (known.FOUR, known.MANY_FEATURES, known.SKEWED, known.EVEN, known.WIDE)),
        GarblingCase(known.OWN, tuple(tuple(int(k // 2 == m) for m in range(40)) for k in range(80))),
        GarblingCase(known.SKEWED, ((1,), (1,))),
        GarblingCase(known.SEEN_RARELY, ((1,), (1,))),
        GarblingCase(known.MANY_RESPONSES, ((1, 0, 0),) * (known.COUNT - 2) + ((0, 1, 0), (0, 0, 1))),
        GarblingCase(known.PERIODIC, tuple(tuple(int(k // 3 == m) for m in range(3)) for k in range(9))),
        GarblingCase(known.MANY, ((1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 1))),
        *(GarblingCase(spec, known.MERGE) for spec in (*places.SPECS, *steep.SPECS)),
        *(_unsplit(spec) for spec in places.SPECS),
        *(case for parts in (2, 3, 5, 8, 12, 24, 40) for case in _many_parts(known.UNEVEN, parts)),
        *(_faint(spec) for spec in (known.SHARED, known.UNEVEN, known.SEEN_RARELY, known.SKEWED, known.SPIKES)),
        GarblingCase(known.SPIKES, ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
        GarblingCase(known.WIDE, tuple(tuple(int(k // 2 == m) for m in range(13)) for k in range(25))),
        *rarely.GARBLINGS,
        *rarely.UNEQUAL,
        *larger.GARBLINGS,
        *uncommon.GARBLINGS,
        *usual.GARBLINGS,
        *faint.GARBLINGS,
        *nearly.GARBLINGS,
    ),
    known_with_gradient=(GarblingCase(known.SHARED_SLOPES, known.MERGE),),
    smallest=smallest.garblings,
    sizes=sizes.garblings(_unsplit, _many_parts),
    crossed=crossed.garblings(_unsplit),
    families=_families,
    of_models=lambda specs: (Family("your models, garbled", garbling_cases(specs)),),
)
