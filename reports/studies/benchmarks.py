"""Benchmarks as one page: times as ratios measured side by side in one run, errors beside them.

``python -m stiminfo.reports.studies.benchmarks`` writes benchmarks.json and benchmarks.md in some minutes.
Seconds depend on the machine and its mood; ratios less so.
"""

from __future__ import annotations

import argparse
import platform
import sys
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
from ...files import json_text, read_json, write_whole
from ...models import Bump, EncodingModel, Gaussian, PoissonNoise, encoding_model

FOLDER = Path(__file__).parents[1] / "published"
Say = Callable[[str], None]
#: Audits of the throughput: cells of very different length.
_AXIOMS, _EXAMPLES = ("completeness", "positivity", "additivity", "data_processing", "locality"), 20
_WORKERS = (1, 2, 4, 8, 16, 1000)


def seconds(call: Callable[[], Any], rounds: int = 5) -> float:
    """The shortest of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def neuron(nodes: int) -> EncodingModel:
    """One Poisson neuron with a bump, Gaussian prior."""
    return encoding_model(prior=Gaussian(), tuning=Bump(0, 1, 10, 0.5), noise=PoissonNoise(), nodes=nodes)


def _random(stimuli: int, responses: int, dimensions: int = 1) -> EncodingModel:
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.uniform(0.5, 1.5, stimuli))[:, None]
    if dimensions == 2:
        x = np.concatenate([x, rng.permutation(x)], axis=1)
    return EncodingModel(x, np.full(stimuli, 1 / stimuli), rng.dirichlet(np.ones(responses), stimuli).T)


def accuracy(say: Say) -> list[dict[str, Any]]:
    """I_local of a Poisson neuron at four resolutions: time, and how far the mean is from I(R;X)."""
    model = neuron(256)
    information = model.mutual_information()
    finest = pointwise(model, resolution_for(1, FINE))
    rows = []
    for name, level in (("quick", QUICK), ("check", CHECK), ("standard", STANDARD), ("fine", FINE)):
        resolution = resolution_for(1, level)
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
    """Seconds of each measure on one joint."""
    model = neuron(256)
    rows = [{"measure": m.name, "seconds": seconds(lambda m=m: m(model))} for m in (i_sp, i_ssi, i_surp, i_cissi)]  # type: ignore[misc]
    rows += [{"measure": m.name, "seconds": seconds(lambda m=m: m(model), 3)} for m in (i_local, i_kong2)]  # type: ignore[misc]
    say("measures")
    return rows


def throughput(say: Say) -> dict[str, Any]:
    """A short table on 1 and on 2 workers, and the seconds of its cells, for the cost model."""
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
    """Seconds on N workers: cells, longest first, each to the worker that is free first, after the start-up.

    A table ends no sooner than its longest cell: more workers than cells do nothing, and more cases of the longest cell
    have to be asked as cells of other seeds.
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


def markdown(data: dict[str, Any]) -> str:
    """The page."""
    base = data["measures"][2]["seconds"]
    rate = data["throughput"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `python -m stiminfo.reports.studies.benchmarks` on {data['machine']}. Within a table, times are "
        "ratios measured in one run; `tox -e bench` compares more, side by side.",
        "",
        "## The exact engine: accuracy against time",
        "",
        "I_local of one Poisson neuron on 256 nodes. An audit searches at *quick* and confirms at *fine*; "
        "`si.i_local` is *standard*, and its error bound the distance to *check*.",
        "",
        "| resolution | time | completeness, nats off | largest distance to fine |",
        "|---|---|---|---|",
    ]
    standard = next(row["seconds"] for row in data["accuracy"] if row["resolution"] == "standard")
    lines += [
        f"| {row['resolution']} | {row['seconds'] / standard:.2f} | {row['completeness']:.1g} | {row['apart']:.1g} |"
        for row in data["accuracy"]
    ]
    lines += [
        "",
        f"Standard took {standard:.3f} s.",
        "",
        "## Growth",
        "",
        "Time of I_local over that of the first.",
        "",
    ]
    for name, rows in data["growth"].items():
        first = rows[0]["seconds"]
        lines += [
            f"| {name} | " + " | ".join(row["size"] for row in rows) + " |",
            "|---" * (1 + len(rows)) + "|",
            "| time | " + " | ".join(f"{row['seconds'] / first:.1f}" for row in rows) + " |",
            "",
        ]
    lines += [
        "## The measures",
        "",
        "One Poisson neuron on 256 nodes; time over that of I_surp.",
        "",
        "| " + " | ".join(row["measure"] for row in data["measures"]) + " |",
        "|---" * len(data["measures"]) + "|",
        "| " + " | ".join(f"{row['seconds'] / base:.1f}" for row in data["measures"]) + " |",
        "",
        "## Audits",
        "",
        f"`stiminfo table --examples {rate['examples']}` on {len(rate['axioms'])} axioms, {len(rate['cells'])} "
        f"cells. One worker process: {len(rate['cells']) / rate['jobs_1']:.2f} cells a second; two: "
        f"{rate['jobs_1'] / rate['jobs_2']:.2f} times as many. The longest cell takes {max(rate['cells']):.1f} s of "
        f"{sum(rate['cells']):.1f}.",
        "",
        "Cost model: cells do not wait for one another, so N workers take the start-up plus a greedy schedule of the "
        "cells, the longest first; never less than the longest cell.",
        "",
    ]
    model = modelled(rate["cells"], rate["jobs_1"])
    lines += [
        "| workers | " + " | ".join(map(str, model)) + " |",
        "|---" * (1 + len(model)) + "|",
        "| speed-up, modelled | " + " | ".join(f"{rate['jobs_1'] / value:.1f}" for value in model.values()) + " |",
        "",
        f"Modelled for two: {rate['jobs_1'] / model[2]:.2f}; measured: {rate['jobs_1'] / rate['jobs_2']:.2f}. A "
        "thousand "
        "workers are worth it for many measures, or for many seeds of one: the soak of 100,000 cases is 200 cells.",
        "",
        "## Estimates from denoisers",
        "",
        "Relative error against denoiser passes, beside the paper's protocol (`tox -e estimators`):",
        "",
        "![Error against denoiser passes](error_against_passes.png){ .card }",
        "",
    ]
    learned = read_json(FOLDER / "learned.json")
    if learned.get("mnist"):
        row = learned["mnist"]
        first = row["errors"][0]
        lines += [
            "## Trained networks",
            "",
            f"MNIST after {row['minutes']:.0f} minutes on one core (`tox -e learned`): error of one image's "
            "total, and time over that of the first.",
            "",
            "| passes | " + " | ".join(str(e["passes"]) for e in row["errors"]) + " |",
            "|---" * (1 + len(row["errors"])) + "|",
            "| relative error | " + " | ".join(f"{e['error']:.1%}" for e in row["errors"]) + " |",
            "| time | " + " | ".join(f"{e['seconds'] / first['seconds']:.0f}" for e in row["errors"]) + " |",
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    data: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}",
        "accuracy": accuracy(say),
        "growth": growth(say),
        "measures": measures(say),
        "throughput": throughput(say),
        "schema": 1,
    }
    write_whole(options.out / "benchmarks.json", json_text(data))
    write_whole(options.out / "benchmarks.md", markdown(data))


if __name__ == "__main__":
    main()
