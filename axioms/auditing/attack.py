"""The attack on one axiom by one measure: known cases first, then Hypothesis, then a finer look.

Every refutation is confirmed at a higher accuracy before it counts, inside the search, so that shrinking keeps only
what is confirmed; and where nothing was refuted the ten worst cases are looked at again in the same way.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings, target
from hypothesis import seed as seeded
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from ...errors import MeasureError, ModelError, NeedsGradient, NotApplicable
from ...estimators import Measure
from ...models.data import FiniteSpec
from ..axiom import Axiom, Family
from ..cases import Case
from ..evaluator import Evaluator, evaluator, finest
from ..finding import SCREEN, Finding
from .verdict import Verdict, Word
from .watch import Nobody, Watch

#: How many of the worst cases are looked at again.
WORST = 10
#: A measure that says it is slow is asked every so-manieth of the smallest cases.
SLOW_STEP = 4
#: What Hypothesis is told the violation is at most, in the axiom's unit: it steers by it.
_STEEPEST = 1e6


def attack(
    axiom: Axiom,
    measure: Measure,
    *,
    examples: int = 200,
    seed: int = 0,
    specs: SearchStrategy[FiniteSpec] | None = None,
    watch: Watch | None = None,
    database: str | None = None,
) -> Verdict:
    """Attack `measure` at `axiom`.

    Parameters
    ----------
    examples : generated cases of each full family; others get their share of it
    seed : the same seed gives the same cases
    specs : a user's models, in place of the generated ones
    watch : told of each case and each answer
    database : folder in which Hypothesis keeps failing cases, tried first the next time
    """
    if axiom.featurewise and not measure.has_featurewise:
        return _not_applicable(axiom, measure, f"{measure.name} has no feature-wise form")
    if specs is not None and axiom.of_models is None:
        return _not_applicable(axiom, measure, "needs priors with tails, so it is not asked of given models")

    def run(gradient: bool) -> Verdict:
        return _Attack(axiom, measure, gradient, watch or Nobody()).run(examples, seed, specs, database)

    if "gradient" in measure.needs:
        return run(True)
    try:
        return run(False)
    except NeedsGradient:
        return run(True)  # it did not say so beforehand, but does now


def _not_applicable(axiom: Axiom, measure: Measure, says: str) -> Verdict:
    claimed = measure.claims.get(axiom.id)
    return Verdict(measure=measure.name, axiom=axiom.id, verdict="not_applicable", claimed=claimed, says=says)


class _Refuted(Exception):
    """A confirmed violation (inside Hypothesis: the failure that it shrinks)."""


class _Attack:
    """The state of one attack; `gradient`: on models that carry the likelihood's gradient."""

    def __init__(self, axiom: Axiom, measure: Measure, gradient: bool, watch: Watch) -> None:
        self.axiom, self.measure, self.gradient, self.watch = axiom, measure, gradient, watch
        self.quick = evaluator(measure, "quick", watch.answered)
        self.fine = evaluator(measure, "fine", watch.answered)
        self.finest = finest(measure, watch.answered)
        self.seen: set[Case] = set()
        self.judged = 0
        self.refuted: tuple[Case, Finding] | None = None
        self.failed: tuple[Case, str] | None = None
        self.declined: dict[Case, str] = {}
        self.asked = False
        self.worst: dict[Case, float] = {}
        self.confirmed: dict[Case, Finding] = {}

    def run(self, examples: int, seed: int, specs: SearchStrategy[FiniteSpec] | None, database: str | None) -> Verdict:
        """Known cases, generated ones, the worst of them again."""
        try:
            if specs is None:
                for case in self.axiom.known_cases(self.gradient):
                    self.confirm(case)
                smallest = self.axiom.smallest(self.gradient)
                for case in smallest[:: SLOW_STEP if self.measure.slow else 1]:
                    self.judge(case)
                families = self.axiom.families(self.gradient)
            else:
                assert self.axiom.of_models is not None
                families = self.axiom.of_models(specs)
            for family in families:
                self.search(family, examples, seed, database)
            for case in sorted(self.worst, key=self.worst.__getitem__, reverse=True):
                self.confirm(case, count=False)
        except (_Refuted, MeasureError):
            pass
        return self.verdict()

    def search(self, family: Family, examples: int, seed: int, database: str | None) -> None:
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
            target(max(-_STEEPEST, min(_STEEPEST, finding.violation)))

        try:
            attack()
        except Unsatisfiable:
            pass
        except NeedsGradient:
            raise
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
        if finding.broken and (not self.axiom.screened or finding.violation > SCREEN * finding.tolerance):
            sure = self.confirm(case, count=False)
            return sure or finding
        self.worst[case] = finding.excess
        if len(self.worst) > WORST:
            del self.worst[min(self.worst, key=self.worst.__getitem__)]
        return finding

    def confirm(self, case: Case, count: bool = True) -> Finding | None:
        """Judge a case at higher accuracy; a violation that stands ends the attack."""
        finding = self._check(self.fine, case)
        if finding is None:
            return None
        if not (finding.broken or finding.sound) and self.finest is not None and case.views[0].dimensions == 1:
            finding = self._check(self.finest, case) or finding
        if count:
            self.seen.add(case)
            self.judged += 1
        self.confirmed[case] = finding
        if finding.broken:
            self.refuted = case, finding
            raise _Refuted
        return finding

    def _check(self, how: Evaluator, case: Case) -> Finding | None:
        self.watch.begin(case)
        try:
            how.doubt = ""
            finding = self.axiom.check(how, case)
            self.asked = self.asked or finding.asked
            return replace(finding, doubt=how.doubt)
        except NotApplicable as reason:
            if not isinstance(reason, NeedsGradient):
                self.declined[case] = str(reason)
            elif not self.gradient:
                raise
            return None
        except ModelError:
            return None  # parts that do not fit: no case at all
        except MeasureError as error:
            self.failed = case, str(error)
            raise
        finally:
            self.watch.end()

    def verdict(self) -> Verdict:
        """What the attack came to."""
        if self.refuted is not None:
            case, finding = self.refuted
            return self._verdict("refuted", finding.violation, finding.error, finding.says, case, finding)
        if self.failed is not None:
            case, says = self.failed
            return self._verdict("error", 0.0, 0.0, says, case)
        if not self.confirmed:
            self.judged = 0
            why = self._declined() if self.declined else "no case applies to the models given"
            return self._verdict("not_applicable", 0.0, 0.0, why)
        doubtful = {case: finding for case, finding in self.confirmed.items() if not finding.sound}
        case, finding = max((doubtful or self.confirmed).items(), key=lambda item: item[1].excess)
        if doubtful:
            says = f"{finding.says}; that may be off by {2 * finding.error:.2g}{finding.doubt and f': {finding.doubt}'}"
            return self._verdict("inconclusive", finding.violation, finding.error, says, case, finding)
        if not self.asked:
            says = f"{self.axiom.silence} in all {self.judged} cases: none of them could have broken it"
            return self._verdict("inconclusive", max(0.0, finding.violation), finding.error, says, case, finding)
        if len(self.declined) > self.judged:
            says = f"{self._declined()}; the other {self.judged} do not break it"
            return self._verdict("inconclusive", max(0.0, finding.violation), finding.error, says, case, finding)
        # What is allowed differs from the line to the plane: the case that comes nearest to it, for its error.
        loosest = max(self.confirmed.values(), key=lambda found: found.error / found.tolerance)
        error, largest = loosest.error, max(0.0, finding.violation)
        says = (
            f"{self.judged} cases, largest residual {largest:.2g} {self.axiom.unit}"
            f" (numerical error {error:.1g}, allowed {loosest.tolerance:.1g})"
        )
        if self.declined:
            says += f"; {self._declined()}"
        return self._verdict("holds", largest, error, says)

    def _declined(self) -> str:
        """How many cases the measure declined, and why, as it said most often."""
        reasons = list(self.declined.values())
        return f"{self.measure.name} declined {len(reasons)} cases ({max(set(reasons), key=reasons.count)})"

    def _verdict(
        self,
        word: Word,
        violation: float,
        error: float,
        says: str,
        case: Case | None = None,
        finding: Finding | None = None,
    ) -> Verdict:
        return Verdict(
            measure=self.measure.name,
            axiom=self.axiom.id,
            verdict=word,
            claimed=self.measure.claims.get(self.axiom.id),
            cases=self.judged,
            violation=violation,
            error=error,
            says=says,
            case=case,
            finding=finding,
        )
