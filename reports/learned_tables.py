"""The generated tables of trained networks: which recipe is best at equal time, and how right the networks are.

``python -m stiminfo.reports.learned_tables`` trains and writes reports/published/learned.json and learned.md: an hour
and a half on one core; ``--only choices`` (or accuracy, mnist) makes one part anew and keeps the others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..diffusion.recipes import PRESETS, Recipe
from ..diffusion.sources import MixtureSource, Source, population_for, source_named
from ..diffusion.training import Training
from ..diffusion.unet import UNetDenoiser
from ..estimators import i_local
from ..models.encoders import Encoder

FOLDER = Path(__file__).parent / "published"
#: Images that a network is judged on, and passes of the exact denoiser in its variance form for each.
IMAGES, EXACT_PASSES = 64, 600
PASSES = 1024

Say = Callable[[str], None]


def population(source: Source) -> Encoder:
    """49 linear neurons for Gaussian images (noise of twice their drives' median variance), else Poisson ones."""
    return population_for(source, noise=math.sqrt(2))


def judged(denoiser: UNetDenoiser, source: Source, images: int = IMAGES, passes: int = PASSES) -> dict[str, Any]:
    """A network's totals and maps beside those of the exact denoiser.

    Returns
    -------
    dict
        ``total``: E_x of the estimate over that of the truth; ``plug_in``: the same, read as published;
        ``correlation``: of the mean maps, pixel by pixel; ``map_error``: relative RMSE of single images' maps;
        ``error_64``: relative standard error of one image's total at 64 passes; ``seconds``: an image at 1,024 passes.
    """
    if source.images is None:
        x = source.held_out(images)
    else:
        x = source.images[torch.randperm(len(source.images), generator=torch.Generator().manual_seed(1))[:images]]
    exact = i_local.estimate(source.exact(denoiser.learned.encoder), x, passes=EXACT_PASSES, form="variance", seed=3)
    start = time.perf_counter()
    found = i_local.estimate(denoiser, x, passes=passes, sampler="amortised", seed=4)
    seconds = (time.perf_counter() - start) / images
    few = i_local.estimate(denoiser, x, passes=64, sampler="amortised", seed=5)
    plug = i_local.estimate(denoiser, x, passes=passes // 4, sampler="plug_in", seed=6)
    truth, map_ = exact.featurewise, found.featurewise
    assert truth is not None
    assert map_ is not None
    spread = np.sqrt(((few.value - found.value) ** 2).mean()) / found.value.mean()
    return {
        "truth": float(exact.value.mean()),
        "total": float(found.value.mean() / exact.value.mean()),
        "plug_in": float(plug.value.mean() / exact.value.mean()),
        "correlation": float(np.corrcoef(truth.mean(axis=0), map_.mean(axis=0))[0, 1]),
        "map_error": float(np.sqrt(((map_ - truth) ** 2).sum() / (truth**2).sum())),
        "error_64": float(spread),
        "seconds": seconds,
    }


def trained(
    source: Source, recipe: Recipe, minutes: float | None, seed: int = 0, *, cpu_time: bool = False
) -> UNetDenoiser:
    """Networks after so many minutes on the CPU."""
    clock = time.process_time if cpu_time else time.monotonic
    run = Training(source, population(source), recipe, seed=seed, minutes=minutes, device="cpu", clock=clock)
    return UNetDenoiser(run.run())


# -- which recipe -------------------------------------------------------------------------------------------------


def variants() -> dict[str, Recipe]:
    """The default for small images, and what differs from it in one thing."""
    base = PRESETS["small"]

    def built(**changes: Any) -> Recipe:
        return replace(base, architecture=replace(base.architecture, **changes))

    return {
        "default": base,
        "noise prediction (DDPM's)": built(preconditioning="epsilon"),
        "levels of DDPM's schedule": replace(base, level_draw="ddpm"),
        "responses by embedding": built(route="embedding"),
        "responses by both": built(route="both"),
        "two networks": built(shared=False),
        "gain from the law of total variance": replace(base, target="variance"),
        "patches of 2 x 2, 64 channels": built(patch=2, channels=(64, 64)),
    }


def choices(minutes: float = 1.5, say: Say = print) -> list[dict[str, Any]]:
    """Every variant trained for the same CPU time on one core, on Gaussian images and on digits."""
    torch.set_num_threads(1)
    rows = []
    for data in ("gaussian", "digits"):
        source = source_named(data)
        for name, recipe in variants().items():
            denoiser = trained(source, recipe, minutes, cpu_time=True)
            row = {"data": data, "variant": name, "minutes": minutes} | judged(denoiser, source)
            rows.append(row | {"steps": denoiser.learned.notes["recipe"]["steps"]})
            say(f"{data}: {name}: total {row['total']:.3f}, map {row['correlation']:.3f}")
    return rows


# -- against the truth --------------------------------------------------------------------------------------------


def mixture_source(denoiser: Any, name: str, shape: tuple[int, int]) -> MixtureSource:
    """The prior of a mixture denoiser, to train on."""
    p, m, cov, *_ = denoiser._moments
    return MixtureSource(name, p, m, cov, shape)
