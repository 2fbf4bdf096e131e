"""Populations of neurons that respond to images: their receptive fields, and their normalisation."""

from .fields import fields_for, receptive_fields, usual_fields
from .linear import NOISE, linear_population
from .poisson import AMPLITUDE, SLOPE, normalised_population
from .population import Population
from .published import published_population

__all__ = [
    "AMPLITUDE",
    "NOISE",
    "SLOPE",
    "Population",
    "fields_for",
    "linear_population",
    "normalised_population",
    "published_population",
    "receptive_fields",
    "usual_fields",
]
