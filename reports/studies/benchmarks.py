"""Benchmarks: ratios of times that are measured side by side in one run, with the errors.

Seconds depend on the machine and on what else it does; ratios depend on them less.
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...axioms.auditing.audit import audit_published
from ...axioms.auditing.journal import Journal, identity_of
from ...estimators import i_cissi, i_kong2, i_local, i_sp, i_ssi, i_surp
from ...estimators.local import pointwise
from ...estimators.resolution import CHECK, FINE, QUICK, STANDARD, resolution_for
from ...files import read_json
from ...models import Bump, EncodingModel, Gaussian, PoissonNoise, encoding_model
from .study import FOLDER, Data, Run, Study, page

Say = Callable[[str], None]

#: The audits whose throughput is measured; their times differ a lot.
_AXIOMS, _EXAMPLES = ("completeness", "positivity", "additivity", "data_processing", "locality"), 20
_WORKERS = (1, 2, 4, 8, 16, 1000)


def seconds(call: Callable[[], Any], rounds: int = 5) -> float:
    """The shortest time of several calls."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def neuron(nodes: int) -> EncodingModel:
    """A Poisson neuron with a bump, under a Gaussian prior."""
    return encoding_model(prior=Gaussian(), tuning=Bump(0, 1, 10, 0.5), noise=PoissonNoise(), nodes=nodes)


def _random(stimuli: int, responses: int, dimensions: int = 1) -> EncodingModel:
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.uniform(0.5, 1.5, stimuli))[:, None]
    if dimensions == 2:
        x = np.concatenate([x, rng.permutation(x)], axis=1)
    return EncodingModel(x, np.full(stimuli, 1 / stimuli), rng.dirichlet(np.ones(responses), stimuli).T)


def accuracy(say: Say) -> list[dict[str, Any]]:
    """I_local of a Poisson neuron at four resolutions: time, and distance of its mean from I(R;X)."""
    model = neuron(256)
    information = model.mutual_information()
    finest = pointwise(model, resolution_for(model.stimuli, FINE))
    rows = []
    for name, level in (("quick", QUICK), ("check", CHECK), ("standard", STANDARD), ("fine", FINE)):
        resolution = resolution_for(model.stimuli, level)
        values = pointwise(model, resolution)
        rows.append(
            {
                "resolution": name,
                "seconds": seconds(lambda resolution=resolution: pointwise(model, resolution)),  # type: ignore[misc]
                "completeness": abs(float(model.prior @ values) - information),
                "apart": float(np.abs(values - finest).max()),
            }
        )
        say(f"accuracy: {name}")
    return rows


def growth(say: Say) -> dict[str, list[dict[str, Any]]]:
    """Seconds of I_local as stimuli, responses and dimensions grow."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, models in {
        "J, stimuli on a lattice": {f"J = {n}": neuron(n) for n in (64, 128, 256, 512, 1024)},
        "J, scattered stimuli": {f"J = {n}": _random(n, 4) for n in (4, 8, 16, 32)},
        "K, responses": {f"K = {n}": _random(16, n) for n in (2, 8, 32, 128)},
        "d, dimensions": {f"d = {d}": _random(6, 3, d) for d in (1, 2)},
    }.items():
        found[name] = [
            {"size": size, "seconds": seconds(lambda model=model: i_local(model), 3)}  # type: ignore[misc]
            for size, model in models.items()
        ]
        say(f"growth: {name}")
    return found


def measures(say: Say) -> list[dict[str, Any]]:
    """Seconds of each measure for one model."""
    model = neuron(256)
    rows = [{"measure": m.name, "seconds": seconds(lambda m=m: m(model))} for m in (i_sp, i_ssi, i_surp, i_cissi)]  # type: ignore[misc]
    rows += [{"measure": m.name, "seconds": seconds(lambda m=m: m(model), 3)} for m in (i_local, i_kong2)]  # type: ignore[misc]
    say("measures")
    return rows


def throughput(say: Say) -> dict[str, Any]:
    """Seconds of a short table on 1 and on 2 workers, and of its cells (one measure, one axiom) for the cost model."""
    found: dict[str, Any] = {"axioms": list(_AXIOMS), "examples": _EXAMPLES}
    with tempfile.TemporaryDirectory() as folder:
        for jobs in (1, 2):
            identity = identity_of({"name": "table"}, list(_AXIOMS), _EXAMPLES, 0)
            start = time.perf_counter()
            journal = Journal(Path(folder) / str(jobs), identity)
            audit_published(axioms=_AXIOMS, examples=_EXAMPLES, jobs=jobs, journal=journal)
            found[f"jobs_{jobs}"] = time.perf_counter() - start
            cells = list(journal.seconds.values())
            if jobs == 1:
                found["cells"] = [round(value, 3) for value in cells]
            say(f"throughput: {jobs}")
    return found


def modelled(cells: list[float], whole: float) -> dict[int, float]:
    """Seconds on N workers, modelled: after the start-up, the longest cell left goes to the next free worker.

    A table takes at least as long as its longest cell, and more workers than cells do not help. More cases for one
    cell have to be run as further cells with other seeds.
    """
    start_up = max(0.0, whole - sum(cells))
    found = {}
    for workers in _WORKERS:
        busy = [0.0] * min(workers, len(cells))
        for cell in sorted(cells, reverse=True):
            first = busy.index(min(busy))
            busy[first] += cell
        found[workers] = start_up + max(busy)
    return found


def make(run: Run) -> Data:
    """Measure."""
    return {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}",
        "accuracy": accuracy(run.say),
        "growth": growth(run.say),
        "measures": measures(run.say),
        "throughput": throughput(run.say),
        "schema": 1,
    }


def markdown(data: Data) -> str:
    """The page; its numbers about trained networks come from the study `learned`."""
    rate = data["throughput"]
    return page(
        "benchmarks.md",
        **data,
        standard=next(row["seconds"] for row in data["accuracy"] if row["resolution"] == "standard"),
        surprise=next(row["seconds"] for row in data["measures"] if row["measure"] == i_surp.name),
        cells=rate["cells"],
        modelled=modelled(rate["cells"], rate["jobs_1"]),
        mnist=read_json(FOLDER / "learned.json").get("mnist"),
    )


STUDY = Study(
    name="benchmarks",
    cost="some minutes on a machine that does nothing else",
    make=make,
    outputs=("benchmarks.json", "benchmarks.md"),
    page=markdown,
)
