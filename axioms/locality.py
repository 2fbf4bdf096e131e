"""Locality, a statement about a limit: a change of p(R, x) inside a ball should not change I(x) far away.

The change |I - I~| is followed by its envelope e(D), the largest change of any stimulus at distance D or more, at
levels of D that span several octaves, each with a stimulus of its own. a + b / D is fitted to the last two levels, and
a is the change left in the limit. A local measure's change may also fall more slowly, as (log D) / D does under
exponential tails; then it falls as a power that does not slow down, and nothing is left. A case refutes if the far
envelope is at least `KEEPS` of the near one and no longer falls; also if it is smaller but constant: a tenth over two
octaves, or a hundredth over six octaves or more. An envelope that goes on falling, by about as much as before, refutes
nothing: it may fall without end, as D^-0.2 or 1 / log D do. Nor does one that does not stand at thousands of times the
ball: a measure may have a length of its own, and a mean over all stimuli within 50 of x is local. A case is sound if
the envelope still falls and at most a share of the largest change outside the ball is left in the limit: 5%, or 0.2%
for the lone atoms that reach farthest.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..errors import CaseError, MeasureError, NotApplicable
from ..models import Bump, Bumps, Laplace, Linear, Mixture, Periodic, Sigmoid
from ..models.arrays import Array
from ..models.tuning import AnyTuning
from .axiom import FIFTH, FORTIETH, PAPER, Axiom, Family
from .ball_cases import BallCase, ball_cases
from .beyond_cases import beyond
from .evaluator import Evaluator
from .finding import Finding, Values, listed
from .locality_cases import DecayCase, FarCase, JumpCase
from .locality_known import BLOB_PLANE, KNOWN, WITH_GRADIENT, sizes
from .space_cases import FEW, BesideCase, LaidCase, beside_cases, laid_cases
from .strategies import steps, weight_rows
from .unbounded_cases import AtomsCase, ReadingCase

#: A refutation: the far envelope is at least this share of the near one ...
KEEPS = 0.3
#: ... and at the last level at least this share, per octave, of the level before.
STANDS = 0.95
#: A plateau: the far envelope is at least this share of the near one (a tenth of it over six octaves) ...
FADES = 0.1
#: ... and each of the last two levels at least this share of the level before. A change rises if it does so by more,
#: per octave.
PLATEAU = 0.97
#: An envelope that approaches a limit falls, from one octave to the next, by less than this share of its fall before:
#: by half as much if it falls as 1/D. One that falls as D^-0.2 falls by 0.87 as much.
SLOWS = 0.7
#: A fall by less than this share of the envelope, per octave, is none ...
FALL = 0.02
#: ... unless it was under way an octave before, by at least a tenth as much: then by less than this, D^-0.01 falls by
#: 0.007. Where a change is periodic, its envelope falls by some such share at the last level alone, which is narrow.
TREND, UNDER_WAY = 0.005, 0.1
#: A sound case: the last level is at most this share of the level before ...
FALLS = 0.8
#: ... and no more than this share of the first change, or the case's own `limit`, is left in the extrapolated limit.
LIMIT = 0.05
#: The exponent of a decay that does not slow down falls by at most this much from one level to the next.
BENDS = 0.05
#: Changes smaller than this, in nats, are not told from numerical error.
SMALLEST = 1e-4
#: Lone atoms on a lattice: up to 135 away, since a change that once has changed its sign fades only beyond 32.
ATOMS = 136


def check(measure: Evaluator, case: FarCase) -> Finding:
    """Changing p(R, x) inside a ball only changes I(x) by an amount that goes to 0 far from it."""
    found, unsettled = _check(measure, case)
    if unsettled and case.farther is not None:
        with suppress(CaseError, MeasureError, NotApplicable):  # the case would be too large, or is for the measure
            farther, doubtful = _check(measure, case.farther)
            broken = farther.broken and (found.broken or not doubtful)
            found = replace(found, broken=broken, sound=found.sound and (broken or not found.broken))
    if not found.broken or _stands(measure, case):
        return found
    return replace(found, broken=False, sound=False, says=f"{found.says}; it does not last to thousands of times that")


def _stands(measure: Evaluator, case: FarCase) -> bool:
    """Whether a refutation stands at thousands of times the ball; where the measure declines that, it is as it is."""
    again = []
    for farther in beyond(case):
        with suppress(CaseError, MeasureError, NotApplicable):
            again.append(_check(measure, farther)[0].broken)
            if again[-1]:
                return True
    return not again


def _check(measure: Evaluator, case: FarCase) -> tuple[Finding, bool]:
    """The finding at the levels of the case itself, and whether it must be asked farther whether it stands."""
    before, after = (_compared(measure.pointwise(model), case) for model in (case.built, case.changed))
    change, error = np.abs(after.value - before.value), before.error + after.error
    levels = case.reached
    envelope = np.array([change[case.distances >= level].max(initial=0.0) for level in levels])
    noise = float(error[case.distances >= levels[0]].max(initial=0.0))
    near, middle, far, farther = envelope[0], envelope[-3], envelope[-2], envelope[-1]
    scale = float(np.abs(before.value).max())
    floor = max(SMALLEST, 1e-9 * scale) + 4 * noise
    says = (
        f"the change of I is up to {near:.4g} {before.units} at distance {levels[0]:g} or more from the ball, "
        f"{far:.4g} at {levels[-2]:g} or more and {farther:.4g} at {levels[-1]:g} or more"
    )
    sides = listed({"I(x) before": before.value, "I(x) after": after.value})
    there = np.maximum(np.abs(before.value), np.abs(after.value))[case.distances >= levels[-2]]
    asked = bool(change.max() > floor and there.max(initial=0.0) > floor)
    if far <= floor:
        # No far change that could be told from numerical error.
        quiet = bool(noise <= 10 * SMALLEST and (near <= 20 * floor or far <= FADES * near))
        return Finding(0.0, noise, LIMIT, False, quiet, -1, sides, says, asked), False
    kept, growth = float(far / near), levels[-1] / levels[-2]
    octaves = float(np.log2(growth))
    stands = farther >= STANDS**octaves * far
    long = levels[-1] >= 64 * levels[-3]
    plateau = kept >= (FADES / 10 if long else FADES) and farther >= PLATEAU * far and far >= PLATEAU * middle
    fell, falls = (middle - far) / np.log2(levels[-2] / levels[-3]), (far - farther) / octaves
    least = TREND if fell >= UNDER_WAY * falls else FALL
    goes_on = falls >= max(least * far, SLOWS * fell)
    # Beyond a change of sign a change rises before it falls, and its envelope is as flat as a constant's; but it stays
    # below the largest change of all.
    before_last, last = (_about(change, case.distances, level) for level in levels[-2:])
    rises = before_last < last * PLATEAU**octaves and far < float(change.max())
    flat = bool(((kept >= KEEPS and stands) or plateau) and not goes_on)
    broken = flat and not rises
    # Of the largest change outside the ball: at the first level it may be small by chance, where it changes its sign.
    largest = float(change[case.distances >= 0].max())
    left = max(0.0, float((growth * farther - far) / (growth - 1) / largest))
    # The exponents of a power law between the last levels; one that slows down has a limit.
    first, then = np.diff(np.log(np.maximum(envelope[-3:], 1e-300))) / np.diff(np.log(levels[-3:]))
    steady = bool(then <= np.log2(FALLS) and then <= first + BENDS)
    if steady:
        left = 0.0  # the limit of such a power
    fades = farther <= FALLS * far or farther <= LIMIT * largest
    sound = bool(left <= case.limit + 4 * noise / largest and fades)
    at = int(np.argmax(np.where(case.distances >= levels[-1], change, -1.0)))
    found = Finding(left, float(noise / largest), case.limit, broken, sound, at, sides, says, asked)
    # Where the largest change of all is the far one, there is nothing that it could be left from.
    return found, flat and far < float(change.max())


def _compared(values: Values, case: FarCase) -> Values:
    """The values at stimuli that are the same before and after: the first ones, where others come and go."""
    count = len(case.distances)
    return Values(values.value[:count], values.error[:count])


def _about(change: Array, distances: Array, level: float) -> float:
    """The largest change at distances within a factor of sqrt(2) below a level and a little above it."""
    return float(change[(distances > level / np.sqrt(2)) & (distances <= 1.05 * level)].max(initial=0.0))


@composite
def reading_cases(draw: DrawFn) -> ReadingCase:
    """Responses that follow the stimulus as far as the prior goes, and another response in the ball."""
    counts = draw(st.booleans())
    return ReadingCase(
        gain=draw(steps(2, 8)) if counts else draw(steps(2, 4)),
        sd=draw(steps(2, 4)),
        place=draw(steps(0, 12)),
        spread=draw(st.sampled_from([1.0, 2.0, 5.0])),
        tilt=draw(st.sampled_from([0.0, 2.0, -2.0])),
        counts=counts,
        mirror=draw(st.booleans()),
    )


@composite
def atoms_cases(draw: DrawFn, few: bool = False) -> AtomsCase:
    """Lone atoms, on a lattice or (if `few`, only) at powers of two, of one kind or two, each with tails of its own."""
    kinds = tuple(draw(st.lists(st.sampled_from([1, 0]), min_size=1, max_size=3)))
    light = draw(st.booleans()), draw(st.booleans())
    return AtomsCase(ATOMS, kinds, light, few or draw(st.booleans()), draw(st.booleans()))


@composite
def decay_cases(draw: DrawFn, dimensions: int = 1, along: int = 0) -> DecayCase:
    """Priors with light tails and a change inside a ball near most of their mass.

    The prior has one or two Gaussian components, of sd 1/2 to 3/2, or is a Laplace prior. One or two tuning curves,
    saturating, local, linear or periodic, give the logits of the responses. Inside the ball p(r|x) is another, and the
    prior is tilted or not. In two dimensions a second feature has two values, with tuning curves of their own;
    distances are along feature `along`.
    """
    sd = draw(steps(2, 6))
    prior: Mixture | Laplace = Mixture((1.0,), (0.0,), (sd,))
    kind = draw(st.sampled_from(["gaussian", "mixture", "laplace"][: 4 - dimensions]))
    if kind == "laplace":
        prior = Laplace(0.0, sd)
    elif kind == "mixture":
        share = draw(steps(1, 9, 10))
        prior = Mixture((share, 1 - share), (0.0, sd * draw(steps(1, 3, 2))), (sd * draw(steps(3, 4)), sd))
    # Most tuning varies only near most of the prior's mass, so that far away the limit is seen; linear and periodic
    # tuning goes on.
    place, width = steps(-6, 6).map(lambda n: n * sd), steps(2, 4).map(lambda n: n * sd)
    height = steps(-16, 16)
    curves: list[SearchStrategy[AnyTuning]] = [
        st.builds(Sigmoid, place, width, height),
        st.builds(Bump, place, width, height),
        st.builds(lambda a, b: Bumps((a, b)), *[st.builds(Bump, place, width, height)] * 2),
        st.builds(Linear, steps(-4, 4)),
    ]
    if dimensions == 1:  # quadrature in the plane is too coarse for waves
        curves.append(st.builds(Periodic, width.map(lambda w: 4 * w), place, height))
    curve = st.one_of(curves)
    tuning = tuple(draw(st.lists(curve, min_size=1, max_size=2)))
    beside = tuple(draw(curve) for _ in tuning) if dimensions == 2 else None
    # A small ball in the rightmost component, from whose mean distances are measured.
    mean, unit = (prior.means[-1], prior.sds[-1]) if isinstance(prior, Mixture) else (0.0, sd)
    centre = mean + unit * draw(st.sampled_from([0.0, 0.5, -0.5]))
    radius = unit * draw(st.sampled_from([0.5, 0.25]))
    tilt = draw(st.sampled_from([0.0, 0.5, -0.5, 0.9]))
    inside = draw(weight_rows(len(tuning) + 1))
    return DecayCase(prior, tuning, centre, radius, tilt, inside, beside, draw(st.booleans()), along)


def _families(gradient: bool) -> tuple[Family, ...]:
    # Every case carries one; away from a line, lone atoms that reach far are too much for measures that need none.
    # Hypothesis begins with the first strategy of the two, a known case. In the plane a measure may take minutes.
    in_the_plane = (
        Family(
            f"light-tailed priors, 2-d, along feature {along + 1}",
            st.just(replace(BLOB_PLANE, along=along)) | decay_cases(dimensions=2, along=along),
            FORTIETH,
        )
        for along in (0, 1)
    )
    return (
        Family("light-tailed priors", decay_cases(), FIFTH),
        Family("responses without end", reading_cases(), FORTIETH),
        Family("lone atoms", atoms_cases(), FORTIETH),
        *in_the_plane,
        Family("light-tailed priors, one of 3 features", beside_cases(decay_cases(), FEW), FORTIETH),
        Family("lone atoms, one of 3 to 8 features", beside_cases(atoms_cases(few=True)), FORTIETH),
        Family("stimuli and responses come and go", ball_cases(gradient), FORTIETH),
        Family(
            "along one feature of 3-d to 8-d", laid_cases(decay_cases() | reading_cases() | atoms_cases()), FORTIETH
        ),
    )


AXIOM = Axiom(
    id="locality",
    title="Locality",
    statement="For priors with exponential or lighter tails, changing p(R, x) only inside a ball around x0 changes "
    "I(x) by an amount that goes to 0 as |x - x0| grows, whatever the response.",
    why="Otherwise a peak of I at x may come from the responses to a very different stimulus.",
    source=f"Axiom 2 of {PAPER}, restricted to light tails",
    check=check,
    cases=(DecayCase, JumpCase, ReadingCase, AtomsCase, BesideCase, LaidCase, BallCase),
    known=KNOWN,
    known_with_gradient=WITH_GRADIENT,
    sizes=sizes,
    silence="I was 0 far from the ball, or no change of p(R, x) changed it anywhere,",
    families=_families,
    settles="stimuli farther from the ball",
    unit="of the largest change, left in the limit",
    screened=False,
)
