"""Locality, a statement about a limit: a change of p(R, x) inside a ball should leave I(x) alone far away.

The change |I - I~| is followed as an envelope e(D), its supremum over all stimuli at distance D or more, over at least
five octaves. What is left in the limit is read off the last two levels as the a of a + b / D (a sound measure's change
falls as 1 / D). Refuted where the far envelope keeps at least `KEEPS` of the near one and no longer falls; also where
it keeps less but stands still: a tenth over two octaves, or a hundredth over six octaves or more. Sound where it still
falls and at most `LIMIT` of the near change is left in the limit.
"""

from __future__ import annotations

import numpy as np

from ..models.arrays import Array
from .evaluator import Evaluator
from .finding import Finding
from .locality_cases import DecayCase, JumpCase

#: The share of the near change that a refutation keeps far away ...
KEEPS = 0.3
#: ... and by how little its envelope falls when the distance doubles.
STANDS = 0.9
#: The share that a plateau keeps, and how far a sound case's envelope must fall.
FADES, FALLS = 0.1, 0.8
#: The share of the near change that may be left in the limit, where it is extrapolated.
LIMIT = 0.05
#: What an envelope that stands still keeps from one level to the next.
PLATEAU = 0.97
#: Changes smaller than this, in nats, say nothing.
SMALLEST = 1e-4


def locality(measure: Evaluator, case: DecayCase | JumpCase) -> Finding:
    """Changing p(R, x) inside a ball only changes I(x) by an amount that goes to 0 far from it."""
    before, after = measure.pointwise(case.built), measure.pointwise(case.changed)
    change, error = np.abs(after.value - before.value), before.error + after.error
    levels = case.levels
    envelope = np.array([change[case.distances >= level].max(initial=0.0) for level in levels])
    noise = float(error[case.distances >= levels[0]].max(initial=0.0))
    near, middle, far, farther = envelope[0], envelope[-3], envelope[-2], envelope[-1]
    scale = float(np.abs(before.value).max())
    floor = max(SMALLEST, 1e-9 * scale) + 4 * noise
    says = (
        f"the change of I is {near:.4g} nats near the ball, {far:.4g} at distance {levels[-2]:g} and {farther:.4g} "
        f"at {levels[-1]:g}"
    )
    sides = {"I(x) before": before.value.tolist(), "I(x) after": after.value.tolist()}
    if far <= floor:
        # Nothing arrives that could be told from numerical error.
        quiet = bool(noise <= 10 * SMALLEST and (near <= 20 * floor or far <= FADES * near))
        return Finding(0.0, noise, LIMIT, False, quiet, -1, sides, says)
    kept = float(far / near)
    stands = farther >= STANDS * far
    long = levels[-1] >= 64 * levels[-3]
    plateau = kept >= (FADES / 10 if long else FADES) and farther >= PLATEAU * far and far >= PLATEAU * middle
    broken = bool((kept >= KEEPS and stands) or plateau)
    growth = levels[-1] / levels[-2]
    left = max(0.0, float((growth * farther - far) / (growth - 1) / near))
    sound = bool(left <= LIMIT + 4 * noise / near and (farther <= FALLS * far or kept <= LIMIT))
    at = int(np.argmax(np.where(_beyond(case, levels[-1]), change, -1.0)))
    return Finding(left, float(noise / near), LIMIT, broken, sound, at, sides, says)


def _beyond(case: DecayCase | JumpCase, level: float) -> Array:
    return np.asarray(case.distances >= level)
