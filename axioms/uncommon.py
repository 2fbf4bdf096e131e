"""Models that are uncommon in one way each: where a formula may take a shortcut, or lose its digits.

Gaps of very different sizes, cells too, responses that share a number, planes that are a line, features in
very different units, many stimuli on circles or with labels, and large tables.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..models.data import FiniteSpec, PairSpec, Row
from . import known
from .cases import FeatureCase, GarblingCase, ModelCase, PairCase, StimulusMapCase
from .crossed import circle, labels, like_others, paired
from .larger import idle, turned_names
from .sizes import joint
from .spaces import product_of

#: Numbers of stimuli on circles and with labels, and of responses.
_ROUND = ((50, 5), (90, 9), (180, 4), (36, 40), (12, 60))
_LABELS = ((60, 6), (150, 5), (400, 3), (12, 40), (9, 70))
#: More stimuli and responses in one table than elsewhere; and stimuli that each have a response of their own.
_TABLES, _OWN = ((110, 105), (60, 30)), 256
#: Numbers of stimuli, and of values of both responses of a pair.
_VALUES = ((3, 24, 2), (4, 40, 2), (3, 70, 3), (3, 130, 2), (3, 300, 2), (2, 350, 2))
#: Parts into which both of two responses are split.
_PARTS = (12, 40, 80)


def at(places: Row, responses: int = 3) -> FiniteSpec:
    """A joint distribution of stimuli at these places."""
    return replace(joint(len(places), responses), stimuli=tuple((x,) for x in places))


def scaled(spec: FiniteSpec, units: float | Row) -> FiniteSpec:
    """The model with all features, or each, in other units."""
    units = units if isinstance(units, tuple) else (units,) * len(spec.stimuli[0])
    return replace(spec, stimuli=tuple(tuple(x * unit for x, unit in zip(place, units)) for place in spec.stimuli))


def own(count: int, noise: float = 0) -> FiniteSpec:
    """Each stimulus has a response of its own, which others may call by mistake."""
    rows = tuple(tuple(1 if j == k else noise for k in range(count)) for j in range(count))
    return FiniteSpec(tuple((j,) for j in range(count)), tuple(1 + j % 2 for j in range(count)), rows)


_FOUR, _FIVE = joint(4, 3), joint(5, 3)
GAPS = (at((0, 0.001, 1, 1000, 1e6)), at((0, 1, 5000)), at((-1e9, 0, 1e-6, 1), 4), at((7, 3, 0, -2), 2))
CELLS = (
    replace(_FOUR, stimulus_volumes=(1, 1e5, 1e-3, 1)),
    replace(_FIVE, response_volumes=(1e-4, 1, 1e5)),
    replace(known.UNEVEN_PLANE, stimulus_volumes=(1e-6, 1)),
)
NUMBERS = (replace(_FOUR, values=(1, 1, 2)), replace(_FIVE, values=(0.5, -1.25, 0.125)))
ALONG = (
    replace(_FIVE, stimuli=tuple((j, 2 * j) for j in range(5))),
    replace(_FOUR, stimuli=tuple((j, j, -j) for j in range(4))),
)
UNITS = tuple(
    scaled(spec, units)
    for spec, units in (
        *((known.TRIANGLE, units) for units in ((1, 1e4), (1e-4, 1), (1e5, 1e5))),
        *((known.XOR, units) for units in ((1, 2000), (1e-3, 1e3))),
        *((known.SPACE, units) for units in ((1e-6,) * 3, (1e-3,) * 3, (1, 1e4, 1), (1e6,) * 3)),
    )
)
MANY = (*(circle(joint(*size)) for size in _ROUND), *(labels(joint(*size)) for size in _LABELS))
LARGE = (*(joint(*size) for size in _TABLES), own(_OWN))
SPECS = (*GAPS, *CELLS, *NUMBERS, *ALONG, *UNITS, *MANY)

MODELS = tuple(map(ModelCase, (*SPECS, *LARGE)))


def _told_twice(spec: FiniteSpec, first: int) -> PairCase:
    """A pair of which the first response has so many values, and the second as many as are left."""
    second = len(spec.responses[0]) // first
    tables = (tuple(row[k * second : (k + 1) * second] for k in range(first)) for row in spec.responses)
    return PairCase(PairSpec(spec.stimuli, spec.prior, tuple(tables)))


#: Pairs of which one response has many values, and the other few.
_SPLIT = tuple((joint(n, k * m), k) for n, k, m in _VALUES for k, m in ((k, m), (m, k)))
#: A pair of each.
PAIRS = (*map(paired, SPECS), *(_told_twice(*split) for split in _SPLIT))
MODELS_AND_PAIRS = (*MODELS, *PAIRS)
_LEAST = tuple(like_others(spec) for spec in (*SPECS, *LARGE) if len(spec.stimuli) > 2)
#: The same with a last stimulus whose responses are those to all others.
BLANKS = (
    *map(ModelCase, _LEAST),
    *map(paired, _LEAST[: -len(LARGE)]),
    *(_told_twice(like_others(spec), first) for spec, first in _SPLIT),
)


RENAMINGS = tuple(map(turned_names, SPECS))


def _parts(spec: FiniteSpec, parts: int) -> GarblingCase:
    """Each response split into so many parts: nothing is added."""
    count = len(spec.responses[0])
    return GarblingCase(spec, tuple(tuple(int(m // parts == k) for m in range(count * parts)) for k in range(count)))


#: Responses are split on circles, of labels, and of many stimuli; and merged where they tell five nats.
GARBLINGS = (
    GarblingCase(own(_OWN), tuple(tuple(int(k // 2 == m) for m in range(_OWN // 2)) for k in range(_OWN))),
    *(_parts(place(joint(count, 2)), parts) for place in (circle, labels) for count in (5, 120) for parts in _PARTS),
    *(_parts(joint(120, 2), parts) for parts in _PARTS),
)
#: Coordinates are stretched, each by its own factor or one of them a lot, with cells that grow along.
MOVED = (
    *(StimulusMapCase(known.TRIANGLE, spec.stimuli) for spec in UNITS[:3]),
    *(StimulusMapCase(known.SPACE, spec.stimuli) for spec in UNITS[5:]),
    *(StimulusMapCase(_FIVE, spec.stimuli) for spec in GAPS if len(spec.stimuli) == len(_FIVE.stimuli)),
    StimulusMapCase(known.SHARED, ((0,), (1,)), ((1e5,), (1e-5,))),
    StimulusMapCase(_FOUR, ((0,), (1,), (2,), (3,)), ((1e5,), (1,), (1e-4,), (2,))),
)


def _with_idle(spec: FiniteSpec, prior: Row, first: bool) -> FeatureCase:
    """The model's feature, and one without effect, before it or after, with these weights."""
    other = idle(prior)
    return FeatureCase(product_of([other, spec] if first else [spec, other]), int(not first))


def _with_cells(case: FeatureCase) -> FeatureCase:
    count = len(case.model.stimuli)
    return replace(
        case, model=replace(case.model, stimulus_volumes=tuple(10.0 ** (j % 4 * 2 - 3) for j in range(count)))
    )


_RARE = tuple(replace(joint(3, 3), prior=prior) for prior in ((1000, 1, 1), (1e-6, 1, 1), (1, 1, 1e-12)))
#: Weights of a usual value beside two of 1: of both features, so that one stimulus has almost all of the probability.
_SURE = (20, 100, 1000, 1e5)
#: A feature without effect beside many responses, stimuli that are rare or almost certain, and cells of very different
#: sizes.
FEATURES = (
    *(_with_idle(joint(3, count), (1, 2), bool(count % 20)) for count in (32, 60, 130)),
    *(_with_idle(spec, (1, 2), first) for spec in _RARE for first in (False, True)),
    *(_with_idle(joint(3, 2), prior, first) for prior in ((1e6, 1), (1, 1, 1e-9)) for first in (False, True)),
    *(
        _with_idle(replace(joint(3, 3), prior=(sure, 1, 1)), (1, sure, 1), first)
        for sure in _SURE
        for first in (False, True)
    ),
    *(_with_cells(_with_idle(joint(3, 3), (1, 1, 2), first)) for first in (False, True)),
)
