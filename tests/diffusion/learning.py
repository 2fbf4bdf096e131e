"""The smallest run that has every part: 4 x 4 Gaussian images, five linear neurons, a few steps."""

from dataclasses import replace

import numpy as np

from stiminfo.diffusion.architecture import Architecture
from stiminfo.diffusion.recipes import PRESETS, Recipe
from stiminfo.diffusion.sources import gaussian_source, natural_covariance
from stiminfo.diffusion.training import Training
from stiminfo.models import LinearGaussian

SOURCE = gaussian_source("small", np.zeros(16), natural_covariance(4))
ENCODER = LinearGaussian(np.random.default_rng(0).normal(size=(5, 16)), 1.0)
RECIPE = Recipe(Architecture(channels=(8, 16)), steps=6, gain_steps=4, batch=8, warm_up=2)

#: Recipes of two steps, of every kind.
FEW = {"steps": 2, "gain_steps": 2, "batch": 8, "warm_up": 1}
RECIPES = {
    "u-net": replace(RECIPE, **FEW),
    "views": replace(RECIPE, architecture=replace(RECIPE.architecture, views=("halves", "thinned", "merged")), **FEW),
    "schedule": replace(RECIPE, level_draw="ddpm", target="variance", **FEW),
    "prior": replace(RECIPE, architecture=replace(RECIPE.architecture, prior_only=True), **FEW | {"gain_steps": 0}),
    "step": replace(
        PRESETS["vectors"],
        architecture=replace(PRESETS["vectors"].architecture, channels=(8,)),
        response_steps=2,
        pool=8,
        **FEW,
    ),
}
RECIPES["leading"] = replace(RECIPES["step"], architecture=replace(RECIPES["step"].architecture, leading=4))


def training(recipe=RECIPE, **options):
    changes = {name: options.pop(name) for name in list(options) if hasattr(recipe, name)}
    # As many threads in each run: sums are rounded as they are divided among them.
    options = {"threads": 1} | options
    return Training(SOURCE, ENCODER, replace(recipe, **changes), device="cpu", **options)
