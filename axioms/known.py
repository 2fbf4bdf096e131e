"""Small models for the known hard cases of several axioms; each can be checked by hand.

None depends on the measure: a copy of a published measure under another name meets the same cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from msgspec.structs import replace

from ..models import BernoulliNoise, Gaussian, Sigmoid
from ..models.data import ContinuousSpec, FiniteSpec, PairSpec, Row, Table
from .cases import FeatureCase, ModelCase, PairCase

# Two stimuli that share half of their responses: every complete measure gives ln(2)/2 to both.
SHARED = FiniteSpec(((0,), (1,)), (1, 1), ((1, 1, 0), (1, 0, 1)))
SHARED_SLOPES = replace(SHARED, gradient=(((1,), (-1,), (0,)), ((1,), (0,), (-1,))))
UNEVEN = FiniteSpec(((0,), (1,)), (1, 3), ((1, 3, 0), (1, 0, 3)))
SEEN_RARELY = FiniteSpec(((0,), (1,)), (1, 3), ((3, 0), (1, 2)))
THREE = FiniteSpec(((0,), (1,), (2,)), (1, 1, 1), ((1, 0), (0, 1), (0, 1)))
CELLS = FiniteSpec(((0,), (1,)), (1, 1), ((1, 0, 0), (0, 1, 1)), response_volumes=(1, 1, 1))
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
# Three stimuli that do not lie on a line, each with its own response.
TRIANGLE = FiniteSpec(((0, 0), (1, 0), (0, 2)), (1, 1, 1), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
XOR = FiniteSpec(CORNERS, (1, 1, 1, 1), ((1, 9), (9, 1), (9, 1), (1, 9)))
# p(1|x) = (1 + 0.8 x1 x2) / 2, with its gradient at the corners.
XOR_SLOPES = replace(XOR, gradient=tuple(((-4 * b, -4 * a), (4 * b, 4 * a)) for a, b in CORNERS))
# Correlated features: the two responses are equally probable given either feature alone, but not given both.
TOGETHER = FiniteSpec(CORNERS, (3, 1, 1, 3), ((2, 3), (4, 1), (4, 1), (2, 3)))
# The same in the plane, where a measure may behave differently.
DIAGONAL = ((0, 0), (1, 1))
SHARED_PLANE, UNEVEN_PLANE, SEEN_RARELY_PLANE = (
    replace(spec, stimuli=DIAGONAL) for spec in (SHARED, UNEVEN, SEEN_RARELY)
)
THREE_PLANE = replace(THREE, stimuli=((0, 0), (1, 0), (2, 0)))
# R' is the response of SHARED; R merges its first two values into one.
MERGED = PairSpec(((0,), (1,)), (1, 1), (((1, 1, 0), (0, 0, 0)), ((1, 0, 0), (0, 0, 1))))
READINGS = PairSpec(((0,), (1,)), (1, 1), (((4, 2), (2, 1)), ((1, 2), (2, 4))))
MERGED_PLANE, READINGS_PLANE = (replace(spec, stimuli=DIAGONAL) for spec in (MERGED, READINGS))
# Many stimuli, for a measure that breaks an axiom only there.
FINE_GRIDS = tuple(
    ModelCase(ContinuousSpec(Gaussian(0.0, 1.0), (Sigmoid(0.0, 0.5),), BernoulliNoise(), nodes)) for nodes in (40, 100)
)
FINE_PLANE = ModelCase(
    FiniteSpec(
        tuple((i / 2, j / 2) for i in range(8) for j in range(7)),
        tuple(1 + (i + j) % 3 for i in range(8) for j in range(7)),
        tuple((1 + i + (i * j) % 5, 1 + j) for i in range(8) for j in range(7)),
    )
)
MERGE = ((1, 0), (1, 0), (0, 1))
# More stimuli and responses than a search draws, for a formula that is right only for few.
WIDE_PAIR = PairCase(
    PairSpec(
        tuple((j,) for j in range(9)),
        tuple(1 + j % 3 for j in range(9)),
        tuple(
            tuple(tuple(max(0, (j + 2 * k) % 5 - 1) * (1 + j * m % 3) for m in range(4)) for k in range(5))
            for j in range(9)
        ),
    )
)
WIDE = FiniteSpec(
    tuple((j / 8,) for j in range(60)),
    tuple(1 + j % 4 for j in range(60)),
    tuple(tuple((j * k) % 7 + max(0, 9 - abs(j - 3 * k)) for k in range(25)) for j in range(60)),
)
SHARED_BY_MANY = FiniteSpec(
    tuple((j / 8,) for j in range(40)), (1,) * 40, tuple((1, 0, 1) if j % 2 else (1, 1, 0) for j in range(40))
)
# Cells of the second response of unequal size.
CELL_PAIR = PairCase(replace(READINGS, response_volumes=((1, 2), (1, 2))))
# Wavelengths in metres, and tones a tenth of a hertz apart: very close stimuli.
METRES = replace(THREE, stimuli=((5e-07,), (5.05e-07,), (5.1e-07,)))
TONES = replace(THREE, stimuli=((20000,), (20000.1,), (20000.2,)))
# Prior weights, and responses, as rare as 1e-7 to 1e-15: what is skipped or floored there is seen.
RARE = tuple(
    FiniteSpec(((0,), (1,), (2,)), prior, ((1, 1, 1), (0, 1, 0), (0, 0, 1)))
    for prior in ((0.5, 0.5 - 1e-9, 1e-9), (0.5, 0.5, 1e-15), (1 - 2e-7, 1e-7, 1e-7), (1 - 2e-15, 1e-15, 1e-15))
)
RARE_PAIRS = tuple(
    PairCase(
        PairSpec(((0,), (1,), (2,)), prior, (((1, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 1, 0)), ((0, 0, 0), (0, 0, 1))))
    )
    for prior in ((1 - 2e-7, 1e-7, 1e-7), (1 - 2e-15, 1e-15, 1e-15))
)
# Stimuli that a formula with a period takes for one: each has a response of its own.
PERIODS = (0, 1, 24, 180, 360, 1000, 1440, 3.141592653589793, 6.283185307179586)
PERIODIC = FiniteSpec(
    tuple((x,) for x in PERIODS), (1,) * len(PERIODS), tuple(tuple(int(j == k) for k in range(9)) for j in range(9))
)
# More stimuli, and more responses in a pair, than anybody's threshold for "few".
MANY = FiniteSpec(
    tuple((j / 4,) for j in range(150)),
    tuple(1 + j % 3 for j in range(150)),
    tuple(tuple(1 + (j * j + 3 * k) % 7 for k in range(6)) for j in range(150)),
)
MANY_PAIR = PairCase(
    PairSpec(
        tuple((j,) for j in range(6)),
        (1, 2, 1, 1, 2, 1),
        tuple(tuple(tuple(1 + (j + k * m) % 5 for m in range(12)) for k in range(20)) for j in range(6)),
    )
)
# Stimuli between whole numbers.
BETWEEN = replace(UNEVEN, stimuli=((0.25,), (0.75,)))
BETWEEN_PAIR = PairCase(replace(READINGS, stimuli=((0.25,), (0.75,))))
# A second feature between whole numbers that decides the response; the first one does not matter.
BESIDE = FiniteSpec(
    ((0.25, 0.5), (0.75, 0.5), (0.25, 1.5), (0.75, 1.5)), (1, 2, 1, 2), ((1, 2), (1, 2), (2, 1), (2, 1))
)
# Two responses of one likelihood ratio: to merge them loses nothing, and to split them adds nothing.
LOSSLESS = FiniteSpec(((0,), (1,)), (1, 1), ((1, 1, 0), (0, 0, 1)))
# Stimuli with cells of unequal size; R merges the last two of the responses R'.
VOLUME_PAIR = PairCase(
    PairSpec(
        ((0,), (1,), (2,)),
        (1, 1, 2),
        (((1, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 1, 0)), ((0, 0, 0), (0, 0, 1))),
        stimulus_volumes=(1, 1, 3),
    )
)
# Three stimuli of R^3 that lie in no plane with the origin's axes, and pairs there.
SPACE = FiniteSpec(((0, 0, 1), (1, 0, 3), (0, 2, 0)), (1, 2, 1), ((1, 1, 0), (1, 0, 1), (0, 2, 1)))
SPACE_PAIR = PairCase(replace(READINGS, stimuli=((0, 0, 1), (1, 2, 3))))
# Four stimuli that lie in no plane.
FOUR = FiniteSpec(
    ((0, 0, 0), (2, 0, 1), (0, 1, 0), (1, 0, 3)), (1, 2, 1, 1), ((1, 1, 0), (1, 0, 1), (0, 2, 1), (2, 0, 1))
)
# Two stimuli in the plane of the last two features, beside a first feature that does not matter.
BESIDE_TWO = FiniteSpec(((0, 0, 0), (0, 1, 2), (1, 0, 0), (1, 1, 2)), (1, 1, 2, 2), ((1, 2), (2, 1), (1, 2), (2, 1)))
# Three stimuli that are told apart, in tiny units and far from 0: rounded or shortened coordinates merge them.
ALIKE = tuple(
    FiniteSpec(tuple((x,) for x in places), (1, 1, 1), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    for places in (
        (1e-7, 2e-7, 3e-7),
        (1e-13, 2e-13, 3e-13),
        (1000000, 1000001, 1000002),
        (16777216, 16777217, 16777218),
        (0, 256, 65536),
    )
)
# Many responses, of which the last two tell the stimuli apart.
COUNT = 300
MANY_RESPONSES = FiniteSpec(((0,), (1,)), (1, 1), ((*(1,) * (COUNT - 2), COUNT, 0), (*(1,) * (COUNT - 2), 0, COUNT)))
# One stimulus in five of six trials: what is unusual of the others is unusual of all of them together.
SKEWED = FiniteSpec(
    tuple((j,) for j in range(6)), (78, 5, 5, 5, 5, 2), ((4, 1), (1, 4), (1, 4), (1, 4), (1, 4), (19, 31))
)
# In R^4 only the last feature differs; in R^3 each of two does.
FOURTH = FiniteSpec(((0, 0, 0, 0), (0, 0, 0, 1)), (1, 1), ((1, 0), (0, 1)))
THIRD_PAIR = PairCase(
    PairSpec(
        ((0, 0, 0), (0, 0, 1), (0, 1, 0)),
        (1, 1, 1),
        (((4, 0), (0, 0)), ((0, 0), (4, 0)), ((0, 1), (3, 0))),
    )
)
# The first feature decides the response by its distance from 0 alone; the second one does not matter.
SPREAD = FiniteSpec(
    ((-1, 0), (-1, 1), (0, 0), (0, 1), (1, 0), (1, 1)),
    (1, 1, 2, 2, 1, 1),
    ((1, 0), (1, 0), (0, 1), (0, 1), (1, 0), (1, 0)),
)
#: In R^3 one feature decides the response, one does not matter and one never varies: (model, feature without effect).
ONE_OF_THREE = tuple(
    (
        FiniteSpec(
            tuple(tuple(a if i == told else b if i == idle else 0 for i in range(3)) for a in (0, 1) for b in (0, 1)),
            (1, 1, 1, 1),
            ((1, 0), (1, 0), (0, 1), (0, 1)),
        ),
        idle,
    )
    for told in range(3)
    for idle in range(3)
    if told != idle
)
#: The first two features decide the response, among three places, and the last one does not matter; in no plane.
PRISM = FiniteSpec(
    ((0, 0, 0), (1, 0, 0), (0, 2, 0), (0, 0, 1), (1, 0, 1), (0, 2, 1)),
    (1, 2, 1, 1, 2, 1),
    ((3, 1), (1, 3), (0, 1), (3, 1), (1, 3), (0, 1)),
)


def _corners(gaps: Row, weights: Table, told: Mapping[int, Table]) -> FiniteSpec:
    """Independent features 0 or a gap, with prior weights; `told` has two rows for a feature with a response."""
    corners = tuple(product((0, 1), repeat=len(gaps)))
    return FiniteSpec(
        tuple(tuple(gap * a for gap, a in zip(gaps, corner)) for corner in corners),
        tuple(prod(pair[a] for pair, a in zip(weights, corner)) for corner in corners),
        tuple(tuple(map(prod, product(*(rows[corner[i]] for i, rows in told.items())))) for corner in corners),
    )


# Of five independent features, or of eight, two have a response each; the others have no effect.
_TOLD = ((3, 1), (1, 3)), ((2, 0), (1, 1))
MANY_FEATURES = _corners((1, 2, 1, 3, 1), ((1, 1), (1, 2), (2, 1), (1, 1), (3, 1)), dict(zip((0, 4), _TOLD)))
EIGHT = _corners((1,) * 8, ((1, 1), (1, 2)) * 4, dict(zip((3, 6), _TOLD)))
#: The same with the last two features first: the second and the third have a response each.
TURNED_FEATURES = replace(MANY_FEATURES, stimuli=tuple((*x[3:], *x[:3]) for x in MANY_FEATURES.stimuli))
#: Responses that are common, and rare at one of the stimuli.
RARE_THERE = tuple(FiniteSpec(((0,), (1,)), (1, 1), ((common, 1), (1, 1))) for common in (10**4, 10**9))
RARE_FIRST = PairCase(PairSpec(((0,), (1,)), (1, 1), (((6000, 3000), (2, 1)), ((1, 2), (2, 4)))))
#: Responses to one stimulus that are those to all together.
LIKE_ALL = FiniteSpec(((0,), (1,), (2,)), (1, 1, 2), ((2, 0), (0, 2), (1, 1)))
#: Many stimuli, all equally likely, of different information.
EVEN = FiniteSpec(
    tuple((j,) for j in range(30)), (1,) * 30, tuple((1 + j % 3, 1 + j * j % 5, 2 * (j < 20)) for j in range(30))
)
#: Stimuli each with a response of its own: more than 4 nats; and a pair whose second response tells all of 24 stimuli.
OWN = FiniteSpec(
    tuple((j,) for j in range(80)),
    tuple(1 + j % 2 for j in range(80)),
    tuple(tuple(int(j == k) for k in range(80)) for j in range(80)),
)
OWN_SECOND = PairCase(
    PairSpec(
        tuple((j,) for j in range(24)),
        (1, 2) * 12,
        tuple(tuple(tuple(int(k == j // 12 and j == m) for m in range(24)) for k in range(2)) for j in range(24)),
    )
)
#: Six responses to the second feature; the first one has no effect. And two features in other units.
SIX = FiniteSpec(
    tuple((a, b) for a in (0, 2) for b in (0, 1, 3)),
    (1, 2, 1, 2, 4, 2),
    ((1, 2, 0, 1, 3, 1), (0, 1, 2, 2, 1, 2), (2, 0, 1, 1, 1, 3)) * 2,
)
BESIDE_SCALED = tuple(
    replace(BESIDE, stimuli=tuple((one * x, other * y) for x, y in BESIDE.stimuli))
    for one, other in ((1e-3, 1), (1, 1e-3), (1e4, 1e4))
)
#: Pairs of which the axioms about the conditional are asked: rare, between whole numbers, many, in space, with cells of
#: unequal size.
PAIRS = (VOLUME_PAIR, BETWEEN_PAIR, *RARE_PAIRS, RARE_FIRST, OWN_SECOND, MANY_PAIR, SPACE_PAIR, THIRD_PAIR)
_FEW = (*RARE, *RARE_THERE, BETWEEN, PERIODIC, *ALIKE, SKEWED)
# Three stimuli in R^6 and R^7, which a search seldom draws: a measure may go wrong in one number of dimensions alone.
SIXTH, SEVENTH = (
    replace(SPACE, stimuli=tuple((*x, x[0] + x[1], x[1] - x[2], 2 * x[0], x[2])[:count] for x in SPACE.stimuli))
    for count in (6, 7)
)
_LARGE = (MANY, EVEN, OWN, MANY_RESPONSES)
#: Models and pairs of which axioms about both I(x) and the conditional are asked.
MODELS_AND_PAIRS = (
    *map(ModelCase, (*_FEW, *_LARGE, SPACE, FOUR, FOURTH, SIXTH, SEVENTH, MANY_FEATURES, EIGHT)),
    *PAIRS,
)
# Spike counts 0, 1 and 2, whose values may be stretched.
SPIKES = FiniteSpec(((0,), (1,)), (1, 1), ((2, 1, 1), (1, 1, 2)), values=(0, 1, 2))


def sloped(cases: Iterable[Any], gradient: bool) -> tuple[Any, ...]:
    """The cases; for a measure that needs a gradient, with one."""
    return tuple(with_slopes(case) if gradient else case for case in cases)


def with_slopes(case: Any) -> Any:
    """The case with a derivative of the likelihood, in whole numbers, where its model has none and can carry one."""
    if isinstance(case, PairCase):
        pair = case.pair
        if pair.gradient is not None:
            return case
        count, d = len(pair.responses[0][0]), len(pair.stimuli[0])
        flat = [_slopes([w for row in table for w in row], j, d) for j, table in enumerate(pair.responses)]
        cut = tuple(tuple(tuple(per[k : k + count]) for k in range(0, len(per), count)) for per in flat)
        return PairCase(replace(pair, gradient=cut))
    spec = getattr(case, "model", None)
    discrete = getattr(case, "stimuli", None) is not None and getattr(case, "slopes", None) is None
    if not isinstance(spec, FiniteSpec) or spec.gradient is not None or discrete:
        return case  # a discrete stimulus that is moved anywhere has no derivative
    d = len(spec.stimuli[0])
    gradient = tuple(_slopes(row, j, d) for j, row in enumerate(spec.responses))
    if isinstance(case, FeatureCase):  # the response does not change along a feature without effect
        gradient = tuple(
            tuple(tuple(0 if i in case.silent else s for i, s in enumerate(slopes)) for slopes in row)
            for row in gradient
        )
    return replace(case, model=replace(spec, gradient=gradient))


def _slopes(row: Sequence[float], j: int, d: int) -> tuple[tuple[float, ...], ...]:
    """Whole slopes of a row of weights along each feature: 0 where a weight is 0, and 0 in sum."""
    free = [k for k, weight in enumerate(row) if weight]
    slopes = [[0] * d for _ in row]
    for i in range(d):
        for n, k in enumerate(free[1:]):
            slopes[k][i] = 1 + (n + j + i) % 2
        slopes[free[0]][i] = -sum(slopes[k][i] for k in free[1:])
    return tuple(map(tuple, slopes))
