"""Cells of an audit on workers: in processes of this machine, or on a Dask cluster; with a journal, if one is kept.

A cell is one measure against one axiom. Cells do not depend on one another, so that where they run, and in what order,
changes no verdict.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BackendError, LoadError
from ..registry import AXIOMS, Axiom
from .attack import Outcome
from .journal import Journal
from .process import Hung, Supervisor, WorkerFailed
from .verdict import Verdict
from .witness import witness_json

CASE_TIMEOUT = 10.0
BACKENDS = ("processes", "dask")
#: Seconds to wait for a scheduler to answer.
_CONNECT = 20
Origin = tuple[str, Any]


@dataclass(frozen=True)
class Cell:
    """One measure against one axiom."""

    measure: str
    origin: Origin
    claimed: bool | None
    axiom: Axiom


@dataclass(frozen=True)
class Plan:
    """How cells are run.

    Attributes
    ----------
    examples, seed : of each search
    models : a user's models, pickled by the parent, or None
    case_timeout : seconds without an answer after which a measure is ended
    database : folder of Hypothesis examples to keep and to begin with, or None
    """

    examples: int
    seed: int = 0
    models: bytes | None = None
    case_timeout: float = CASE_TIMEOUT
    database: str | None = None


#: Told of each finished cell.
Progress = Callable[[Cell, Verdict], None]
#: What travels to where a cell runs: measure, origin, claim, axiom id.
_Task = tuple[str, Origin, bool | None, str]


def run_cells(
    cells: Sequence[Cell],
    plan: Plan,
    *,
    jobs: int = 1,
    backend: str = "processes",
    scheduler: str | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> list[tuple[Cell, Verdict]]:
    """Run cells. An interruption ends the workers and returns what is finished.

    Parameters
    ----------
    jobs : worker processes of this machine; a cluster has as many as it has
    backend : of `BACKENDS`
    scheduler : address of the cluster's scheduler, ``tcp://host:8786``
    journal : cells in it are not run again; others are added as they finish
    """
    if backend not in BACKENDS:
        raise BackendError(f"unknown backend {backend!r}; expected {' or '.join(BACKENDS)}")
    if (backend == "dask") != (scheduler is not None):
        raise BackendError("--backend dask takes --scheduler tcp://HOST:PORT, and nothing else does")
    finished: dict[tuple[str, str], tuple[Cell, Verdict]] = {}
    known = {} if journal is None else journal.finished
    for cell in cells:
        if (cell.measure, cell.axiom.id) in known:
            verdict = known[cell.measure, cell.axiom.id]
            finished[cell.measure, cell.axiom.id] = cell, verdict
            if progress:
                progress(cell, verdict)
    rest = {(cell.measure, cell.axiom.id): cell for cell in cells if (cell.measure, cell.axiom.id) not in finished}
    tasks = [(cell.measure, cell.origin, cell.claimed, cell.axiom.id) for cell in rest.values()]
    with ExitStack() as stack:
        results = stack.enter_context(
            _here(tasks, plan, jobs) if scheduler is None else _on_cluster(tasks, plan, scheduler)
        )
        try:
            for verdict, measure, seconds in results:
                key = measure, verdict.axiom
                if key in finished:
                    continue  # a cell that a cluster ran twice
                finished[key] = rest[key], verdict
                if journal is not None:
                    journal.add(measure, verdict, seconds)
                if progress:
                    progress(rest[key], verdict)
        except KeyboardInterrupt:
            pass
    return list(finished.values())


_Result = tuple[Verdict, str, float]


@contextmanager
def _here(tasks: Sequence[_Task], plan: Plan, jobs: int) -> Iterator[Iterable[_Result]]:
    """Results from worker processes of this machine."""
    from joblib import Parallel, delayed

    jobs = min(jobs, max(1, len(tasks)))
    idle: queue.Queue[Supervisor] = queue.Queue()
    with ExitStack() as stack:
        for _ in range(jobs):
            worker = Supervisor(plan.case_timeout)
            stack.callback(worker.close)
            idle.put(worker)

        def run(task: _Task) -> _Result:
            worker = idle.get()
            try:
                return run_task(worker, task, plan)
            finally:
                idle.put(worker)

        # Threads: each only waits for its worker process.
        pool = Parallel(
            n_jobs=jobs, backend="threading", return_as="generator_unordered", batch_size=1, pre_dispatch="all"
        )
        yield pool(delayed(run)(task) for task in tasks)


@contextmanager
def _on_cluster(tasks: Sequence[_Task], plan: Plan, scheduler: str) -> Iterator[Iterable[_Result]]:
    """Results from a Dask cluster; what a lost worker had is run again elsewhere."""
    try:
        from distributed import Client
    except ImportError:
        raise BackendError("--backend dask needs dask: pip install 'stiminfo[dask]'") from None
    from joblib import Parallel, delayed, parallel_config

    client = _connected(scheduler, lambda: Client(scheduler, timeout=_CONNECT))  # type: ignore[no-untyped-call, unused-ignore]
    with contextlib.closing(client):
        if not client.scheduler_info()["workers"]:
            raise BackendError(f"{scheduler}: the scheduler has no workers")
        with parallel_config(backend="dask", wait_for_workers_timeout=_CONNECT):
            pool = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
            yield pool(delayed(_run_there)(task, plan) for task in tasks)


def _connected(scheduler: str, connect: Callable[[], Any]) -> Any:
    """A client, if it is there in time: what is no scheduler may accept a connection and never answer."""
    found: queue.Queue[Any] = queue.Queue()

    def attempt() -> None:
        try:
            found.put(connect())
        except BaseException as error:
            found.put(error)

    threading.Thread(target=attempt, daemon=True).start()
    try:
        answer = found.get(timeout=2 * _CONNECT)
    except queue.Empty:
        answer = TimeoutError(f"no answer within {2 * _CONNECT:g} s")
    if isinstance(answer, BaseException):
        said = (str(answer) or type(answer).__name__).splitlines()[0]
        raise BackendError(f"{scheduler}: no scheduler answers there ({said})")
    return answer


def _run_there(task: _Task, plan: Plan) -> _Result:
    """One cell on a cluster's worker, in a process of its own that ends with it."""
    worker = Supervisor(plan.case_timeout)
    try:
        return run_task(worker, task, plan)
    finally:
        worker.close()


def run_task(worker: Supervisor, task: _Task, plan: Plan) -> _Result:
    """One cell on one worker process: verdict, measure, seconds."""
    measure, origin, claimed, axiom = task
    start = time.perf_counter()
    job = {
        "task": "search",
        "measure": origin,
        "axiom": axiom,
        "examples": plan.examples,
        "seed": plan.seed,
        "models": plan.models,
        "database": None if plan.database is None else str(Path(plan.database) / _file_name(measure) / axiom),
    }
    try:
        verdict = verdict_of(measure, axiom, claimed, Outcome(**worker.run(job)["outcome"]))
    except Hung as hung:
        said = f"{measure}: {hung}" if hung.case is None else f"{measure} hung or died on a case: {hung}"
        verdict = Verdict(axiom, "error", claimed, 0, 0.0, 0.0, None, said, hung.case)
    except WorkerFailed as failure:
        if failure.usage:
            raise LoadError(str(failure), failure.details) from None
        last = failure.details.strip().splitlines()[-1] if failure.details else str(failure)
        verdict = Verdict(axiom, "error", claimed, 0, 0.0, 0.0, None, last)
    return verdict, measure, time.perf_counter() - start


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)


def verdict_of(measure: str, axiom: str, claimed: bool | None, outcome: Outcome) -> Verdict:
    """What a search came to, as a verdict with its witness."""
    witness = None
    if outcome.verdict == "refuted":
        assert outcome.case is not None
        assert outcome.finding is not None
        witness = witness_json(measure, AXIOMS[axiom].id, outcome.case, outcome.finding)
    return Verdict(
        axiom,
        outcome.verdict,
        claimed,
        outcome.examples,
        outcome.margin,
        outcome.numerical_error,
        witness,
        outcome.message,
        outcome.case,
    )
