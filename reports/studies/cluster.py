"""When a Dask cluster is worth it: what it costs, measured on one and two workers, and a model up to 1,000 workers."""

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
from ...files import read_json
from .study import FOLDER, Data, Run, Study, page

#: An audit of which nearly all time is what a cell costs beside its work.
_MEASURES, _AXIOMS, _EXAMPLES = ("i_sp", "i_surp", "i_ssi", "i_cissi"), ("completeness", "positivity"), 2
#: Tasks without work, by which the scheduler's own time per task is measured.
_TASKS = 300
_WORKERS = (1, 2, 16, 100, 1000)
#: The largest number of processes on one machine that the page compares with.
_CORES = 16
#: The jobs of the model: with how many seeds the cells of the page on benchmarks are run.
_SEEDS = (1, 25, 250)


def _cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of a call and of all processes that ended in it; what else the machine does changes them little."""
    before = os.times()
    run()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def _audit(plan: Plan) -> None:
    cells = Auditing(published_candidates(_MEASURES), axioms_named(_AXIOMS), plan).cells
    if plan.scheduler is not None:
        list(run_cells(cells, plan))
        return
    with workers_for(plan, len(cells)) as workers:
        list(run_cells(cells, plan, workers))


def make(run: Run) -> Data:
    """Measure CPU time of the same audit in processes and on clusters of this machine, and of tasks without work."""
    from distributed import Client, LocalCluster

    cells = len(_MEASURES) * len(_AXIOMS)
    found: Data = {"schema": 1, "cells": cells}
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    for workers in (1, 2):
        found[f"processes_{workers}"] = round(_cpu(lambda workers=workers: _audit(Plan(_EXAMPLES, jobs=workers))), 3)  # type: ignore[misc]
        run.say(f"processes: {workers}")

        def on_cluster(workers: int = workers, audited: bool = True) -> None:
            options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None}
            with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster.scheduler_address) as client:
                if audited:
                    _audit(Plan(_EXAMPLES, backend="dask", scheduler=cluster.scheduler_address))
                else:
                    client.gather(client.map(abs, range(10)))
                    # The scheduler runs in this process.
                    start = time.process_time()
                    client.gather(client.map(abs, range(_TASKS)))
                    found[f"task_{workers}"] = round((time.process_time() - start) / _TASKS, 6)

        found[f"started_{workers}"] = round(_cpu(lambda call=on_cluster: call(audited=False)), 3)  # type: ignore[misc]
        found[f"dask_{workers}"] = round(_cpu(on_cluster), 3)
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
    """The page: what was measured, and the model for jobs and workers, with the cells of the page on benchmarks."""
    rate = read_json(FOLDER / "benchmarks.json")["throughput"]
    work = rate["cells"]
    extra = max((data[f"dask_{n}"] - data[f"started_{n}"] - data[f"processes_{n}"]) / data["cells"] for n in (1, 2))
    dispatch = max(data["task_1"], data["task_2"])
    few = [workers for workers in _WORKERS if workers <= _CORES]
    jobs = [
        {
            "cells": seeds * len(work),
            "processes": [modelled(work * seeds, n, 0.0) for n in few],
            "dask": [modelled([one + extra for one in work] * seeds, n, dispatch) for n in _WORKERS],
        }
        for seeds in _SEEDS
    ]
    return page(
        "cluster.md",
        data=data,
        extra=extra,
        dispatch=dispatch,
        jobs=jobs,
        longest=max(work),
        modelled=sum(work) / modelled(work, 2, 0.0),
        measured=rate["jobs_1"] / rate["jobs_2"],
        few=few,
        names=["cells", *(f"{n} process{'es' * (n > 1)}" for n in few), *(f"Dask, {n}" for n in _WORKERS)],
    )


STUDY = Study(
    name="cluster",
    cost="about a minute",
    make=make,
    outputs=("cluster.json", "cluster.md"),
    page=markdown,
)
