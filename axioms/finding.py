"""The finding on one case: by how much it breaks the axiom, how certain that is, and the numbers to show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.geometry import NOMINAL

#: The violation that an axiom allows, in nats, for stimuli in R^1 and in more dimensions (2-d quadrature is coarser).
TOLERANCE = {1: 1e-6, 2: 1e-5}
#: What it allows besides, relative to the largest value compared: Fisher information can be large.
RELATIVE_TOLERANCE = 1e-9
#: A violation of fewer tolerances than this, seen at the quick effort, is confirmed only if it is among the worst.
SCREEN = 10.0
#: Violations are alike if they differ by less than this share of 1 + their size.
_TIE = 1e-10
#: A case is sound only if the error of its violation is below this, relative to 1 + the largest value compared.
COARSEST_ERROR = 1e-4


def tolerance_for(dimensions: int, scale: float) -> float:
    """The allowed violation, in nats, for stimuli in R^d and values up to `scale`."""
    return TOLERANCE[1 if dimensions == 1 else 2] + RELATIVE_TOLERANCE * scale


class Doubt(NamedTuple):
    """What makes an error larger than rounding: the largest change of a value that should not change, and why."""

    moved: float
    says: str


@dataclass(frozen=True)
class Values:
    """A measure's values on one model, with bounds on their numerical error; both (J,) or (J, d).

    `rounding` is the error of the numbers' own format, relative to 1 + their size: 0 for float64. `doubt` says what
    makes the error large, where it is more than rounding. `units` are those of the measure. `of_sums` (J,) bounds the
    error of the sums over features, where it is known to be less than the sum of theirs.
    """

    value: Array
    error: Array
    rounding: float = 0.0
    doubt: Doubt | None = None
    units: str = "nats"
    of_sums: Array | None = None


class Premise(Struct, frozen=True, forbid_unknown_fields=True):
    """A number that an axiom reports beside its verdict, since other verdicts may follow from it; see `implications`.

    Attributes
    ----------
    says : which number, in words
    largest : its largest size over the cases, in the axiom's unit; the premise says that it is 0
    error : how far that may be off
    tolerance : what counts as 0
    cases : how often it was asked; of a pair of responses, in either order
    """

    says: str
    largest: float
    error: float
    tolerance: float
    cases: int = 1

    @property
    def met(self) -> bool:
        """Whether the number was 0 in every case."""
        return self.largest <= self.tolerance

    def __str__(self) -> str:
        return f"{self.says} is at most {self.largest:.2g} (asked {self.cases} times)"

    def to_json(self) -> dict[str, Any]:
        """The premise as JSON data."""
        return {
            "says": self.says,
            "met": self.met,
            "largest": self.largest,
            "numerical_error": self.error,
            "tolerance": self.tolerance,
            "cases": self.cases,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Premise | None:
        """The premise in a verdict's JSON data, if there is one."""
        if data is None:
            return None
        return cls(data["says"], data["largest"], data["numerical_error"], data["tolerance"], data["cases"])

    @classmethod
    def of_all(cls, premises: Iterable[Premise | None]) -> Premise | None:
        """One premise of the cases of all; None if it was asked of none."""
        asked = [premise for premise in premises if premise is not None]
        if not asked:
            return None
        worst = max(asked, key=lambda one: one.largest / one.tolerance)
        return replace(worst, cases=sum(one.cases for one in asked))


class Finding(Struct, frozen=True):
    """One case judged.

    Attributes
    ----------
    violation : by how much the axiom is broken; negative or tiny where it is not
    error : how far the violation may be off
    tolerance : what the axiom allows
    broken, sound : whether the axiom is certainly broken, or certainly met; if neither, the case is undecided
    at : index of the stimulus where the violation is largest; -1 if it concerns all stimuli
    sides : the numbers compared, by label: one value per stimulus, or a single one
    says : the finding in words
    asked : whether the case could have shown a break; False where every value compared is about 0
    doubt : what makes the error large, where it is more than rounding
    premise : what the axiom reports beside its verdict, where the case is one of which that is asked
    unit : of the violation, its error and the tolerance
    """

    violation: float
    error: float
    tolerance: float
    broken: bool
    sound: bool
    at: int = -1
    sides: dict[str, list[float]] = {}
    says: str = ""
    asked: bool = True
    doubt: str = ""
    premise: Premise | None = None
    unit: str = "nats"

    @property
    def excess(self) -> float:
        """The violation in units of the tolerance."""
        return self.violation / self.tolerance


def judge(
    violation: float, error: float, scale: float, dimensions: int, at: int, sides: dict[str, Array], says: str
) -> Finding:
    """A finding from one violation, its error, and the size `scale` of the values compared."""
    allowed = tolerance_for(dimensions, scale)
    return Finding(
        violation=violation,
        error=error,
        tolerance=allowed,
        broken=bool(violation > allowed and violation > 2 * error),
        sound=bool(violation <= allowed and error <= COARSEST_ERROR * (1 + scale)),
        at=at,
        sides=listed(sides),
        says=says,
        asked=any(bool((np.abs(side) > allowed).any()) for side in sides.values()),
    )


def shown(value: float, apart: float) -> str:
    """A value with as many digits as show a difference of `apart`, six at least.

    >>> shown(0.5, 0.1), shown(0.500001, 1e-6), shown(0.5000000012, 1.2e-9)
    ('0.5', '0.500001', '0.5000000012')
    """
    if not (apart > 0 and value and math.isfinite(value)):
        return f"{value:.6g}"
    return f"{value:.{min(17, max(6, 2 + math.ceil(math.log10(abs(value) / apart))))}g}"


def judge_worst(
    violations: Array,
    errors: Array,
    scale: float,
    dimensions: int,
    sides: dict[str, Array],
    says: Callable[[int], str],
) -> Finding:
    """A finding from one violation per stimulus, (J,), with errors (J,): the first with the largest decides.

    ``says(j)`` is the finding in words, for the index j of that stimulus.
    """
    largest = float(violations.max())
    # Of stimuli that differ by rounding alone, another one would come first on another machine.
    level = largest - _TIE * (1 + abs(largest)) if math.isfinite(largest) else largest
    j = int(violations.argmax() if math.isnan(largest) else (violations >= level).argmax())
    return judge(float(violations[j]), float(errors[j]), scale, dimensions, j, sides, says(j))


def place(model: EncodingModel | ResponsePair, j: int) -> str:
    """Stimulus j in words: its value, and its index; of labels, only the index."""
    if model.geometry == NOMINAL:
        return f"stimulus {j}"
    values = [f"{value:.6g}" for value in model.stimuli[j]]
    return f"x = {values[0] if len(values) == 1 else '(' + ', '.join(values) + ')'} (stimulus {j})"


def unchanged(before: Values, after: Values, model: EncodingModel, what: str) -> Finding:
    """A finding for an axiom that says that I(x) does not change under a map; `what` names the map."""
    change = np.abs(after.value - before.value)
    return judge_worst(
        change,
        before.error + after.error,
        float(np.abs(before.value).max()),
        model.dimensions,
        {"I(x) before": before.value, "I(x) after": after.value},
        lambda j: (
            f"{what} changes I at {place(model, j)} from {shown(before.value[j], change[j])} to "
            f"{shown(after.value[j], change[j])} {before.units}"
        ),
    )


def listed(sides: dict[str, Array]) -> dict[str, list[float]]:
    """Arrays as lists of floats."""
    return {label: np.asarray(value, dtype=float).tolist() for label, value in sides.items()}


def worst(findings: list[Finding]) -> Finding:
    """The finding that decides: a broken one first, then an undecided one, then the one with the largest excess."""
    return max(findings, key=lambda f: (f.broken, not f.sound, f.excess))
