"""Known hard cases, tried on every measure before any search, so that verdicts do not hang on luck.

Each is small enough to check by hand. None is tied to a measure: a copy of a published measure under another name
meets the same cases.
"""

from __future__ import annotations

from dataclasses import replace

from ..models import BernoulliNoise, Bump, Gaussian, Mixture, Sigmoid
from ..models.data import ContinuousSpec, FiniteSpec, PairSpec
from .cases import (
    Case,
    FeatureCase,
    GarblingCase,
    LinearMapCase,
    ModelCase,
    PairCase,
    ResponseMapCase,
    StimulusMapCase,
)
from .locality_cases import DecayCase, JumpCase

# Two stimuli that share half of their responses: every complete measure gives ln(2)/2 to both.
_SHARED = FiniteSpec(((0,), (1,)), (1, 1), ((1, 1, 0), (1, 0, 1)))
_SHARED_SLOPES = FiniteSpec(
    ((0,), (1,)), (1, 1), ((1, 1, 0), (1, 0, 1)), gradient=(((1,), (-1,), (0,)),) + (((1,), (0,), (-1,)),)
)
_UNEVEN = FiniteSpec(((0,), (1,)), (1, 3), ((1, 3, 0), (1, 0, 3)))
_SEEN_RARELY = FiniteSpec(((0,), (1,)), (1, 3), ((3, 0), (1, 2)))
_THREE = FiniteSpec(((0,), (1,), (2,)), (1, 1, 1), ((1, 0), (0, 1), (0, 1)))
_CELLS = FiniteSpec(((0,), (1,)), (1, 1), ((1, 0, 0), (0, 1, 1)), response_volumes=(1, 1, 1))
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
# Three stimuli that do not lie on a line, each with its own response.
_TRIANGLE = FiniteSpec(((0, 0), (1, 0), (0, 2)), (1, 1, 1), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
_XOR = FiniteSpec(_CORNERS, (1, 1, 1, 1), ((1, 9), (9, 1), (9, 1), (1, 9)))
# p(1|x) = (1 + 0.8 x1 x2) / 2, with its gradient at the corners.
_XOR_SLOPES = FiniteSpec(
    _CORNERS,
    (1, 1, 1, 1),
    ((1, 9), (9, 1), (9, 1), (1, 9)),
    gradient=tuple(((-4 * b, -4 * a), (4 * b, 4 * a)) for a, b in _CORNERS),
)
# Features that go together: p(1|x) is 1/2 given either feature alone, and not given both.
_TOGETHER = FiniteSpec(_CORNERS, (3, 1, 1, 3), ((2, 3), (4, 1), (4, 1), (2, 3)))
# The same in the plane: what a measure does on a line says nothing of what it does there.
_DIAGONAL = ((0, 0), (1, 1))
_SHARED_PLANE, _UNEVEN_PLANE, _SEEN_RARELY_PLANE = (
    replace(spec, stimuli=_DIAGONAL) for spec in (_SHARED, _UNEVEN, _SEEN_RARELY)
)
_THREE_PLANE = replace(_THREE, stimuli=((0, 0), (1, 0), (2, 0)))
_AND = FiniteSpec(((0, 0), (0, 1), (1, 0), (1, 1)), (1, 1, 1, 1), ((1, 0), (1, 0), (1, 0), (0, 1)))
_MERGED = PairSpec(
    ((0,), (1,)), (1, 1), (((1, 1, 0), (0, 0, 0)), ((1, 0, 0), (0, 0, 1)))
)  # R = the shared responses merged into one, R' = the response itself
_READINGS = PairSpec(((0,), (1,)), (1, 1), (((4, 2), (2, 1)), ((1, 2), (2, 4))))
_MERGED_PLANE, _READINGS_PLANE = (replace(spec, stimuli=_DIAGONAL) for spec in (_MERGED, _READINGS))
_BLOB = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.5, 1.0, (1, 0))
# The same with a second feature, where the bump is lower.
BLOB_PLANE = replace(_BLOB, beside=(Bump(0.0, 1.0, 2.0),))
_LEANING = DecayCase(Mixture((1.0,), (0.0,), (1.0,)), (Bump(0.0, 1.0, 4.0),), 0.0, 1.0, None, 0.9)
_JUMP = JumpCase(9, 10, 0.5, 0.5, (1, 0), (0, 1))
# Many stimuli: what breaks only there is not seen on a handful.
_FINE_GRIDS = tuple(
    ModelCase(ContinuousSpec(Gaussian(0.0, 1.0), (Sigmoid(0.0, 0.5),), BernoulliNoise(), nodes)) for nodes in (40, 100)
)
_FINE_PLANE = ModelCase(
    FiniteSpec(
        tuple((i / 2, j / 2) for i in range(8) for j in range(7)),
        tuple(1 + (i + j) % 3 for i in range(8) for j in range(7)),
        tuple((1 + i + (i * j) % 5, 1 + j) for i in range(8) for j in range(7)),
    )
)
_MERGE = ((1, 0), (1, 0), (0, 1))
# More of everything than a search draws: a formula for few stimuli or few responses only is not seen there.
_WIDE_PAIR = PairCase(
    PairSpec(
        tuple((j,) for j in range(9)),
        tuple(1 + j % 3 for j in range(9)),
        tuple(
            tuple(tuple(max(0, (j + 2 * k) % 5 - 1) * (1 + j * m % 3) for m in range(4)) for k in range(5))
            for j in range(9)
        ),
    )
)
_WIDE = FiniteSpec(
    tuple((j / 8,) for j in range(60)),
    tuple(1 + j % 4 for j in range(60)),
    tuple(tuple((j * k) % 7 + max(0, 9 - abs(j - 3 * k)) for k in range(25)) for j in range(60)),
)
_SHARED_BY_MANY = FiniteSpec(
    tuple((j / 8,) for j in range(40)), (1,) * 40, tuple((1, 0, 1) if j % 2 else (1, 1, 0) for j in range(40))
)
# Cells of the second response of unequal size.
_CELL_PAIR = PairCase(PairSpec(((0,), (1,)), (1, 1), (((4, 2), (2, 1)), ((1, 2), (2, 4))), None, ((1, 2), (1, 2))))
# Wavelengths in metres; tones a tenth of a hertz apart.
_METRES = replace(_THREE, stimuli=((5e-07,), (5.05e-07,), (5.1e-07,)))
_TONES = replace(_THREE, stimuli=((20000,), (20000.1,), (20000.2,)))

CLASSICS: dict[str, tuple[Case, ...]] = {
    "completeness": (
        ModelCase(_SHARED),
        PairCase(_MERGED),
        PairCase(_READINGS),
        ModelCase(_XOR),
        PairCase(_MERGED_PLANE),
        PairCase(_READINGS_PLANE),
        *_FINE_GRIDS,
        _FINE_PLANE,
        _WIDE_PAIR,
        _CELL_PAIR,
        ModelCase(_METRES),
        ModelCase(_TONES),
    ),
    # In the plane, where a measure may take minutes, the family begins with `BLOB_PLANE`.
    "locality": (_BLOB, _LEANING, replace(_BLOB, mirror=True), replace(_LEANING, mirror=True)),
    "locality_any_prior": (_JUMP, replace(_JUMP, mirror=True)),
    "positivity": (
        ModelCase(_SEEN_RARELY),
        ModelCase(_UNEVEN),
        PairCase(_MERGED),
        PairCase(_READINGS),
        ModelCase(_SEEN_RARELY_PLANE),
        PairCase(_MERGED_PLANE),
        PairCase(_READINGS_PLANE),
        *_FINE_GRIDS,
        _FINE_PLANE,
        _WIDE_PAIR,
    ),
    "additivity": (
        PairCase(_MERGED),
        PairCase(_READINGS),
        PairCase(_MERGED_PLANE),
        PairCase(_READINGS_PLANE),
        _WIDE_PAIR,
        _CELL_PAIR,
    ),
    "data_processing": (
        GarblingCase(_SHARED, _MERGE),
        GarblingCase(_UNEVEN, _MERGE),
        GarblingCase(_SHARED_PLANE, _MERGE),
        GarblingCase(_UNEVEN_PLANE, _MERGE),
        GarblingCase(_SHARED_BY_MANY, _MERGE),
        GarblingCase(_WIDE, tuple(tuple(int(k // 2 == m) for m in range(13)) for k in range(25))),
    ),
    "response_invariance": (
        ResponseMapCase(_CELLS, factors=(2, 1, 1)),
        ResponseMapCase(_UNEVEN, order=(2, 0, 1)),
        ResponseMapCase(_UNEVEN_PLANE, order=(2, 0, 1)),
        ResponseMapCase(_WIDE, order=tuple(7 * k % 25 for k in range(25))),
    ),
    "feature_insensitivity": (
        FeatureCase(FiniteSpec(((0, 0), (0, 1), (1, 0), (1, 1)), (1, 2, 1, 2), ((1, 2), (1, 2), (2, 1), (2, 1))), 1),
    ),
    "feature_insensitivity_marginal": (FeatureCase(_XOR, 1), FeatureCase(_XOR, 0), FeatureCase(_TOGETHER, 0)),
    "stimulus_invariance": (
        StimulusMapCase(_THREE, ((0,), (1,), (3,))),
        StimulusMapCase(_SHARED, ((0,), (1,)), ((2,), (1,))),
        StimulusMapCase(_THREE_PLANE, ((0, 0), (1, 0), (3, 0))),
        StimulusMapCase(_TRIANGLE, ((0, 0), (3, 0), (0, -1))),
        StimulusMapCase(_THREE, ((0,), (2,), (1,))),
        StimulusMapCase(_THREE, _METRES.stimuli),
        StimulusMapCase(_THREE, _TONES.stimuli),
    ),
    # Of `further`.
    "translation_invariance": (LinearMapCase(_THREE, ((1,),), (1,)),),
    "scale_invariance": (LinearMapCase(_THREE, ((2,),), (0,)),),
    "rotation_invariance": (LinearMapCase(_TRIANGLE, ((0.6, -0.8), (0.8, 0.6)), (0, 0)),),
    "unit_invariance": (LinearMapCase(_TRIANGLE, ((1, 0), (0, 2)), (0, 0)),),
}

#: The same for measures that need the likelihood's gradient (continuous stimuli, seen at a few points).
CLASSICS_WITH_GRADIENT: dict[str, tuple[Case, ...]] = CLASSICS | {
    "completeness": (ModelCase(_SHARED_SLOPES), ModelCase(_XOR_SLOPES)),
    "positivity": (ModelCase(_SHARED_SLOPES), ModelCase(_XOR_SLOPES)),
    "additivity": (),
    "data_processing": (GarblingCase(_SHARED_SLOPES, _MERGE),),
    "response_invariance": (ResponseMapCase(_SHARED_SLOPES, order=(2, 0, 1)),),
    "feature_insensitivity": (),
    "feature_insensitivity_marginal": (FeatureCase(_XOR_SLOPES, 1),),
    "stimulus_invariance": (StimulusMapCase(_SHARED_SLOPES, ((0,), (1,)), ((2,), (1,))),),
}
