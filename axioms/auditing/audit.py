"""The audit of measures by axioms, for the library and the commands: on workers, with a journal if one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any

from ...errors import InputError, LoadError, WorkerEnded
from ...estimators import PUBLISHED, Measure
from ...estimators.relatives import named
from ...models import EncodingModel
from ..axiom import Axiom
from ..families import specs_of
from ..nearest import Likeness, nearest
from ..registry import AXIOMS, EVERY, axioms_named
from .attack import attack
from .cells import Cell, Plan, run_cells, workers_for
from .journal import Journal
from .measure_file import check_claims, pickled
from .messages import Compare, Compared, Describe, Described, InFile, Named, Origin, Pickled
from .process import CASE_TIMEOUT, Process
from .verdict import Audit, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 200
#: Seconds of CPU time for an answer of a published measure; the slowest takes a few.
PUBLISHED_TIMEOUT = 60.0

#: Is called with each finished cell and its verdict.
Progress = Callable[[Cell, Verdict], None]


@dataclass(frozen=True)
class Candidate:
    """A measure to audit: its name and claims, and from where a worker gets it."""

    name: str
    claims: dict[str, bool]
    origin: Origin
    slow: bool = False

    @classmethod
    def of(cls, measure: Measure) -> Candidate:
        """A measure of this process: sent to workers by name if it is a published one, else pickled by value."""
        check_claims(measure)
        known = PUBLISHED.get(measure.name) is measure
        origin: Origin = Named(measure.name) if known else Pickled(pickled(measure))
        return cls(measure.name, dict(measure.claims), origin, measure.slow)


@dataclass
class Auditing:
    """A running audit of one or several measures.

    `run` raises what interrupts it; the verdicts finished by then are in `audits`.

    Attributes
    ----------
    ready : workers that have been started already
    begun : is called as a measure is asked about each case, from several threads; not where a cluster asks
    finished : the verdicts so far, by measure and axiom
    """

    candidates: Sequence[Candidate]
    axioms: Sequence[Axiom]
    plan: Plan
    journal: Journal | None = None
    progress: Progress | None = None
    ready: Sequence[Process] = ()
    begun: Callable[[], None] = lambda: None
    finished: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    nearest: dict[str, Likeness] = field(default_factory=dict)

    @property
    def cells(self) -> list[Cell]:
        """Every cell; those of slow measures come first, so that none of them runs alone at the end."""
        order = sorted(self.candidates, key=lambda candidate: not candidate.slow)
        return [Cell(c.name, c.origin, c.claims.get(axiom.id), axiom) for c in order for axiom in self.axioms]

    def run(self) -> dict[str, Audit]:
        """Run the cells that the journal does not hold yet; returns the audits by measure."""
        known = {} if self.journal is None else self.journal.finished
        rest = []
        for cell in self.cells:
            if cell.key in known:
                self._finish(cell, known[cell.key])
            else:
                rest.append(cell)
        with workers_for(self.plan, len(rest), self.ready) as workers:
            for worker in workers:
                worker.begun = self.begun
            with closing(run_cells(rest, self.plan, workers)) as results:
                for cell, verdict, seconds in results:
                    if cell.key not in self.finished:  # a cluster may run a cell twice
                        if self.journal is not None:
                            self.journal.add(verdict, seconds)
                        self._finish(cell, verdict)
            for candidate in self.candidates:
                if not isinstance(candidate.origin, Named) and _all_asked(self.axioms):
                    self._compare(candidate, workers[0])
        return self.audits

    def _compare(self, candidate: Candidate, worker: Process) -> None:
        """Find the known measure nearest to a user's; one that fails here has the verdict `error` already."""
        with suppress(InputError, WorkerEnded):
            if found := worker.ask(Compare(candidate.origin), Compared).nearest:
                self.nearest[candidate.name] = found

    def _finish(self, cell: Cell, verdict: Verdict) -> None:
        self.finished[cell.key] = verdict
        if self.progress is not None:
            self.progress(cell, verdict)

    @property
    def audits(self) -> dict[str, Audit]:
        """The audits so far, by measure; axioms in the order of the registry."""
        asked = {axiom.id for axiom in self.axioms}
        found = {}
        for candidate in self.candidates:
            row = {a: self.finished[candidate.name, a] for a in EVERY if (candidate.name, a) in self.finished}
            complete = row.keys() == asked
            near = self.nearest.get(candidate.name)
            found[candidate.name] = Audit(
                candidate.name, row, self.plan.seed, self.plan.examples, complete, near, self.plan.models is None
            )
        return found


def audit(
    measure: Measure,
    *,
    axioms: Iterable[str] | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    models: EncodingModel | SearchStrategy[EncodingModel] | None = None,
    jobs: int = 1,
    case_timeout: float = CASE_TIMEOUT,
    isolate: bool = True,
    progress: Progress | None = None,
) -> Audit:
    """Search each axiom for a case that refutes it (a witness).

    Parameters
    ----------
    measure : Measure
    axioms : ids of the axioms to check (default: all ten)
    examples : generated cases per family; continuous, 2-d and locality families run a fifth of this number or less
    seed : the same seed gives the same verdicts
    models : an `EncodingModel`, or a Hypothesis strategy for them, to use in place of the generated models
    jobs : number of worker processes
    case_timeout : seconds of CPU time after which a measure that gives no answer is ended, and the verdict is
        ``error`` (ten times as long by the clock, for a measure that sleeps)
    isolate : run the measure in a worker process; False runs it in this process, where nothing can stop it
    progress : is called with each finished cell and its verdict

    Returns
    -------
    Audit
        Prints itself; ``.verdicts[axiom_id]``, ``.to_json()``.

    Raises
    ------
    UnknownAxiom, LoadError
        (both ValueErrors) for axioms that do not exist, in `axioms` or in the measure's claims.
    TypeError
        `measure` is not a `Measure`, or cannot be pickled for a worker process.
    ValueError
        `examples`, `jobs` or `case_timeout` is not positive.

    Examples
    --------
    >>> import stiminfo as si
    >>> result = si.audit(si.i_cissi, axioms=["data_processing"])
    >>> result.verdicts["data_processing"].verdict
    'refuted'
    """
    if not isinstance(measure, Measure):
        raise TypeError(f"audit() takes a stiminfo.Measure, not {type(measure).__name__}")
    chosen = axioms_named(axioms)
    check_claims(measure)
    _check_numbers(examples, jobs, case_timeout)
    specs = None if models is None else specs_of(models)
    if isolate:
        plan = Plan(examples, seed, None if models is None else pickled(models), case_timeout, jobs=jobs)
        return Auditing([Candidate.of(measure)], chosen, plan, progress=progress).run()[measure.name]
    verdicts = {}
    for axiom in chosen:
        verdicts[axiom.id] = verdict = attack(axiom, measure, examples=examples, seed=seed, specs=specs)
        if progress:
            progress(Cell(measure.name, Named(measure.name), verdict.claimed, axiom), verdict)
    near = None
    if _all_asked(chosen) and PUBLISHED.get(measure.name) is not measure:
        with suppress(InputError):  # a measure that fails here has the verdict `error` already
            near = nearest(measure)
    return Audit(measure.name, verdicts, seed, examples, nearest=near, searched=models is None)


def _all_asked(axioms: Iterable[Axiom]) -> bool:
    """Whether an audit asks every axiom of `AXIOMS`; only then is a user's measure compared with the known ones."""
    return AXIOMS.keys() <= {axiom.id for axiom in axioms}


def published_candidates(measures: Iterable[str] | None = None) -> list[Candidate]:
    """The published measures, or those of them with these names."""
    return [Candidate.of(PUBLISHED[name]) for name in (PUBLISHED if measures is None else measures)]


def candidate_named(name: str) -> Candidate:
    """A known measure that workers find by its name; raises as `named` does."""
    measure = named(name)
    return Candidate(measure.name, dict(measure.claims), Named(name), measure.slow)


def audit_published(
    *,
    measures: Iterable[str] | None = None,
    axioms: Iterable[str] | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    jobs: int = 1,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> dict[str, Audit]:
    """Audit the published measures: ``{name: Audit}``. The parameters are those of `audit`."""
    _check_numbers(examples, jobs, PUBLISHED_TIMEOUT)
    plan = Plan(examples, seed, case_timeout=PUBLISHED_TIMEOUT, jobs=jobs)
    return Auditing(published_candidates(measures), axioms_named(axioms), plan, journal, progress).run()


def described(worker: Process, origin: Origin) -> Described:
    """What a measure in a file declares; the worker that ran the file keeps the measure loaded.

    Raises
    ------
    LoadError
        There is no such measure, or the file raises, hangs or crashes when it is run.
    """
    try:
        return worker.ask(Describe(origin), Described)
    except WorkerEnded as ended:
        where = origin.file.name if isinstance(origin, InFile) else "the measure"
        raise LoadError(f"{where}: {ended} while the file was run") from None


def _check_numbers(examples: Any, jobs: Any, case_timeout: float) -> None:
    for name, value in (("examples", examples), ("jobs", jobs)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} is {value!r}; expected a whole number, at least 1")
    if not case_timeout > 0:
        raise ValueError(f"case_timeout is {case_timeout}; expected a positive number of seconds")
