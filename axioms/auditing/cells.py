"""Running the cells of an audit, each one measure against one axiom, on local processes or on a Dask cluster.

Cells do not depend on one another: where they run, and in what order, changes no verdict.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import BackendError, WorkerEnded
from ...files import file_name
from ..axiom import Axiom
from ..registry import EVERY
from .messages import Attack, Attacked, Origin
from .process import CASE_TIMEOUT, Process
from .verdict import Verdict

BACKENDS = ("processes", "dask")
#: Seconds to wait for a scheduler's answer.
_CONNECT = 20


@dataclass(frozen=True)
class Cell:
    """One measure against one axiom."""

    measure: str
    origin: Origin
    claimed: bool | None
    axiom: Axiom

    @property
    def key(self) -> tuple[str, str]:
        """Measure and axiom, by name."""
        return self.measure, self.axiom.id


@dataclass(frozen=True)
class Plan:
    """How cells are run.

    Attributes
    ----------
    examples, seed : of each attack
    models : a user's models, pickled by the parent, or None
    case_timeout : seconds of CPU time after which a measure that has not answered is ended
    database : folder in which Hypothesis keeps failing cases, to try them first the next time, or None
    jobs : worker processes on this machine; has no effect on a cluster
    backend : one of `BACKENDS`
    scheduler : address of the cluster's scheduler, ``tcp://host:8786``
    """

    examples: int
    seed: int = 0
    models: bytes | None = None
    case_timeout: float = CASE_TIMEOUT
    database: str | None = None
    jobs: int = 1
    backend: str = "processes"
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise BackendError(f"unknown backend {self.backend!r}; expected {' or '.join(BACKENDS)}")
        if (self.backend == "dask") != (self.scheduler is not None):
            raise BackendError("--backend dask takes --scheduler tcp://HOST:PORT, and nothing else does")


class Result(NamedTuple):
    """A finished cell; `seconds` by the clock."""

    cell: Cell
    verdict: Verdict
    seconds: float


@contextlib.contextmanager
def workers_for(plan: Plan, cells: int, ready: Sequence[Process] = ()) -> Iterator[list[Process]]:
    """The worker processes of an audit of so many cells; each starts when it is first asked.

    `ready` are workers that have been started already: they are used first. All end with the context, and at once if
    that is interrupted.
    """
    jobs = max(1, min(plan.jobs, cells))
    workers = [*ready[:jobs], *(Process(plan.case_timeout) for _ in range(jobs - len(ready)))]
    try:
        yield workers
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    finally:
        for worker in workers:
            worker.close()


def run_cells(cells: Sequence[Cell], plan: Plan, workers: Sequence[Process] = ()) -> Generator[Result, None, None]:
    """Run cells on these workers, or on the plan's cluster; each result is yielded as it comes.

    Verdicts come in any order.
    """
    if plan.scheduler is not None:
        return _on_cluster(cells, plan, plan.scheduler)
    return _here(cells, plan, workers)


def _here(cells: Sequence[Cell], plan: Plan, workers: Sequence[Process]) -> Generator[Result, None, None]:
    """Results from worker processes of this machine."""
    idle: queue.SimpleQueue[Process] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def run(cell: Cell) -> Result:
        worker = idle.get()
        try:
            return run_cell(worker, cell, plan)
        finally:
            idle.put(worker)

    # Threads: each only waits for its worker process.
    pool = ThreadPoolExecutor(len(workers))
    try:
        for done in as_completed([pool.submit(run, cell) for cell in cells]):
            yield done.result()
    except BaseException:
        for worker in workers:  # or else the threads would wait for them
            worker.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _on_cluster(cells: Sequence[Cell], plan: Plan, scheduler: str) -> Generator[Result, None, None]:
    """Results from a Dask cluster, which runs the cells of a lost worker again elsewhere."""
    try:
        from distributed import Client
        from distributed import as_completed as as_they_come
    except ImportError:
        raise BackendError("--backend dask needs dask: pip install 'stiminfo[dask]'") from None
    client = _connected(scheduler, lambda: Client(scheduler, timeout=_CONNECT))  # type: ignore[no-untyped-call, unused-ignore]
    with contextlib.closing(client):
        if not client.scheduler_info()["workers"]:
            raise BackendError(f"{scheduler}: the scheduler has no workers")
        futures = {
            client.submit(_run_there, cell.measure, cell.origin, cell.claimed, cell.axiom.id, plan, pure=False): cell
            for cell in cells
        }
        try:
            for future in as_they_come(futures):
                verdict, seconds = future.result()
                yield Result(futures[future], verdict, seconds)
        except BaseException:
            client.cancel(list(futures))
            raise


def _connected(scheduler: str, connect: Callable[[], Any]) -> Any:
    """A client, if it connects in time: a program other than a scheduler may accept the connection and never answer."""
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


def _run_there(measure: str, origin: Origin, claimed: bool | None, axiom: str, plan: Plan) -> tuple[Verdict, float]:
    """Run one cell on a cluster's worker, in a process of its own."""
    worker = Process(plan.case_timeout)
    try:
        _, verdict, seconds = run_cell(worker, Cell(measure, origin, claimed, EVERY[axiom]), plan)
        return verdict, seconds
    finally:
        worker.close()


def run_cell(worker: Process, cell: Cell, plan: Plan) -> Result:
    """Run one cell on one worker process.

    Raises
    ------
    LoadError
        The measure cannot be loaded. Anything else that goes wrong is the verdict `error`.
    """
    start = time.perf_counter()
    database = None if plan.database is None else str(Path(plan.database) / file_name(cell.measure) / cell.axiom.id)
    job = Attack(cell.origin, cell.axiom.id, plan.examples, plan.seed, plan.models, database)
    try:
        verdict = worker.ask(job, Attacked).verdict
    except WorkerEnded as ended:
        verdict = Verdict(
            measure=cell.measure,
            axiom=cell.axiom.id,
            verdict="error",
            claimed=cell.claimed,
            says=f"{cell.measure}: {ended}",
            case=ended.case,
        )
    return Result(cell, verdict, time.perf_counter() - start)
