"""Networks of 32 x 32 images on a GPU: beside the exact denoiser where there is one, and how fast they are.

Each case is kept in a file of its own, so that an interrupted study loses one case at most, and cases can be made side
by side, each by a process with ``--case``.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...diffusion.bias import Reference
from ...diffusion.denoiser import Denoiser
from ...diffusion.held_out import INFORMATION_SAMPLES
from ...diffusion.recipes import PRESETS
from ...diffusion.samplers import Amortised, Closure, PosteriorSampler, ResponseSampler
from ...diffusion.sources import MixtureSource, Source, population_for, source_named
from ...diffusion.training import Training
from ...diffusion.unet import UNetDenoiser
from ...diffusion.zero_shot import ZeroShotDenoiser
from ...errors import ModelError
from ...estimators import i_local
from ...files import json_text, read_json, write_whole
from ..draw.pixels import plot_pixel_maps
from ..paper.figures import drawn_as
from .smooth import covered
from .smooth_truth import BANDS, JUDGED, Gain, Truth
from .study import Data, Files, Run, Study, page

MINUTES = 10.0
FOLDER = Path("out/gpu")
#: Stimuli whose noisy copies are judged, passes of each one's estimate, and held-out stimuli on which bias is measured.
STIMULI, PASSES, _REFERENCE = 24, 512, 2048
#: Noisy copies in a pass that is timed, passes, and the side of the matrices whose product gives the card's limit.
_TIMED, _REPEATS, _SIDE = 4096, 5, 8192
#: How precise the total of one image is in the time that is told.
GOAL = 0.05


@dataclass(frozen=True)
class Case:
    """A source of 32 x 32 images, and the preset by which networks of it are trained."""

    source: str
    preset: str

    def load(self) -> Source:
        return source_named(self.source, side=32)


CASES = {
    "Gaussian": Case("gaussian", "wide"),
    "Gaussian of MNIST": Case("mnist-gaussian", "large"),
    "Gaussian of MNIST, linear step": Case("mnist-gaussian", "wide"),
    "gmm of MNIST": Case("mnist-gmm", "wide"),
    "MNIST": Case("mnist", "large"),
}


def cell(name: str, minutes: float, seed: int, beside: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Train the networks of a case for so many minutes, and compare them with the truth.

    `beside` is how many other runs share the card; it is told with the result.
    """
    case = CASES[name]
    source = case.load()
    encoder = population_for(source)
    began = time.monotonic()
    run = Training(source, encoder, PRESETS[case.preset], seed, minutes, progress=_told(name, say), say=say)
    learned = run.run()
    found = {"case": name, "preset": case.preset, "minutes": minutes, "seed": seed, "beside": beside}
    found |= {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "trained": time.monotonic() - began}
    found["steps"], found["speeds"] = vars(run.recipe) | {"architecture": ""}, learned.notes["steps_per_second"]
    say(f"{name}: trained in {found['trained']:.0f} s")
    half = torch.bfloat16 if run.recipe.precision == "bf16" else None
    denoiser = UNetDenoiser(learned, device="cuda", autocast=half)
    found["speed"] = speed(denoiser, source)
    say(f"{name}: {found['speed']}")
    if isinstance(source, MixtureSource):
        found |= against_truth(source, denoiser, seed, partial(_prefixed, name, say))
    else:
        found |= on_images(source, denoiser, seed)
    return found


def _prefixed(name: str, say: Callable[[str], None], text: str) -> None:
    say(f"{name}: {text}")


def _told(name: str, say: Callable[[str], None]) -> Callable[[str, int, int, float], None]:
    """A report of progress, ten lines per stage."""

    def tell(stage: str, step: int, steps: int, loss: float) -> None:
        if step % max(1, steps // 10) < max(1, steps // 200):
            say(f"{name}: {stage} {step}/{steps}, loss {loss:.4f}")

    return tell


def against_truth(
    source: MixtureSource, denoiser: UNetDenoiser, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The gain network, reverse diffusion and the closure at the noisy stimuli of the exact denoiser."""
    exact = source.exact(denoiser.learned.encoder)
    truth = Truth.of(source, denoiser.learned.encoder, STIMULI)
    say("the truth is known")
    denoiser.reference = Reference(source.held_out(_REFERENCE), exact.mutual_information(INFORMATION_SAMPLES, seed))
    zero = ZeroShotDenoiser(denoiser, denoiser.learned.encoder)
    predict = Amortised.for_denoiser(denoiser)
    rows: list[dict[str, Any]] = []
    maps: dict[str, Any] = {"truth": _flat(truth.maps(truth.gain).mean(0))}
    ways: dict[str, tuple[Denoiser, ResponseSampler]] = {
        "gain network": (denoiser, predict),
        "closure": (zero, Closure()),
    }
    for way, (one, sampler) in ways.items():
        answers = truth.answers(_gain(one, sampler))
        rows.append({"way": way} | truth.judge(answers))
        maps[way] = _flat(truth.maps(answers).mean(0))
        say(f"{way}: {rows[-1]['total']:.3f}, maps {rows[-1]['map']:.3f}, worst band {rows[-1]['worst']:.2f}")
    estimate = i_local.estimate(denoiser, truth.x.float(), passes=PASSES, sampler=predict, seed=seed)
    rows[0] |= covered(estimate, truth)
    rows.append({"way": "reverse diffusion"} | truth.ratio(denoiser, PosteriorSampler(), seed))
    say(f"reverse diffusion: {rows[-1]['total']:.3f} +- {rows[-1]['error']:.3f}")
    found: dict[str, Any] = {"rows": rows, "maps": maps}
    if len(source.parts[0]) == 1:
        closed = exact.feature_information()  # type: ignore[union-attr]
        maps["closed form"] = _flat(torch.from_numpy(closed))
        for row in rows[: len(ways)]:
            mine = np.array(maps[row["way"]])
            row["pixels"] = float(np.linalg.norm(mine - closed) / np.linalg.norm(closed))
            row["correlation"] = float(np.corrcoef(mine, closed)[0, 1])
    return found


def _gain(denoiser: Denoiser, sampler: ResponseSampler) -> Gain:
    """What a sampler says at noisy stimuli, on the CPU."""

    def gain(xg: Tensor, gamma: Tensor) -> Tensor:
        x, g, generator = denoiser.tensor(xg), denoiser.tensor(gamma), denoiser.generator(0)
        return sampler.squared_gain(denoiser, x, g, False, generator).detach().cpu()

    return gain


def _flat(rows: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in rows.tolist()]


def on_images(source: Source, denoiser: UNetDenoiser, seed: int) -> dict[str, Any]:
    """Totals of held-out images, with their errors: there is no smooth truth to compare them with."""
    bounds = source.exact(denoiser.learned.encoder, 10_000).mutual_information(INFORMATION_SAMPLES, seed)
    denoiser.reference = Reference(source.held_out(_REFERENCE), bounds)
    estimate = i_local.estimate(denoiser, source.held_out(STIMULI), passes=PASSES, sampler="amortised", seed=seed)
    mean, noise, systematic = (float(np.mean(part)) for part in (estimate.value, estimate.stderr, estimate.systematic))
    return {"information": list(bounds), "mean": mean, "stderr": noise, "systematic": systematic, "rows": []}


def speed(denoiser: UNetDenoiser, source: Source) -> dict[str, float]:
    """Passes a second, operations a second as a share of the card's, GiB in use, and seconds for an image's total."""
    from torch.utils.flop_counter import FlopCounterMode

    xg = denoiser.tensor(source.held_out(256)).repeat(_TIMED // 256, 1)
    gamma = torch.logspace(-2, 2, len(xg), device="cuda")
    assert denoiser.gain is not None
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        denoiser.gain(xg[:256], gamma[:256])
    gain = denoiser.gain
    torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        seconds = _seconds(lambda: gain(xg, gamma))
    memory = torch.cuda.max_memory_allocated() / 2**30
    dtype = torch.float32 if denoiser.autocast is None else denoiser.autocast
    a, b = torch.randn(2, _SIDE, _SIDE, device="cuda").to(dtype)
    limit = 2 * _SIDE**3 / _seconds(lambda: a @ b)
    rate = counter.get_total_flops() / 256 * len(xg) / seconds
    start = time.monotonic()
    found = i_local.estimate(denoiser, source.held_out(1), rtol=GOAL, sampler="amortised")
    image = time.monotonic() - start
    return {
        "passes": len(xg) / seconds,
        "teraflops": rate / 1e12,
        "limit": limit / 1e12,
        "gib": memory,
        "seconds": image,
        "spent": float(found.passes),
    }


def _seconds(call: Callable[[], Any]) -> float:
    """The median time of a call, after one that is not timed."""
    times = []
    for _ in range(_REPEATS + 1):
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def make(run: Run) -> Data:
    """Every case that is missing, and the table of all."""
    if not torch.cuda.is_available():
        raise ModelError("networks of 32 x 32 images are trained on a GPU; CUDA is not available here")
    folder, minutes = run["gpu_cells"] or FOLDER, run["gpu_minutes"] or MINUTES
    if run["gpu_case"] not in (None, *CASES):
        raise ModelError(f"no case {run['gpu_case']!r}; expected one of {'; '.join(CASES)}")
    for name in CASES:
        kept = folder / f"{name}.json"
        if run["gpu_case"] in (None, name) and not kept.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(kept, json_text(cell(name, minutes, 0, run["gpu_beside"] or 0, run.say)))
            gc.collect()
            torch.cuda.empty_cache()
    return {"schema": 1, "cells": [read_json(kept) for name in CASES if (kept := folder / f"{name}.json").is_file()]}


def markdown(data: Data) -> str:
    """The tables in Markdown."""
    constants = {"cases": len(CASES), "without_truth": [cell for cell in data["cells"] if "mean" in cell]}
    return page(
        "gpu.md",
        cells=data["cells"],
        **constants,
        stimuli=STIMULI,
        passes=PASSES,
        bands=BANDS,
        judged=JUDGED,
        goal=GOAL,
    )


def drawn(data: Data) -> Files:
    """The mean maps of each case beside the truth."""
    found = {cell["case"]: cell["maps"] for cell in data["cells"] if "maps" in cell}
    return {"gpu_maps.png": drawn_as(plot_pixel_maps(found), "png")} if found else {}


STUDY = Study(
    name="gpu",
    cost="ten minutes of a GPU for each of five cases, of which four need MNIST (STIMINFO_MNIST names its files); made "
    "only when it is named; resumable",
    make=make,
    outputs=("gpu.json", "gpu.md", "gpu_maps.png"),
    page=markdown,
    others=drawn,
    options=(
        ("--gpu-cells", {"type": Path, "help": f"folder of finished cases (default: {FOLDER})"}),
        ("--gpu-minutes", {"type": float, "help": f"minutes of each training run (default: {MINUTES:g})"}),
        ("--gpu-case", {"help": "this case alone; several may run side by side on one GPU"}),
        ("--gpu-beside", {"type": int, "help": "how many other runs share the GPU, told with the result (default: 0)"}),
    ),
    only_named=True,
)
