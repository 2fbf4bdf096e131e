"""The recipes that are compared in equal time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...diffusion.recipes import PRESETS, Recipe

#: Names in the table of recipes: both networks see a linear step, which the others do not.
STEPPED, VECTORS = "small with a linear step", "vectors: residual MLP, linear step"


def variants() -> dict[str, Recipe]:
    """U-Nets of the preset *small*, recipes that differ from it in one respect, and the preset *vectors*."""
    base, vectors = PRESETS["small"], PRESETS["vectors"]

    def built(**changes: Any) -> Recipe:
        return replace(base, architecture=replace(base.architecture, **changes))

    return {
        "small": base,
        "noise prediction (DDPM's)": built(preconditioning="epsilon"),
        "levels of DDPM's schedule": replace(base, level_draw="ddpm"),
        "responses by embedding": built(route="embedding"),
        "responses by both": built(route="both"),
        "two networks": built(shared=False),
        "gain from the law of total variance": replace(base, target="variance"),
        "patches of 2 x 2, 64 channels": built(patch=2, channels=(64, 64)),
        STEPPED: replace(
            vectors,
            architecture=replace(base.architecture, shared=False, preconditioning="wiener", step=True),
            batch=base.batch,
            rate=base.rate,
            warm_up=base.warm_up,
        ),
        VECTORS: vectors,
    }
