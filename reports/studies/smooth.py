"""Benchmarks with smooth truth: networks of priors whose exact posterior is known, judged by bands of noise levels.

A total may be right because errors at low and at high levels cancel. Each band that holds a tenth of the information is
therefore judged by itself. Each cell (a case, a recipe, a seed) is kept in a file of its own, so that an interrupted
run loses one cell at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from ...diffusion.bias import Reference
from ...diffusion.checkpoints import save_learned
from ...diffusion.encoders import Encoder
from ...diffusion.level_range import levels_for
from ...diffusion.recipes import GAIN_SHARE, PRESETS, RESPONSE_SHARE, Recipe
from ...diffusion.samplers import Closure
from ...diffusion.sources import ExactDenoiser, Source, population_for, source_named
from ...diffusion.training import Training
from ...diffusion.unet import UNetDenoiser
from ...diffusion.zero_shot import ZeroShotDenoiser
from ...estimators import i_local
from ...estimators.estimate import Estimate
from ...estimators.levels import LevelPlan
from ...files import json_text, read_json, write_whole
from ..model_card import findings
from .estimators import mixture_16, plane
from .learned import mixture_source, population
from .study import Data, Run, Study, page

#: Stimuli, lattices of levels per stimulus, levels per lattice, and responses per noisy stimulus.
STIMULI, LATTICES, LEVELS, RESPONSES = 48, 5, 20, 3
#: Parts of the range of levels; a part is judged if it holds this share of the information.
BANDS, JUDGED = 6, 0.1
#: Noisy stimuli that go through a denoiser at once.
_AT_ONCE = 2048
#: Passes per stimulus of the estimates whose errors are checked.
PASSES = 512
#: The same of the closure, in noisy stimuli; and held-out stimuli on which its bias is measured.
CLOSED, _REFERENCE = 32, 2048
#: Share of a run's time that trains xhat(xg), which is all that the closure uses.
PRIOR_SHARE = (1 - GAIN_SHARE) * (1 - RESPONSE_SHARE)
SEEDS, MINUTES = 3, 2.0
FOLDER = Path("out/smooth")

Gain = Callable[[Tensor, Tensor], Tensor]


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
    }


@dataclass(frozen=True)
class Truth:
    """Noisy stimuli (N, d) of n stimuli, and the exact gain at each.

    Attributes
    ----------
    x : (n, d)
    which, xg, gamma, weight : (N,) stimulus, (N, d), (N,) level, (N,) weight of ``int dg / (2 g^2)``
    band : (N,) part of the range of levels
    gain : (N, d) E_r[D_i^2 | xg], as a difference of posterior variances
    """

    x: Tensor
    which: Tensor
    xg: Tensor
    gamma: Tensor
    weight: Tensor
    band: Tensor
    gain: Tensor

    @classmethod
    def of(cls, source: Source, encoder: Encoder, stimuli: int = STIMULI, seed: int = 99) -> Truth:
        exact, levels = source.exact(encoder), levels_for(source, encoder)
        generator = torch.Generator().manual_seed(seed)
        x = source.held_out(stimuli).double()
        count = len(x)
        low, high = (torch.full((count,), g, dtype=torch.float64).log() for g in levels.bounds)
        plan = LevelPlan((low + high) / 2, low * 0 + torch.inf, (low - high) / 2, (high - low) / 2, 1.0)
        gamma, weight, beyond = plan.lattice(LEVELS, torch.rand(LATTICES, count, dtype=x.dtype, generator=generator))
        for end in (0, -1):  # beyond the ends, gain / gamma falls as gamma and as 1 / gamma
            weight[..., end] += (-beyond[..., end]).exp() / (2 * gamma[..., end])
        which = torch.arange(count)[:, None].expand(LATTICES, count, LEVELS).reshape(-1)
        flat = gamma.reshape(-1)
        xg = x[which] + flat.sqrt()[:, None] * torch.randn(len(flat), x.shape[1], dtype=x.dtype, generator=generator)
        band = (levels.place(flat) * BANDS).long().clamp_max(BANDS - 1)
        gain = torch.cat([exact_gain(exact, a, b, generator) for a, b in _blocks(xg, flat)])
        return cls(x, which, xg, flat, weight.reshape(-1), band, gain)

    def maps(self, gain: Tensor) -> Tensor:
        """The information of each stimulus and feature, (n, d)."""
        each = gain.double() * self.weight[:, None] / LATTICES
        return torch.zeros_like(self.x).index_add_(0, self.which, each)

    def in_bands(self, gain: Tensor) -> Tensor:
        """The mean information in each band, (BANDS,)."""
        each = gain.double().sum(1) * self.weight / LATTICES / len(self.x)
        return torch.zeros(BANDS, dtype=torch.float64).index_add_(0, self.band, each)

    def totals(self) -> tuple[Tensor, Tensor]:
        """The information of each stimulus and its standard error, (n,)."""
        each = torch.zeros(LATTICES, len(self.x), dtype=torch.float64)
        rows = torch.arange(LATTICES)[:, None].expand(-1, len(self.which) // LATTICES).reshape(-1)
        each.index_put_((rows, self.which), self.gain.sum(1) * self.weight, accumulate=True)
        return each.mean(0), each.std(0) / LATTICES**0.5

    def judge(self, gain: Gain) -> dict[str, Any]:
        """Compare a gain (N, d) at the same noisy stimuli with the exact one.

        Returns
        -------
        dict
            ``total`` over the truth; ``rmse`` of single stimuli's totals and ``map`` of their maps, relative;
            ``bands``: estimate over truth in each band, and its share of the information; ``worst``: the ratio that is
            furthest from 1 among bands that hold `JUDGED` of it.
        """
        found = torch.cat([gain(*part) for part in _blocks(self.xg.float(), self.gamma.float())])
        mine, true = self.maps(found), self.maps(self.gain)
        a, b = mine.sum(1), true.sum(1)
        ratio, share = self.in_bands(found) / self.in_bands(self.gain), self.in_bands(self.gain) / b.mean()
        judged = ratio[share >= JUDGED]
        return {
            "total": float(a.sum() / b.sum()),
            "rmse": float(((a - b) ** 2).mean().sqrt() / b.mean()),
            "map": float((mine - true).norm() / true.norm()),
            "worst": float(judged[(judged - 1).abs().argmax()]),
            "bands": [[float(r), float(s)] for r, s in zip(ratio, share)],
        }


def exact_gain(exact: ExactDenoiser, xg: Tensor, gamma: Tensor, generator: torch.Generator) -> Tensor:
    """E_r[D_i^2 | xg] by the exact denoiser, from `RESPONSES` responses, (B, d)."""
    total = torch.zeros_like(xg)
    for _ in range(RESPONSES):
        seen = exact.posterior(xg, gamma, variance=True, draw=True, generator=generator)
        assert seen.draw is not None
        assert seen.variance is not None
        given = exact.posterior(xg, gamma, exact.encoder.sample(seen.draw, generator), variance=True)
        assert given.variance is not None
        total += (seen.variance - given.variance) / RESPONSES
    return total


def _blocks(*rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
    return zip(*(torch.split(part, _AT_ONCE) for part in rows))


def recipes() -> dict[str, Recipe]:
    """The recipe for stimuli that are no images, which learns 8 x 8 images as well, and what it is compared with."""
    return {"step": PRESETS["vectors"], "direct": PRESETS["vectors"].direct()}


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
    rows = [about | truth.judge(_gain(denoiser)) | covered(estimate, truth)]
    bare = UNetDenoiser(denoiser.learned)
    assert bare.gain_network is not None
    bare.gain_network.level_scale.fill_(1.0)
    bare.gain_network.pixel_scale.fill_(1.0)
    rows.append(about | {"recipe": f"{recipe}, not calibrated"} | truth.judge(_gain(bare)))
    if recipe == "step":
        zero = ZeroShotDenoiser(UNetDenoiser.load(place), encoder)
        information = (notes["information"]["nats"], notes["information"]["stderr"])
        zero.reference = Reference(source.held_out(_REFERENCE), information)
        closed = Closure()
        passes = CLOSED * closed.passes(zero)
        estimate = i_local.estimate(zero, truth.x.float(), passes=passes, sampler=closed, seed=seed)

        def closure(xg: Tensor, gamma: Tensor) -> Tensor:
            return closed.squared_gain(zero, xg, gamma, False, zero.generator(0))

        row = about | {"recipe": "closure", "minutes": minutes * PRIOR_SHARE, "cpu": notes["cpu"] * PRIOR_SHARE}
        rows.append(row | truth.judge(closure) | covered(estimate, truth))
    write_whole(kept, json_text(rows))
    return rows


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
    wanted = [name for name in cases() if run["case"] in (None, name)]
    # Seed by seed, so that an interrupted run has something of every case.
    for seed, name, recipe in product(range(run["seeds"] or SEEDS), wanted, recipes()):
        truth = _truth(folder / f"truth {list(cases()).index(name)}.safetensors", cases()[name])
        rows += cell(name, recipe, seed, minutes, folder, truth)
        run.keep(_data(rows, minutes))
        run.say(f"{name}: {recipe}, seed {seed}: total {rows[-1]['total']:.3f}, map {rows[-1]['map']:.3f}")
    return _data(rows, minutes)


def _data(rows: list[dict[str, Any]], minutes: float) -> Data:
    return {"schema": 1, "minutes": minutes, "cells": rows}


def _truth(path: Path, build: Callable[[], tuple[Source, Encoder]]) -> Truth:
    """The truth of a case, which is kept: with Poisson neurons it takes minutes."""
    if path.is_file():
        return Truth(**load_file(path))
    found = Truth.of(*build())
    write_whole(path, save({name: value.contiguous() for name, value in vars(found).items()}))
    return found


def markdown(data: Data) -> str:
    """The table in Markdown: each case and way, over the seeds."""
    keys = dict.fromkeys((one["case"], one["recipe"]) for one in data["cells"])
    groups = [[one for one in data["cells"] if (one["case"], one["recipe"]) == key] for key in keys]
    known = [one for one in data["cells"] if "inside" in one]
    inside = {way: float(np.mean([one[way] for one in known])) for way in ("inside", "by_noise")} if known else {}
    made = {(one["case"], one["recipe"], one["seed"]) for one in data["cells"] if one["recipe"] in recipes()}
    constants = {"stimuli": STIMULI, "bands": BANDS, "judged": JUDGED}
    constants |= {"made": len(made), "cells": len(cases()) * len(recipes()) * SEEDS}
    return page("smooth.md", groups=groups, minutes=data["minutes"], **inside, **constants)


STUDY = Study(
    name="smooth",
    cost="two minutes of one core for each of 30 cells, and half as long again; made only when it is named; resumable",
    make=make,
    outputs=("smooth.json", "smooth.md"),
    page=markdown,
    options=(
        ("--cells", {"type": Path, "help": f"folder of finished cells and networks (default: {FOLDER})"}),
        ("--cell-minutes", {"type": float, "help": f"CPU minutes of each training run (default: {MINUTES:g})"}),
        ("--seeds", {"type": int, "help": f"how many seeds (default: {SEEDS})"}),
        ("--case", {"help": "this case alone"}),
    ),
    only_named=True,
)
