"""Small models for the known hard cases of several axioms; each can be checked by hand.

None depends on the measure: a copy of a published measure under another name meets the same cases.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..models import BernoulliNoise, Gaussian, Sigmoid
from ..models.data import ContinuousSpec, FiniteSpec, PairSpec
from .cases import ModelCase, PairCase

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
