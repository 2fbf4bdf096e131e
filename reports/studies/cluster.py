"""When a Dask cluster is worth it: its costs, measured on one and two processes, and a model up to 1,000 workers."""

from __future__ import annotations

import heapq
import os
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

from ...axioms.auditing.audit import Auditing, published_candidates
from ...axioms.auditing.cells import Plan, run_cells, workers_for
from ...axioms.registry import axioms_named
from .study import Data, Run, Study, page

#: The audit that is timed: all published measures, on axioms whose times differ a lot, with few cases.
_AXIOMS, _EXAMPLES = ("completeness", "positivity", "additivity", "data_processing", "locality"), 20
#: Tasks without work, by which the scheduler's own time per task is measured.
_TASKS = 300
_WORKERS = (1, 2, 16, 100, 1000)
#: The jobs of the model: how many times the cells of the audit are run, with as many seeds.
_SEEDS = (1, 25, 250)


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def _seconds(plan: Plan) -> list[float]:
    """Run the audit; the seconds of each cell."""
    cells = Auditing(published_candidates(None), axioms_named(_AXIOMS), plan).cells
    if plan.scheduler is not None:
        return [result.seconds for result in run_cells(cells, plan)]
    with workers_for(plan, len(cells)) as workers:
        return [result.seconds for result in run_cells(cells, plan, workers)]


def make(run: Run) -> Data:
    """Measure the same audit in processes and on a cluster of this machine, and tasks without work."""
    from distributed import Client, LocalCluster

    found: Data = {"schema": 1, "examples": _EXAMPLES, "axioms": list(_AXIOMS), "load": round(os.getloadavg()[0], 1)}
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    for workers in (1, 2):
        whole, cells = _timed(lambda workers=workers: _seconds(Plan(_EXAMPLES, jobs=workers)))  # type: ignore[misc]
        found[f"processes_{workers}"], found[f"cells_{workers}"] = whole, [round(one, 3) for one in cells]
        run.say(f"processes: {workers}")
        started, cluster = _timed(
            lambda workers=workers: LocalCluster(  # type: ignore[misc]
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
            )
        )
        with cluster:
            address = cluster.scheduler_address
            dask = Plan(_EXAMPLES, backend="dask", scheduler=address)
            found[f"started_{workers}"] = started
            found[f"dask_{workers}"], cells = _timed(lambda plan=dask: _seconds(plan))  # type: ignore[misc]
            found[f"dask_cells_{workers}"] = [round(one, 3) for one in cells]
            with Client(address) as client:
                spent, _ = _timed(lambda client=client: client.gather(client.map(abs, range(_TASKS))))  # type: ignore[misc]
                found[f"task_{workers}"] = spent / _TASKS
        run.say(f"dask: {workers}")
    return found


def modelled(cells: Sequence[float], workers: int, dispatch: float) -> float:
    """Seconds of a job: the longest cell left goes to the next free worker; one scheduler hands them out in turn."""
    free, handed, end = [0.0] * min(workers, len(cells)), 0.0, 0.0
    for cell in sorted(cells, reverse=True):
        handed += dispatch
        done = max(heapq.heappop(free), handed) + cell
        heapq.heappush(free, done)
        end = max(end, done)
    return end


def markdown(data: Data) -> str:
    """The page: what was measured, and the model for jobs and workers."""
    here, there = data["cells_1"], data["dask_cells_1"]
    own = max(0.0, data["dask_1"] - sum(there)) / len(there)
    extra = max(0.0, sum(there) - sum(here)) / len(here) + own
    dispatch = data["task_2"]
    jobs = [
        {
            "cells": seeds * len(here),
            "one": modelled(here * seeds, 1, 0.0),
            "processes": [modelled(here * seeds, n, 0.0) for n in _WORKERS if n <= 16],
            "dask": [modelled([one + extra for one in here] * seeds, n, dispatch) for n in _WORKERS],
        }
        for seeds in _SEEDS
    ]
    measured = {
        "modelled": sum(here) / modelled(here, 2, 0.0),
        "processes": data["processes_1"] / data["processes_2"],
        "dask": data["dask_1"] / data["dask_2"],
    }
    few = [n for n in _WORKERS if n <= 16]
    return page(
        "cluster.md", data=data, extra=extra, dispatch=dispatch, jobs=jobs, measured=measured, few=few, workers=_WORKERS
    )


STUDY = Study(
    name="cluster",
    cost="about 2 minutes on a machine that does nothing else",
    make=make,
    outputs=("cluster.json", "cluster.md"),
    page=markdown,
)
