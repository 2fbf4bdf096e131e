"""Samplers, data sources and populations by name. Each takes one line: its name, and the file that holds it.

Importing this module loads no torch, so that `--help` can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import ModelError, UnknownName, spelt

#: Response samplers, which draw r ~ p(R|xg); each file in samplers/ has a ``SAMPLER``, a subclass of
#: `samplers.sampler.Sampler`.
SAMPLERS = {
    "posterior": "posterior",
    "tweedie": "tweedie",
    "plug_in": "plug_in",
    "amortised": "amortised",
    "closure": "closure",
    "matched": "matched",
}

#: Data sources, on which networks are trained and whose images are decomposed; each file in sources/ has a
#: ``DATASET``, a `Dataset`.
DATASETS = {
    "digits": "digits",
    "mnist": "mnist",
    "gaussian": "gaussian",
    "mnist-gaussian": "mnist_gaussian",
    "gmm": "gmm",
    "mnist-gmm": "mnist_gmm",
}

#: Data sources that read a path, by the words of help texts; each is a `Dataset` with suffixes.
FORMATS = {
    "FILE.npy": "image_file",
    "world.safetensors": "latent_world",
}

#: Populations of neurons that respond to the images; each file in populations/ has a ``POPULATION``, a `Population`.
POPULATIONS = {
    "poisson": "poisson",
    "linear": "linear",
    "published": "published",
}


class NotRegistered(UnknownName, ModelError):
    """There is no sampler, data set or population of this name; the message lists those that exist."""


def choices(*registries: dict[str, str]) -> str:
    """The names in registries, as help texts show them: ``digits|mnist|FILE.npy``."""
    return "|".join(name for names in registries for name in names)


def sampler_class(name: str) -> Any:
    """The class of a sampler; raises `NotRegistered`."""
    return _module("samplers", SAMPLERS, name, "sampler").SAMPLER


def dataset_named(name: str) -> Any:
    """The `Dataset` of a name or a path; raises `NotRegistered`."""
    if name not in DATASETS:
        for file in FORMATS.values():
            found = import_module(f".sources.{file}", __package__).DATASET
            if found.takes(name):
                return found
    return _module("sources", DATASETS, name, "dataset", *FORMATS).DATASET


def population_named(name: str) -> Any:
    """The `Population` of a name; raises `NotRegistered`."""
    return _module("populations", POPULATIONS, name, "population").POPULATION


def _module(folder: str, files: dict[str, str], name: str, what: str, *more: str) -> Any:
    name = spelt(name, files)
    if name not in files:
        raise NotRegistered(f"unknown {what} {name!r}; expected one of {', '.join([*files, *more])}")
    return import_module(f".{folder}.{files[name]}", __package__)
