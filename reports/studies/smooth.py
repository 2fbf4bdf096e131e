"""Benchmarks with smooth truth: networks of priors whose exact posterior is known, judged by bands of noise levels.

Each run (a case, a recipe, a seed) is kept in a file of its own, so that an interrupted study loses one run at most.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from ...diffusion.bias import Reference
from ...diffusion.checkpoints import save_learned
from ...diffusion.datasets import MNIST_VARIABLE
from ...diffusion.encoders import Encoder
from ...diffusion.recipes import CLOSED_SHARE, PRESETS, RESPONSE_SHARE, Recipe
from ...diffusion.samplers import Closure, Matched
from ...diffusion.sources import Source, population_for, source_named
from ...diffusion.training import Training
from ...diffusion.unet import UNetDenoiser
from ...diffusion.zero_shot import ZeroShotDenoiser
from ...estimators import i_local
from ...estimators.estimate import Estimate
from ...files import json_text, read_json, write_whole
from ..model_card import findings
from .estimators import mixture_16, plane
from .learned import mixture_source, population
from .smooth_truth import BANDS, JUDGED, MOST_PASSES, STIMULI, Gain, Truth
from .study import Data, Run, Study, page

#: Passes per stimulus of the estimates whose errors are checked.
PASSES = 512
#: The same of the closure, in noisy stimuli; and held-out stimuli on which its bias is measured.
CLOSED, _REFERENCE = 32, 2048
#: Share of a run's time that trains xhat(xg), which is all that the closure uses.
PRIOR_SHARE = (1 - CLOSED_SHARE) * (1 - RESPONSE_SHARE)
SEEDS, MINUTES = 3, 2.0
#: Some runs last longer, for so many minutes: of this case, and of large images, which are learned in no other run.
LONG_CASE, LONG = "gmm, 8 x 8, linear", 20.0
LARGE = ("gmm of MNIST, 32 x 32, linear", "gmm of MNIST, 32 x 32, Poisson")
#: The matched sampler takes as many derivatives as a stimulus has numbers, in each step; of more than these it is left
#: out, and of runs that last longer.
_MATCHED = 256
FOLDER = Path("out/smooth")
#: The recipe that is judged in all cases; the others, and the cases in which they are compared with it.
BEST = "closed"
COMPARED = {
    "dropout": ("gmm, 8 x 8, linear", "gmm, 8 x 8, Poisson"),
    "squares": ("six components in R¹⁶", "gmm, 8 x 8, linear"),
    "direct": ("six components in R¹⁶", "gmm, 8 x 8, linear"),
}
#: The share of training responses that *dropout* withholds.
WITHHELD = 0.3


def cases() -> dict[str, Callable[[], tuple[Source, Encoder]]]:
    """The cases: stimuli whose exact denoiser is known, and a population."""

    def of(name: str, kind: str = "linear") -> tuple[Source, Encoder]:
        source = source_named(name)
        return source, population(source) if kind == "linear" else population_for(source, kind)

    six, two = mixture_16(), plane()
    return {
        "six components in R¹⁶": lambda: (mixture_source(six, "six", (1, 16)), six.encoder),
        "two components in R²": lambda: (mixture_source(two, "two", (1, 2)), two.encoder),
        "Gaussian, 8 x 8": lambda: of("gaussian"),
        "gmm, 8 x 8, linear": lambda: of("gmm"),
        "gmm, 8 x 8, Poisson": lambda: of("gmm", "poisson"),
        LARGE[0]: lambda: of("mnist-gmm"),
        LARGE[1]: lambda: of("mnist-gmm", "poisson"),
    }


def recipes() -> dict[str, Recipe]:
    """The recipe for stimuli that are no images, which learns 8 x 8 images as well, and what it is compared with.

    ``dropout``: some stimuli are shown without a response, and what is answered then is taken off. ``squares``: the
    same, and the gain network learns D^2, not the closure. ``direct``: one network of xg and r, no linear step.
    """
    best = PRESETS["vectors"]
    dropout = replace(best, architecture=replace(best.architecture, centred=True), null_share=WITHHELD)
    squares = replace(dropout, target="square", pool=0)
    return {BEST: best, "dropout": dropout, "squares": squares, "direct": best.direct()}


def trained(name: str, recipe: str, seed: int, minutes: float, folder: Path) -> Path:
    """The folder of a cell's networks, which are trained if they are not there yet."""
    place = folder / f"{list(cases()).index(name)} {recipe} {seed} {minutes:g}"
    if not place.exists():
        source, encoder = cases()[name]()
        began, clock = time.process_time(), time.process_time
        run = Training(source, encoder, recipes()[recipe], seed, minutes, device="cpu", threads=1, clock=clock)
        learned = run.run()
        learned.notes |= findings(learned, source, seed, run.yardstick)
        learned.notes["cpu"] = time.process_time() - began
        save_learned(learned, place, "")
    return place


def cell(name: str, recipe: str, seed: int, minutes: float, folder: Path, truth: Truth) -> list[dict[str, Any]]:
    """The rows of a cell: one for each way to use its networks."""
    place = trained(name, recipe, seed, minutes, folder)
    kept = folder / f"{place.name}.json"
    if kept.is_file():
        return list(read_json(kept))
    source, encoder = cases()[name]()
    denoiser = UNetDenoiser.load(place)
    notes = denoiser.learned.notes
    about = {"case": name, "recipe": recipe, "seed": seed, "minutes": minutes, "cpu": notes["cpu"]}
    estimate = i_local.estimate(denoiser, truth.x.float(), passes=PASSES, sampler="amortised", seed=seed)
    rows = [about | truth.judge(truth.answers(_gain(denoiser))) | covered(estimate, truth)]
    bare = UNetDenoiser(denoiser.learned)
    assert bare.gain_network is not None
    bare.gain_network.level_scale.fill_(1.0)
    bare.gain_network.pixel_scale.fill_(1.0)
    rows.append(about | {"recipe": f"{recipe}, not calibrated"} | truth.judge(truth.answers(_gain(bare))))
    if recipe == BEST:
        zero = ZeroShotDenoiser(UNetDenoiser.load(place), encoder)
        information = (notes["information"]["nats"], notes["information"]["stderr"])
        zero.reference = Reference(source.held_out(_REFERENCE), information)
        closed = Closure()
        passes = CLOSED * closed.passes(zero)
        estimate = i_local.estimate(zero, truth.x.float(), passes=passes, sampler=closed, seed=seed)

        def closure(xg: Tensor, gamma: Tensor) -> Tensor:
            return closed.squared_gain(zero, xg, gamma, False, zero.generator(0))

        row = about | {"recipe": "closure", "minutes": minutes * PRIOR_SHARE, "cpu": notes["cpu"] * PRIOR_SHARE}
        rows.append(row | truth.judge(truth.answers(closure)) | covered(estimate, truth))
        if zero.dimensions <= _MATCHED and minutes != LONG:
            rows.append(row | {"recipe": "matched sampler"} | truth.ratio(zero, Matched(), seed))
    write_whole(kept, json_text(rows))
    return rows


def limits(name: str, folder: Path, truth: Truth) -> list[dict[str, Any]]:
    """What the ways without training on responses give where xhat(xg) is exact: their own bias."""
    kept = folder / f"{list(cases()).index(name)} limits.json"
    if not kept.is_file():
        source, encoder = cases()[name]()
        zero, about = ZeroShotDenoiser(source.exact(encoder), encoder), {"case": name, "seed": 0, "cpu": 0.0}

        def closure(xg: Tensor, gamma: Tensor) -> Tensor:
            return Closure().squared_gain(zero, zero.tensor(xg), zero.tensor(gamma), False, zero.generator(0))

        rows = [about | {"recipe": "closure, exact xhat(xg)"} | truth.judge(truth.answers(closure))]
        if zero.dimensions <= _MATCHED:
            rows.append(about | {"recipe": "matched sampler, exact xhat(xg)"} | truth.ratio(zero, Matched(), SEEDS))
        write_whole(kept, json_text(rows))
    return list(read_json(kept))


def covered(estimate: Estimate, truth: Truth) -> dict[str, Any]:
    """The share of totals within two standard errors and the systematic error, and the mean of the latter, relative."""
    true, doubt = (part.numpy() for part in truth.totals())
    off = np.abs(estimate.value - true)
    noise = 2 * np.hypot(estimate.stderr, doubt)
    return {
        "inside": float((off <= noise + estimate.systematic).mean()),
        "by_noise": float((off <= noise).mean()),
        "systematic": float(estimate.systematic.mean() / estimate.value.mean()),
    }


def _gain(denoiser: UNetDenoiser) -> Gain:
    found = denoiser.gain
    assert found is not None
    return lambda xg, gamma: found(xg, gamma).detach()


def make(run: Run) -> Data:
    """Every cell that is missing, and the table of all."""
    torch.set_num_threads(1)
    folder, minutes = run["cells"] or FOLDER, run["cell_minutes"] or MINUTES
    rows: list[dict[str, Any]] = []
    folder.mkdir(parents=True, exist_ok=True)
    asked = [name for name in cases() if run["case"] in (None, name)]
    wanted = [name for name in asked if name not in LARGE]
    long_ones = (LONG_CASE, *LARGE) if run["recipe"] is None else ()
    # Seed by seed, so that an interrupted run has something of every case.
    for seed, name, recipe in product(range(run["seeds"] or SEEDS), wanted, recipes()):
        if run["recipe"] not in (None, recipe) or (recipe != BEST and name not in COMPARED[recipe]):
            continue
        truth = _truth(folder, name)
        rows += cell(name, recipe, seed, minutes, folder, truth)
        if (seed, recipe) == (0, BEST):
            rows += limits(name, folder, truth)
        run.keep(_data(rows, minutes))
        run.say(f"{name}: {recipe}, seed {seed}: total {rows[-1]['total']:.3f}")
    for name in long_ones:
        if name not in asked:
            continue
        if name in LARGE and not os.environ.get(MNIST_VARIABLE):
            run.say(f"{name}: left out, {MNIST_VARIABLE} names no files")
            continue
        rows += lasting(cell(name, BEST, 0, LONG, folder, _truth(folder, name)), LONG)
        run.say(f"{name}: {LONG:g} minutes: total {rows[-1]['total']:.3f}")
    if run["case"] or run["recipe"]:  # the others stay as they were
        made = {(row["case"], row["recipe"]) for row in rows}
        rows += [row for row in run.before.get("cells", []) if (row["case"], row["recipe"]) not in made]
    order = list(cases())
    rows.sort(key=lambda row: (row["recipe"].endswith("minutes"), order.index(row["case"])))
    return _data(rows, minutes)


def lasting(rows: list[dict[str, Any]], minutes: float) -> list[dict[str, Any]]:
    """The rows of a cell that lasted for other minutes than the rest, with these in their names."""
    return [row | {"recipe": f"{row['recipe']}, {minutes:g} minutes"} for row in rows]


def _data(rows: list[dict[str, Any]], minutes: float) -> Data:
    return {"schema": 1, "minutes": minutes, "cells": rows}


def _truth(folder: Path, name: str) -> Truth:
    """The truth of a case, which is kept in the folder: with Poisson neurons it takes minutes."""
    path = folder / f"truth {list(cases()).index(name)}.safetensors"
    if path.is_file():
        return Truth(**load_file(path))
    found = Truth.of(*cases()[name]())
    write_whole(path, save({name: value.contiguous() for name, value in vars(found).items()}))
    return found


def markdown(data: Data) -> str:
    """The table in Markdown: each case and way, over the seeds."""
    keys = dict.fromkeys((one["case"], one["recipe"]) for one in data["cells"])
    groups = [[one for one in data["cells"] if (one["case"], one["recipe"]) == key] for key in keys]
    known = [one for one in data["cells"] if "inside" in one]
    inside = {way: float(np.mean([one[way] for one in known])) for way in ("inside", "by_noise")} if known else {}
    made = {(one["case"], one["recipe"], one["seed"]) for one in data["cells"] if one["recipe"] in recipes()}
    constants = {"stimuli": STIMULI, "bands": BANDS, "judged": JUDGED, "withheld": WITHHELD, "most": MOST_PASSES}
    constants |= {"made": len(made), "cells": (len(cases()) - len(LARGE) + sum(map(len, COMPARED.values()))) * SEEDS}
    return page("smooth.md", groups=groups, minutes=data["minutes"], **inside, **constants)


STUDY = Study(
    name="smooth",
    cost="two minutes of one core for each of 33 runs, twenty for three, and half as long again; two need MNIST "
    "(STIMINFO_MNIST names its files); made only when it is named; resumable",
    make=make,
    outputs=("smooth.json", "smooth.md"),
    page=markdown,
    options=(
        ("--cells", {"type": Path, "help": f"folder of finished cells and networks (default: {FOLDER})"}),
        ("--cell-minutes", {"type": float, "help": f"CPU minutes of each training run (default: {MINUTES:g})"}),
        ("--seeds", {"type": int, "help": f"how many seeds (default: {SEEDS})"}),
        ("--case", {"help": "this case alone; the rows of the others stay"}),
        ("--recipe", {"choices": tuple(recipes()), "help": "the short runs of this recipe; other rows stay"}),
    ),
    only_named=True,
)
