"""What `stiminfo train` makes of its options: the population, the recipe, the networks to begin with."""

from __future__ import annotations

from dataclasses import replace

from ..diffusion.architecture import Architecture
from ..diffusion.datasets import read_array
from ..diffusion.encoders import Encoder
from ..diffusion.populations import fields_for
from ..diffusion.recipes import PRESETS, Recipe, preset_for
from ..diffusion.sources import Source, population_for
from ..errors import ModelError
from .train_options import AMPLITUDE, MINUTES, NOISE, Options


def population_of(options: Options, source: Source) -> Encoder:
    """The population that the options describe."""
    fields = None
    if options.receptive_fields is not None:
        given = read_array(options.receptive_fields, "receptive fields", 3)
        fields = fields_for(source.shown().pixels, given)
    return population_for(
        source,
        options.population,
        fields,
        amplitude=AMPLITUDE if options.amplitude is None else options.amplitude,
        noise=NOISE if options.noise is None else options.noise,
    )


def recipe_of(options: Options, shape: tuple[int, int]) -> tuple[Recipe, float | None]:
    """The preset with what was asked for, and for how many minutes to train; None where the steps decide."""
    name = options.preset or preset_for(max(shape))
    if name not in PRESETS:
        raise ModelError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}")
    recipe, architecture = PRESETS[name], PRESETS[name].architecture
    if options.channels:
        try:
            channels = tuple(int(part) for part in options.channels.split(","))
        except ValueError:
            raise ModelError(f"channels are {options.channels!r}; expected whole numbers, as in 32,64") from None
        architecture = replace(architecture, channels=channels)
    if views := ("halves",) * options.halves + ("thinned", "merged") * options.coarse:
        architecture = replace(architecture, views=views, shared=True)
    changes = {"batch": options.batch, "rate": options.rate, "precision": options.precision or None}
    changes |= {"steps": options.steps, "gain_steps": options.gain_steps}
    recipe = replace(recipe, architecture=architecture, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    if options.minutes is not None or options.steps is not None:
        return recipe, options.minutes
    return recipe, MINUTES.get(name)


def grown(architecture: Architecture, views: tuple[str, ...]) -> Architecture:
    """The architecture to begin with, with the views that are to be learned beside its own."""
    return replace(architecture, views=architecture.views + tuple(v for v in views if v not in architecture.views))
