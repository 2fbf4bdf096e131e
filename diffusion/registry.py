"""Samplers, data sources and populations by name, one line each: the name, and the file that holds it.

Importing this loads no torch, so that `--help` can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import UnknownName

#: Where r ~ p(R|xg) comes from; each file in samplers/ has a ``SAMPLER``, a subclass of `samplers.sampler.Sampler`.
SAMPLERS = {
    "posterior": "posterior",
    "tweedie": "tweedie",
    "plug_in": "plug_in",
    "amortised": "amortised",
}

#: What networks are trained on, and what is decomposed; each file in sources/ has a ``DATASET``, a `Dataset`.
DATASETS = {
    "digits": "digits",
    "mnist": "mnist",
    "gaussian": "gaussian",
    "mnist-gaussian": "mnist_gaussian",
    "FILE.npy": "image_file",
}

#: Who looks at the images; each file in populations/ has a ``POPULATION``, a `Population`.
POPULATIONS = {
    "poisson": "poisson",
    "linear": "linear",
    "published": "published",
}


def sampler_class(name: str) -> Any:
    """The sampler's class; raises `UnknownName`."""
    return _held(SAMPLERS, name, "sampler", "samplers").SAMPLER


def dataset_named(name: str) -> Any:
    """The `Dataset` that takes a name or a path; raises `UnknownName`."""
    if name not in DATASETS:
        for file in DATASETS.values():
            found = import_module(f".sources.{file}", __package__).DATASET
            if found.takes(name):
                return found
    return _held(DATASETS, name, "dataset", "sources").DATASET


def population_named(name: str) -> Any:
    """The `Population`; raises `UnknownName`."""
    return _held(POPULATIONS, name, "population", "populations").POPULATION


def _held(files: dict[str, str], name: str, what: str, folder: str) -> Any:
    if name not in files:
        raise UnknownName(f"unknown {what} {name!r}; expected one of {', '.join(files)}")
    return import_module(f".{folder}.{files[name]}", __package__)
