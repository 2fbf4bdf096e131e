"""Samplers, data sources and populations by name, one line each: the name, and the file that holds it.

Importing this loads no torch, so that `--help` can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import ModelError, UnknownName

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
}

#: Data sets that take a path in the place of a name, by what stands in help texts; each is a `Dataset` with suffixes.
FORMATS = {
    "FILE.npy": "image_file",
}

#: Who looks at the images; each file in populations/ has a ``POPULATION``, a `Population`.
POPULATIONS = {
    "poisson": "poisson",
    "linear": "linear",
    "published": "published",
}


class NotRegistered(UnknownName, ModelError):
    """No sampler, data set or population of that name; the message gives those there are."""


def choices(*registries: dict[str, str]) -> str:
    """The names of registries as help texts give them: ``digits|mnist|FILE.npy``."""
    return "|".join(name for names in registries for name in names)


def sampler_class(name: str) -> Any:
    """The sampler's class; raises `NotRegistered`."""
    return _module("samplers", SAMPLERS, name, "sampler").SAMPLER


def dataset_named(name: str) -> Any:
    """The `Dataset` that takes a name or a path; raises `NotRegistered`."""
    if name not in DATASETS:
        for file in FORMATS.values():
            found = import_module(f".sources.{file}", __package__).DATASET
            if found.takes(name):
                return found
    return _module("sources", DATASETS, name, "dataset", *FORMATS).DATASET


def population_named(name: str) -> Any:
    """The `Population`; raises `NotRegistered`."""
    return _module("populations", POPULATIONS, name, "population").POPULATION


def _module(folder: str, files: dict[str, str], name: str, what: str, *more: str) -> Any:
    if name not in files:
        raise NotRegistered(f"unknown {what} {name!r}; expected one of {', '.join([*files, *more])}")
    return import_module(f".{folder}.{files[name]}", __package__)
