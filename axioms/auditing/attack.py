"""The attack on one axiom by one measure: known cases first, then generated ones, then the worst of them again.

A violation counts only once it is confirmed at a higher accuracy. This happens inside the search, so that Hypothesis
shrinks to a case that is confirmed. Where nothing is refuted, the ten worst cases are confirmed in the same way.
"""

from __future__ import annotations

import math
import zlib
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings, target
from hypothesis import seed as seeded
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from msgspec.structs import replace

from ...errors import MeasureError, ModelError, NeedsGradient, NotApplicable
from ...estimators import Measure, PublishedMeasure
from ...estimators.memory import remembering
from ...models.data import FiniteSpec
from ..axiom import Axiom, Family
from ..cases import Case
from ..evaluator import Asked, Evaluator, evaluator, finest
from ..finding import SCREEN, Finding, Premise
from .doubts import evasive, silent, told_declined, too_few, undecided
from .verdict import Verdict
from .watch import Watch

#: How many of the worst cases are confirmed where nothing was refuted.
WORST = 10
#: Of the smallest cases, and of those of sizes crossed, a measure that says it is slow gets one in this many.
SLOW_STEP = 4
#: With fewer cases than this a measure does not hold: an axiom's own known and smallest cases are more. On a user's own
#: models there are as many cases as there are.
_FEWEST = 5
#: The largest violation that Hypothesis is given to steer by, in the axiom's unit.
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
    shrink: bool = True,
) -> Verdict:
    """Attack `measure` at `axiom`.

    Parameters
    ----------
    examples : generated cases of each full family; other families get their share of this number
    seed : the same seed gives the same cases
    specs : a user's models, in place of the generated ones
    watch : is called before and after each case, and after each answer
    database : folder in which Hypothesis keeps failing cases, to try them first the next time
    shrink : whether a refutation is made as small as possible
    """
    says = ""
    if axiom.featurewise and not measure.has_featurewise:
        says = f"{measure.name} has no feature-wise form"
    elif specs is not None and axiom.of_models is None:
        says = "needs priors with tails, and so it is not checked on given models"
    if says:
        claimed = measure.claims.get(axiom.id)
        return Verdict(measure=measure.name, axiom=axiom.id, verdict="not_applicable", claimed=claimed, says=says)

    def run(gradient: bool) -> Verdict:
        search = _Search(examples, seed, database, shrink)
        with remembering():
            return _Attack(axiom, measure, gradient, watch or Watch()).run(search, specs)

    if "gradient" in measure.needs:
        return run(True)
    try:
        return run(False)
    except NeedsGradient:
        return run(True)  # the measure did not declare it, but asks for one


class _Search(NamedTuple):
    """How families are searched; the parameters of `attack`."""

    examples: int
    seed: int
    database: str | None
    shrink: bool


class _Refuted(Exception):
    """A confirmed violation (inside Hypothesis: the failure that it shrinks)."""


class _Attack:
    """The state of one attack; `gradient`: on models that carry the likelihood's gradient."""

    def __init__(self, axiom: Axiom, measure: Measure, gradient: bool, watch: Watch) -> None:
        self.axiom, self.measure, self.gradient, self.watch = axiom, measure, gradient, watch
        self.quick = evaluator(measure, "quick", watch.answered)
        self.fine = evaluator(measure, "fine", watch.answered)
        self.finest = finest(measure, watch.answered)
        self.conclude = partial(Verdict, measure=measure.name, axiom=axiom.id, claimed=measure.claims.get(axiom.id))
        #: The family of each case that was judged, and of each that was declined with the reason; "" for known cases.
        self.seen: dict[Case, str] = {}
        self.declined: dict[Case, tuple[str, str]] = {}
        self.family = ""
        self.refuted: tuple[Case, Finding] | None = None
        self.failed: tuple[Case, str] | None = None
        self.asked = False
        self.fewest = _FEWEST
        self.premise: Premise | None = None
        self.worst: dict[Case, float] = {}
        #: What was found on each case, quickly or at higher accuracy: a search comes back to the same cases.
        self.found: dict[tuple[Evaluator, Case], Finding | None] = {}
        self.confirmed: dict[Case, Finding] = {}

    def run(self, how: _Search, specs: SearchStrategy[FiniteSpec] | None) -> Verdict:
        """Known cases, generated ones, the worst of them again."""
        try:
            if specs is None:
                step, ours = SLOW_STEP if self.measure.slow else 1, isinstance(self.measure, PublishedMeasure)
                known, others = self.axiom.fixed_cases(self.gradient, step, keep=ours)
                # To confirm takes a user's measure several answers: of a slow one, what seems sound is looked at once.
                look = self.certain if ours else self.judge if self.measure.slow else self.confirm
                for case in known:
                    look(case)
                for case in others:
                    self.judge(case)
                families = self.axiom.families(self.gradient)
            else:
                assert self.axiom.of_models is not None
                self.fewest = 1
                families = self.axiom.of_models(specs)
            for family in families:
                self.family = family.name
                self.search(family, how)
            for case in sorted(self.worst, key=self.worst.__getitem__, reverse=True):
                self.confirm(case)
        except (_Refuted, MeasureError):
            pass
        return self.verdict()

    def search(self, family: Family, how: _Search) -> None:
        """Search one family of cases."""
        phases = (Phase.reuse, Phase.generate, Phase.target, Phase.shrink)

        @seeded(zlib.crc32(f"{how.seed}/{self.axiom.id}/{family.name}".encode()))
        @settings(
            max_examples=max(1, math.ceil(how.examples * family.share)),
            database=None if how.database is None else DirectoryBasedExampleDatabase(Path(how.database) / family.name),
            deadline=None,
            derandomize=False,
            phases=phases if how.shrink else phases[:-1],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        @given(family.cases)
        def attack(case: Case) -> None:
            finding = self.judge(case)
            if finding is None and case in self.declined:
                return  # a case like others, or else ten times as many of them would be drawn
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
            # A refutation or a failing measure, shrunk; or Hypothesis saw a failure that did not repeat.
            if self.refuted is None and self.failed is None:
                raise
            raise _Refuted from None

    def judge(self, case: Case) -> Finding | None:
        """Judge a case quickly, and confirm at once what seems to refute; None where the measure declines the case."""
        finding = self._check(self.quick, case)
        if finding is None:
            return None
        self.seen.setdefault(case, self.family)
        if finding.broken and (not self.axiom.screened or finding.violation > SCREEN * finding.tolerance):
            return self.confirm(case) or finding
        self.worst[case] = finding.excess
        if len(self.worst) > WORST:
            del self.worst[min(self.worst, key=self.worst.__getitem__)]
        return finding

    def certain(self, case: Case) -> None:
        """Judge a case of a published measure, which gives its errors: at higher accuracy only where these matter."""
        finding = self.judge(case)
        if finding is not None and not (finding.sound and finding.violation + finding.error <= finding.tolerance):
            self.confirm(case)

    def confirm(self, case: Case) -> Finding | None:
        """Judge a case at higher accuracy; a violation that stands ends the attack."""
        finding = self._check(self.fine, case)
        if finding is None:
            return None
        if not (finding.broken or finding.sound) and self.finest is not None and case.views[0].dimensions == 1:
            finding = self._check(self.finest, case) or finding
        self.seen.setdefault(case, self.family)
        self.confirmed[case] = finding
        if finding.broken:
            self.refuted = case, finding
            raise _Refuted
        return finding

    def _check(self, how: Evaluator, case: Case) -> Finding | None:
        if (how, case) not in self.found:
            self.found[how, case] = self._ask(how, case)
        return self.found[how, case]

    def _ask(self, how: Evaluator, case: Case) -> Finding | None:
        self.watch.begin(case)
        try:
            asked = Asked(how)
            finding = self.axiom.check(asked, case)
            self.asked = self.asked or finding.asked
            if case not in self.seen:
                self.premise = Premise.of_all((self.premise, finding.premise))
            return replace(finding, doubt=asked.doubt, unit=self.axiom.unit_for(self.measure.units))
        except NotApplicable as reason:
            if case in self.seen and not isinstance(self.measure, PublishedMeasure):
                self.failed = case, f"{self.measure.name} answered a case, and declined it when asked again ({reason})"
                raise MeasureError(self.failed[1]) from None
            if not isinstance(reason, NeedsGradient):
                self.declined[case] = self.family, str(reason)
            elif not self.gradient:
                raise
            return None
        except ModelError:
            return None  # the drawn parts do not make a model
        except MeasureError as error:
            self.failed = case, str(error)
            raise
        finally:
            self.watch.end()

    def verdict(self) -> Verdict:
        """The verdict, from what was found."""
        return replace(self._verdict(), premise=self.premise)

    def _verdict(self) -> Verdict:
        if self.failed is not None and self.refuted is None:
            case, says = self.failed
            return self.conclude(verdict="error", cases=len(self.seen), says=says, case=case)
        if not self.confirmed:
            return self.conclude(
                verdict="not_applicable",
                says=told_declined(self.measure.name, self.declined) or "no case applies to the models given",
            )
        doubtful = {case: finding for case, finding in self.confirmed.items() if not finding.sound}
        case, finding = self.refuted or max((doubtful or self.confirmed).items(), key=lambda item: item[1].excess)
        doubt = "" if self.refuted else self._doubt(finding)
        if not (self.refuted or doubt):
            return self._holds(finding)
        return self.conclude(
            verdict="refuted" if self.refuted else "inconclusive",
            cases=len(self.seen),
            violation=finding.violation,
            error=finding.error,
            says=doubt or finding.says,
            case=case,
            finding=finding,
        )

    def _doubt(self, worst: Finding) -> str:
        """Why the cases do not show that the axiom holds, though none refutes it; "" if they do."""
        if not worst.sound:
            return undecided(self.axiom, worst)
        if says := evasive(self.measure.name, self.seen, self.declined):
            return says
        if not self.asked:
            return silent(self.axiom, len(self.seen))
        return too_few(len(self.seen), self.fewest)

    def _holds(self, worst: Finding) -> Verdict:
        # The tolerance differs between stimuli in R^1 and beyond: report the case whose error comes nearest to it.
        loosest = max(self.confirmed.values(), key=lambda found: found.error / found.tolerance)
        largest, declined = max(0.0, worst.violation), told_declined(self.measure.name, self.declined)
        says = (
            f"{len(self.seen)} cases, largest residual {largest:.2g} {worst.unit}"
            + (f" (there up to {worst.tolerance:.1g} is rounding)" if largest > loosest.tolerance else "")
            + f" (numerical error {loosest.error:.1g}, allowed {loosest.tolerance:.1g})"
            + (f"; {self.premise}" if self.premise is not None else "")
            + (f"; {declined}" if declined else "")
        )
        proofs = self.measure.proofs if isinstance(self.measure, PublishedMeasure) else {}
        return self.conclude(
            verdict="holds",
            cases=len(self.seen),
            violation=largest,
            error=loosest.error,
            says=says,
            proof=proofs.get(self.axiom.id, ""),
        )
