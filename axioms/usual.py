"""Axes, codes and priors that laboratories use: kelvins, wavelengths, decades of concentration, weekdays, Zipf's law.

A formula may be wrong in one band of an axis alone, or of responses that are all negative or even. The axes are asked
at every power of ten, since no one knows which units a user has.
"""

from __future__ import annotations

import math

from msgspec.structs import replace

from ..models.data import FiniteSpec, Row
from .cases import GarblingCase, ModelCase, ResponseMapCase, StimulusMapCase
from .crossed import circle, like_others, paired
from .larger import turned_names
from .sizes import joint
from .uncommon import at, own

#: Bands of an axis away from 0, in each power of ten: 270 to 310 kelvins and 400 to 700 nm are among them.
_BANDS = ((1, 1.1, 1.3), (1.9, 1.95, 2, 2.02), (2.7, 2.8, 2.95, 3.1), (4, 4.5, 5, 5.5, 6, 6.5, 7), (8.5, 9, 9.9))
_POWERS = range(-9, 8)
#: Axes of equal ratios: where they start, the ratio, and how many stimuli.
_STARTS, _RATIOS = (1e-9, 1e-3, 0.5, 20, 100), ((1.5, 13), (2, 9), (math.sqrt(10), 6), (10, 7))
#: Numbers of stimuli of the priors below, and of responses that have numbers.
_COUNTS, _CODED = (6, 8, 10, 20), (6, 8, 12)
#: Circles of so many whole units with a stimulus at each, and stimuli and responses on circles of 360 and 180 degrees.
_WHEELS, _ROUND = (3, 4, 5, 7, 10, 12, 24, 31, 52), ((8, 5), (12, 10), (16, 6), (36, 10), (36, 24), (72, 11))
#: Numbers of stimuli that each have a response of their own, and how many of the last are merged.
_OWN = (20, 30, 64)


def _priors(count: int) -> tuple[Row, ...]:
    ranks = range(1, count + 1)
    return (
        tuple(1 / rank for rank in ranks),
        tuple(1 / rank**2 for rank in ranks),
        tuple(0.5**rank for rank in ranks),
        tuple(3.0 ** -(count - rank) for rank in ranks),
        tuple(0.9**rank for rank in ranks),
        tuple(float(math.comb(count - 1, rank - 1)) for rank in ranks),
        tuple(float(rank) for rank in ranks),
        tuple(math.exp(-((rank - count / 2) ** 2) / 8) for rank in ranks),
        (float(count - 1), *(1.0,) * (count - 1)),
    )


def _codes(count: int) -> tuple[Row, ...]:
    """Numbers of so many responses: millivolts, even, odd and falling ones, powers, thousands, fractions."""
    ks = range(count)
    return (
        tuple(5.0 * k - 70 for k in ks),
        tuple(-40.0 - k * k for k in ks),
        tuple(2.0 * k for k in ks),
        tuple(2.0 * k + 1 for k in ks),
        tuple(float(count - k) for k in ks),
        tuple(-2.0 * k for k in ks),
        tuple(2.0**k for k in ks),
        tuple(1000.0 * (k + 1) for k in ks),
        tuple(0.001 * (k + 1) for k in ks),
        tuple(k / (count - 1) for k in ks),
        tuple(0.5 + k for k in ks),
    )


def _turning(count: int, period: int, responses: int) -> FiniteSpec:
    places = tuple((j * period / count,) for j in range(count))
    return replace(joint(count, responses), stimuli=places, geometry=f"circle:{period}")


def _of(places: list[tuple[int, ...]], responses: int = 4) -> FiniteSpec:
    return replace(joint(len(places), responses), stimuli=tuple(places))


AXES = (
    *(at(tuple(m * 10.0**e for m in band)) for e in _POWERS for band in _BANDS),
    *(at(tuple(-m * 10.0**e for m in band)) for e in (-3, 0, 1, 2) for band in _BANDS),
    *(at(tuple(start * ratio**k for k in range(n)), 4) for start in _STARTS for ratio, n in _RATIOS),
    *(at(tuple(float(x) for x in range(0, 101, step))) for step in (10, 25)),
)
PRIORS = tuple(replace(joint(n, 5), prior=prior) for n in _COUNTS for prior in _priors(n))
CODES = tuple(replace(joint(4, count), values=values) for count in _CODED for values in _codes(count))
WHEELS = (
    *(_turning(n, n, 3 + n % 4) for n in _WHEELS),
    *(circle(joint(*size)) for size in _ROUND),
    *(_turning(n, 180, responses) for n, responses in _ROUND),
)
#: Stimuli as unit vectors, corners of cubes, polygons in space, and beyond the plane with more responses than stimuli.
SPACES = (
    *(_of([tuple(int(i == j) for i in range(d)) for j in range(d)]) for d in (2, 3, 4, 5, 8, 10, 16)),
    *(_of([tuple(j >> i & 1 for i in range(d)) for j in range(2**d)], 6) for d in (2, 3, 4)),
    _of([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]),
    *(joint(n, k, d) for n, k, d in ((5, 6, 3), (7, 9, 3), (6, 8, 4), (9, 4, 5))),
)
INFORMED = tuple(own(count, noise) for count in _OWN for noise in (0, 0.1 / count))
SPECS = (*AXES, *PRIORS, *CODES, *WHEELS, *SPACES)

MODELS = tuple(map(ModelCase, (*SPECS, *INFORMED)))
#: Of every third one a pair, and of those that carry many nats.
PAIRS = tuple(map(paired, (*SPECS[::3], *INFORMED[::2], INFORMED[1])))
BLANKS = tuple(ModelCase(like_others(spec)) for spec in (*SPECS[::2], *INFORMED) if len(spec.stimuli) > 2)
RENAMINGS = (
    *map(turned_names, (*AXES[::3], *PRIORS[::3], *WHEELS, *SPACES, *INFORMED)),
    *(ResponseMapCase(spec, values=tuple(float(k) for k in range(len(spec.values or ())))) for spec in CODES),
    *(turned_names(spec) for spec in CODES),
)


def _merged(spec: FiniteSpec, last: int) -> GarblingCase:
    """The last responses become one."""
    count = len(spec.responses[0])
    left = count - last + 1
    return GarblingCase(spec, tuple(tuple(int(min(k, left - 1) == m) for m in range(left)) for k in range(count)))


GARBLINGS = (
    *(_merged(spec, 2) for spec in (*SPECS, *INFORMED)),
    *(_merged(spec, max(3, len(spec.responses[0]) * 2 // 5)) for spec in (*PRIORS[::2], *WHEELS, *SPACES, *INFORMED)),
)


def _logs(spec: FiniteSpec) -> tuple[Row, ...]:
    return tuple((math.log(abs(x)),) for (x,) in spec.stimuli)


def _places(spec: FiniteSpec) -> tuple[Row, ...]:
    return tuple((float(j),) for j in range(len(spec.stimuli)))


#: Axes become logarithms, or whole numbers.
MOVED = (
    *(StimulusMapCase(spec, _places(spec)) for spec in AXES),
    *(StimulusMapCase(spec, _logs(spec)) for spec in AXES if all(x for (x,) in spec.stimuli)),
)
