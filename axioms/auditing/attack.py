"""The search of one cell: one measure against one axiom, known cases first, then Hypothesis, then a finer look.

Every refutation is confirmed at a higher accuracy before it counts, inside the search, so that shrinking keeps only
what is confirmed; and where nothing was refuted the ten worst cases are looked at again in the same way.
"""

from __future__ import annotations

import dataclasses
import math
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings, target
from hypothesis import seed as seeded
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy

from ...errors import ModelError, NotApplicable
from ...estimators import Measure
from ...models.data import FiniteSpec
from ..answers import MeasureError
from ..cases import Case, ModelCase
from ..evaluator import evaluator
from ..finding import SCREEN, Finding
from ..locality import locality
from ..registry import Axiom, Family

#: How many of the worst cases are looked at again.
WORST = 10
#: Seconds between signs of life from a case that asks for many answers.
TELL_EVERY = 0.25
Watch = Callable[[Case | None], None]
_PROBE = ModelCase(FiniteSpec(((0,), (1,)), (1, 1), ((1, 0), (0, 1))))


@dataclass(frozen=True)
class Outcome:
    """What the search of a cell came to; `case` and `finding` are those of a refutation, an error or the worst case."""

    verdict: str
    examples: int
    margin: float
    numerical_error: float
    message: str
    case: dict[str, Any] | None = None
    finding: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def search(
    axiom: Axiom,
    measure: Measure,
    *,
    examples: int = 200,
    seed: int = 0,
    specs: SearchStrategy[FiniteSpec] | None = None,
    watch: Watch = lambda case: None,
    database: str | None = None,
) -> Outcome:
    """Attack `measure` at `axiom`.

    Parameters
    ----------
    examples : generated cases of each full family; others get their share of it
    seed : the same seed gives the same cases
    specs : a user's models, in place of the generated ones
    watch : told of each case before it is judged, and None after
    database : folder in which Hypothesis keeps failing cases of this cell, tried first the next time
    """
    if axiom.featurewise and not measure.has_featurewise:
        return Outcome("not_applicable", 0, 0.0, 0.0, f"{measure.name} has no feature-wise form")
    if specs is not None and axiom.of_models is None:
        return Outcome("not_applicable", 0, 0.0, 0.0, "needs priors with tails, so it is not asked of given models")
    attack = _Attack(axiom, measure, watch)
    try:
        if specs is None:
            gradient = attack.needs_gradient()
            for case in axiom.classics(gradient):
                attack.confirm(case)
            families = axiom.families(gradient)
        else:
            assert axiom.of_models is not None
            families = axiom.of_models(specs)
        for family in families:
            attack.run(family, examples, seed, database)
        attack.second_look()
    except (_Refuted, MeasureError):
        pass
    return attack.outcome()


class _Refuted(Exception):
    """A confirmed violation (inside Hypothesis: the failure that it shrinks)."""


class _Attack:
    """The state of one search."""

    def __init__(self, axiom: Axiom, measure: Measure, watch: Watch) -> None:
        self.axiom, self.measure, self.watch = axiom, measure, watch
        self.quick = evaluator(measure, "quick", self._answered)
        self.fine = evaluator(measure, "fine", self._answered)
        self.case: Case | None = None
        self.told = 0.0
        self.seen: set[Case] = set()
        self.judged = 0
        self.refuted: tuple[Case, Finding] | None = None
        self.failed: tuple[Case, str] | None = None
        self.skipped = ""
        self.worst: dict[Case, float] = {}
        self.confirmed: dict[Case, Finding] = {}

    def needs_gradient(self) -> bool:
        """Whether the measure declines a model without a likelihood gradient."""
        self.watch(_PROBE)
        try:
            self.measure.pointwise(_PROBE.built)
        except NotApplicable:
            return True
        except Exception:
            return False  # the search will meet it, with a case to show
        finally:
            self.watch(None)
        return False

    def run(self, family: Family, examples: int, seed: int, database: str | None = None) -> None:
        """Search one family of cases."""
        kept = None if database is None else DirectoryBasedExampleDatabase(Path(database) / family.name)
        count = max(1, math.ceil(examples * family.share))

        @seeded(zlib.crc32(f"{seed}/{self.axiom.id}/{family.name}".encode()))
        @settings(
            max_examples=count,
            database=kept,
            deadline=None,
            derandomize=False,
            phases=(Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(family.cases)
        def attack(case: Case) -> None:
            finding = self.judge(case)
            if finding is None:
                reject()
            target(max(-1e6, min(1e6, finding.violation)))

        try:
            attack()
        except Unsatisfiable:
            pass
        except Exception:
            # A refutation or a failing measure, shrunk; or Hypothesis finding that a failure did not repeat.
            if self.refuted is None and self.failed is None:
                raise
            raise _Refuted from None

    def judge(self, case: Case) -> Finding | None:
        """Judge a case quickly, and at once again where it seems to refute; None where the measure declines it."""
        finding = self._check(self.quick, case)
        if finding is None:
            return None
        if case not in self.seen:
            self.seen.add(case)
            self.judged += 1
        if finding.broken and (self.axiom.check is locality or finding.violation > SCREEN * finding.tolerance):
            sure = self.confirm(case, count=False)
            return sure or finding
        self.worst[case] = finding.violation / finding.tolerance
        if len(self.worst) > WORST:
            del self.worst[min(self.worst, key=self.worst.__getitem__)]
        return finding

    def confirm(self, case: Case, count: bool = True) -> Finding | None:
        """Judge a case at higher accuracy; a violation that stands ends the search."""
        finding = self._check(self.fine, case)
        if finding is None:
            return None
        if count:
            self.seen.add(case)
            self.judged += 1
        self.confirmed[case] = finding
        if finding.broken:
            self.refuted = case, finding
            raise _Refuted
        return finding

    def second_look(self) -> None:
        """Confirm the worst cases of a search that refuted nothing."""
        for case in sorted(self.worst, key=self.worst.__getitem__, reverse=True):
            self.confirm(case, count=False)

    def _answered(self) -> None:
        """Say now and then, between the many answers that a case asks for, that it is not one that hangs."""
        now = time.monotonic()
        if self.case is not None and now > self.told + TELL_EVERY:
            self.told = now
            self.watch(self.case)

    def _check(self, how: Any, case: Case) -> Finding | None:
        self.case, self.told = case, time.monotonic()
        self.watch(case)
        try:
            return self.axiom.check(how, case)
        except NotApplicable as reason:
            self.skipped = str(reason)
            return None
        except ModelError:
            return None  # parts that do not fit: no case at all
        except MeasureError as error:
            self.failed = case, str(error)
            raise
        finally:
            self.case = None
            self.watch(None)

    def outcome(self) -> Outcome:
        """The verdict."""
        if self.failed is not None and self.refuted is None:
            case, message = self.failed
            return Outcome("error", self.judged, 0.0, 0.0, message, case.to_json())
        if self.refuted is not None:
            case, finding = self.refuted
            return self._outcome("refuted", case, finding, finding.says)
        if not self.confirmed:
            return Outcome("not_applicable", 0, 0.0, 0.0, self.skipped or "no case applies to the models given")
        doubtful = {case: finding for case, finding in self.confirmed.items() if not finding.sound}
        pool = doubtful or self.confirmed
        case, finding = max(pool.items(), key=lambda item: item[1].violation / item[1].tolerance)
        if doubtful:
            return self._outcome(
                "inconclusive", case, finding, f"{finding.says}; that may be off by {2 * finding.error:.2g}"
            )
        # What is allowed differs from the line to the plane: the case that comes nearest to it, for its error.
        loosest = max(self.confirmed.values(), key=lambda found: found.error / found.tolerance)
        error, largest = loosest.error, max(0.0, finding.violation)
        says = (
            f"{self.judged} cases, largest residual {largest:.2g} {self.axiom.unit}"
            f" (numerical error {error:.1g}, allowed {loosest.tolerance:.1g})"
        )
        return Outcome("holds", self.judged, largest, error, says)

    def _outcome(self, verdict: str, case: Case, finding: Finding, message: str) -> Outcome:
        found = dataclasses.asdict(finding)
        return Outcome(verdict, self.judged, finding.violation, finding.error, message, case.to_json(), found)
